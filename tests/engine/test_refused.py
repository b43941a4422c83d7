"""What the server does not take leaves it exactly as it was, and is named."""

from __future__ import annotations

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._catalog.tables import TABLES
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.errors import (
    DeclarationError,
    RefusedError,
    StatementError,
)
from ansible_collections.mysqlha.proxysql.plugins.module_utils._server.admin import Admin
from cases import FIRST, SECOND
from driver import FragileAdmin, everything, login, perform, run, sql, variable


def test_a_rejected_value_is_named_and_put_back(server):
    run(server, FIRST, {"mysql-max_connections": 500}, state="overridden")
    before = everything(server)
    wanted = {"mysql-max_connections": 600, "mysql-default_authentication_plugin": "mysql_clear_password"}
    with pytest.raises(RefusedError) as caught:
        run(server, SECOND, wanted, state="overridden")
    message = caught.value.message
    assert "variable mysql-default_authentication_plugin: declared 'mysql_clear_password'" in message
    assert "ProxySQL keeps 'mysql_native_password'" in message
    assert message.endswith("Everything has been put back as it was.")
    assert everything(server) == before


# What only a LOAD can tell.
LATE = {"mysql-default_authentication_plugin": "mysql_clear_password"}


def test_what_was_pending_in_memory_is_pending_again(server):
    """Runtime must not get, by the undoing, what somebody had not loaded yet."""
    run(server, {"mysql_query_rules": FIRST["mysql_query_rules"]}, state="overridden")
    sql(server, "UPDATE mysql_query_rules SET destination_hostgroup = 99 WHERE rule_id = 1")
    before = everything(server)
    rows = [
        {"rule_id": 1, "destination_hostgroup": 50},
        {"rule_id": 9, "active": True},
    ]
    with pytest.raises(RefusedError):
        run(server, {"mysql_query_rules": rows}, LATE, open_edits="publish")
    assert everything(server) == before


def test_what_is_put_back_is_put_back_word_for_word(server):
    sql(
        server,
        "INSERT INTO mysql_users (username, backend, frontend, attributes)"
        " VALUES ('u', 1, 0, '{ \"a\":1}'), ('u', 0, 1, '{ \"a\":1}')",
        "LOAD MYSQL USERS TO RUNTIME",
        "INSERT INTO mysql_users (username, comment) VALUES ('not mine', 'never loaded')",
    )
    queries = [f"SELECT * FROM {layer}mysql_users ORDER BY 1, 10" for layer in ("", "runtime_", "disk.")]
    before = [sql(server, query) for query in queries]
    with pytest.raises(RefusedError):
        rule = {"rule_id": 9, "active": True}
        run(
            server,
            {"mysql_users": [{"username": "u", "comment": "new"}], "mysql_query_rules": [rule]},
            LATE,
            open_edits="publish",
        )
    assert [sql(server, query) for query in queries] == before


def test_putting_back_does_not_change_what_the_next_load_makes_of_other_variables(server):
    """have_compress, if its row comes last, sets a bit of server_capabilities in runtime, and there alone."""
    compress, capabilities = "mysql-have_compress", "mysql-server_capabilities"
    run(server, variables={compress: False})
    run(server, variables={compress: True})
    before = everything(server)
    shown = variable(server, capabilities)
    assert int(shown["runtime"]) == int(shown["memory"]) | 32 != int(shown["memory"])
    with pytest.raises(RefusedError):
        run(server, variables=LATE)
    assert everything(server) == before
    run(server, variables={"mysql-max_connections": 700})
    assert variable(server, capabilities) == shown


def test_a_section_that_was_only_loaded_is_put_back_too(server):
    """Memory is as declared already, so nothing is written there; runtime gets it, and must lose it again."""
    run(server, {"mysql_query_rules": FIRST["mysql_query_rules"]}, state="overridden")
    rule = {"rule_id": 1, "destination_hostgroup": 99}
    sql(server, "UPDATE mysql_query_rules SET destination_hostgroup = 99 WHERE rule_id = 1")
    before = everything(server)
    with pytest.raises(RefusedError, match="Everything has been put back as it was"):
        run(server, {"mysql_query_rules": [rule]}, LATE, open_edits="publish")
    assert everything(server) == before


RULE = {"rule_id": 7, "active": True, "destination_hostgroup": 1}
USER = {"username": "app", "password": "x"}


@pytest.mark.parametrize(
    ("table", "row", "read"),
    [
        ("mysql_query_rules", RULE, False),
        ("mysql_query_rules", {**RULE, "digest": "0x1F"}, True),
        ("mysql_query_rules", {**RULE, "client_addr": "192.0.2.1"}, True),
        ("mysql_users", USER, False),
        ("mysql_users", {**USER, "attributes": {"a": 1}}, True),
        ("mysql_users", {**USER, "backend": False}, True),
    ],
)
def test_runtime_is_read_after_a_load_where_that_may_rewrite_values(server, monkeypatch, table, row, read):
    sent: list[str] = []
    send = Admin._send

    def spy(self, statement):
        sent.append(statement.sql)
        return send(self, statement)

    monkeypatch.setattr(Admin, "_send", spy)
    assert run(server, {table: [row]}).changed
    after = sent[sent.index(f"LOAD {TABLES[table].section} TO RUNTIME") + 1 :]
    found = any(f"runtime_{table}" in text and "comment" in text for text in after)
    # The emulator's LOAD looks like somebody else's work, after which runtime is always read.
    assert found == (read or not server.is_real)


class Unnoticed(FragileAdmin):
    """Its LOADs take less than what was written, and nothing tells of another writer."""

    def disturbed(self) -> bool:
        return False


def test_users_of_a_load_that_did_nothing_are_missed(server):
    class Deaf(Unnoticed):
        def write(self, statement):
            if not (statement.sql.startswith("LOAD ") and sql(server, "SELECT * FROM mysql_users")):
                super().write(statement)

    with Deaf(login(server)) as admin, pytest.raises(RefusedError, match="username=app.* left this row out"):
        perform(admin, {"mysql_users": [USER]})


@pytest.mark.parametrize(
    "others, left",
    [([], ""), ([{"username": "theirs", "password": "y"}], ""), ([{"username": "theirs"}], "theirs")],
    ids=["none before and after", "none but before", "the same before and after"],
)
def test_users_that_a_load_left_out_are_missed(server, others, left):
    class Halved(Unnoticed):
        def load(self, section, after=0):
            sql(server, f"UPDATE mysql_users SET active = 0 WHERE username <> '{left}'")
            super().load(section, after)
            sql(server, "UPDATE mysql_users SET active = 1")

    if others:
        run(server, {"mysql_users": others})
    with (
        Halved(login(server)) as admin,
        pytest.raises(RefusedError, match="username=app.* left this row out"),
    ):
        perform(admin, {"mysql_users": [USER]})


@pytest.mark.parametrize("fail_at", range(6))
def test_a_failing_statement_before_the_first_save(server, fail_at):
    run(server, FIRST, state="overridden")
    before = everything(server)
    tables = {name: SECOND[name] for name in ("mysql_users", "mysql_query_rules")}
    with pytest.raises(StatementError, match="injected. Everything has been put back as it was"):
        run(server, tables, state="overridden", fail_at=fail_at)
    assert everything(server) == before


def test_a_failing_save_says_what_is_left(server):
    tables = {"mysql_users": SECOND["mysql_users"]}
    with pytest.raises(StatementError, match="still to be done for disk: SAVE MYSQL USERS TO DISK"):
        run(server, tables, fail_at=2)
    assert run(server, tables).layers == {"memory": "unchanged", "runtime": "unchanged", "disk": "saved"}


def test_a_variable_the_server_lacks_is_refused_before_anything_is_written(server):
    before = everything(server)
    said = (
        "variable mysql-max_conections: ProxySQL .* has no such variable; did you mean mysql-max_connections"
    )
    with pytest.raises(DeclarationError, match=said):
        run(server, FIRST, {"mysql-max_conections": 5, "mysql-max_connections": 5})
    assert everything(server) == before


def test_a_column_the_server_lacks_is_refused_before_anything_is_written(server):
    before = everything(server)
    rows = [{"hostname": "db1", "wieght": 5}]
    with pytest.raises(
        DeclarationError, match="column wieght: ProxySQL .* no such column; did you mean weight"
    ):
        run(server, {"mysql_users": FIRST["mysql_users"], "mysql_servers": rows})
    assert everything(server) == before


def test_static_variables_wait_on_disk_and_survive_the_next_save(server):
    done = run(server, variables={"mysql-threads": 3, "mysql-max_connections": 700})
    assert done.restart_required == ["mysql-threads"]
    assert variable(server, "mysql-threads") == {"memory": "2", "runtime": "2", "disk": "3"}
    again = run(server, variables={"mysql-threads": 3})
    assert not again.changed and again.restart_required == ["mysql-threads"]
    run(server, variables={"mysql-max_connections": 800})
    assert variable(server, "mysql-threads")["disk"] == "3"
    run(server, variables={"mysql-threads": 2})
    assert variable(server, "mysql-threads")["disk"] == "2"


def test_variable_drift_in_one_layer(server):
    run(server, variables={"mysql-multiplexing": False})
    sql(
        server,
        "UPDATE global_variables SET variable_value = 'true' WHERE variable_name = 'mysql-multiplexing'",
    )
    done = run(server, variables={"mysql-multiplexing": False})
    assert done.layers == {"memory": "changed", "runtime": "unchanged", "disk": "unchanged"}
    sql(
        server,
        "UPDATE global_variables SET variable_value = 'true' WHERE variable_name = 'mysql-multiplexing'",
        "SAVE MYSQL VARIABLES TO DISK",
        "UPDATE global_variables SET variable_value = 'false' WHERE variable_name = 'mysql-multiplexing'",
    )
    done = run(server, variables={"mysql-multiplexing": False})
    assert done.layers == {"memory": "unchanged", "runtime": "unchanged", "disk": "saved"}
