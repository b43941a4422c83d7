"""Parts of lint that the cases of its rules do not tell apart."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning.lint.chain import catches_all, wider
from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning.lint.patterns import implies
from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning.lint.run import lint

Tables = dict[str, list[dict[str, Any]]]


def rule(**columns: Any) -> dict[str, Any]:
    return {"flagIN": 0, "re_modifiers": "CASELESS", **columns}


@pytest.mark.parametrize(
    "wide, narrow, is_wider",
    [
        ({}, {}, True),
        ({"username": "a"}, {"username": "a"}, True),
        ({"username": "a"}, {"username": "b"}, False),
        ({"username": "a"}, {}, False),
        ({"proxy_addr": "192.0.2.1"}, {"proxy_addr": "192.0.2.2"}, False),
        ({"proxy_port": 6033}, {"proxy_port": 6033}, True),
        ({"proxy_port": 6033}, {"proxy_port": 6034}, False),
        ({"proxy_port": 6033}, {}, False),
        ({}, {"proxy_port": 6033}, True),
        ({"client_addr": "10.%"}, {"client_addr": "10.0.0.1"}, True),
        ({"client_addr": "10.%"}, {"client_addr": "10.0.%"}, True),
        ({"client_addr": "10.1%"}, {"client_addr": "10.2"}, False),
        ({"client_addr": "10.%"}, {}, False),
        ({"client_addr": "%"}, {}, True),
        ({"client_addr": "10.0.0.1"}, {"client_addr": "10.0.0.1"}, True),
        ({"client_addr": "10.0.0.1"}, {"client_addr": "10.0.0.2"}, False),
        ({"client_addr": "10.0.0.1"}, {}, False),
        ({}, {"client_addr": "10.0.0.1"}, True),
        ({"match_digest": "^SELECT"}, {"match_digest": "^SELECT a"}, True),
        ({"match_digest": "^SELECT"}, {}, False),
        ({"match_digest": "^SELECT"}, {"match_digest": "^SELECT a", "negate_match_pattern": True}, False),
        ({"match_digest": "^SELECT", "negate_match_pattern": True}, {"match_digest": "^SELECT a"}, False),
        (
            {"match_digest": "^SELECT", "negate_match_pattern": True},
            {"match_digest": "^SELECT", "negate_match_pattern": True},
            True,
        ),
        ({"match_digest": ".*", "negate_match_pattern": True}, {"match_digest": "a"}, False),
        ({"match_digest": "^select"}, {"match_digest": "^SELECT", "re_modifiers": ""}, True),
        ({"match_digest": "^select", "re_modifiers": ""}, {"match_digest": "^SELECT"}, False),
        (
            {"match_digest": "^SELECT", "re_modifiers": None},
            {"match_digest": "^SELECT", "re_modifiers": ""},
            True,
        ),
    ],
)
def test_a_rule_that_matches_whatever_another_does(
    wide: dict[str, Any], narrow: dict[str, Any], is_wider: bool
) -> None:
    assert wider(rule(**wide), rule(**narrow)) is is_wider


def test_what_catches_all() -> None:
    assert catches_all(rule()) and catches_all(rule(client_addr="%", match_pattern=".*"))
    assert not catches_all(rule(proxy_port=6033))


@pytest.mark.parametrize(
    "narrow, wide, implied",
    [
        ("^a", ".", True),
        ("a", ".", True),
        ("a", "^.", False),
        ("^a", "^.", True),
        ("^a|b", "^.", False),
        ("^", ".", False),
        ("x", "", True),
        ("x", "x", True),
    ],
)
def test_what_a_pattern_implies(narrow: str, wide: str, implied: bool) -> None:
    assert implies(narrow, False, wide, False) is implied


def server(group: int, **more: Any) -> dict[str, Any]:
    return {"hostgroup_id": group, "hostname": f"db{group}", **more}


def said(tables: Tables, name: str, **more: Any) -> list[tuple[str, str]]:
    return [(each.table, each.row) for each in lint(tables, **more) if each.rule == name]


FAST = "mysql_query_rules_fast_routing"
ROUTED = "hostgroup-without-servers"
USER = {"username": "u", "password": "Xx-1", "default_hostgroup": 9}
TO_FULL = {"rule_id": 1, "active": True, "apply": True, "destination_hostgroup": 1}


def fast(user: str) -> Tables:
    return {FAST: [{"username": user, "schemaname": "s", "destination_hostgroup": 1}]}


@pytest.mark.parametrize(
    "user, more, found",
    [
        ({}, {}, True),
        ({}, {"mysql_query_rules": [TO_FULL]}, False),
        ({}, {"mysql_query_rules": [{**TO_FULL, "username": "u"}]}, False),
        ({}, {"mysql_query_rules": [{**TO_FULL, "username": "v"}]}, True),
        ({}, {"mysql_query_rules": [{**TO_FULL, "match_digest": "^SELECT"}]}, True),
        ({"fast_forward": True}, {"mysql_query_rules": [TO_FULL]}, True),
        ({}, fast("u"), False),
        ({}, fast(""), False),
        ({}, fast("v"), True),
    ],
)  # fmt: skip
def test_a_user_whose_queries_rules_take_elsewhere(user: dict[str, Any], more: Tables, found: bool) -> None:
    tables: Tables = {"mysql_servers": [server(1)], "mysql_users": [{**USER, **user}], **more}
    assert bool([row for table, row in said(tables, ROUTED) if table == "mysql_users"]) is found


def test_a_server_that_is_taken_out_fills_no_hostgroup() -> None:
    rules = [{**TO_FULL, "destination_hostgroup": 1}]
    for status, found in (
        ("ONLINE", []),
        ("OFFLINE_SOFT", []),
        ("OFFLINE_HARD", [("mysql_query_rules", "rule_id=1")]),
    ):
        tables: Tables = {"mysql_servers": [server(1, status=status), server(2)], "mysql_query_rules": rules}
        assert said(tables, ROUTED) == found, status


def test_what_a_monitor_may_fill() -> None:
    galera = {
        "writer_hostgroup": 5,
        "backup_writer_hostgroup": 6,
        "reader_hostgroup": 7,
        "offline_hostgroup": 8,
    }
    pair = {"writer_hostgroup": 1, "reader_hostgroup": 2}
    rules = [
        {**TO_FULL, "rule_id": number, "destination_hostgroup": number, "username": f"u{number}"}
        for number in range(1, 9)
    ]
    tables: Tables = {
        "mysql_servers": [server(2), server(3)],
        "mysql_replication_hostgroups": [pair],
        "mysql_galera_hostgroups": [galera],
        "mysql_query_rules": rules,
    }
    assert [row for _table, row in said(tables, ROUTED)] == [f"rule_id={number}" for number in range(4, 9)]
    tables["mysql_servers"].append(server(8))
    assert [row for _table, row in said(tables, ROUTED)] == ["rule_id=4"]
    tables["mysql_galera_hostgroups"] = [{**galera, "active": False}]
    assert [row for _table, row in said(tables, ROUTED)] == [f"rule_id={number}" for number in range(4, 8)]


@pytest.mark.parametrize("flag, found", [(0, False), (3, False), (4, True)])
def test_fast_routing_of_a_flag_that_no_rule_leads_to(flag: int, found: bool) -> None:
    rules = [
        {"rule_id": 1, "active": True, "match_digest": "^SELECT", "flagOUT": 3},
        {"rule_id": 2, "active": True, "match_digest": "^UPDATE", "destination_hostgroup": 1},
    ]
    row = {"username": "u", "schemaname": "s", "flagIN": flag, "destination_hostgroup": 1}
    tables: Tables = {"mysql_query_rules": rules, FAST: [row], "mysql_servers": [server(1)]}
    told = [each for each in lint(tables) if each.rule == "fast-routing-unreachable"]
    assert bool(told) is found
    if told:
        assert told[0].text == "it is never used: no active rule leads to the flag 4"
        assert (told[0].table, told[0].row, told[0].column) == (
            FAST,
            "username=u, schemaname=s, flagIN=4",
            "flagIN",
        )


def test_a_cycle_over_several_flags() -> None:
    either = {"flagOUTs": [{"id": 5, "weight": 1}, {"id": 6, "weight": 1}]}
    rules = [
        {"rule_id": 1, "active": True, "match_digest": "a", "attributes": either},
        {"rule_id": 2, "active": True, "flagIN": 5, "match_digest": "b", "flagOUT": 7},
        {"rule_id": 3, "active": True, "flagIN": 6, "match_digest": "c", "flagOUT": 0},
    ]
    found = lint({"mysql_query_rules": rules}, {"mysql-query_processor_iterations": 2})
    assert {each.row for each in found if each.rule == "flag-cycle"} == {"rule_id=1"}


def test_a_key_of_one_column_may_be_named_by_its_value_and_one_of_more_not() -> None:
    tables: Tables = {
        "mysql_query_rules": [
            {"rule_id": 1, "active": True, "match_digest": "x", "destination_hostgroup": 1}
        ],
        FAST: [{"username": "u", "schemaname": "s", "flagIN": 4, "destination_hostgroup": 1}],
    }
    entry = {"rule": "fast-routing-unreachable", "reason": "so"}

    def left(**more: str) -> int:
        return len([each for each in lint(tables, ignore=[{**entry, **more}]) if each.rule == entry["rule"]])

    assert left() == 0 and left(row="username=u, schemaname=s, flagIN=4") == 0
    for row in ("4", "u, schemaname=s, flagIN=4", "", "XXXX"):
        assert left(row=row) == 1, row
    assert left(table=FAST, column="flagIN") == 0
    assert left(table="mysql_query_rules") == left(column="username") == 1
