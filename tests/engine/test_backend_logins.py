"""New logins are tried at the databases before they are written; who refuses is named."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.passwords import native
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._site.logins import to_try
from driver import everything, run, sql
from server import Server, free_port

USERS = 'mysql_users=({username="monitor" password="mon-1"},{username="app" password="app-1"})\n'


@pytest.fixture(scope="module")
def backends() -> Iterator[list[Server]]:
    """Stand-ins for databases: what matters here is whom their port lets in."""
    servers = [Server(binary="", tables=USERS) for _ in range(2)]
    try:
        yield [server.start() for server in servers]
    finally:
        for server in servers:
            server.kill()


def rows(backends: list[Server]) -> list[dict[str, Any]]:
    return [
        {"hostgroup_id": 10 + number, "hostname": server.host, "port": server.data_port}
        for number, server in enumerate(backends)
    ]


USER = {"username": "app", "password": "app-1", "default_hostgroup": 10}


def test_those_that_refuse_the_monitor_are_named_and_nothing_is_written(server, module, backends):
    before = everything(server)
    given = {"servers": rows(backends), "monitor_user": "monitor"}
    found = module("backend_logins", **given, monitor_password="mon-2")
    assert found["failed"] and len(found["refused"]) == 2
    for backend in backends:
        assert f"{backend.host}:{backend.data_port} as 'monitor': " in found["msg"]
    assert "mon-2" not in module.text
    for user in ("other", "monitor2"):
        assert module("backend_logins", **{**given, "monitor_user": user}, monitor_password="mon-1")["failed"]
    told = module("backend_logins", **given, monitor_password="mon-2", report_only=True)
    assert not told.get("failed") and told["refused"] == found["refused"]
    done = module("backend_logins", **given, monitor_password="mon-1")
    assert not done.get("failed") and not done["changed"] and len(done["tried"]) == 2
    assert done["refused"] == [] and abs(done["server_time"] - time.time()) < 5
    assert everything(server) == before


def test_users_of_applications_by_hostgroup(module, backends):
    def ask(hostgroup: int, password: str, reached: Any = None, **more: Any) -> dict[str, Any]:
        user = {"username": "app", "password": password, "default_hostgroup": hostgroup, **more}
        result: dict[str, Any] = module(
            "backend_logins", servers=rows(backends), users=[user], hostgroups=reached or {}
        )
        assert "app-2" not in module.text
        return result

    assert len(ask(10, "app-2")["refused"]) == 1
    assert len(ask(10, "app-2", {"app": [10, 11]})["refused"]) == 2
    assert len(ask(10, "app-1", {"app": [10, 11]})["tried"]) == 2
    assert len(ask(10, "app-1", {"other": [10, 11]})["tried"]) == 1
    assert "expected a list of numbers" in ask(10, "app-1", {"app": 11})["msg"]
    assert ask(12, "app-2")["tried"] == []
    assert ask(10, "app-2", active=False)["tried"] == ask(10, "app-2", frontend=0)["tried"] == []
    assert len(ask(10, "app-2", backend=0)["refused"]) == 1
    assert ask(10, "*" + "0F" * 20)["not_tried"] == ["app"]


def test_where_a_user_only_may_come_a_refusal_is_a_warning(module, backends):
    given = {"servers": rows(backends), "users": [USER], "hostgroups": {"app": [10]}}
    done = module("backend_logins", **given, maybe_hostgroups={"app": [11]})
    assert len(done["tried"]) == 2 and not done.get("warnings")
    given["users"] = [{**USER, "password": "app-2"}]
    (only,) = module("backend_logins", **given, maybe_hostgroups={"app": [11]})["refused"]
    assert str(backends[0].data_port) in only
    given["hostgroups"] = {"app": []}
    found = module("backend_logins", **given, maybe_hostgroups={"app": [11]})
    assert not found.get("failed") and found["refused"] == []
    assert f"rules for all users, or mirrors, may send queries: {backends[1].host}" in str(found["warnings"])
    # what surely is reached, too, is no warning
    both = {**given, "hostgroups": {"app": [10, 11]}, "maybe_hostgroups": {"app": [11]}}
    assert len(module("backend_logins", **both)["refused"]) == 2


PAIR = {"writer_hostgroup": 10, "reader_hostgroup": 40}
SETS = {
    "mysql_replication_hostgroups": PAIR,
    "mysql_group_replication_hostgroups": {**PAIR, "backup_writer_hostgroup": 20, "offline_hostgroup": 30},
    "mysql_galera_hostgroups": {**PAIR, "backup_writer_hostgroup": 20, "offline_hostgroup": 30},
    "mysql_aws_aurora_hostgroups": {**PAIR, "domain_name": ".example.net"},
}


@pytest.mark.parametrize("more", [
    *({table: [row]} for table, row in SETS.items()),
    {"mysql_query_rules": [{"rule_id": 1, "active": 1, "username": "app", "destination_hostgroup": 40}]},
    {"mysql_query_rules_fast_routing": [
        {"username": "app", "schemaname": "reports", "destination_hostgroup": 40}
    ]},
], ids=lambda more: str(*more))  # fmt: skip
def test_all_that_a_declared_user_reaches_refuse(module, backends, more):
    """From what is declared, as the playbook site does it."""
    servers = [{**row, "hostgroup_id": group} for row, group in zip(rows(backends), (10, 40))]
    tables = {"mysql_servers": servers, "mysql_users": [{**USER, "password": "app-2"}]}
    tried = to_try({"proxysql_state": "overridden"}, {**tables, **more}, ())
    assert len(module("backend_logins", **tried)["refused"]) == 2
    # and without it one of them alone
    assert len(module("backend_logins", **to_try({"proxysql_state": "merged"}, tables, ()))["refused"]) == 1
    gone = to_try({"proxysql_state": dict.fromkeys(more, "deleted")}, {**tables, **more}, ())
    assert len(module("backend_logins", **gone)["refused"]) == 1


def test_what_is_not_new_is_not_tried(server, module, backends):
    run(
        server,
        {
            "mysql_servers": rows(backends)[:1],
            "mysql_users": [{"username": "app", "password": "app-2", "default_hostgroup": 10}],
        },
        {"mysql-monitor_username": "monitor", "mysql-monitor_password": "mon-2"},
    )
    users = [{"username": "app", "password": "app-2", "default_hostgroup": 10}]
    given = {"users": users, "monitor_user": "monitor", "monitor_password": "mon-2"}
    assert module("backend_logins", servers=rows(backends)[:1], **given)["tried"] == []
    assert len(module("backend_logins", servers=rows(backends)[:1], **given, everything=True)["refused"]) == 2
    # A server that is new is asked with what is old.
    (only,) = module("backend_logins", servers=rows(backends), **given)["refused"]
    assert f"{backends[1].host}:{backends[1].data_port} as 'monitor'" in only


def test_a_password_is_not_new_because_it_is_stored_as_a_hash(server, module, backends):
    for stored in (native("app-1"), "app-1"):
        run(server, {"mysql_servers": rows(backends), "mysql_users": [{**USER, "password": stored}]})
        assert module("backend_logins", servers=rows(backends), users=[USER])["tried"] == []
        changed = module("backend_logins", servers=rows(backends), users=[{**USER, "password": "app-2"}])
        assert len(changed["refused"]) == 1


def test_one_of_the_forms_of_a_hash_is_no_password(module, backends):
    user = {**USER, "password": "0x" + b"$A$005$".hex() + "41" * 63}
    assert module("backend_logins", servers=rows(backends), users=[user])["not_tried"] == ["app"]


def test_one_that_does_not_answer_is_a_warning(module, backends):
    dead = [{"hostname": "127.0.0.1", "port": free_port("127.0.0.1")}]
    given = {"monitor_user": "monitor", "monitor_password": "mon-1", "timeout": 1}
    done = module("backend_logins", servers=dead, **given)
    assert not done.get("failed") and len(done["unknown"]) == 1
    assert "could not be tried" in str(done["warnings"])
    # and does not hide that another refuses
    found = module("backend_logins", servers=dead + rows(backends), **{**given, "monitor_password": "mon-2"})
    assert found["failed"] and len(found["refused"]) == 2


def test_one_that_hangs_is_waited_for_once(module, backends):
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        server = [{"hostgroup_id": 10, "hostname": "127.0.0.1", "port": hanging.getsockname()[1]}]
        users = [{**USER, "username": f"app{number}"} for number in range(100)]
        began = time.monotonic()
        done = module("backend_logins", servers=server, users=users, timeout=1)
        assert time.monotonic() - began < 3
    assert not done.get("failed") and len(done["unknown"]) == 1 and len(done["tried"]) == 100


def test_one_that_is_out_for_good_is_not_asked(module, backends):
    out = [{**row, "status": "OFFLINE_HARD"} for row in rows(backends)]
    given = {"monitor_user": "monitor", "monitor_password": "mon-2", "users": [{**USER, "password": "app-2"}]}
    assert module("backend_logins", servers=out, **given)["tried"] == []


def test_what_was_typed_wrongly_shows_no_password_either(module, backends):
    given = {"username": "app", "password": "s3cret-7", "frontnd": 1}
    for users in ([given], [given, 5]):
        module("backend_logins", servers=rows(backends), users=users, _ansible_inject_invocation=True)
        assert "s3cret-7" not in module.text


def test_whether_a_node_holds_what_is_declared_in_every_layer(server, module):
    user = {"username": "shop", "password": "shop-secret", "default_hostgroup": 10}
    given = {"tables": {"mysql_users": [user]}, "variables": {"mysql-max_connections": 3333}}

    def stands(**other: Any) -> Any:
        found = module("backend_logins", **{**given, **other})
        assert not found.get("failed") and not found["changed"] and "shop-secret" not in module.text
        return found["as_declared"]

    assert stands() is False
    assert not module("config", **given, state="overridden", allow_empty=True).get("failed")
    before = everything(server)
    assert stands() is True
    # what only ProxySQL 3 has is not missed on an older one
    since = {"admin-pgsql_ifaces": "127.0.0.1:1"}
    series = module("backend_logins")["server_version"].partition(".")[0]
    assert stands(variables_since_3=since) is (series == "2")
    # one that is there besides
    assert stands(tables={"mysql_users": []}) is False
    assert stands(tables={"mysql_users": []}, state="merged") is True
    # nothing was declared, or what no server can hold
    assert module("backend_logins")["as_declared"] is None
    assert stands(tables={"mysql_servers": [{"hostname": "db1"}]}) is False
    assert everything(server) == before
    sql(server, "UPDATE mysql_users SET max_connections = 7")
    assert stands() is False
    sql(server, "LOAD MYSQL USERS FROM DISK")
    assert stands() is True
    sql(server, "SET mysql-max_connections = 4444")
    sql(server, "LOAD MYSQL VARIABLES TO RUNTIME")
    assert stands() is False


def test_a_variable_that_waits_for_a_restart_is_not_in_force(module):
    given = {"variables": {"mysql-threads": 3}}
    assert not module("config", **given).get("failed")
    assert module("backend_logins", **given)["as_declared"] is False


@pytest.mark.parametrize("option", ["variables", "variables_since_3"])
def test_of_a_declaration_that_is_refused_no_secret_is_shown(module, option):
    given = {"mysql-no_such_thing": {"a": 1}, "pgsql-monitor_password": "pg-secret"}
    found = module("backend_logins", **{option: given}, _ansible_inject_invocation=True)
    assert found["failed"] and "pg-secret" not in module.text
