"""The module rehearsal: what a second ProxySQL of the same program says before anything is written."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._catalog.tables import TABLES
from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning import layers
from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning.plan import Want
from ansible_collections.mysqlha.proxysql.plugins.module_utils._section.rehearsal import (
    rehearse as rehearse_on,
)
from ansible_collections.mysqlha.proxysql.plugins.module_utils._server.admin import Admin
from ansible_collections.mysqlha.proxysql.plugins.module_utils._server.client import Answer, Client
from ansible_collections.mysqlha.proxysql.plugins.module_utils._server.second import Second
from ansible_collections.mysqlha.proxysql.plugins.module_utils._tasks import run_rehearsal
from driver import everything, login, program, sql
from server import Server

Module = Callable[..., dict[str, Any]]

SERVERS = [
    {"hostgroup_id": 10, "hostname": "192.0.2.31"},
    {"hostgroup_id": 20, "hostname": "192.0.2.32"},
    {"hostgroup_id": 40, "hostname": "192.0.2.33", "status": "OFFLINE_SOFT"},
]
USERS = [
    {"username": "shop", "password": "a secret", "default_hostgroup": 10},
    {"username": "loose", "password": "another", "default_hostgroup": 10, "transaction_persistent": False},
]


def rule(number: int, **columns: Any) -> dict[str, Any]:
    return {"rule_id": number, "active": True, "apply": True, **columns}


@pytest.fixture(autouse=True)
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the module puts its private folder: nowhere that others put theirs, and with a short path."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


@pytest.fixture
def rehearse(server: Server, module: Module) -> Module:
    def call(**options: Any) -> dict[str, Any]:
        return module("rehearsal", program=program(server), **options)

    return call


@pytest.fixture
def routed(server: Server, rehearse: Module) -> Module:
    if not server.is_real:
        pytest.skip("the emulator applies no query rules: needs PROXYSQL_BIN")
    return rehearse


def answers(result: dict[str, Any]) -> list[dict[str, Any]]:
    return [each["found"] for each in result["routing"]]


def ask(query: str, **expected: Any) -> dict[str, Any]:
    return {"user": "shop", "schema": "shop", "query": query, **expected}


def test_nothing_is_written_and_nothing_is_left(server: Server, rehearse: Module, temporary: Path) -> None:
    before = everything(server)
    result = rehearse(
        tables={"mysql_servers": SERVERS, "mysql_users": USERS}, variables={"mysql-max_connections": 900}
    )
    assert result["changed"] is False
    assert result["ok"] is True
    assert result["refused"] == []
    assert everything(server) == before
    assert not list(temporary.iterdir())


NOT_TAKEN = {"mysql-server_version": "9.9", "mysql-default_authentication_plugin": "mysql_clear_password"}


def test_values_that_the_server_does_not_take(rehearse: Module) -> None:
    result = rehearse(variables=NOT_TAKEN, check=True)
    assert result["failed"]
    assert "variable mysql-default_authentication_plugin" in result["msg"]
    refused = [(each["variable"], each["declared"]) for each in result["refused"]]
    assert refused == [("mysql-default_authentication_plugin", "mysql_clear_password")]
    result = rehearse(variables=NOT_TAKEN, report_only=True)
    assert not result.get("failed")
    assert result["ok"] is False


def test_rows_that_the_server_refuses_drops_or_rewrites(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of a server that is less known: nothing was checked, nor is it known what LOAD makes of it."""
    monkeypatch.setitem(layers._RUNTIME, "rules", layers._exact)
    rules = [
        {"rule_id": 1, "active": True, "client_addr": "10.%.1"},
        {"rule_id": 2, "active": True, "digest": "0x0000000000000000"},
        {"rule_id": 3, "active": True, "match_pattern": "^SELECT"},
    ]
    servers = [{"hostgroup_id": 1, "hostname": name, "port": 3306, "weight": weight} for name, weight in
               (("good", 1), ("bad", -5))]  # fmt: skip
    tables = [(Want(TABLES[name], rows), rows) for name, rows in
              (("mysql_query_rules", rules), ("mysql_servers", servers))]  # fmt: skip
    with (
        Admin(login(server)) as first,
        Second(program(server)) as running,
        Admin(running.login) as second,
    ):
        refused = rehearse_on(first, second, tables, {}, ()).refused
    found = {(each["table"], each["row"], each.get("column")): each["why"] for each in refused}
    assert "CHECK" in found.pop(("mysql_servers", "hostgroup_id=1, hostname=bad, port=3306", None))
    assert found == {
        ("mysql_query_rules", "rule_id=1", None): "left out of runtime",
        ("mysql_query_rules", "rule_id=2", "digest"): "rewritten",
    }


def test_where_queries_go(routed: Module) -> None:
    rules = [
        rule(1, match_digest="FOR UPDATE$", destination_hostgroup=10),
        rule(2, match_digest="^SELECT", destination_hostgroup=20),
        rule(3, match_pattern="^UPDATE old", replace_pattern="UPDATE new"),
        rule(4, match_pattern="^DROP", error_msg="ask the DBA"),
        rule(5, match_pattern="^TRUNCATE", destination_hostgroup=30),
        rule(6, match_pattern="^DELETE", destination_hostgroup=40),
    ]
    result = routed(
        tables={"mysql_servers": SERVERS, "mysql_users": USERS, "mysql_query_rules": rules},
        report_only=True,
        routing=[
            ask("SELECT 1 FROM t", hostgroup=20, rule=2),
            ask("SELECT 1 FROM t FOR UPDATE", hostgroup=10, rule=1),
            ask("INSERT INTO t VALUES (1)", hostgroup=10),
            ask("UPDATE old SET a = 1", rewritten="UPDATE new SET a = 1", rule=3),
            ask("DROP TABLE t", error="DBA", rule=4),
            ask("TRUNCATE t", hostgroup=30, error="no server"),
            ask("DELETE FROM t", hostgroup=40),
            ask("SELECT 2", hostgroup=10),
            {"user": "nobody", "query": "SELECT 1", "hostgroup": 10},
        ],
    )
    assert [each["ok"] for each in result["routing"]] == [True] * 6 + [False] * 3, result["routing"]
    assert answers(result)[6] == {"hostgroup": 40, "rule": 6, "error": "hostgroup 40 has no server"}
    assert answers(result)[7] == {"hostgroup": 20, "rule": 2}
    assert "cannot log in" in answers(result)[8]["error"]
    assert result["patterns"] == []


def test_chains_caches_mirrors_and_addresses(routed: Module) -> None:
    rules = [
        rule(1, username="shop", match_pattern="^SELECT", flagOUT=7, apply=False),
        rule(2, flagIN=7, schemaname="shop", destination_hostgroup=20),
        rule(3, match_pattern="^CALL", mirror_hostgroup=20),
        rule(4, client_addr="198.51.100.%", match_pattern="^UPDATE", destination_hostgroup=20),
        # Were it the last to apply, ProxySQL would not look at fast routing, whether it matched or not.
        rule(5, flagIN=7, match_pattern="cached", cache_ttl=5000, apply=False),
    ]
    rules[1]["apply"] = False
    fast = [{"username": "shop", "schemaname": "far", "destination_hostgroup": 20}]
    result = routed(
        tables={"mysql_servers": SERVERS, "mysql_users": USERS, "mysql_query_rules": rules,
                "mysql_query_rules_fast_routing": fast},
        routing=[
            ask("SELECT 1", hostgroup=20, rule=2, cached=False),
            {**ask("SELECT 1", hostgroup=10, rule=1), "schema": "other"},
            ask("CALL p()", hostgroup=10, mirrored=20, rule=3),
            ask("UPDATE t SET a = 1", hostgroup=10),
            {**ask("UPDATE t SET a = 1", hostgroup=20, rule=4), "client_address": "198.51.100.9"},
            ask("SELECT 'cached'", cached=True, rule=5, hostgroup=20),
            {**ask("INSERT INTO t VALUES (1)", hostgroup=20), "schema": "far"},
        ],
    )  # fmt: skip
    assert result.get("ok") is True, result


def test_the_statements_of_a_session(routed: Module) -> None:
    rules = [rule(1, match_digest="^SELECT", destination_hostgroup=20)]
    session = [
        {"query": "BEGIN", "hostgroup": 10},
        {"query": "SELECT 1", "hostgroup": 10},
        {"query": "COMMIT", "hostgroup": 10},
        {"query": "SELECT 1", "hostgroup": 20},
    ]
    result = routed(
        tables={"mysql_servers": SERVERS, "mysql_users": USERS, "mysql_query_rules": rules},
        report_only=True,
        routing=[
            {"user": "shop", "schema": "shop", "statements": session},
            {"user": "loose", "schema": "shop", "statements": session},
        ],
    )
    first, second = result["routing"]
    assert first["ok"], first
    assert [each["ok"] for each in second["statements"]] == [True, False, True, True]
    assert second["ok"] is False


def test_the_firewall_answers(routed: Module) -> None:
    result = routed(
        tables={
            "mysql_servers": SERVERS,
            "mysql_users": USERS,
            "mysql_firewall_whitelist_users": [
                {"username": "shop", "client_address": "", "mode": "PROTECTING"}
            ],
        },
        variables={"mysql-firewall_whitelist_enabled": True},
        routing=[ask("SELECT 1", error="irewall")],
    )
    assert result.get("ok") is True, result


FINE = ["^SELECT", "(?i)a|b", r"\QA(B", "x{2,3}", "^$", "(?:a|b)+ # c"]


@pytest.mark.parametrize(("engine", "wrong"), [("PCRE", [1]), ("RE2", [1, 2])])
def test_patterns_that_do_not_compile(routed: Module, engine: str, wrong: list[int]) -> None:
    rules = [
        rule(1, match_pattern="((( SELECT"),
        rule(2, match_digest="^SELECT (?!.*FOR UPDATE)"),
        *(
            rule(3 + number, match_digest=each, re_modifiers="CASELESS,GLOBAL")
            for number, each in enumerate(FINE)
        ),
    ]
    result = routed(
        tables={"mysql_users": USERS, "mysql_query_rules": rules},
        variables={"mysql-query_processor_regex": {"PCRE": 1, "RE2": 2}[engine]},
    )
    assert result["failed"]
    assert [each["rule"] for each in result["patterns"]] == wrong
    assert all(f"does not compile as {engine}" in each["why"] for each in result["patterns"])
    assert "mysql_query_rules, row 1, column match_pattern" in result["msg"]


def test_rules_that_can_never_match(rehearse: Module) -> None:
    rules = [rule(1, username="nobody", destination_hostgroup=1), rule(2, flagIN=5, destination_hostgroup=1)]
    result = rehearse(tables={"mysql_users": USERS, "mysql_query_rules": rules}, report_only=True)
    assert [(each["rule"], each["column"]) for each in result["patterns"]] == [(1, "username"), (2, "flagIN")]


def test_what_is_there_already_counts(server: Server, routed: Module) -> None:
    sql(
        server,
        "INSERT INTO mysql_servers (hostgroup_id, hostname) VALUES (20, '192.0.2.32')",
        "INSERT INTO mysql_users (username, password, default_hostgroup) VALUES ('old', 'x', 20)",
        "LOAD MYSQL SERVERS TO RUNTIME",
        "LOAD MYSQL USERS TO RUNTIME",
    )
    result = routed(
        tables={"mysql_query_rules": [rule(1, match_pattern="^a", destination_hostgroup=30)]},
        routing=[{"user": "old", "query": "SELECT 1", "hostgroup": 20}],
    )
    assert result.get("ok") is True, result


LOCKING = [
    ({"variables": {"admin-admin_credentials": "foo:bar"}}, "the login in use, which would be the last time"),
    (
        {"tables": {"mysql_users": [{"username": "admin", "password": "x"}]}},
        "ProxySQL keeps both in one place",
    ),
]


@pytest.mark.parametrize(("declared", "why"), LOCKING)
def test_who_would_be_locked_out_the_first_knows(rehearse: Module, declared: Any, why: str) -> None:
    assert why in rehearse(**declared, report_only=True)["msg"]


def test_names_that_the_second_might_have_wanted(rehearse: Module) -> None:
    names = ["rehearsal", "rehearsal-probe", "stats-of-ours"]
    users = [{"username": name, "password": "x", "default_hostgroup": 10} for name in names]
    result = rehearse(tables={"mysql_users": users, "mysql_servers": SERVERS})
    assert result["ok"] is True and not result["refused"], result


def test_edits_that_a_run_does_not_load_are_not_served(
    server: Server, module: Module, routed: Module
) -> None:
    rules = [rule(1, match_pattern="^SELECT", destination_hostgroup=20)]
    module("config", tables={"mysql_servers": SERVERS, "mysql_users": USERS, "mysql_query_rules": rules})
    sql(server, "UPDATE mysql_query_rules SET destination_hostgroup = 10")
    sql(
        server,
        "UPDATE global_variables SET variable_value = 'false' WHERE variable_name = 'mysql-query_digests'",
    )
    more = {"mysql_query_rules": [rule(2, match_pattern="^x", destination_hostgroup=20)]}
    found = {}
    for choice in ("publish", "discard"):
        result = routed(
            tables=more, open_edits=choice, routing=[ask("SELECT 1", hostgroup=20)], report_only=True
        )
        found[choice] = answers(result)[0]["hostgroup"]
    assert found == {"publish": 10, "discard": 20}
    assert "never loaded" in routed(tables=more)["msg"]
    other = {"mysql_servers": [{"hostgroup_id": 30, "hostname": "192.0.2.39"}]}
    assert routed(tables=other, routing=[ask("SELECT 1", hostgroup=20)])["ok"] is True


def test_expectations_that_ask_nothing(rehearse: Module) -> None:
    for each in ({"user": "shop", "statements": []}, {"user": "shop", "query": ""}):
        assert rehearse(routing=[each])["msg"].startswith("routing, 1: ")


def test_an_answer_that_came_too_late_is_none(routed: Module, monkeypatch: pytest.MonkeyPatch) -> None:
    late = "Max connect timeout reached while reaching hostgroup 10 after 3471ms"
    monkeypatch.setattr(Client, "ask", lambda *_: Answer(error=late))
    monkeypatch.setattr(run_rehearsal, "wrong_patterns", lambda *_: [])
    tables = {"mysql_servers": SERVERS, "mysql_users": USERS}
    statements = [{"query": "BEGIN"}, {"query": "COMMIT"}]
    asked = [ask("SELECT 1", hostgroup=10), {"user": "shop", "statements": statements}]
    result = routed(tables=tables, routing=asked)
    assert result["ok"] is True and [each["ok"] for each in result["routing"]] == [None, None], result
    assert "could not be tried" in str(result["warnings"])
    assert (
        routed(tables=tables, routing=[ask("SELECT 1", error="Max connect timeout")])["routing"][0]["ok"]
        is True
    )


def test_an_emulator_says_what_it_cannot_do(server: Server, rehearse: Module) -> None:
    if server.is_real:
        pytest.skip("of the emulator")
    result = rehearse(
        tables={"mysql_servers": SERVERS, "mysql_users": USERS}, routing=[ask("SELECT 1", hostgroup=10)]
    )
    assert not result.get("failed"), result
    assert result["routing"][0]["ok"] is None
    assert any("emulator" in each for each in result["left_out"])


def test_what_only_the_first_may_have_is_not_tried(rehearse: Module) -> None:
    result = rehearse(
        variables={"mysql-interfaces": "0.0.0.0:6033", "mysql-eventslog_filename": "/tmp/x"},
        tables={"scheduler": [{"id": 1, "interval_ms": 1000, "filename": "/bin/false"}]},
    )
    assert not result.get("failed"), result
    assert [each.split(":")[0] for each in result["left_out"]] == [
        "variable mysql-interfaces",
        "variable mysql-eventslog_filename",
        "scheduler",
    ]


def test_without_changes_no_second_one_need_be_started(
    server: Server, rehearse: Module, module: Module
) -> None:
    declared = {"tables": {"mysql_servers": SERVERS}, "variables": {"mysql-max_connections": 900}}
    assert rehearse(**declared, only_changes=True)["rehearsed"] is True
    module("config", **declared)
    same = rehearse(**declared, only_changes=True)
    assert (same["rehearsed"], same["ok"], same["changed"]) == (False, True, False)


def test_a_program_that_is_none(module: Module, temporary: Path) -> None:
    result = module("rehearsal", program="/nonexistent/proxysql")
    assert result["msg"].startswith("program: /nonexistent/proxysql")
    result = module("rehearsal", program="/bin/false")
    assert "ended at once" in result["msg"]
    assert not list(temporary.iterdir())


@pytest.mark.parametrize("column, value", [("proxy_port", 6033), ("proxy_addr", "127.0.0.1")])
def test_rules_for_an_address_of_proxysqls_own_are_not_passed_over_in_silence(
    routed: Module, column, value
) -> None:
    tables = {
        "mysql_servers": [{"hostgroup_id": 1, "hostname": "192.0.2.31"}],
        "mysql_users": [{"username": "shop", "password": "pw", "default_hostgroup": 1}],
        "mysql_query_rules": [rule(1, **{column: value}, destination_hostgroup=2), rule(2, match_digest="x")],
    }
    routing = [{"user": "shop", "query": "SELECT 7", "hostgroup": 1}]
    result = routed(tables=tables, routing=routing, report_only=True)
    (said,) = result["left_out"]
    assert said.startswith(f"mysql_query_rules, row rule_id=1, column {column}: ")
    assert said in str(result["warnings"])
