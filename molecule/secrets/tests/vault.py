"""The inventory's secrets while they change, all that was ever one of them, and all that Ansible printed."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from helpers import CHECKOUT, INVENTORY, SCENARIO, Cluster, Node, play, poll
from leaks import Processes

# What sshd made for those who log in: a run that is cut off leaves its module at work there.
KILL_SESSIONS = "systemd-run --quiet systemctl kill --signal=KILL 'session-*.scope'"


class Vault:
    """values: variables that go before those of the inventory."""

    def __init__(self, cluster: Cluster, folder: Path, processes: Processes) -> None:
        self.cluster, self.folder, self.processes = cluster, folder, processes
        self.values: dict[str, Any] = {}
        self.secrets = dict(cluster.secrets())
        self.outputs: list[str] = []

    def set(self, **values: Any) -> None:
        self.values.update(values)
        for name, value in values.items():
            for inner, text in texts(name, value):
                self.keep(inner, text)

    def keep(self, name: str, value: str) -> None:
        """A value to look for later: the part of it that no quoting changes, of a key a line."""
        if "PRIVATE KEY" in value:
            self.secrets[f"{name} {len(self.secrets)}"] = value.splitlines()[2]
        elif "password" in name and not value.startswith("{{"):
            found = re.match(r"[\w-]+", value)
            assert found, name
            self.secrets[f"{name} {len(self.secrets)}"] = found.group()

    def given(self) -> list[str]:
        """From a file, for the arguments of a process are no secret."""
        path = self.folder / "values.json"
        path.touch(0o600)
        path.write_text(json.dumps(self.values), encoding="utf-8")
        return ["-e", f"@{path}"]

    def run(self, playbook: str = "site", *arguments: str, fails: bool = False) -> str:
        """One of the playbooks, as talkative as can be. After site it is these values that let in."""
        code, output = play(playbook, "-vvv", "--diff", *arguments, *self.given())
        self.outputs.append(output)
        assert (code != 0) == fails, f"{playbook}: exit code {code}:\n{shown(output)[-6000:]}"
        if playbook == "site" and not fails:
            self.known()
        return shown(output)

    def configure(self, fails: bool = False) -> str:
        """`site`, but for packages, services and keepalived."""
        return self.run("site", "--tags", "configuration", fails=fails)

    def known(self) -> None:
        found = {name: value for name, value in self.values.items() if name in self.cluster.credentials}
        self.cluster.credentials.update(found)

    def interrupted(self, when: Callable[[], object]) -> None:
        """`site`, killed together with what it has started on the nodes as soon as it is so far."""
        log = self.folder / f"interrupted-{len(self.outputs)}.log"
        command = ["ansible-playbook", "-vvv", "--inventory", str(INVENTORY), *self.given()]
        with log.open("w", encoding="utf-8") as stream:
            run = subprocess.Popen(
                [*command, str(CHECKOUT / "playbooks/site.yml")],
                cwd=SCENARIO,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={name: value for name, value in os.environ.items() if name != "ANSIBLE_LOG_PATH"},
            )
            try:
                poll("the moment to interrupt it", when, 180, every=0.05)
            finally:
                os.killpg(run.pid, signal.SIGKILL)
                run.wait()
                for node in self.cluster.nodes:
                    node.infra.run(KILL_SESSIONS)
        self.outputs.append(log.read_text(encoding="utf-8"))

    def admin(self, node: Node, statement: str, *, user: str, password: str) -> list[dict[str, Any]]:
        """As somebody else than the credentials say."""
        login = {"proxysql_admin_user": user, "proxysql_admin_password": password}
        return Node(node.name, node.address, login).admin(statement)


def texts(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Each with its name, of lists and dicts as well."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from texts(f"{name} {key}", each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(name, each)
    elif value and isinstance(value, str):
        yield name, value


def shown(output: str) -> str:
    """Without what -vvv adds of the connections."""
    return "\n".join(line for line in output.splitlines() if not re.match(r"<\d+\.\d+\.\d+\.\d+>", line))


def recap(output: str) -> dict[str, dict[str, int]]:
    """Host -> what was counted of it."""
    return {
        match[1]: {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", match[2])}
        for match in re.finditer(r"^(\S+) +: (ok=.*)$", output, re.MULTILINE)
    }
