"""A node that compares by itself what it holds with what was declared, and has no password for it."""

from __future__ import annotations

import json
import os
import re
import shlex
import stat
import subprocess
from hashlib import sha1
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._section import systemd as units
from cases import FIRST
from driver import everything, sql, tables_of
from server import Server

Module = Callable[..., dict[str, Any]]

# Instead of systemd: what it was asked for is written down; that the timer runs is a file.
FAKE = """#!/bin/sh
cd "$(dirname "$0")"
echo "$*" >> log
case "$1" in
is-enabled | is-active) test -e running ;;
restart) touch running ;;
disable) rm -f running ;;
esac
"""
PASSWORDS = ["Cl3ar-one", "Cl3ar-two", "M0nitor-q", b"Additi0nal-q".hex()]
USERS = [
    {"username": "shop", "password": PASSWORDS[0], "default_hostgroup": 10},
    {"username": "half", "password": PASSWORDS[1], "backend": False, "default_hostgroup": 10},
    {"username": "half", "password": PASSWORDS[0], "frontend": False, "default_hostgroup": 10},
    {"username": "more", "attributes": {"additional_password": PASSWORDS[3]}, "default_hostgroup": 10},
]
TABLES = {"mysql_servers": [{"hostgroup_id": 10, "hostname": "192.0.2.31"}], "mysql_users": USERS}
VARIABLES = {"mysql-max_connections": 321, "mysql-monitor_password": PASSWORDS[2]}


@pytest.fixture(autouse=True)
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "systemctl").write_text(FAKE)
    (folder / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    (tmp_path / "units").mkdir()
    (tmp_path / "exporter").mkdir()
    monkeypatch.setattr(units, "UNITS", str(tmp_path / "units"))
    return folder


class Timer:
    """The module on a node, and what systemd would start there."""

    def __init__(self, module: Module, tmp_path: Path) -> None:
        self._module, self.folder, self.path = module, tmp_path / "drift", tmp_path

    def put(self, **options: Any) -> dict[str, Any]:
        given = {"textfile_dir": str(self.path / "exporter"), "tables": TABLES, "variables": VARIABLES}
        found = self._module("drift_timer", folder=str(self.folder), **{**given, **options})
        assert not found.get("failed"), found
        return found

    def take_away(self, **options: Any) -> list[str]:
        paths: list[str] = self._module("drift_timer", folder=str(self.folder), timer="absent", **options)[
            "paths"
        ]
        return [Path(path).name for path in paths]

    def fire(self) -> str:
        """With nothing of this process; what is in the journal."""
        service = (self.path / "units/proxysql-drift.service").read_text()
        command = shlex.split(re.search("^ExecStart=(.*)$", service, re.MULTILINE)[1])  # type: ignore[index]
        clean = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
        done = subprocess.run(command, env=clean, cwd="/", text=True, capture_output=True, check=False)
        assert (done.stderr, done.returncode) == ("", 0)
        return done.stdout.strip()

    def numbers(self) -> dict[str, float]:
        """As the node exporter finds them."""
        text = (self.path / "exporter/proxysql_drift.prom").read_text()
        return {
            name: float(value)
            for name, value in (line.rsplit(" ", 1) for line in text.splitlines() if line[0] != "#")
        }

    def drifted(self) -> dict[str, float]:
        self.fire()
        rows = {name: value for name, value in self.numbers().items() if "_rows" in name and value}
        return {"/".join(re.findall('"([^"]*)"', name)): value for name, value in rows.items()}


@pytest.fixture
def timer(server: Server, module: Module, tmp_path: Path) -> Timer:
    written = module("config", tables=TABLES, variables=VARIABLES, state="overridden")
    assert not written.get("failed"), written
    made = Timer(module, tmp_path)
    made.put()
    return made


def test_as_declared_nothing_drifts_and_nothing_is_written(timer: Timer, server: Server) -> None:
    before = everything(server)
    assert timer.fire() == "As declared"
    timer.put()
    assert everything(server) == before
    found = timer.numbers()
    assert found['proxysql_drift_rows{table="mysql_users",layer="disk"}'] == 0
    assert found['proxysql_drift_rows{table="global_variables",layer="runtime"}'] == 0
    assert found["proxysql_drift_unknown"] == 0
    assert found["proxysql_drift_compared_timestamp_seconds"] > 1.7e9
    assert len([name for name in found if "_rows" in name]) == 9


def test_there_is_no_password_of_the_declaration_on_the_node(timer: Timer) -> None:
    timer.fire()
    for path in [path for path in timer.path.rglob("*") if path.is_file()]:
        data = path.read_bytes()
        assert not [word for word in PASSWORDS if word.encode() in data], path
    settings = timer.folder / "settings.json"
    assert stat.S_IMODE(settings.stat().st_mode) == 0o600
    assert stat.S_IMODE((timer.folder / "proxysql_drift.prom").stat().st_mode) == 0o644
    rows = json.loads(settings.read_text())["declared"]["tables"]["mysql_users"]["rows"]
    assert [set(row["attributes"]) for row in rows if row["username"] == "more"] == [{"mark"}]


PASSWORD = "UPDATE mysql_users SET password = '{}' WHERE username = '{}'"
VARIABLE = "UPDATE global_variables SET variable_value = '5' WHERE variable_name = 'mysql-{}'"


@pytest.mark.parametrize(
    ("statement", "load", "table"),
    [
        ("UPDATE mysql_servers SET weight = 7", "", "mysql_servers"),
        ("INSERT INTO mysql_servers(hostname) VALUES ('x')", "MYSQL SERVERS", "mysql_servers"),
        ("DELETE FROM mysql_servers", "MYSQL SERVERS", "mysql_servers"),
        (PASSWORD.format("other", "shop"), "", "mysql_users"),
        (PASSWORD.format("other", "shop"), "MYSQL USERS", "mysql_users"),
        # that of somebody else
        (PASSWORD.format(PASSWORDS[0], "half") + " AND backend = 0", "", "mysql_users"),
        ("UPDATE mysql_users SET attributes = '' WHERE username = 'more'", "", "mysql_users"),
        (VARIABLE.format("monitor_password"), "", "global_variables"),
        (VARIABLE.format("max_connections"), "MYSQL VARIABLES", "global_variables"),
        # of nobody's concern
        (VARIABLE.format("ping_timeout_server"), "", ""),
    ],
)
def test_what_somebody_changes_is_counted_by_layer(
    timer: Timer, server: Server, statement: str, load: str, table: str
) -> None:
    sql(server, statement, *([f"LOAD {load} TO RUNTIME"] if load else []))
    layers = ["memory", "runtime"] if load else ["memory"]
    assert timer.drifted() == {f"{table}/{layer}": 1 for layer in layers if table}


def test_a_password_that_is_nowhere_any_more_differs_everywhere(timer: Timer, server: Server) -> None:
    sql(server, "UPDATE mysql_users SET password = 'other'")
    sql(server, "LOAD MYSQL USERS TO RUNTIME", "SAVE MYSQL USERS TO DISK")
    found = timer.drifted()
    assert found == {"mysql_users/memory": 4, "mysql_users/runtime": 4, "mysql_users/disk": 4}
    assert "other" not in timer.fire()


def test_a_password_that_is_stored_as_a_hash_is_known_again(
    server: Server, module: Module, tmp_path: Path
) -> None:
    stored = "*" + sha1(sha1(b"pass").digest()).hexdigest().upper()
    insert = f"INSERT INTO mysql_users(username, password, default_hostgroup) VALUES ('shop', '{stored}', 10)"
    sql(server, insert, "LOAD MYSQL USERS TO RUNTIME", "SAVE MYSQL USERS TO DISK")
    tables = {"mysql_users": [{"username": "shop", "password": "pass", "default_hostgroup": 10}]}
    timer = Timer(module, tmp_path)
    assert module("config", tables=tables, state="overridden", check=True)["changed"] is False
    timer.put(tables=tables, variables={})
    assert timer.drifted() == {}


def test_a_second_time_changes_nothing(timer: Timer, systemd: Path) -> None:
    timer.fire()
    (systemd / "log").unlink()
    assert timer.put()["paths"] == []
    assert not re.search("restart|enable ", (systemd / "log").read_text())
    # whoever stops it has it started again
    (systemd / "running").unlink()
    assert [Path(path).name for path in timer.put(check=True)["paths"]] == ["proxysql-drift.timer"]
    assert not (systemd / "running").exists()
    assert timer.put()["changed"] and (systemd / "running").exists()


def test_what_is_declared_anew_is_compared_anew(timer: Timer, module: Module, server: Server) -> None:
    users = [{**USERS[0], "password": "N3w-one"}, *USERS[1:]]
    new = {**TABLES, "mysql_users": users}
    module("config", tables=new, variables=VARIABLES, state="overridden")
    assert timer.drifted() == {"mysql_users/memory": 1, "mysql_users/runtime": 1, "mysql_users/disk": 1}
    before = (timer.folder / "settings.json").read_bytes()
    told = timer.put(tables=new, check=True)
    assert told["paths"] == [str(timer.folder / "settings.json")]
    assert (timer.folder / "settings.json").read_bytes() == before
    assert timer.put(tables=new)["paths"] == told["paths"]
    assert timer.drifted() == {}


def test_a_part_of_a_table_is_all_that_counts(server: Server, module: Module, tmp_path: Path) -> None:
    tables = {"mysql_servers": [{"hostgroup_id": 10, "hostname": "a", "weight": 3}]}
    timer = Timer(module, tmp_path)
    module("config", tables=tables)
    timer.put(tables=tables, variables={}, state="merged")
    sql(server, "UPDATE mysql_servers SET comment = 'theirs'")
    sql(server, "INSERT INTO mysql_servers(hostname) VALUES ('b')")
    assert timer.drifted() == {}
    sql(server, "UPDATE mysql_servers SET weight = 4")
    assert timer.drifted() == {"mysql_servers/memory": 1}
    scope = {"mysql_servers": {"hostgroup_id": ["10-19"]}}
    sql(server, "UPDATE mysql_servers SET weight = 3, comment = ''")
    timer.put(tables=tables, variables={}, state="overridden", scope=scope)
    assert timer.drifted() == {}
    sql(server, "INSERT INTO mysql_servers(hostgroup_id, hostname) VALUES (11, 'c')")
    assert timer.drifted() == {"mysql_servers/memory": 1}


def test_every_table_can_be_compared(server: Server, module: Module, tmp_path: Path) -> None:
    tables = {name: rows for name, rows in FIRST.items() if name in tables_of(server)}
    assert not module("config", tables=tables, state="overridden").get("failed")
    timer = Timer(module, tmp_path)
    timer.put(tables=tables, variables={})
    assert timer.drifted() == {}
    assert timer.put(tables=tables, variables={})["changed"] is False


def test_a_proxysql_that_does_not_answer_is_unknown(timer: Timer) -> None:
    settings = timer.folder / "settings.json"
    told = json.loads(settings.read_text())
    settings.write_text(
        json.dumps({**told, "login": {**told["login"], "password": "wrong", "connect_timeout": 1}})
    )
    assert timer.fire().startswith("Not compared: ")
    found = timer.numbers()
    assert found["proxysql_drift_unknown"] == 1
    assert not [name for name in found if "_rows" in name]


def test_taken_away_nothing_is_left(timer: Timer, systemd: Path) -> None:
    timer.fire()
    expected = ["proxysql-drift.service", "proxysql-drift.timer", "proxysql_drift.prom", "drift"]
    assert timer.take_away(check=True) == expected
    assert timer.fire() == "As declared"
    assert timer.take_away(login_port=1) == expected
    assert not (systemd / "running").exists()
    assert [list((timer.path / name).iterdir()) for name in ("units", "exporter")] == [[], []]
    assert not timer.folder.exists()
    assert timer.take_away() == []


def test_another_folder_of_the_exporter_and_none(timer: Timer, module: Module) -> None:
    other = timer.path / "other"
    assert "no such folder" in module("drift_timer", folder=str(timer.folder), textfile_dir=str(other))["msg"]
    assert "textfile_dir" in module("drift_timer", folder=str(timer.folder))["msg"]
    other.mkdir()
    timer.put(textfile_dir=str(other))
    assert [path.name for path in other.iterdir()] == ["proxysql_drift.prom"]
    assert not list((timer.path / "exporter").iterdir())
