"""Whole plays, as somebody runs them: ours, community.proxysql's, and one that only says ping."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import declared
from relay import Count, Relay, Watch, follower
from server import Server

CHECKOUT = Path(__file__).resolve().parents[2]
PEER = CHECKOUT / ".cache/benchmarks/peer/bin"
OURS = Path(sys.executable).parent

PING = [{"ansible.builtin.ping": {}}]
_THEIRS = {
    "mysql_servers": (
        "proxysql_backend_servers",
        {"hostgroup_id": "hostgroup_id", "hostname": "hostname", "weight": "weight", "comment": "comment"},
    ),
    "mysql_users": (
        "proxysql_mysql_users",
        {
            "username": "username",
            "password": "password",
            "default_hostgroup": "default_hostgroup",
            "max_connections": "max_connections",
        },
    ),
    "mysql_query_rules": (
        "proxysql_query_rules",
        {
            "rule_id": "rule_id",
            "active": "active",
            "match_digest": "match_digest",
            "destination_hostgroup": "destination_hostgroup",
            "apply": "apply",
        },
    ),
}


@dataclass
class Played:
    seconds: float
    megabytes: float
    changed: int


class Player:
    """Runs plays on this machine with the ansible-playbook of one environment."""

    def __init__(self, programs: Path, port: int) -> None:
        self.programs = programs
        self.port = port
        self._folder = tempfile.TemporaryDirectory(prefix="mysqlha-bench-")
        self.folder = Path(self._folder.name)
        (self.folder / "ansible.cfg").write_text("[defaults]\nlocalhost_warning = false\n")
        if programs == OURS:
            link = self.folder / "ansible_collections/mysqlha/proxysql"
            link.parent.mkdir(parents=True)
            link.symlink_to(CHECKOUT)

    def play(self, tasks: list[dict[str, Any]], variables: dict[str, Any]) -> Played:
        (self.folder / "vars.json").write_text(json.dumps(variables))
        (self.folder / "play.yml").write_text(
            json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}])
        )
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        began = time.perf_counter()
        done = subprocess.run(
            [
                self.programs / "ansible-playbook",
                *("-i", "localhost,", "-c", "local", "play.yml", "-e", "@vars.json"),
                *("-e", f"ansible_python_interpreter={self.programs / 'python'}"),
            ],
            cwd=self.folder,
            env={
                **os.environ,
                "ANSIBLE_CONFIG": str(self.folder / "ansible.cfg"),
                "ANSIBLE_HOME": str(self.folder / ".ansible"),
                "ANSIBLE_COLLECTIONS_PATH": str(self.folder),
                "PATH": f"{self.programs}:{os.environ['PATH']}",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - began
        if done.returncode:
            raise RuntimeError(done.stdout[-3000:])
        recap = done.stdout.rpartition("changed=")[2].partition(" ")[0]
        memory = max(before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024
        return Played(seconds, memory, int(recap))

    def login(self) -> dict[str, Any]:
        return {
            "login_host": "127.0.0.1",
            "login_port": self.port,
            "login_user": "admin",
            "login_password": "admin",
        }

    def ours(self, tables: dict[str, declared.Rows]) -> Played:
        """One task for everything."""
        options = {**self.login(), "state": "overridden", "tables": "{{ tables }}"}
        return self.play([{"mysqlha.proxysql.config": options}], {"tables": tables})

    def theirs(self, tables: dict[str, declared.Rows]) -> Played:
        """A loop for each table."""
        tasks = []
        for table in tables:
            module, options = _THEIRS[table]
            given = {name: f"{{{{ item.{column} }}}}" for name, column in options.items()}
            tasks.append(
                {
                    f"community.proxysql.{module}": {**self.login(), **given, "state": "present"},
                    "loop": f"{{{{ tables.{table} }}}}",
                    "loop_control": {"label": "one"},
                }
            )
        return self.play(tasks, {"tables": tables})

    def ping(self, tables: dict[str, declared.Rows] | None = None) -> Played:
        """With tables: Ansible reads them, templates them and hands them over, and that is all."""
        if tables is None:
            return self.play(PING, {})
        return self.play([{"ansible.builtin.ping": {"data": "{{ tables }}"}}], {"tables": tables})


def mixed(each: int) -> dict[str, declared.Rows]:
    return {name: declared.rows(name, each) for name in ("mysql_servers", "mysql_users", "mysql_query_rules")}


def counted(server: Server, programs: Path, tables: dict[str, declared.Rows]) -> list[Count]:
    """What a first and a second apply send, and how many epochs a peer sees."""
    counts = []
    for _ in range(2):
        relay = Relay(server)
        with follower(server) as peer:
            time.sleep(2)
            watch = Watch(peer).start()
            player = Player(programs, relay.port)
            (player.ours if programs == OURS else player.theirs)(tables)
            relay.count.epochs = watch.stop()
        relay.close()
        counts.append(relay.count)
    return counts
