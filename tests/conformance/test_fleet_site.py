"""site --tags configuration over many nodes: a core asks the satellites, and tasks run where they have to."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fleets import RunningFleet
from test_fleet import HELD, ask

pytestmark = [
    pytest.mark.skipif(os.getuid() != 0, reason="the role gives files to root, and this is not root"),
    pytest.mark.skipif(not os.environ.get("FULL"), reason="takes minutes: in the full round only (FULL=1)"),
]

# Tasks on each of them are what takes long here, so no more than it takes for a core to ask them.
NODES = 16
LAST = f"node{NODES:04}"
RECAP = re.compile(r"^(\S+) +: ok=\d+ +changed=(\d+) +unreachable=0 +failed=(\d)", re.MULTILINE)


class Site:
    """users: what is declared. ran: hosts that tasks ran on in the last run, and what they changed."""

    def __init__(self, fleet: RunningFleet, collections_path: str) -> None:
        self.fleet, self.users = fleet, ["first"]
        self.word: list[str] = []
        self.env = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": collections_path, "ANSIBLE_NOCOLOR": "1"}

    def run(self, *options: str) -> subprocess.CompletedProcess[str]:
        declared = {
            "proxysql_mysql_users": [{"username": name, "password": f"of-{name}"} for name in self.users]
        }
        # never two LOADs in one second
        time.sleep(1.1)
        done = subprocess.run(
            [Path(sys.executable).with_name("ansible-playbook"), *self.fleet.options, "mysqlha.proxysql.site"]
            + ["--tags", "configuration", "-e", json.dumps(declared), *options],
            env=self.env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        self.ran = {
            match[1]: int(match[2]) for match in RECAP.finditer(done.stdout) if match[1] != "localhost"
        }
        return done

    def sound(self, *options: str) -> str:
        done = self.run(*options)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def of_all(self, sql: str) -> set[Any]:
        return {ask(self.fleet, host, sql) for host in self.fleet.places}


@pytest.fixture(scope="module")
def site(collections_path: str) -> Iterator[Site]:
    with RunningFleet(NODES) as fleet:
        site = Site(fleet, collections_path)
        site.sound()
        yield site


CORES = {"node0001", "node0002"}


def test_what_is_declared_gets_to_all_through_the_leader(site: Site) -> None:
    site.users = ["first", "second"]
    shown = site.sound()
    assert set(site.ran) == CORES, shown
    (users,) = site.of_all("SELECT username FROM disk.mysql_users ORDER BY 1")
    assert [name for (name,) in users] == ["first", "second"]


def test_a_second_run_changes_nothing(site: Site) -> None:
    site.sound()
    shown = site.sound()
    assert site.ran == dict.fromkeys(CORES, 0), shown


def test_check_mode_writes_nothing(site: Site) -> None:
    before = site.of_all(HELD)
    site.users = [*site.users, "checked"]
    site.sound("--check")
    assert set(site.ran) == CORES and site.ran["node0001"] == 1
    site.users.pop()
    assert site.of_all(HELD) == before


def test_what_differs_on_one_satellite_is_put_right_there(site: Site) -> None:
    ask(site.fleet, LAST, "DELETE FROM mysql_users WHERE username = 'first'")
    shown = site.sound("--check")
    assert set(site.ran) == {*CORES, LAST} and site.ran[LAST] == 1, shown
    site.sound()
    assert site.ran == {**dict.fromkeys(CORES, site.ran["node0002"]), LAST: site.ran[LAST]} and site.ran[LAST]
    assert len(site.of_all("SELECT username FROM mysql_users ORDER BY 1")) == 1


def test_a_satellite_that_follows_nobody_joins_first(site: Site) -> None:
    ask(site.fleet, LAST, "DELETE FROM proxysql_servers", "LOAD PROXYSQL SERVERS TO RUNTIME")
    site.users = [*site.users, "late"]
    shown = site.sound()
    assert set(site.ran) == {*CORES, LAST}, shown
    assert len(site.of_all("SELECT username FROM runtime_mysql_users WHERE frontend = 1 ORDER BY 1")) == 1


def test_another_password_of_the_cluster_gets_to_all(site: Site) -> None:
    site.word = ["-e", "proxysql_cluster_password=An0ther-word"]
    shown = site.sound(*site.word)
    assert len(site.ran) == NODES, shown
    assert site.of_all(
        "SELECT variable_value FROM disk.global_variables WHERE variable_name = 'admin-cluster_password'"
    ) == {(("An0ther-word",),)}
    site.sound(*site.word)
    assert set(site.ran) == CORES


def test_those_that_do_not_answer_are_named_and_the_others_finished(collections_path: str) -> None:
    with RunningFleet(20, "--dead", "2", "--hanging", "2") as fleet:
        site = Site(fleet, collections_path)
        began = time.monotonic()
        done = site.run()
        assert done.returncode == 2, done.stdout + done.stderr
        assert "node0017, node0018, node0019, node0020 did not answer" in done.stdout
        assert set(site.ran) <= CORES
        held = {ask(fleet, host, HELD) for host in list(fleet.places)[:-4]}
        assert len(held) == 1
        assert time.monotonic() - began < 45


def test_all_of_them_can_be_gone_to(site: Site) -> None:
    site.sound("--check", "-e", "proxysql_site_over_ssh=all", *site.word)
    assert len(site.ran) == NODES
