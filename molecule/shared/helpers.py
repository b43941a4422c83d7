"""What the tests ask of the hosts, and how they wait."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import pymysql
import pytest
import testinfra
import yaml

SCENARIO = Path(os.environ["MOLECULE_SCENARIO_DIRECTORY"])
CHECKOUT = Path(os.environ["MOLECULE_PROJECT_DIRECTORY"])
INVENTORY = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "inventory"
# The lab that the scenario's hosts are in.
NAME = os.environ.get("MOLECULE_SCENARIO_NAME", SCENARIO.name)
SSH_OPTIONS = "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"

# What takes long is not in every run.
full = pytest.mark.skipif(
    not os.environ.get("FULL"), reason="takes long: in the full round only (make molecule S=... FULL=1)"
)

T = TypeVar("T")


def poll(what: str, ask: Callable[[], T], seconds: float = 30, every: float = 0.1) -> T:
    """Ask until the answer is true; the deadline's failure shows the last answer."""
    deadline = time.monotonic() + seconds
    while True:
        answer: Any
        try:
            answer = ask()
        except (OSError, pymysql.Error) as error:
            answer = None
            shown: object = error
        else:
            shown = answer
        if answer:
            return answer  # type: ignore[no-any-return]
        assert time.monotonic() < deadline, f"{what}: not within {seconds:.0f} s; last: {shown}"
        time.sleep(every)


def lab(*arguments: str, check: bool = True) -> str:
    """What the lab does to a host from outside, such as lab("cut", NAME, node.name)."""
    done = subprocess.run(
        [os.environ["LAB"], *arguments], capture_output=True, text=True, check=False, timeout=180
    )
    assert not check or done.returncode == 0, f"lab {' '.join(arguments)}: {done.stderr}{done.stdout}"
    return done.stdout


def load(name: str) -> Any:
    return yaml.safe_load((SCENARIO / "inventory" / name).read_text(encoding="utf-8"))


class Node:
    """A host of the lab: commands as root over ssh, and ProxySQL's admin port."""

    def __init__(self, name: str, address: str, credentials: dict[str, str]) -> None:
        self.name, self.address, self._credentials = name, address, credentials
        self.infra = testinfra.get_host(
            f"ssh://ansible@{f'[{address}]' if ':' in address else address}",
            ssh_identity_file=os.environ["LAB_KEY"],
            ssh_extra_args=SSH_OPTIONS,
            controlpersist=60,
            sudo=True,
        )

    def __repr__(self) -> str:
        return self.name

    def run(self, command: str) -> str:
        done = self.infra.run(command)
        assert done.rc == 0, f"{self.name}: {command}: {done.stderr}{done.stdout}"
        return str(done.stdout).strip()

    @property
    def is_real(self) -> bool:
        """Whether its ProxySQL is a program: the emulator is a script."""
        return self.run("head -c 4 /usr/bin/proxysql | od -An -c").split() == ["177", "E", "L", "F"]

    def admin_connection(self, **options: Any) -> pymysql.connections.Connection[Any]:
        return pymysql.connect(
            host=self.address,
            port=6032,
            user=self._credentials["proxysql_admin_user"],
            password=self._credentials["proxysql_admin_password"],
            connect_timeout=5,
            read_timeout=10,
            autocommit=True,
            # the file of trusted certificates would be read anew for every login
            ssl_disabled=True,
            **options,
        )

    def admin(self, statement: str) -> list[dict[str, Any]]:
        """One statement on the admin port; every value as text, NULL as None."""
        connection = self.admin_connection(cursorclass=pymysql.cursors.DictCursor, conv={})
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return [{key: _text(value) for key, value in row.items()} for row in cursor.fetchall()]

    def addresses(self) -> list[str]:
        return re.findall(r"inet6? (\S+)/", self.run("ip -o address show dev eth0 scope global"))

    def serves(self) -> bool:
        return bool(self.admin("SELECT 1"))


def _text(value: Any) -> str | None:
    return value.decode() if isinstance(value, bytes) else None if value is None else str(value)


class Cluster:
    def __init__(self) -> None:
        self._groups: dict[str, Any] = load("hosts.yml")["all"]["children"]
        self.credentials: dict[str, str] = load("group_vars/all/credentials.yml")
        self.declared: dict[str, Any] = load("group_vars/all/declared.yml")
        self.net: str = os.environ["LAB_NET"]
        self.vip = f"{self.net}.100"

        self.cores = self.group("proxysql_core")
        self.satellites = self.group("proxysql_satellite")
        self.nodes = self.cores + self.satellites
        self.databases = self.group("mysql_primary") + self.group("mysql_replica")
        self.hosts = [*self.nodes, *self.databases]
        if self.databases:
            self.primary, self.replica = self.databases[:2]
        self.active, self.backup = self.cores
        self.clients = self.group("clients")

    def group(self, name: str) -> list[Node]:
        return [
            Node(host, entry["ansible_host"].replace("{{ lab_net }}", self.net), self.credentials)
            for host, entry in self._groups.get(name, {"hosts": {}})["hosts"].items()
        ]

    def processes(self) -> list[str]:
        """Which process of systemd's is ProxySQL on each node: another one after each start."""
        return [node.run("systemctl show proxysql --property MainPID --value") for node in self.nodes]

    def holders(self) -> list[Node]:
        return [node for node in self.nodes if self.vip in node.addresses()]

    def application(self, host: str) -> dict[str, str]:
        """How the application logs in."""
        return {
            "host": host,
            "user": self.credentials["lab_app_user"],
            "password": self.credentials["lab_app_password"],
            "database": self.credentials["lab_app_schema"],
        }

    def app(self, host: str, port: int = 6033) -> pymysql.Connection[Any]:
        return pymysql.connect(
            port=port,
            connect_timeout=5,
            read_timeout=5,
            autocommit=True,
            ssl_disabled=port == 6033,  # a database may want TLS
            **self.application(host),
        )

    def ask(self, statement: str, host: str | None = None) -> tuple[Any, ...]:
        """One statement as the application, through the VIP unless told otherwise."""
        with self.app(host or self.vip) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return tuple(cursor.fetchone() or ())

    def secrets(self) -> dict[str, str]:
        """The part of each password that no quoting changes."""
        found = {
            name: re.match(r"[\w-]+", value) for name, value in self.credentials.items() if "password" in name
        }
        return {name: match.group() for name, match in found.items() if match}


def _playbook(name: str, *arguments: str, inventory: Path = INVENTORY) -> dict[str, Any]:
    """What a process is started with that runs one of the playbooks."""
    playbook = str(CHECKOUT / "playbooks" / f"{name}.yml")
    return {
        "args": ["ansible-playbook", "--inventory", str(inventory), *arguments, playbook],
        "cwd": SCENARIO,
        "text": True,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.STDOUT,
        # the log that molecule keeps is for molecule's own runs
        "env": {key: value for key, value in os.environ.items() if key != "ANSIBLE_LOG_PATH"},
    }


def play(name: str, *arguments: str, inventory: Path = INVENTORY) -> tuple[int, str]:
    """Run one of the playbooks; its exit code and all it printed."""
    done = subprocess.run(**_playbook(name, *arguments, inventory=inventory), check=False)
    return done.returncode, re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)


def started(name: str, *arguments: str) -> subprocess.Popen[str]:
    """One of the playbooks in a process group of its own, as it runs."""
    return subprocess.Popen(**_playbook(name, *arguments), start_new_session=True)


def end(output: str) -> str:
    """What a failure shows of a run: all that failed, and how it ended."""
    failed = [line for line in output.splitlines() if re.match(r"(fatal|failed|\[ERROR\]|ERROR)", line)]
    return "\n".join([*failed, "...", output[-3000:]])


def played(name: str, *arguments: str, fails: bool = False) -> str:
    """Run a playbook that must succeed (or fail), and return all it printed."""
    code, output = play(name, *arguments)
    assert (code != 0) == fails, f"{name}.yml: exit code {code}:\n{end(output)}"
    return output


def picture(name: str, command: str, output: str) -> None:
    """Keep what a person saw for the documentation: tests/tools/screenshots draws it."""
    folder = CHECKOUT / ".cache" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.txt").write_text(f"$ {command}\n{output}", encoding="utf-8")


def site(*arguments: str) -> str:
    """Run site.yml as converge does, and return all it printed."""
    return played("site", *arguments)


def changes(output: str) -> list[str]:
    """What a run of site.yml changed, as "host: task"."""
    found, task = [], ""
    for row in re.sub(r"\x1b\[[0-9;]*m", "", output).splitlines():
        named = re.match(r"(?:TASK|RUNNING HANDLER) \[(.*)\]", row)
        changed = re.match(r"changed: \[([^\]]+)\]", row)
        if named:
            task = named.group(1)
        elif changed:
            found.append(f"{changed.group(1)}: {task}")
    assert "PLAY RECAP" in output, output[-2000:]
    return found


def tasks_by_host(output: str) -> dict[str, int]:
    """How many tasks ran on each host, gathering facts among them; those skipped do not count."""
    return {name: int(count) for name, count in re.findall(r"^(\S+) +: ok=(\d+) ", output, re.MULTILINE)}


def same(values: Iterable[object]) -> bool:
    items = list(values)
    return all(item == items[0] for item in items)
