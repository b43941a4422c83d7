"""What is drift and what is not, where LOAD or a monitor makes runtime differ from memory."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from typing import Any

import pymysql
import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._catalog.tables import TABLES
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.errors import DeclarationError
from ansible_collections.mysqlha.proxysql.plugins.module_utils._server import servers as _servers
from cases import FIRST, PGSQL_FIRST, PGSQL_SECOND
from driver import everything, layers, run, sql
from server import Server
from test_apply import NOTHING, settled, verdict

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "conformance"))
from backend import Backend  # noqa: E402

PAIR = {"mysql_replication_hostgroups": [{"writer_hostgroup": 10, "reader_hostgroup": 20}]}
SERVERS = {
    "mysql_servers": [
        {"hostgroup_id": 10, "hostname": "db1", "weight": 5},
        {"hostgroup_id": 20, "hostname": "db2"},
        {"hostgroup_id": 30, "hostname": "db3"},
    ]
}
LOADED = {"memory": "unchanged", "runtime": "loaded", "disk": "unchanged"}


# -- servers whose last LOAD the server does not tell -------------------------------------


def loaded_by_somebody(server, change):
    """A change that is in runtime alone: memory is as on disk again."""
    sql(server, change, "LOAD MYSQL SERVERS TO RUNTIME", "LOAD MYSQL SERVERS FROM DISK")


@pytest.fixture
def without_oracle(server, monkeypatch):
    """As a server before 2.6 answers."""
    monkeypatch.setitem(_servers.LAST_LOADED, "mysql_servers", "PROXY_SELECT nothing")
    run(server, {**PAIR, **SERVERS}, state="overridden")
    assert run(server, {**PAIR, **SERVERS}, state="overridden").layers == NOTHING
    return server


@pytest.mark.parametrize(
    "change",
    [
        # Exactly what a monitor does after a failover.
        "UPDATE mysql_servers SET hostgroup_id = 30 - hostgroup_id WHERE hostgroup_id IN (10, 20)",
        "INSERT INTO mysql_servers (hostgroup_id, hostname, weight) VALUES (20, 'db1', 5)",
        "UPDATE mysql_servers SET status = 'SHUNNED' WHERE hostname = 'db2'",
    ],
)
def test_without_the_oracle_a_monitors_doings_are_no_drift(without_oracle, change):
    loaded_by_somebody(without_oracle, change)
    assert run(without_oracle, {**PAIR, **SERVERS}, state="overridden").layers == NOTHING


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE mysql_servers SET weight = 6 WHERE hostname = 'db1'",
        "UPDATE mysql_servers SET status = 'OFFLINE_SOFT' WHERE hostname = 'db2'",
        "UPDATE mysql_servers SET hostgroup_id = 31 WHERE hostname = 'db3'",
        "DELETE FROM mysql_servers WHERE hostname = 'db2'",
        "INSERT INTO mysql_servers (hostgroup_id, hostname) VALUES (20, 'foreign')",
    ],
)
def test_without_the_oracle_what_somebody_loaded_is_drift(without_oracle, change):
    loaded_by_somebody(without_oracle, change)
    assert run(without_oracle, {**PAIR, **SERVERS}, state="overridden").layers == LOADED
    assert run(without_oracle, {**PAIR, **SERVERS}, state="overridden").layers == NOTHING


def test_with_the_oracle_a_move_that_was_loaded_is_drift(server):
    run(server, {**PAIR, **SERVERS}, state="overridden")
    loaded_by_somebody(server, "UPDATE mysql_servers SET hostgroup_id = 10 WHERE hostname = 'db2'")
    assert run(server, {**PAIR, **SERVERS}, state="overridden").layers == LOADED


class Writing:
    """An application that writes through a ProxySQL, again and again, until it is left; what went wrong."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.errors: list[str] = []
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._write)

    def _connect(self) -> Any:
        place = {"host": self.server.host, "port": self.server.data_port}
        return pymysql.connect(
            user="app", password="secret", autocommit=None, ssl_disabled=True, **place
        )  # fmt: skip

    def _write(self) -> None:
        connection = None
        while not self.stopped.wait(0.005):
            try:
                connection = connection or self._connect()
                connection.cursor().execute("INSERT INTO t VALUES (1)")
            except pymysql.err.MySQLError as exc:
                self.errors.append(str(exc))
                connection = None

    def __enter__(self) -> Writing:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self.thread.join(20)


@pytest.mark.parametrize("oracle", [True, False], ids=["oracle", "without"])
def test_after_a_switchover_a_second_run_changes_nothing_and_writes_go_on(server, monkeypatch, oracle):
    if not oracle:
        monkeypatch.setitem(_servers.LAST_LOADED, "mysql_servers", "PROXY_SELECT nothing")
    watched = Server(binary=server.binary, mysql_variables={"monitor_read_only_interval": 200})
    with Backend("old") as old, Backend("new") as new, watched:
        new.read_only = True
        rows = [
            {"hostgroup_id": 10, "hostname": old.host, "port": old.port, "weight": 3},
            {"hostgroup_id": 20, "hostname": new.host, "port": new.port, "weight": 3},
        ]
        users = [{"username": "app", "password": "secret", "default_hostgroup": 10}]
        wanted = {**PAIR, "mysql_servers": rows, "mysql_users": users}
        run(watched, wanted, {"mysql-monitor_enabled": True}, state="overridden")
        old.read_only, new.read_only = True, False
        writers = "SELECT port FROM runtime_mysql_servers WHERE hostgroup_id = 10"
        deadline = time.monotonic() + 20
        while sql(watched, writers) != [(str(new.port),)] and time.monotonic() < deadline:
            time.sleep(0.1)
        assert sql(watched, writers) == [(str(new.port),)]
        with Writing(watched) as application:
            for _ in range(5):
                before = new.writes
                again = run(watched, wanted, state="overridden")
                assert (again.layers, again.statements) == (NOTHING, [])
                deadline = time.monotonic() + 20
                while new.writes < before + 5 and time.monotonic() < deadline:
                    time.sleep(0.01)
                assert new.writes >= before + 5
            assert application.errors == []
            # What it would have cost: by a LOAD writes go to the old primary, which refuses them, and
            # connections to the new one are cut.
            deadline = time.monotonic() + 20
            while not application.errors and time.monotonic() < deadline:
                sql(watched, "LOAD MYSQL SERVERS TO RUNTIME")
                time.sleep(0.3)
            assert application.errors
        assert old.writes == 0


# -- one hostgroup, two monitors ------------------------------------------------------------

GALERA = {
    "writer_hostgroup": 101,
    "backup_writer_hostgroup": 102,
    "reader_hostgroup": 20,
    "offline_hostgroup": 104,
}


@pytest.mark.parametrize("name", ["mysql_galera_hostgroups", "mysql_group_replication_hostgroups"])
def test_a_hostgroup_in_two_tables_is_refused(server, name):
    before = everything(server)
    with pytest.raises(DeclarationError, match=f"hostgroup 20 is also in .*{name}|{name}.*hostgroup 20"):
        run(server, {**PAIR, name: [GALERA]})
    assert everything(server) == before
    run(server, PAIR)
    with pytest.raises(DeclarationError, match="column reader_hostgroup: hostgroup 20 is also in mysql_rep"):
        run(server, {name: [GALERA]}, check=True)
    run(server, {name: [{**GALERA, "active": False}]})
    with pytest.raises(DeclarationError, match="hostgroup 20"):
        run(server, {name: [{"writer_hostgroup": 101, "active": True}]})
    # The same task may take it away from the one and give it to the other.
    run(server, {**PAIR, name: [GALERA]}, state="deleted")
    run(server, {name: [GALERA]})


def test_a_clash_that_was_there_does_not_stop_other_rows(server):
    columns = ", ".join(GALERA)
    sql(
        server,
        "INSERT INTO mysql_replication_hostgroups (writer_hostgroup, reader_hostgroup) VALUES (10, 20)",
        f"INSERT INTO mysql_galera_hostgroups ({columns}) VALUES (101, 102, 20, 104)",
    )
    rows = [{"writer_hostgroup": 50, "reader_hostgroup": 60}]
    run(server, {"mysql_replication_hostgroups": rows}, open_edits="publish")


@pytest.mark.parametrize(
    ("name", "rows", "message"),
    [
        ("mysql_galera_hostgroups", {"backup_writer_hostgroup": 101}, "differ from writer_hostgroup"),
        ("mysql_galera_hostgroups", {"offline_hostgroup": 20}, "differ from reader_hostgroup"),
        ("mysql_galera_hostgroups", {"reader_hostgroup": 0}, "0 is out of range"),
        ("mysql_galera_hostgroups", {"writer_is_also_reader": 3}, "3 is out of range"),
    ],
)
def test_a_galera_row_that_can_not_be(server, name, rows, message):
    with pytest.raises(DeclarationError, match=message):
        run(server, {name: [{**GALERA, **rows}]})


@pytest.mark.parametrize("role", ["backup_writer_hostgroup", "reader_hostgroup", "offline_hostgroup"])
@pytest.mark.parametrize("name", ["mysql_galera_hostgroups", "mysql_group_replication_hostgroups"])
def test_a_writer_in_another_rows_role_is_refused(server, name, role):
    """LOAD would drop such a row, and answer OK."""
    run(server, {name: [GALERA]})
    other = {column: number + 100 for column, number in GALERA.items()}
    with pytest.raises(DeclarationError, match=f"is also the {role} of another row"):
        run(server, {name: [{**other, "writer_hostgroup": GALERA[role]}]})
    with pytest.raises(DeclarationError, match=f"column {role}: 101 is also the writer_hostgroup"):
        run(server, {name: [{**other, role: 101}]})


# -- what LOAD makes of rows that others wrote ---------------------------------------------


def test_json_in_another_form_is_no_change(server):
    row = {"hostgroup_id": 5, "servers_defaults": {"weight": 1, "use_ssl": 0}}
    run(server, {"mysql_hostgroup_attributes": [row]})
    other = '{ "weight" : 1, "use_ssl":0}'
    sql(
        server,
        f"UPDATE mysql_hostgroup_attributes SET servers_defaults = '{other}'",
        "LOAD MYSQL SERVERS TO RUNTIME",
        "SAVE MYSQL SERVERS TO DISK",
    )
    assert run(server, {"mysql_hostgroup_attributes": [row]}, state="overridden").layers == NOTHING


def test_a_scheduler_row_of_others_with_a_gap_is_no_drift(server):
    """LOAD loses what comes after the first NULL, and the server does not show a double quote."""
    columns = "INSERT INTO scheduler (id, active, interval_ms, filename, arg1, arg2, arg3)"
    sql(
        server,
        f"{columns} VALUES (1, 0, 1000, '/bin/false', 'a', NULL, 'c')",
        f"{columns} VALUES (2, 0, 1000, '/bin/false', 'say \"hi\"', NULL, NULL)",
        "LOAD SCHEDULER TO RUNTIME",
        "SAVE SCHEDULER TO DISK",
    )
    rows = [{"id": 1, "comment": ""}, {"id": 2, "active": False}]
    assert run(server, {"scheduler": rows}).layers == NOTHING
    assert not run(server, {"scheduler": [{"id": 3, "interval_ms": 100, "filename": "/x"}]}).warnings


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"arg2": "x"}, "column arg2: needs arg1 as well"),
        ({"arg1": "x", "arg3": ""}, "column arg3: needs arg2 as well"),
        ({"arg1": 'say "hi"'}, 'cannot hold the character "'),
        ({"filename": '/bin/"x"'}, 'cannot hold the character "'),
    ],
)
def test_a_job_that_load_would_mangle_is_refused(server, rows, message):
    row = {"id": 1, "interval_ms": 1000, "filename": "/bin/false", "active": False, **rows}
    with pytest.raises(DeclarationError, match=message):
        run(server, {"scheduler": [row]})


def test_two_routes_for_one_request_are_refused(server):
    first, second = FIRST["restapi_routes"]
    run(server, {"restapi_routes": [first]})
    with pytest.raises(DeclarationError, match="has the same method, uri as row id=1"):
        run(server, {"restapi_routes": [{**second, "method": "GET"}]})
    with pytest.raises(DeclarationError, match="cannot hold the character '"):
        run(server, {"restapi_routes": [{**second, "script": "/bin/it's"}]})


# -- what every table has in common --------------------------------------------------------


@pytest.mark.parametrize("name", FIRST)
def test_rows_outside_the_scope_are_not_touched(server, name):
    mine, theirs = FIRST[name][0], FIRST[name][1:]
    run(server, {name: FIRST[name]}, state="overridden")
    scope = {column: mine.get(column, TABLES[name].default(column)) for column in TABLES[name].key}
    before = settled(server, name)
    assert run(server, {name: [mine]}, state="overridden", scope=scope).layers == NOTHING
    run(server, {name: []}, state="overridden", scope=scope)
    assert len(settled(server, name)) == len(before) - 1 == len(theirs)
    for row in theirs:
        with pytest.raises(DeclarationError, match="outside the scope"):
            run(server, {name: [row]}, state="overridden", scope=scope)


@pytest.mark.parametrize(
    ("name", "scope"),
    [
        ("mysql_servers", {"hostgroup_id": [20, "100-200"]}),
        ("mysql_query_rules", {"rule_id": "1-3"}),
        ("mysql_users", {"username": ["app", "off"]}),
        ("mysql_query_rules_fast_routing", {"destination_hostgroup": 10}),
        ("scheduler", {"id": "2-100"}),
    ],
)
def test_teams_that_share_a_table(server, name, scope):
    """Everything in the scope goes, in every layer, and nothing else."""
    run(server, {name: FIRST[name]}, state="overridden")
    before = settled(server, name)
    run(server, {name: []}, state="overridden", scope=scope)
    after = settled(server, name)
    assert set(after) < set(before) and all(before[key] == row for key, row in after.items())
    # Somebody's drift outside the scope is not ours to mend.
    sql(server, f"DELETE FROM {name}", f"LOAD {TABLES[name].section} TO RUNTIME")
    assert run(server, {name: []}, state="overridden", scope=scope).layers == NOTHING


SAMPLES = {"digest": "0x0000000000000001", "int": 1, "bool": False}
NULLABLE = [
    (table.name, column.name, SAMPLES.get(column.kind, ""))
    for table in TABLES.values()
    for column in table.columns
    if column.nullable and not column.blank and not table.since and not column.secret
]


@pytest.mark.parametrize(("name", "column", "value"), NULLABLE)
def test_null_a_value_and_not_given_are_three_things(server, name, column, value):
    base = {key: each for key, each in FIRST[name][0].items() if key != column and not key.startswith("arg")}
    if name == "scheduler":  # no argument without the one before
        base.update((f"arg{number}", "x") for number in range(1, int(column[3:])))
    if column == "replace_pattern":
        base["match_pattern"] = "x"

    def seen():
        rows = layers(server, name)
        return {layer: next(iter(rows[layer].values()))[column] for layer in ("memory", "disk")}

    run(server, {name: [{**base, column: value}]}, state="overridden")
    assert set(seen().values()) == {value}
    assert run(server, {name: [base]}).layers == NOTHING
    done = run(server, {name: [{**base, column: None}]})
    assert done.layers["memory"] == "changed" and set(seen().values()) == {None}
    assert run(server, {name: [{**base, column: None}]}).layers == NOTHING


# -- the tables of ProxySQL 3 --------------------------------------------------------------


@pytest.mark.parametrize("name", PGSQL_FIRST)
def test_a_table_for_postgresql(three, name):
    first, second = {name: PGSQL_FIRST[name]}, {name: PGSQL_SECOND[name]}
    section = TABLES[name].section
    planned = run(three, first, state="overridden", check=True)
    done = run(three, first, state="overridden")
    assert planned.statements == done.statements
    assert done.layers == verdict(name, "changed", "loaded", "saved")
    settled(three, name)
    assert run(three, first, state="overridden").layers == NOTHING
    sql(three, f"DELETE FROM {name}", f"LOAD {section} TO RUNTIME", f"LOAD {section} FROM DISK")
    assert run(three, first, state="overridden").layers == LOADED
    sql(three, f"DELETE FROM {name}", f"SAVE {section} TO DISK")
    assert run(three, first, state="overridden").layers == verdict(name, "changed", "unchanged", "saved")
    for state in ("merged", "replaced", "overridden", "deleted"):
        run(three, second, state=state)
        settled(three, name)
        assert run(three, second, state=state).layers == NOTHING


def test_a_moved_postgresql_server_is_no_drift(three):
    if three.binary:
        pytest.skip("of the emulator: nothing but its monitor moves the rows of a real server")
    wanted = {name: PGSQL_FIRST[name] for name in ("pgsql_servers", "pgsql_replication_hostgroups")}
    run(three, wanted, state="overridden")
    sql(three, "UPDATE runtime_pgsql_servers SET hostgroup_id = 20 WHERE hostname = 'pg1'")
    assert run(three, wanted, state="overridden").layers == NOTHING
    sql(three, "UPDATE runtime_pgsql_servers SET weight = 9 WHERE hostname = 'pg1'")
    assert run(three, wanted, state="overridden").layers == LOADED
