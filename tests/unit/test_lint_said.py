"""Lint: where each finding is, and the whole sentence that people read."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning.lint.run import lint
from test_lint import BOTH_WAYS, rule, rules, server, user

RULES = "mysql_query_rules"
FAST = "mysql_query_rules_fast_routing"
PAIRS = "mysql_replication_hostgroups"
SERVERS, USERS = "mysql_servers", "mysql_users"
LOGS = (
    "names files that ProxySQL never removes, and no job of the scheduler does; it ends itself when their"
    " disk is full"
)
WAITS = "has no servers; queries wait mysql-connect_timeout_server_max and fail"
NEVER = "no query ever comes to it:"
ITERATIONS = "mysql-query_processor_iterations is 0 if nobody has set it, so that"
PARTED = (
    "is false, and rule 1 sends its SELECTs to hostgroup 20, in the middle of a transaction as well, where"
    " what the transaction has written is not seen"
)

# In the order of BOTH_WAYS: table, column, sentence.
SAID = [
    (RULES, "destination_hostgroup", f"hostgroup 30 {WAITS}"),
    (USERS, "default_hostgroup", f"hostgroup 10 {WAITS}"),
    (USERS, "default_hostgroup", f"hostgroup 10 {WAITS}"),
    (FAST, "destination_hostgroup", f"hostgroup 30 {WAITS}"),
    (PAIRS, "writer_hostgroup", "none of its hostgroups 10, 20 has a server"),
    (
        PAIRS, "writer_hostgroup",
        "all servers are declared in its reader hostgroup 20, and mysql-monitor_enabled is false: nothing"
        " moves one to 10",
    ),
    (
        PAIRS, "writer_hostgroup",
        "all servers are declared in its reader hostgroup 20: after each LOAD writes wait until the monitor"
        " has found the one that is not read-only",
    ),
    (
        SERVERS, "hostgroup_id",
        "is declared in the writer hostgroup 10 as well; mysql-monitor_writer_is_also_reader is false, and"
        " yet ProxySQL leaves it in both while it is the writer",
    ),
    (
        SERVERS, "hostgroup_id",
        "the monitor has it in hostgroup 20 at present, for it is read-only: a LOAD sends writes to it until"
        " the monitor looks again",
    ),
    (
        SERVERS, "max_connections",
        "2 ProxySQL with 2000 connections each in all its hostgroups are more than the 3999 that db1:3306"
        " allows",
    ),
    (
        SERVERS, "use_ssl",
        "no CA is declared for it: ProxySQL trusts any certificate, and for each new connection reads all CAs"
        " of the host, while clients wait",
    ),
    (RULES, "rule_id", f"{NEVER} rule 1 before it matches every query that this one matches"),
    (RULES, "rule_id", f"{NEVER} rule 1 before it matches every query with flagIN 0"),
    (RULES, "flagIN", f"{NEVER} no active rule leads to the flag 5"),
    (
        RULES, "flagIN",
        f"only later rules lead to the flag 5, and {ITERATIONS} earlier rules are not tried again",
    ),
    (RULES, "flagOUT", "no active rule has flagIN 5, so that no more rules are tried"),
    (RULES, "flagOUT", "no active rule has flagIN 5, so that no more rules are tried"),
    (
        RULES, "flagOUT",
        "its flagOUT leads back to flagIN 0: a query may go round 3 times (mysql-query_processor_iterations)",
    ),
    (
        RULES, "apply",
        f"it is the last active rule and applies: ProxySQL then uses none of the 1 rows of {FAST}, whether it"
        " matches or not; put an active rule after it that does not apply",
    ),
    (FAST, "flagIN", "it is never used: rule 1 matches all such queries before"),
    (
        RULES, "match_digest",
        "has look-ahead or look-behind, which RE2 (mysql-query_processor_regex is 2) does not compile",
    ),
    (RULES, "match_digest", "has brackets that do not balance, so that it does not compile"),
    (RULES, "replace_pattern", r"names \2, and the pattern has no such group"),
    (
        RULES, "match_digest",
        "a digest stands for one text, so that match_digest adds nothing, or keeps it from matching",
    ),
    (USERS, "transaction_persistent", PARTED),
    (USERS, "transaction_persistent", PARTED),
    (USERS, "password", "may log in without a password"),
    (
        USERS, "password",
        "a hash of caching_sha2_password that does not begin with $A$005$, as MySQL 9.7 makes them, lets"
        " nobody in through ProxySQL; one that does begin so lets in",
    ),
    ("global_variables", "", LOGS),
    ("global_variables", "", LOGS),
]  # fmt: skip


@pytest.mark.parametrize(("case", "said"), list(zip(BOTH_WAYS, SAID)), ids=lambda case: case[0])
def test_what_is_said_of_each_finding(case: Any, said: tuple[str, str, str]) -> None:
    found = [each for each in lint(**case[2]) if each.rule == case[0]]
    assert [(each.table, each.column, each.text) for each in found] == [said]


def test_each_finding_has_its_sentence() -> None:
    assert len(SAID) == len(BOTH_WAYS)


@pytest.mark.parametrize(
    ("given", "severity", "said"),
    [
        (
            {"tables": rules(rule(1, flagIN=5), rule(2, flagOUT=5, apply=False))}, "info",
            f"only later rules lead to the flag 5, and {ITERATIONS} earlier rules are not tried again",
        ),
        (
            {"tables": rules(rule(1, match_digest="a", flagOUT=5), rule(2, flagIN=5), **{FAST: []})}, "info",
            "it applies, which ends the rules, so that the flag 5 is not read by any",
        ),
        (
            {"tables": rules(rule(1, flagIN=5, next_query_flagIN=5), rule(2, flagOUT=5, apply=False),
                             **{FAST: []}),
             "variables": {"mysql-query_processor_iterations": 0}},
            "warning",
            f"only earlier rules have flagIN 5, and {ITERATIONS} they are not tried again",
        ),
        (
            {"tables": rules(rule(1, flagIN=5, next_query_flagIN=5), rule(2, flagOUT=5, apply=False),
                             **{FAST: []})},
            "info",
            f"only earlier rules have flagIN 5, and {ITERATIONS} they are not tried again",
        ),
        (
            {"tables": {SERVERS: [server(10)]}, "limits": {"db1:3306": 999}}, "warning",
            "1 ProxySQL with 1000 connections each are more than the 999 that db1:3306 allows",
        ),
        (
            {"tables": {USERS: [user(transaction_persistent=False)],
                        PAIRS: [{"writer_hostgroup": 10, "reader_hostgroup": 20}],
                        **rules(rule(1, username="shop", match_digest="^SELECT", destination_hostgroup=20))}},
            "warning", PARTED,
        ),
    ],
)  # fmt: skip
def test_what_else_is_said(given: Any, severity: str, said: str) -> None:
    assert (severity, said) in [(each.severity, each.text) for each in lint(**given)]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("x", "expected a dict of rule, reason, table, row, column"),
        ({"rule": "none"}, "'none' is no rule that can be ignored"),
        ({"rule": "flag-cycle"}, "says no reason for flag-cycle"),
        ({"rule": "flag-cycle", "reason": "so"}, "no finding of flag-cycle is like that (any more)"),
    ],
)
def test_what_is_said_of_what_is_ignored(entry: Any, said: str) -> None:
    found = lint({}, ignore=[entry])
    assert [(each.rule, each.text, each.table, each.row) for each in found] == [
        ("lint-ignore", f"entry 1 of what is ignored: {said}", "", "")
    ]


def test_findings_come_by_severity_then_by_rule_then_by_table() -> None:
    tables = {
        SERVERS: [server(1)], USERS: [user(password="")],
        PAIRS: [{"writer_hostgroup": 2, "reader_hostgroup": 3}],
        **rules(rule(1, destination_hostgroup=9), rule(2, digest="0x1F", match_digest="(a")),
        FAST: [{"username": "u", "schemaname": "s", "destination_hostgroup": 8}],
    }  # fmt: skip
    found = [(each.severity, each.rule, each.table) for each in lint(tables)]
    assert found == [
        ("error", "hostgroup-without-servers", RULES),
        ("error", "hostgroup-without-servers", FAST),
        ("error", "fast-routing-unreachable", RULES),
        ("error", "pattern-broken", RULES),
        ("warning", "set-without-servers", PAIRS),
        ("warning", "rule-after-catch-all", RULES),
        ("warning", "user-without-password", USERS),
        ("info", "digest-with-pattern", RULES),
    ]
