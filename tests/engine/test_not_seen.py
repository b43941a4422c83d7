"""What ProxySQL answers with OK and does not do, and what looks like somebody's edit and is none."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pymysql
import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._catalog.tables import SECTIONS
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.errors import (
    DeclarationError,
    OpenEditsError,
    RefusedError,
)
from ansible_collections.mysqlha.proxysql.plugins.module_utils._section.lock import WriteLock
from ansible_collections.mysqlha.proxysql.plugins.module_utils._section.runtime import Copy
from driver import FragileAdmin, layers, login, run, sql, variable
from server import Server


@contextmanager
def disk_that_keeps_nothing(server: Server, table: str) -> Iterator[None]:
    """As a full disk: a SAVE is answered with OK, and nothing new is there."""
    sql(server, f"CREATE TRIGGER disk.full BEFORE INSERT ON {table} BEGIN SELECT RAISE(IGNORE); END")
    try:
        yield
    finally:
        sql(server, "DROP TRIGGER disk.full")


@pytest.mark.parametrize(
    "table, rows, key",
    [
        ("mysql_users", [{"username": "u"}], "username=u"),
        ("mysql_servers", [{"hostname": "h"}], "hostname=h"),
        ("scheduler", [{"id": 1, "interval_ms": 1000, "filename": "/bin/true", "active": False}], "id=1"),
    ],
)
def test_a_save_that_was_not_written(
    server: Server, table: str, rows: list[dict[str, Any]], key: str
) -> None:
    with disk_that_keeps_nothing(server, table):
        for _again in range(2):
            with pytest.raises(
                RefusedError, match=f"OK to SAVE and did not write to disk.*{table}, row .*{key}"
            ):
                run(server, {table: rows})
            assert layers(server, table)["memory"] and not layers(server, table)["disk"]
        with FragileAdmin(login(server)) as admin:
            section = next(each for each in SECTIONS.values() if table in each.tables)
            with pytest.raises(RefusedError, match=f"SAVE {section.name} TO DISK was answered with OK"):
                Copy(admin, section, "memory_to_disk").perform(admin)
    assert run(server, {table: rows}).layers["disk"] == "saved"
    assert not run(server, {table: rows}).changed


def test_variables_that_were_not_written(server: Server) -> None:
    with (
        disk_that_keeps_nothing(server, "global_variables"),
        pytest.raises(RefusedError, match="did not write to disk.*variable mysql-max_connections"),
    ):
        run(server, variables={"mysql-max_connections": 1357})
    assert run(server, variables={"mysql-max_connections": 1357}).changed
    assert variable(server, "mysql-max_connections")["disk"] == "1357"


@pytest.mark.parametrize(
    "column, value",
    [("digest", "'ABCDEF0123456789'"), ("digest", "'zz'"), ("destination_hostgroup", "-1")],
)
def test_a_row_that_load_reads_otherwise_is_no_edit_once_it_is_loaded(
    server: Server, column: str, value: str
) -> None:
    sql(server, f"INSERT INTO mysql_query_rules (rule_id, active, {column}) VALUES (5, 1, {value})")
    with pytest.raises(OpenEditsError, match="rule_id=5"):
        run(server, {"mysql_query_rules": [{"rule_id": 6, "active": True}]})
    sql(server, "LOAD MYSQL QUERY RULES TO RUNTIME")
    sql(server, "SAVE MYSQL QUERY RULES TO DISK")
    with FragileAdmin(login(server)) as admin:
        assert not Copy(admin, SECTIONS["MYSQL QUERY RULES"], "memory_to_runtime").due
    assert run(server, {"mysql_query_rules": [{"rule_id": 6, "active": True}]}).changed
    assert not run(server, {"mysql_query_rules": [{"rule_id": 6, "active": True}]}).changed
    assert f"{value.strip(chr(39))}" in map(
        str, sql(server, f"SELECT {column} FROM disk.mysql_query_rules WHERE rule_id = 5")[0]
    )


def test_a_rule_that_load_leaves_out_is_no_edit(server: Server) -> None:
    sql(server, "INSERT INTO mysql_query_rules (rule_id, active, client_addr) VALUES (5, 1, '10.%.1')")
    sql(server, "LOAD MYSQL QUERY RULES TO RUNTIME")
    assert run(server, {"mysql_query_rules": [{"rule_id": 6, "active": True}]}).changed


@pytest.mark.parametrize("policy", ["refuse", "publish", "discard"])
@pytest.mark.parametrize("table", ["mysql_query_rules", "mysql_query_rules_fast_routing"])
def test_rows_of_a_task_that_is_half_way_are_no_edits(server: Server, table: str, policy: str) -> None:
    """The other one is waited for, and then there is nothing to be refused or taken back."""
    mine: dict[str, list[dict[str, Any]]] = {
        "mysql_query_rules": [{"rule_id": 900, "active": True}],
        "mysql_query_rules_fast_routing": [{"username": "u", "schemaname": "s", "destination_hostgroup": 1}],
    }
    found: list[Any] = []

    def task() -> None:
        try:
            found.append(run(server, {table: mine[table]}, open_edits=policy))
        except Exception as exc:
            found.append(exc)

    with FragileAdmin(login(server)) as admin, WriteLock(admin, [SECTIONS["MYSQL QUERY RULES"]]):
        sql(server, "INSERT INTO mysql_query_rules (rule_id, active) VALUES (1, 1), (2, 1)")
        other = threading.Thread(target=task)
        other.start()
        time.sleep(1)
        assert not found
        sql(server, "INSERT INTO mysql_query_rules (rule_id, active) VALUES (3, 1)")
        sql(server, "LOAD MYSQL QUERY RULES TO RUNTIME")
        sql(server, "SAVE MYSQL QUERY RULES TO DISK")
    other.join(30)
    assert found and not isinstance(found[0], Exception), found
    for layer, rows in layers(server, "mysql_query_rules").items():
        assert {(1,), (2,), (3,)} <= set(rows), layer
    assert not any("DELETE" in statement.sql for statement in found[0].statements)


@pytest.mark.parametrize(
    "credentials, message",
    [
        ("admin", "gives 'admin' no password"),
        ("admin:", "gives 'admin' no password"),
        ("admin:admin;b", "gives 'b' no password"),
        ("admin:admin;admin:second", "has 'admin' twice"),
        ("admin:admin; cluster:clusterpw", "has blanks around the name ' cluster'"),
    ],
)
@pytest.mark.parametrize("name", ["admin-admin_credentials", "admin-stats_credentials"])
def test_credentials_that_let_anybody_in(server: Server, name: str, credentials: str, message: str) -> None:
    given = credentials if "admin_" in name else credentials.replace("admin", "watcher")
    before = variable(server, name)
    for check in (True, False):
        with pytest.raises(
            DeclarationError, match=message if "admin_" in name else message.replace("admin", "watcher")
        ):
            run(server, variables={name: given}, check=check)
    assert variable(server, name) == before


def test_read_only_is_refused(server: Server) -> None:
    for check in (True, False):
        with pytest.raises(
            DeclarationError, match="variable admin-read_only: nothing could be written any more"
        ):
            run(server, variables={"admin-read_only": True}, check=check)
    assert not run(server, variables={"admin-read_only": False}).changed


def test_an_interface_that_somebody_else_has(server: Server) -> None:
    before = variable(server, "admin-mysql_ifaces")
    with socket.create_server((server.host, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(RefusedError, match=f"does not get in at {server.host}, port {port}.*put back"):
            run(server, variables={"admin-mysql_ifaces": f"{server.host}:{port}"})
    deadline = time.monotonic() + 5
    while True:
        try:
            assert variable(server, "admin-mysql_ifaces") == before
            return
        except (OSError, pymysql.Error):
            assert time.monotonic() < deadline
            time.sleep(0.1)
