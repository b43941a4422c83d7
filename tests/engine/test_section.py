"""A LOAD takes the whole section: what others edited in it is seen, kept, published or taken back."""

from __future__ import annotations

import threading
import time
from typing import Any, ClassVar

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._catalog.tables import SECTIONS
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.errors import (
    EngineError,
    OpenEditsError,
    OvertakenError,
    RefusedError,
    StatementError,
)
from ansible_collections.mysqlha.proxysql.plugins.module_utils._section.lock import WriteLock
from ansible_collections.mysqlha.proxysql.plugins.module_utils._section.runtime import Copy
from driver import FragileAdmin, everything, layers, login, perform, run, sql, variable

# A table, what is declared in it, and an edit of another table of its section.
SISTERS = [
    (
        "mysql_servers",
        [{"hostname": "mine"}],
        "mysql_replication_hostgroups",
        "(writer_hostgroup, reader_hostgroup) VALUES (700, 701)",
    ),
    (
        "mysql_servers",
        [{"hostname": "mine"}],
        "mysql_hostgroup_attributes",
        "(hostgroup_id, multiplex) VALUES (700, 0)",
    ),
    (
        "mysql_replication_hostgroups",
        [{"writer_hostgroup": 10, "reader_hostgroup": 20}],
        "mysql_servers",
        "(hostgroup_id, hostname) VALUES (700, 'theirs')",
    ),
    (
        "mysql_query_rules",
        [{"rule_id": 1, "active": True, "match_digest": "x", "apply": True}],
        "mysql_query_rules_fast_routing",
        "(username, schemaname, flagIN, destination_hostgroup, comment) VALUES ('u', 's', 0, 7, '')",
    ),
    (
        "mysql_firewall_whitelist_users",
        [{"username": "shop", "client_address": ""}],
        "mysql_firewall_whitelist_rules",
        "(active, username, client_address, schemaname, flagIN, digest, comment)"
        " VALUES (1, 'u', '', 's', 0, '0x00000000000000AB', '')",
    ),
    ("mysql_users", [{"username": "mine", "password": "x"}], "mysql_users", "(username) VALUES ('theirs')"),
]


@pytest.mark.parametrize("name, rows, sister, edit", SISTERS)
def test_an_open_edit_is_refused_published_or_discarded(server, name, rows, sister, edit):
    sql(server, f"INSERT INTO {sister} {edit}")
    before = everything(server)
    for check in (True, False):
        with pytest.raises(OpenEditsError, match=f"{sister}, row .*open_edits") as caught:
            run(server, {name: rows}, check=check)
        assert len(caught.value.fields["open_edits"]) == 1
        assert everything(server) == before
    planned = run(server, {name: rows}, check=True, open_edits="discard")
    done = run(server, {name: rows}, open_edits="discard")
    assert (planned.statements, planned.diff()) == (done.statements, done.diff())
    assert sister in str(done.diff()), "what is taken back is not in the diff"
    assert sql(server, f"SELECT count(*) FROM {sister}") == [(str(len(rows) * (name == sister)),)]
    sql(server, f"INSERT INTO {sister} {edit}")
    changed = [{**row, "comment": "again"} for row in rows]
    done = run(server, {name: changed}, open_edits="publish")
    assert f"{sister}, row" in str(done.warnings)
    assert len(sql(server, f"SELECT * FROM runtime_{sister}")) > 0
    assert not run(server, {name: changed}).changed


@pytest.mark.parametrize("name, rows, sister, edit", SISTERS)
def test_a_run_that_writes_nothing_does_not_mind_open_edits(server, name, rows, sister, edit):
    run(server, {name: rows})
    sql(server, f"INSERT INTO {sister} {edit}")
    done = run(server, {name: rows})
    assert not done.changed and not done.warnings


def test_a_save_alone_does_not_take_open_edits_to_disk(server):
    run(server, {"mysql_users": [{"username": "mine", "password": "x"}]}, save=False)
    sql(server, "INSERT INTO mysql_users (username) VALUES ('theirs')")
    with pytest.raises(OpenEditsError, match="username=theirs"):
        run(server, {"mysql_users": [{"username": "mine", "password": "x"}]})
    assert sql(server, "SELECT count(*) FROM disk.mysql_users") == [("0",)]


def test_memory_alone_is_nobodys_business(server):
    sql(server, "INSERT INTO mysql_users (username) VALUES ('theirs')")
    assert run(server, {"mysql_users": [{"username": "mine"}]}, load=False, save=False).changed


@pytest.mark.parametrize("how", ["deleted", "changed"])
def test_other_kinds_of_open_edits(server, how):
    run(server, {"mysql_servers": [{"hostname": "theirs", "weight": 3}, {"hostname": "mine"}]})
    edit = {
        "deleted": "DELETE FROM mysql_servers WHERE hostname = 'theirs'",
        "changed": "UPDATE mysql_servers SET weight = 9 WHERE hostname = 'theirs'",
    }[how]
    sql(server, edit)
    mine = {"mysql_servers": [{"hostname": "mine", "comment": "new"}]}
    with pytest.raises(OpenEditsError, match="hostname=theirs"):
        run(server, mine)
    run(server, mine, open_edits="discard")
    assert layers(server, "mysql_servers")["memory"][0, "theirs", 3306]["weight"] == 3


def test_a_column_of_a_declared_row_that_is_not_given_is_somebodys_too(server):
    run(server, {"mysql_servers": [{"hostname": "mine", "weight": 3}]})
    sql(server, "UPDATE mysql_servers SET weight = 9")
    mine = {"mysql_servers": [{"hostname": "mine", "comment": "new"}]}
    with pytest.raises(OpenEditsError, match="hostname=mine, port=3306, column weight"):
        run(server, mine)
    run(server, mine, open_edits="discard")
    assert {row["weight"] for row in layers(server, "mysql_servers")["runtime"].values()} == {3}
    assert not run(server, {"mysql_servers": [{"hostname": "mine", "comment": "new", "weight": 3}]}).changed


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE global_variables SET variable_value = '0' WHERE variable_name = 'mysql-max_connections'",
        "INSERT INTO global_variables VALUES ('mysql-not_yet', '1')",
        "UPDATE global_variables SET variable_value = '9' WHERE variable_name = 'mysql-ping_timeout_server'",
    ],
)
def test_open_edits_of_variables(server, edit):
    """A LOAD would publish a valid one, reset an invalid one, and delete a name that there is not."""
    sql(server, edit)
    before = everything(server)
    mine = {"mysql-multiplexing": False}
    with pytest.raises(OpenEditsError, match="variable mysql-"):
        run(server, variables=mine)
    assert everything(server) == before
    with pytest.raises(RefusedError, match="Everything has been put back"):
        run(
            server,
            variables={**mine, "mysql-default_authentication_plugin": "mysql_clear_password"},
            open_edits="publish",
        )
    assert everything(server) == before, "an undo lost somebody's edit"
    run(server, variables=mine, open_edits="discard")
    assert variable(server, "mysql-max_connections")["memory"] != "0"
    assert variable(server, "mysql-not_yet")["memory"] is None


def test_an_edit_that_was_to_be_published_and_was_not_taken_is_not_lost(server):
    sql(
        server,
        "UPDATE global_variables SET variable_value = '0' WHERE variable_name = 'mysql-max_connections'",
    )
    before = everything(server)
    with pytest.raises(RefusedError, match="mysql-max_connections: somebody's edit"):
        run(server, variables={"mysql-multiplexing": False}, open_edits="publish")
    assert everything(server) == before


@pytest.mark.parametrize("name, rows, sister, edit", SISTERS[3:5])
def test_a_refusal_leaves_open_edits_of_other_tables_open(server, name, rows, sister, edit):
    sql(server, f"INSERT INTO {sister} {edit}")
    before = everything(server)
    with pytest.raises(RefusedError):
        run(
            server,
            {name: rows},
            {"mysql-default_authentication_plugin": "mysql_clear_password"},
            open_edits="publish",
        )
    assert everything(server) == before


# -- others at the same time -------------------------------------------------------------


def users(tag: str) -> list[dict[str, Any]]:
    names = [*(f"{tag}{number}" for number in range(5)), "both"]
    return [{"username": name, "password": tag, "comment": tag} for name in names]


def at_once(server: Any, tasks: dict[str, Any]) -> dict[str, Any]:
    """Tasks in threads of their own; what each gave or raised."""
    found: dict[str, Any] = {}
    barrier = threading.Barrier(len(tasks))

    def go(name: str) -> None:
        with FragileAdmin(login(server)) as admin:
            barrier.wait()
            try:
                found[name] = perform(admin, **tasks[name])
            except EngineError as exc:
                found[name] = exc

    threads = [threading.Thread(target=go, args=(name,)) for name in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found


def test_two_that_override_one_table_at_once(server):
    tasks = {tag: {"tables": {"mysql_users": users(tag)}, "state": "overridden"} for tag in "ab"}
    for _ in range(3):
        sql(server, "DELETE FROM mysql_users", "LOAD MYSQL USERS TO RUNTIME", "SAVE MYSQL USERS TO DISK")
        found = at_once(server, tasks)
        won = [tag for tag, each in found.items() if not isinstance(each, EngineError)]
        # One after the other is as good: then both were told the truth.
        last = won[0] if len(won) == 1 else layers(server, "mysql_users")["memory"]["both", True]["comment"]
        assert won and all(isinstance(found[tag], OvertakenError) for tag in found if tag not in won)
        for rows in layers(server, "mysql_users").values():
            assert {row["comment"] for row in rows.values()} == {last} and len(rows) == 6


class HalfSeen(FragileAdmin):
    """A task that looked while another writer was between its write and its LOAD or SAVE."""

    then: ClassVar[list[str]] = []
    server: ClassVar[Any] = None

    def execute(self, statement: Any) -> int:
        if statement.sql.startswith("CREATE TEMP TABLE") and self.then:
            sql(self.server, *self.then)
            self.then.clear()
        return super().execute(statement)


@pytest.mark.parametrize("loaded", [False, True])
@pytest.mark.parametrize("state", ["overridden", "merged"])
def test_a_writer_seen_half_way(server, state, loaded):
    mine = {"mysql_users": [{"username": "both", "comment": "mine"}]}
    load, save = "LOAD MYSQL USERS TO RUNTIME", "SAVE MYSQL USERS TO DISK"
    run(server, mine)
    sql(server, "UPDATE mysql_users SET comment = 'theirs'", *([load] if loaded else []))
    HalfSeen.server, HalfSeen.then = server, [*([] if loaded else [load]), save]
    with HalfSeen(login(server)) as admin:
        if state == "overridden":
            with pytest.raises(OvertakenError, match="mysql_users"):
                perform(admin, mine, state=state)
        else:
            perform(admin, mine, state=state)
    assert not HalfSeen.then, "the other writer never came"
    last = "theirs" if state == "overridden" else "mine"
    for rows in layers(server, "mysql_users").values():
        assert {row["comment"] for row in rows.values()} == {last}
    assert run(server, mine, state=state).changed == (state == "overridden")
    assert not run(server, mine, state=state).changed


@pytest.mark.parametrize("done", [1, 2, 3])
def test_one_who_writes_just_what_is_declared_is_nobodys_rival(server, done):
    """As ProxySQL itself does, on a node that follows one which was written to a moment before."""
    mine = {"mysql_users": [{"username": "both", "comment": "mine"}]}
    run(server, {"mysql_users": [{"username": "both", "comment": "before"}, {"username": "gone"}]})
    HalfSeen.server = server
    HalfSeen.then = [
        "DELETE FROM mysql_users",
        "INSERT INTO mysql_users (username, comment) VALUES ('both', 'mine')",
        "LOAD MYSQL USERS TO RUNTIME",
        "SAVE MYSQL USERS TO DISK",
    ][: done + 1]
    with HalfSeen(login(server)) as admin:
        perform(admin, mine, state="overridden")
    assert not HalfSeen.then, "the other writer never came"
    for rows in layers(server, "mysql_users").values():
        assert {row["username"]: row["comment"] for row in rows.values()} == {"both": "mine"}


def test_a_writer_of_variables_seen_half_way(server):
    name = "mysql-max_connections"
    load, save = "LOAD MYSQL VARIABLES TO RUNTIME", "SAVE MYSQL VARIABLES TO DISK"
    run(server, variables={name: 111})
    sql(server, f"UPDATE global_variables SET variable_value = 222 WHERE variable_name = '{name}'")
    HalfSeen.server, HalfSeen.then = server, [load, save]
    with HalfSeen(login(server)) as admin:
        perform(admin, {}, variables={name: 111})
    for layer in ("", "runtime_", "disk."):
        table = f"{layer}global_variables"
        assert sql(server, f"SELECT variable_value FROM {table} WHERE variable_name = '{name}'") == [("111",)]


def test_a_copy_of_layers_looks_again_after_another_writer(server):
    section = SECTIONS["MYSQL USERS"]
    sql(server, "INSERT INTO mysql_users (username) VALUES ('early')")
    HalfSeen.server = server
    with HalfSeen(login(server)) as admin:
        copy = Copy(admin, section, "memory_to_runtime")
        HalfSeen.then = ["UPDATE mysql_users SET comment = 'late'", "LOAD MYSQL USERS TO RUNTIME"]
        copy.perform(admin)
        assert not admin.sent, "there was nothing left to copy"
    for layer in ("memory", "runtime"):
        rows = layers(server, "mysql_users")[layer]
        assert {row["comment"] for row in rows.values()} == {"late"}


def test_only_a_server_that_is_read_only_is_written_without_a_lock(server):
    section = SECTIONS["MYSQL USERS"]

    class Refusing(FragileAdmin):
        text = ""

        def execute(self, statement: Any) -> int:
            if "mysqlha_writers" in statement.sql:
                raise StatementError(self.text)
            return super().execute(statement)

    with Refusing(login(server)) as admin:
        admin.text = "database schema is locked: main"
        with pytest.raises(StatementError, match="schema is locked"), WriteLock(admin, [section]):
            pytest.fail("written without a lock")
        admin.text = "ProxySQL Admin Error: attempt to write a readonly database"
        with WriteLock(admin, [section]) as lock:
            assert not lock._held


def test_rows_of_two_tasks_at_once_are_all_there(server):
    tasks = {
        tag: {"tables": {"mysql_users": [row for row in users(tag) if row["username"] != "both"]}}
        for tag in "abc"
    }
    found = at_once(server, tasks)
    assert all(not isinstance(each, EngineError) for each in found.values()), found
    for rows in layers(server, "mysql_users").values():
        assert len(rows) == 15
    for task in tasks.values():
        assert not run(server, **task).changed


def test_merged_writes_only_the_columns_given(server):
    run(server, {"mysql_servers": [{"hostgroup_id": 1, "hostname": "db1", "comment": "a"}]})

    class Meanwhile(FragileAdmin):
        def write(self, statement: Any) -> None:
            if not self.sent:
                sql(server, "UPDATE mysql_servers SET weight = 77 WHERE hostname = 'db1'")
            super().write(statement)

    with Meanwhile(login(server)) as admin:
        perform(admin, {"mysql_servers": [{"hostgroup_id": 1, "hostname": "db1", "comment": "b"}]})
    assert sql(server, "SELECT weight, comment FROM mysql_servers") == [("77", "b")]


@pytest.mark.parametrize(
    "name, rows",
    [
        ("mysql_query_rules", [{"rule_id": 1, "active": True, "match_digest": "x", "apply": True}]),
        ("mysql_users", [{"username": "mine", "password": "x"}]),
        ("mysql_servers", [{"hostname": "mine"}]),
        ("scheduler", [{"id": 1, "interval_ms": 1000, "filename": "/bin/true"}]),
    ],
)
def test_rows_that_somebody_deletes_before_the_load_are_missed(server, name, rows):
    class Emptied(FragileAdmin):
        def load(self, section: Any, after: int = 0) -> None:
            sql(server, f"DELETE FROM {name}")
            super().load(section, after)

    with (
        Emptied(login(server)) as admin,
        pytest.raises(OvertakenError, match=f"{name}, row .*SAVE") as caught,
    ):
        perform(admin, {name: rows})
    assert len(caught.value.fields["overtaken"]) == 1
    assert not sql(server, f"SELECT * FROM {name}"), "what somebody else did was undone"
    assert run(server, {name: rows}).changed
    assert not run(server, {name: rows}).changed


def test_a_writer_is_waited_for_and_a_dead_one_is_not(server, monkeypatch):
    section = SECTIONS["MYSQL USERS"]
    rows = {"mysql_users": [{"username": "mine"}]}
    with FragileAdmin(login(server)) as admin:
        with WriteLock(admin, [section]):
            found: list[float] = []
            began = time.monotonic()
            waiting = threading.Thread(
                target=lambda: (run(server, rows), found.append(time.monotonic() - began))
            )
            waiting.start()
            time.sleep(0.7)
            assert not found, "two writers at once"
        waiting.join(20)
        assert found and found[0] > 0.7
        lock = WriteLock(admin, [section])
        lock._pid, lock._began = 2**22 + 1, "0"  # no process has this id
        lock.__enter__()
        began = time.monotonic()
        run(server, {"mysql_users": [{"username": "mine", "comment": "x"}]})
        assert time.monotonic() - began < 5
