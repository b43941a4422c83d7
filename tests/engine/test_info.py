"""The module info: what it tells, what it costs, and what it keeps to itself."""

from __future__ import annotations

import shlex
import time

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._server.admin import Admin
from ansible_collections.mysqlha.proxysql.plugins.module_utils._tasks import run_proxysql_info
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._inventory import inventory
from cases import FIRST, SHA1
from driver import layers, run, sql
from server import EMULATOR, EMULATOR_PYTHON

SALTED = "$A$005$" + b"\xff\xfe salt of twenty!!!".decode("utf-8", "surrogateescape") + "x" * 43


def test_everything_by_layer(module, server):
    run(server, FIRST, {"mysql-max_connections": 500}, state="overridden")
    sql(server, "UPDATE mysql_servers SET weight = 7 WHERE hostname = 'db1'")
    seen = module("proxysql_info")
    assert abs(seen["server_time"] - time.time()) < 10
    assert not seen["changed"] and seen["uptime"] >= 0 and seen["server_version"].startswith(("2.7.", "3.0."))
    for name in FIRST:
        for layer, rows in seen["tables"][name].items():
            assert len(rows) == len(layers(server, name)[layer]), (name, layer)
    weights = {
        layer: next(row["weight"] for row in rows if row["hostname"] == "db1")
        for layer, rows in seen["tables"]["mysql_servers"].items()
    }
    assert weights == {"memory": 7, "runtime": 1, "disk": 1}
    assert {layer["mysql-max_connections"] for layer in seen["variables"].values()} == {"500"}
    assert {row["name"] for row in seen["cluster"]["checksums"]} >= {"mysql_users", "mysql_servers_v2"}
    assert {row["srv_host"] for row in seen["pool"]} == {"db1", "db2", "db3"}


def test_only_what_was_asked_for_is_read(module, monkeypatch):
    sent = []

    def spy(self, statement):
        sent.append(statement.sql)
        return send(self, statement)

    send = Admin._send
    monkeypatch.setattr(Admin, "_send", spy)
    seen = module("proxysql_info", tables=["mysql_query_rules"], layers=["runtime"])
    assert sent == ["SELECT * FROM runtime_mysql_query_rules", "SELECT @@version"]
    assert seen["tables"] == {"mysql_query_rules": {"runtime": []}}
    assert not {"uptime", "variables", "cluster", "pool"} & set(seen)
    seen = module("proxysql_info", variables=["mysql-threads", "mysql-nope"], layers=["disk"])
    assert seen["variables"] == {"disk": {"mysql-threads": "2"}} and "tables" not in seen
    assert set(module("proxysql_info", subsets=["status"])) - {"invocation"} == {
        "changed",
        "uptime",
        "server_time",
        "server_version",
    }


def test_activity_is_read_if_it_is_named(module, server):
    assert "activity" not in module("proxysql_info")
    seen = module("proxysql_info", subsets=["activity"])
    assert set(seen["activity"]) == set(run_proxysql_info._ACTIVITY) and "pool" not in seen
    names = {row["name"] for row in seen["activity"]["counters"]}
    assert "Client_Connections_connected" in names
    # the emulator lacks some of these tables, and the real server has them all
    if server.is_real:
        assert seen["activity"]["memory"]


def test_sections_that_differ_between_layers(module, server):
    run(server, FIRST, {"mysql-max_connections": 500}, state="overridden")
    differs = module("proxysql_info", subsets=["differences"])
    assert differs["differences"] == {"runtime": [], "disk": []}
    sql(server, "UPDATE mysql_users SET max_connections = 7", "LOAD MYSQL USERS TO RUNTIME")
    sql(server, "UPDATE mysql_servers SET weight = 7 WHERE hostname = 'db1'")
    differs = module("proxysql_info", subsets=["differences"])
    assert differs["differences"] == {"runtime": ["MYSQL SERVERS"], "disk": ["MYSQL SERVERS", "MYSQL USERS"]}


def test_errors_are_told_without_the_values_in_them():
    told = {
        "Duplicate entry 'a@b.example' for key 't.mail'": "Duplicate entry '?' for key '?'",
        "near 'it''s x' at line 1": "near '?' at line 1",
        "Access denied for user 'shop'@'%'": "Access denied for user 'shop'@'%'",
    }
    for text, shown in told.items():
        assert run_proxysql_info._without_values({"errno": 1, "last_error": text}) == {
            "errno": 1,
            "last_error": shown,
        }


def test_secrets_only_where_they_are_asked_for(module, server):
    users = [
        {"username": "app", "password": "Xq7-s3cret'\"\\"},
        {"username": "hashed", "password": SHA1},
        {"username": "salted", "password": SALTED},
        {"username": "same as the login", "password": "admin"},
    ]
    run(server, {"mysql_users": users}, {"mysql-monitor_password": "Xq7-s3cret"})
    hidden = module("proxysql_info")
    assert "s3cret" not in module.text and SHA1[1:] not in module.text and "clusterpw" not in module.text
    assert {row["password"] for row in hidden["tables"]["mysql_users"]["memory"]} == {"********"}
    shown = module("proxysql_info", show_secrets=True)
    for layer in ("memory", "runtime", "disk"):
        found = {row["username"]: row["password"] for row in shown["tables"]["mysql_users"][layer]}
        as_hex = "0x" + SALTED.encode("utf-8", "surrogateescape").hex().upper()
        assert found == {**{user["username"]: user["password"] for user in users}, "salted": as_hex}
        assert shown["variables"][layer]["mysql-monitor_password"] == "Xq7-s3cret"
        assert shown["variables"][layer]["admin-admin_credentials"] == "admin:admin;cluster:clusterpw"
    rows = shown["tables"]["mysql_users"]["memory"]
    assert not module("mysql_users", config=rows, state="overridden")["changed"], "as it was told, declared"
    given = shown.get("invocation", {}).get("module_args", {})
    assert given.get("login_password") != "admin"


def test_rows_without_defaults_make_the_same_rows_again(module, server):
    run(server, FIRST, state="overridden")
    seen = module("proxysql_info", layers=["memory"], omit_defaults=True, show_secrets=True)
    assert seen["tables"]["mysql_servers"]["memory"][-1] == {
        "hostgroup_id": 20,
        "hostname": "db4",
        "status": "OFFLINE_HARD",
    }
    tables = {name: found["memory"] for name, found in seen["tables"].items()}
    assert not module("config", tables=tables, state="overridden", allow_empty=True)["changed"]


def test_variables_that_nobody_has_set_are_left_out(module, server):
    own = server.binary or shlex.join([EMULATOR_PYTHON, str(EMULATOR)])
    sql(
        server,
        "UPDATE global_variables SET variable_value = '4321' WHERE variable_name = 'mysql-max_connections'",
    )
    every = module("proxysql_info", variables=None, subsets=["variables"], layers=["memory"])["variables"][
        "memory"
    ]
    seen = module(
        "proxysql_info", subsets=["variables"], layers=["memory"], omit_default_variables=True, program=own
    )
    kept = seen["variables"]["memory"]
    assert "defaults_unknown" not in seen
    assert kept["mysql-max_connections"] == "4321" and "mysql-poll_timeout" not in kept
    # one that the program was given another value for, so that nobody knows its default
    assert kept["mysql-threads"] == every["mysql-threads"] and len(kept) < len(every) / 4


def test_where_defaults_cannot_be_seen_nothing_is_left_out(module, server):
    asked = {"subsets": ["variables"], "layers": ["memory"]}
    seen = module("proxysql_info", **asked, omit_default_variables=True, program="/nonexistent/proxysql")
    assert seen["defaults_unknown"].startswith("program: /nonexistent/proxysql")
    assert seen["variables"] == module("proxysql_info", **asked)["variables"]


def test_an_unknown_table_is_refused_by_name(module):
    assert "tables: nope is not one of" in module("proxysql_info", tables=["nope"])["msg"]
    lacking = "pgsql_servers_ssl_params"
    assert f"{lacking}: ProxySQL " in module("proxysql_info", tables=[lacking])["msg"]


def test_what_is_of_postgresql(module, three):
    sql(
        three,
        "INSERT INTO pgsql_servers (hostgroup_id, hostname) VALUES (7, 'pg1')",
        "INSERT INTO pgsql_replication_hostgroups (writer_hostgroup, reader_hostgroup) VALUES (6, 7)",
        "INSERT INTO mysql_replication_hostgroups (writer_hostgroup, reader_hostgroup) VALUES (7, 8)",
        "LOAD MYSQL SERVERS TO RUNTIME",
        "LOAD PGSQL SERVERS TO RUNTIME",
        "INSERT INTO pgsql_ldap_mapping (priority, frontend_entity, backend_entity) VALUES (1, 'a', 'b')",
    )
    three_is = {"login_port": three.admin_port}
    seen = module("proxysql_info", **three_is)
    assert [(row["hostgroup"], row["srv_host"], row["srv_port"]) for row in seen["pool"]] == [
        (7, "pg1", 5432)
    ]
    assert seen["unknown_tables"] == {"pgsql_ldap_mapping": 1}
    assert "unknown_tables" not in module("proxysql_info", tables=["pgsql_users"], **three_is)
    state = module("node_info", **three_is)
    # a number that both have is two hostgroups
    assert state["hostgroup_roles"] == {"6": "writer", "7": "writer, reader", "8": "reader"}
    (backend,) = state["backends"]
    assert (backend["host"], backend["port"], backend["status"]) == ("pg1", "5432", "ONLINE")
    remarks = inventory(module("proxysql_info", show_secrets=True, **three_is), "admin", 6032).remarks
    assert "left out: pgsql_ldap_mapping has rows (1), and nobody here knows the table" in remarks
    sql(
        three,
        "DELETE FROM pgsql_ldap_mapping",
        "DELETE FROM mysql_replication_hostgroups",
        "DELETE FROM pgsql_replication_hostgroups",
        "LOAD MYSQL SERVERS TO RUNTIME",
        "LOAD PGSQL SERVERS TO RUNTIME",
    )


@pytest.mark.parametrize(
    ("user", "password", "declared"),
    [("monitor", "of-mine", "monitor"), ("watch", "monitor", "watch"), ("monitor", "monitor", None)],
)
def test_a_monitor_with_half_of_the_login_that_proxysql_comes_with(module, server, user, password, declared):
    variables = {"mysql-monitor_username": user, "mysql-monitor_password": password}
    assert not module("global_variables", config=variables).get("failed")
    seen = module("proxysql_info", show_secrets=True)
    # as omit_default_variables leaves them out
    memory = seen["variables"]["memory"]
    seen["variables"]["memory"] = {name: value for name, value in memory.items() if value != "monitor"}
    found = inventory(seen, "admin", 6032)
    assert found.declared.get("proxysql_monitor_user") == declared
    assert ("vault_proxysql_monitor_password" in found.vault) == bool(declared)
    assert any("that ProxySQL comes with" in each for each in found.remarks) != bool(declared)


def test_what_is_kept_for_a_newer_release_is_not_exported(module, server):
    kept = module("config", variables_after_upgrade={"pgsql-interfaces": "127.0.0.1:6133"})
    try:
        assert kept["changed"]
        found = inventory(module("proxysql_info", show_secrets=True), "admin", 6032)
        assert "pgsql-interfaces" not in found.declared.get("proxysql_global_variables", {})
    finally:
        sql(server, "DELETE FROM disk.global_variables WHERE variable_name = 'pgsql-interfaces'")


def test_a_declared_table_that_only_the_server_knows(module, server):
    sql(server, "CREATE TABLE mysql_query_rules_extra (a INT PRIMARY KEY)")
    for layer in ("runtime_", "disk."):
        sql(server, f"CREATE TABLE {layer}mysql_query_rules_extra (a INT PRIMARY KEY)")
    try:
        found = module("node_info", tables={"mysql_query_rules_extra": [{"a": 1}]})
    finally:
        for layer in ("", "runtime_", "disk."):
            sql(server, f"DROP TABLE {layer}mysql_query_rules_extra")
    assert found["drift"] == {"mysql_query_rules_extra": {"memory": 1, "runtime": 1, "disk": 1}}, found
    found = module("node_info", tables={"mysql_query_rules_extra": [{"a": 1}]})
    assert "has no such table" in found["drift_unknown"]
