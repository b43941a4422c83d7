"""Which hostgroups a user's queries come to: what is sure, and what may be."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._site.reach import Reach

GROUP = {
    "writer_hostgroup": 10, "backup_writer_hostgroup": 11, "reader_hostgroup": 12, "offline_hostgroup": 13,
}  # fmt: skip
SHOP = {"username": "shop", "default_hostgroup": 10}


def reached(tables: dict[str, Any], **user: Any) -> tuple[list[int], list[int]]:
    sure, maybe = Reach(tables).of({**SHOP, **user})
    return sorted(sure), sorted(maybe)


def by_rules(*rules: dict[str, Any], **user: Any) -> tuple[list[int], list[int]]:
    return reached({"mysql_query_rules": [{"active": 1, **rule} for rule in rules]}, **user)


@pytest.mark.parametrize(
    ("table", "row", "whole"),
    [
        ("mysql_replication_hostgroups", {"writer_hostgroup": 10, "reader_hostgroup": 20}, [10, 20]),
        ("mysql_group_replication_hostgroups", GROUP, [10, 11, 12, 13]),
        ("mysql_galera_hostgroups", GROUP, [10, 11, 12, 13]),
        ("mysql_aws_aurora_hostgroups", {"writer_hostgroup": "10", "reader_hostgroup": "12"}, [10, 12]),
    ],
)
def test_of_a_set_all_hostgroups_count(table: str, row: dict[str, Any], whole: list[int]) -> None:
    tables = {table: [row]}
    assert [reached(tables, default_hostgroup=each) for each in whole] == [(whole, [])] * len(whole)
    assert reached(tables, default_hostgroup=5) == ([5], [])
    assert reached({table: [{**row, "active": "false"}]}) == ([10], [])


def test_a_rule_leads_into_a_whole_set() -> None:
    rules = [{"active": True, "username": "shop", "destination_hostgroup": 12}]
    found = reached({"mysql_query_rules": rules, "mysql_galera_hostgroups": [GROUP]}, default_hostgroup=5)
    assert found == ([5, 10, 11, 12, 13], [])


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ({"username": "shop"}, ([10, 30], [])),
        ({"username": "shop", "schemaname": "reports", "match_digest": "."}, ([10, 30], [])),
        ({"username": "other"}, ([10], [])),
        ({"username": "shop", "active": 0}, ([10], [])),
        ({"username": "shop", "error_msg": "no"}, ([10], [])),
        ({"username": "shop", "destination_hostgroup": -1}, ([10], [])),
        ({}, ([10], [30])),
        ({"username": "", "match_digest": "^SELECT"}, ([10], [30])),
        ({"username": None, "schemaname": "crm"}, ([10], [30])),
        # no rule sets this flag
        ({"username": "shop", "flagIN": 7}, ([10], [])),
        ({"username": "shop", "destination_hostgroup": None, "mirror_hostgroup": 30}, ([10], [30])),
    ],
)
def test_of_rules_those_that_name_the_user_are_sure(
    rule: dict[str, Any], found: tuple[list[int], list[int]]
) -> None:
    assert by_rules({"destination_hostgroup": 30, **rule}) == found


def test_chains_of_rules() -> None:
    rest = ({"flagIN": 7, "destination_hostgroup": 30}, {"flagIN": 8, "destination_hostgroup": 40})
    # one that names the user leads on to what is for everybody who comes there
    assert by_rules({"username": "shop", "flagOUT": 7}, *rest) == ([10, 30], [])
    assert by_rules({"username": "other", "flagOUT": 7}, *rest) == ([10], [])
    assert by_rules({"flagOUT": "7", "next_query_flagIN": 8}, *rest) == ([10], [30, 40])
    assert by_rules({"username": "shop", "mirror_flagOUT": 7}, *rest) == ([10], [30])
    # in a circle
    around = ({"flagIN": 0, "flagOUT": 1}, {"flagIN": 1, "flagOUT": 0, "destination_hostgroup": 30})
    assert by_rules(*around) == ([10], [30])


def test_no_rule_is_asked_for_a_user_who_is_passed_on_fast() -> None:
    rule = {"username": "shop", "destination_hostgroup": 30}
    assert by_rules(rule, fast_forward=True) == ([10], [])


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ({"username": "shop"}, ([10, 30], [])),
        ({"username": "other"}, ([10], [])),
        ({"username": ""}, ([10], [30])),
        ({"username": "shop", "flagIN": 7}, ([10], [])),
    ],
)
def test_fast_routing(row: dict[str, Any], found: tuple[list[int], list[int]]) -> None:
    rows = [{"schemaname": "reports", "destination_hostgroup": 30, **row}]
    assert reached({"mysql_query_rules_fast_routing": rows}) == found


def test_what_is_refused_by_others_is_passed_over() -> None:
    tables = {
        "mysql_query_rules": [5, {"active": 1, "destination_hostgroup": "x"}],
        "mysql_galera_hostgroups": 5,
    }
    assert reached(tables, default_hostgroup="10") == ([10], [])
    assert reached({}, default_hostgroup=-1) == ([], [])
    assert Reach({}).of({}) == ({0}, set())
