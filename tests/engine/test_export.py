"""The playbook export: what it writes makes the same ProxySQL again, and changes nothing in the old one."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml
from cases import FIRST, PGSQL_FIRST, SHA1
from driver import HastyAdmin, layers, login, perform, sql, tables_of
from server import Server

SALTED = "$A$005$" + b"\xff\xfe\x01 salt of twenty!!".decode("utf-8", "surrogateescape") + "x" * 43

TABLES: dict[str, list[dict[str, Any]]] = {
    **FIRST,
    "mysql_users": [
        *FIRST["mysql_users"],
        {"username": "salted", "password": SALTED},
        {"username": "{{ braces }}", "password": "{{ pass }}{% word %}", "default_schema": "日本 🐬"},
        {"username": "quo\"te'", "password": "x: y # z\n\t'"},
        {"username": "split", "password": "one", "frontend": False},
        {"username": "split", "password": "two", "backend": False},
    ],
    "mysql_query_rules": [
        *FIRST["mysql_query_rules"],
        {"rule_id": 90, "active": True, "match_pattern": r"\{\{ .* \}\}", "replace_pattern": "{# no #}"},
        {"rule_id": 91, "active": True, "match_digest": "null", "error_msg": "yes", "comment": "1e5"},
    ],
}
VARIABLES = {
    "mysql-max_connections": 500,
    "mysql-threads": 3,
    "mysql-init_connect": "SET @a = '{{ x }}'",
    # those that ProxySQL comes with are nobody's, and left out
    "admin-stats_credentials": "viewer:of-the-viewer",
    "mysql-monitor_password": "of-the-monitor",
}

# What the role writes, on a node that is there already.
DECLARE = """\
- hosts: all
  gather_facts: false
  vars:
    # planned as by the role, which would refuse the passwords of these servers
    __proxysql_planned:
      results:
        - item: >-
            {{ hostvars | mysqlha.proxysql.site_plan(
                 groups, inventory_hostname, hosts=[inventory_hostname], roles=['proxysql']) }}
  tasks:
    - name: Declare
      ansible.builtin.import_role:
        name: mysqlha.proxysql.proxysql
        tasks_from: declare
      vars:
        __proxysql_missing: false
        # no package is installed here that it could be rehearsed with
        proxysql_rehearsal: false
"""


@pytest.fixture
def pair(running: Server) -> Iterator[tuple[Server, Server]]:
    """A node to be configured by hand, and an empty one of the same logins."""
    with Server(binary=running.binary) as old, Server(binary=running.binary) as new:
        yield old, new


@pytest.fixture
def play(collections_path: str, tmp_path: Path) -> Callable[..., str]:
    """Runs a playbook on this machine; what it says. Fails if it does."""
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": collections_path,
        "ANSIBLE_CONFIG": str(tmp_path / "ansible.cfg"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_HOME": str(tmp_path / ".ansible"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }

    (tmp_path / "ansible.cfg").touch()

    def run(playbook: str, *files: Path | dict[str, Any]) -> str:
        options = []
        for number, each in enumerate(({"ansible_python_interpreter": sys.executable}, *files)):
            path = each if isinstance(each, Path) else tmp_path / f"extra{number}.yml"
            if not isinstance(each, Path):
                path.write_text(yaml.safe_dump(each))
            options += ["-e", f"@{path}"]
        done = subprocess.run(
            ["ansible-playbook", "-i", "node,", "-c", "local", playbook, *options],
            env=environment,
            cwd=tmp_path,
            text=True,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def seen(server: Server, tables: Iterable[str]) -> dict[str, Any]:
    return {name: layers(server, name) for name in tables}


def export(play: Callable[..., str], server: Server) -> str:
    asked = {
        "proxysql_admin_user": "admin",
        "proxysql_admin_password": "admin",
        "proxysql_admin_port": server.admin_port,
        "proxysql_export_folder": "vars",
    }
    return play("mysqlha.proxysql.export", asked)


def there_and_back(
    pair: tuple[Server, Server],
    play: Callable[..., str],
    folder: Path,
    tables: dict[str, list[dict[str, Any]]],
    variables: dict[str, Any],
    secrets: tuple[str, ...],
) -> None:
    old, new = pair
    with HastyAdmin(login(old)) as admin:
        perform(admin, tables, variables, state="overridden")
    out = export(play, old)
    declared, vault = folder / "vars/proxysql.yml", folder / "vars/vault.yml"
    assert stat.S_IMODE(vault.stat().st_mode) == 0o600
    for secret in secrets:
        assert secret in vault.read_text() and secret not in declared.read_text() + out, secret
    assert "left out" not in out and "will make it so" not in out and "TO RUNTIME" not in out, out

    declare = folder / "declare.yml"
    declare.write_text(DECLARE)
    before = seen(old, tables)
    out = play(str(declare), declared, vault)
    assert "changed=0" in out, out
    assert seen(old, tables) == before

    # The empty node listens elsewhere, which is not to be taken from the old one.
    own = {
        "proxysql_admin_port": new.admin_port,
        "proxysql_admin_interfaces": [f"{new.host}:{new.admin_port}"],
        "proxysql_mysql_interfaces": [f"{new.host}:{new.data_port}"],
    }
    play(str(declare), declared, vault, own)
    assert seen(new, tables) == before
    query = "SELECT * FROM {} WHERE variable_name NOT LIKE '%ifaces' AND variable_name <> 'mysql-interfaces'"
    for layer in ("main.global_variables", "disk.global_variables", "runtime_global_variables"):
        assert set(sql(new, query.format(layer))) == set(sql(old, query.format(layer))), layer
    assert "changed=0" in play(str(declare), declared, vault, own)


def test_there_and_back(pair: tuple[Server, Server], play: Callable[..., str], tmp_path: Path) -> None:
    salted = SALTED.encode("utf-8", "surrogateescape").hex().upper()
    secrets = ("s3cret", SHA1, "clusterpw", salted, "pass }}")
    there_and_back(pair, play, tmp_path, TABLES, VARIABLES, secrets)


def test_there_and_back_of_release_3(running_three: Server, play: Callable[..., str], tmp_path: Path) -> None:
    """What PostgreSQL has, and a second password of a user."""
    second = b"the-second".hex().upper()
    tables = {
        **PGSQL_FIRST,
        "mysql_users": [
            {"username": "dual", "password": "the-first", "attributes": {"additional_password": second}}
        ],
    }
    variables = {**VARIABLES, "pgsql-max_connections": 500, "pgsql-monitor_password": "of-pgsqls-monitor"}
    with ExitStack() as stack:
        old, new = (stack.enter_context(Server(binary=running_three.binary, release="3.0")) for _ in range(2))
        there = tables_of(old)
        tables = {name: rows for name, rows in tables.items() if name in there}
        secrets = ("the-first", second, "of-pgsqls-monitor")
        there_and_back((old, new), play, tmp_path, tables, variables, secrets)


def test_what_can_not_be_declared_is_said(
    pair: tuple[Server, Server], play: Callable[..., str], tmp_path: Path
) -> None:
    old, _new = pair
    sql(
        old,
        "INSERT INTO mysql_servers (hostname, status) VALUES ('db1', 'SHUNNED'), ('db2', 'ONLINE')",
        "INSERT INTO mysql_users (username, password) VALUES ('stars', '*****')",
        "INSERT INTO mysql_users (username, backend, frontend) VALUES ('nothing', 0, 0)",
        "INSERT INTO scheduler (id, interval_ms, filename, arg2) VALUES (1, 10000, '/bin/true', 'x')",
        "UPDATE global_variables SET variable_value = variable_value || ';third:pw'"
        " WHERE variable_name = 'admin-admin_credentials'",
        "LOAD ADMIN VARIABLES TO RUNTIME",
    )
    out = export(play, old)
    assert "left out: mysql_servers, row hostgroup_id=0, hostname=db1, column status" in out
    assert "left out: mysql_users, row username=stars" in out
    assert "left out: mysql_users, row username=nothing, backend=False, column frontend" in out
    assert "left out: scheduler, row id=1, column arg2: needs arg1 as well" in out
    assert "will make it so, without third" in out
    assert "LOAD MYSQL SERVERS TO RUNTIME" in out and "'*****'" not in out
    declared = yaml.safe_load((tmp_path / "vars/proxysql.yml").read_text())
    assert [row["hostname"] for row in declared["proxysql_mysql_servers"]] == ["db2"]
