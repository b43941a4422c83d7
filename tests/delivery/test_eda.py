"""The rulebook by ansible-rulebook itself, which needs Java. ANSIBLE_RULEBOOK names it if it is not in PATH.

The playbooks that it runs are stand-ins that say that they ran; which they are is what is looked at.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PROGRAM = os.environ.get("ANSIBLE_RULEBOOK") or shutil.which("ansible-rulebook")
pytestmark = [
    pytest.mark.skipif(
        not PROGRAM, reason="no ansible-rulebook: pip install it and name it in ANSIBLE_RULEBOOK"
    ),
    pytest.mark.skipif(
        not shutil.which("java"), reason="ansible-rulebook needs Java: apt install openjdk-17-jre-headless"
    ),
]
PLAY = """
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.shell: echo {name} >> {ran}
"""
ALERT: dict[str, Any] = {"status": "firing", "groupKey": "one", "commonLabels": {"service": "proxysql"}}


class Rulebook:
    def __init__(self, port: int, ran: Path) -> None:
        self.address, self._ran = f"http://127.0.0.1:{port}/alerts", ran

    def alert(self, token: str = "right", **changed: Any) -> int:
        """The status of the answer."""
        body = json.dumps({**ALERT, **changed}).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        try:
            with urllib.request.urlopen(
                urllib.request.Request(self.address, body, headers), timeout=10
            ) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as exc:
            return exc.code

    def ran(self, expected: int = 0) -> list[str]:
        """The playbooks that ran, once there are so many, and twice as long later, for they queue."""
        began = time.monotonic()
        while time.monotonic() < began + 90 and len(self._read()) < expected:
            time.sleep(0.2)
        time.sleep(2 * (time.monotonic() - began) + 4)
        return self._read()

    def _read(self) -> list[str]:
        return self._ran.read_text().split() if self._ran.exists() else []


@pytest.fixture
def start(installed: Path, tmp_path: Path) -> Iterator[Callable[[bool], Rulebook]]:
    started: list[subprocess.Popen[bytes]] = []

    def run(repair: bool) -> Rulebook:
        ran, collections = tmp_path / "ran", tmp_path / "collections"
        shutil.copytree(installed, collections)
        for name in ("site", "status"):
            play = collections / f"ansible_collections/mysqlha/proxysql/playbooks/{name}.yml"
            play.write_text(PLAY.format(name=name, ran=ran))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        (tmp_path / "hosts.yml").write_text("all: {hosts: {localhost: {ansible_connection: local}}}\n")
        given = {
            "proxysql_eda_host": "127.0.0.1",
            "proxysql_eda_port": port,
            "proxysql_eda_token": "right",
            "proxysql_eda_service": "proxysql",
            "proxysql_eda_repair": repair,
        }
        (tmp_path / "eda.yml").write_text(json.dumps(given))
        assert PROGRAM
        path = f"{Path(PROGRAM).parent}{os.pathsep}{os.environ['PATH']}"
        command = [PROGRAM, "-r", "mysqlha.proxysql.alert", "-i", "hosts.yml", "--vars", "eda.yml"]
        with (tmp_path / "log").open("wb") as log:
            started.append(
                subprocess.Popen(
                    command,
                    cwd=tmp_path,
                    env={**os.environ, "PATH": path, "ANSIBLE_COLLECTIONS_PATH": str(collections)},
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            )
        until = time.monotonic() + 60
        while started[-1].poll() is None and time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return Rulebook(port, ran)
            time.sleep(0.2)
        raise AssertionError((tmp_path / "log").read_text())

    yield run
    for process in started:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def test_an_alert_runs_status_once(start: Callable[[bool], Rulebook]) -> None:
    rulebook = start(False)
    assert rulebook.alert(token="wrong") == 401
    assert rulebook.alert(commonLabels={"service": "web"}) == 200
    assert rulebook.alert(status="resolved") == 200
    for _repeated in range(3):
        assert rulebook.alert() == 200
    assert rulebook.ran(1) == ["status"]
    rulebook.alert(groupKey="another")
    assert rulebook.ran(2) == ["status", "status"]


def test_site_goes_first_if_told_so(start: Callable[[bool], Rulebook]) -> None:
    rulebook = start(True)
    rulebook.alert()
    assert rulebook.ran(2) == ["site", "status"]
