"""Lint: each of its rules, found and not found; and that what it says of query rules is true."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.errors import DeclarationError
from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning.lint.look import Finding
from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning.lint.patterns import (
    implies,
    pcre_only,
)
from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning.lint.run import RULES, lint

CHECKOUT = Path(__file__).resolve().parents[2]


class Typed(dict[str, Any]):
    """As Ansible gives dicts to filters."""


def server(group: int, host: str = "db1", **columns: Any) -> dict[str, Any]:
    return {"hostgroup_id": group, "hostname": host, **columns}


def rule(number: int, **columns: Any) -> dict[str, Any]:
    return {"rule_id": number, "active": True, "apply": True, **columns}


def user(**columns: Any) -> dict[str, Any]:
    return {"username": "shop", "password": "a secret", "default_hostgroup": 10, **columns}


def rules(*given: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {"mysql_query_rules": list(given), **others}


PAIR = {"mysql_replication_hostgroups": [{"writer_hostgroup": 10, "reader_hostgroup": 20}]}
SERVERS = {"mysql_servers": [server(10), server(20, "db2")]}
BACK = {"variables": {"mysql-query_processor_iterations": 3}}
ONWARD = {"variables": {"mysql-query_processor_iterations": 0}}
RE2 = {"variables": {"mysql-query_processor_regex": 2}}
CHOSEN = {"username": "shop", "schemaname": "shop", "destination_hostgroup": 30}
FAST = "mysql_query_rules_fast_routing"

# Name of the rule; what is declared with it found, in which row; and the like of it with nothing found.
QUERY_LOG = {"variables": {"mysql-eventslog_filename": "/var/log/proxysql/queries.log"}}
PRUNE = {
    "id": 1,
    "interval_ms": 10000,
    "filename": "/bin/sh",
    "arg1": "-c",
    "arg2": "ls -r /var/log/proxysql/queries.log.* | tail -n +11 | xargs -r rm -f",
}
BOTH_WAYS: list[tuple[str, str, dict[str, Any], str, dict[str, Any]]] = [
    (
        "hostgroup-without-servers", "error",
        {"tables": {**SERVERS, **PAIR, **rules(rule(1, destination_hostgroup=30))}}, "rule_id=1",
        {"tables": {**SERVERS, **PAIR, **rules(rule(1, destination_hostgroup=30, error_msg="no"))}},
    ),
    (
        "hostgroup-without-servers", "warning",
        {"tables": {"mysql_servers": [server(1)], "mysql_users": [user()]}}, "username=shop, backend=True",
        # The monitor moves a server in.
        {"tables": {"mysql_servers": [server(20)], **PAIR, "mysql_users": [user()]}},
    ),
    (
        "hostgroup-without-servers", "warning",
        {"tables": {"mysql_servers": [server(1)], "mysql_users": [user()],
                    **rules(rule(1, match_digest="^SELECT", destination_hostgroup=1))}},
        "username=shop, backend=True",
        {"tables": {"mysql_servers": [server(1)], "mysql_users": [user()],
                    **rules(rule(1, match_digest=".*", destination_hostgroup=1))}},
    ),
    (
        "hostgroup-without-servers", "error",
        {"tables": {**SERVERS, **PAIR, FAST: [CHOSEN]}}, "username=shop, schemaname=shop, flagIN=0",
        # More servers may be there.
        {"tables": {**SERVERS, **PAIR, FAST: [CHOSEN]}, "states": {"mysql_servers": "merged"}},
    ),
    (
        "set-without-servers", "warning",
        {"tables": {**PAIR, "mysql_servers": [server(1)]}}, "writer_hostgroup=10",
        {"tables": {**PAIR, "mysql_servers": [server(20)]}},
    ),
    (
        "set-without-writer", "error",
        {"tables": {**PAIR, "mysql_servers": [server(20)]}, "variables": {"mysql-monitor_enabled": False}},
        "writer_hostgroup=10",
        {"tables": {**PAIR, **SERVERS}, "variables": {"mysql-monitor_enabled": False}},
    ),
    (
        "set-without-writer", "info",
        {"tables": {**PAIR, "mysql_servers": [server(20)]}}, "writer_hostgroup=10",
        {"tables": {**PAIR, "mysql_servers": [server(10)]}},
    ),
    (
        "writer-reads", "warning",
        {"tables": {**PAIR, "mysql_servers": [server(10), server(20)]},
         "variables": {"mysql-monitor_writer_is_also_reader": False}},
        "hostgroup_id=20, hostname=db1, port=3306",
        {"tables": {**PAIR, "mysql_servers": [server(10), server(20)]}},
    ),
    (
        "moved-by-monitor", "warning",
        {"tables": {**PAIR, **SERVERS}, "placed": [server(20, port=3306)]},
        "hostgroup_id=10, hostname=db1, port=3306",
        {"tables": {**PAIR, **SERVERS}, "placed": [server(10, port=3306), server(20, port=3306)]},
    ),
    (
        "too-many-connections", "warning",
        {"tables": {"mysql_servers": [server(10), server(20)]}, "limits": {"db1:3306": 3999}, "nodes": 2},
        "hostgroup_id=10, hostname=db1, port=3306",
        {"tables": {"mysql_servers": [server(10), server(20)]}, "limits": {"db1:3306": 4000}, "nodes": 2},
    ),
    (
        "tls-without-ca", "warning",
        {"tables": {"mysql_servers": [server(10, use_ssl=True), server(20, use_ssl=True)]}},
        "hostgroup_id=10, hostname=db1, port=3306",
        {"tables": {"mysql_servers": [server(10, use_ssl=True)]},
         "variables": {"mysql-ssl_p2s_ca": "/ca.pem"}},
    ),
    (
        "rule-shadowed", "warning",
        {"tables": rules(rule(1, match_digest="^SELECT"), rule(2, match_digest="^SELECT .* FOR UPDATE"))},
        "rule_id=2",
        {"tables": rules(rule(2, match_digest="^SELECT"), rule(1, match_digest="^SELECT .* FOR UPDATE"))},
    ),
    (
        "rule-after-catch-all", "warning",
        {"tables": rules(rule(1), rule(2, match_digest="^SELECT"))}, "rule_id=2",
        {"tables": rules(rule(1, apply=False), rule(2, match_digest="^SELECT"))},
    ),
    (
        "flag-not-set", "warning",
        {"tables": rules(rule(1, flagIN=5))}, "rule_id=1",
        {"tables": rules(rule(1, next_query_flagIN=5), rule(2, flagIN=5))},
    ),
    (
        "flag-not-set", "warning",
        {"tables": rules(rule(1, flagIN=5), rule(2, flagOUT=5, apply=False)), **ONWARD}, "rule_id=1",
        {"tables": rules(rule(1, flagIN=5), rule(2, flagOUT=5, apply=False)), **BACK},
    ),
    (
        "flag-not-read", "warning",
        {"tables": rules(rule(1, flagOUT=5, apply=False), **{FAST: []})}, "rule_id=1",
        {"tables": rules(rule(1, flagOUT=5, apply=False), **{FAST: [{**CHOSEN, "flagIN": 5}]})},
    ),
    (
        "flag-not-read", "info",
        {"tables": rules(rule(1, flagOUT=5, apply=False))}, "rule_id=1",
        {"tables": rules(rule(1, flagOUT=5, apply=False), rule(2, flagIN=5))},
    ),
    (
        "flag-cycle", "warning",
        {"tables": rules(rule(1, flagOUT=1, apply=False), rule(2, flagIN=1, flagOUT=0, apply=False)), **BACK},
        "rule_id=1",
        {"tables": rules(rule(1, flagOUT=1, apply=False), rule(2, flagIN=1, flagOUT=0, apply=False))},
    ),
    (
        "fast-routing-unreachable", "error",
        {"tables": rules(rule(1, match_digest="^INSERT"), **{FAST: [CHOSEN]})}, "rule_id=1",
        {"tables": rules(rule(1, match_digest="^INSERT"), rule(2, match_digest="^A", apply=False),
                         **{FAST: [CHOSEN]})},
    ),
    (
        "fast-routing-unreachable", "warning",
        {"tables": rules(rule(1, username="shop"), rule(2, match_digest="^A", apply=False),
                         **{FAST: [CHOSEN]})},
        "username=shop, schemaname=shop, flagIN=0",
        {"tables": rules(rule(1, username="stock"), rule(2, match_digest="^A", apply=False),
                         **{FAST: [CHOSEN]})},
    ),
    (
        "pcre-under-re2", "error",
        {"tables": rules(rule(1, match_digest="^(?!SELECT)")), **RE2}, "rule_id=1",
        {"tables": rules(rule(1, match_digest="^(?!SELECT)"))},
    ),
    (
        "pattern-broken", "error",
        {"tables": rules(rule(1, match_digest="(a"))}, "rule_id=1",
        {"tables": rules(rule(1, match_digest="[(]a"))},
    ),
    (
        "pattern-broken", "error",
        {"tables": rules(rule(1, match_pattern="^(a)", replace_pattern=r"\1 \2"))}, "rule_id=1",
        {"tables": rules(rule(1, match_pattern="^(a)", replace_pattern=r"\1 \\9"))},
    ),
    (
        "digest-with-pattern", "info",
        {"tables": rules(rule(1, digest="0x1234567890ABCDEF", match_digest="x"))}, "rule_id=1",
        {"tables": rules(rule(1, digest="0x1234567890ABCDEF", match_pattern="x"))},
    ),
    (
        "parted-transactions", "warning",
        {"tables": {**PAIR, "mysql_users": [user(transaction_persistent=False)],
                    **rules(rule(1, match_digest="^SELECT", destination_hostgroup=20))}},
        "username=shop, backend=True",
        {"tables": {**PAIR, "mysql_users": [user(transaction_persistent=True)],
                    **rules(rule(1, match_digest="^SELECT", destination_hostgroup=20))}},
    ),
    (
        "parted-transactions", "warning",
        {"tables": {**PAIR, "mysql_users": [user(transaction_persistent=False)],
                    **rules(rule(1, match_pattern="^SELECT", destination_hostgroup=20))}},
        "username=shop, backend=True",
        {"tables": {**PAIR, "mysql_users": [user(transaction_persistent=False)],
                    **rules(rule(1, match_pattern="^SELECT", negate_match_pattern=True,
                                 destination_hostgroup=20))}},
    ),
    (
        "user-without-password", "warning",
        {"tables": {"mysql_users": [user(password="")]}}, "username=shop, backend=True",
        # It may have one.
        {"tables": {"mysql_users": [{"username": "shop"}]}, "states": "merged"},
    ),
    (
        "hash-lets-nobody-in", "warning",
        {"tables": {"mysql_users": [user(password="$A$00A$" + 63 * "x")]}}, "username=shop, backend=True",
        {"tables": {"mysql_users": [user(password="$A$005$" + 63 * "x")]}},
    ),
    (
        "log-without-bound", "warning",
        {"tables": {"scheduler": [{**PRUNE, "arg2": "ls other.log.*"}]}, **QUERY_LOG},
        "mysql-eventslog_filename",
        {"tables": {"scheduler": [PRUNE]}, **QUERY_LOG},
    ),
    (
        "log-without-bound", "warning",
        {"tables": {}, "variables": {"mysql-auditlog_filename": "audit.log"}}, "mysql-auditlog_filename",
        {"tables": {}, "variables": {"mysql-auditlog_filename": ""}},
    ),
]  # fmt: skip


def of(name: str, found: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.severity, finding.row) for finding in found if finding.rule == name]


@pytest.mark.parametrize("case", BOTH_WAYS, ids=lambda case: f"{case[0]} {case[1]} {case[3]}")
def test_a_rule_finds_what_is_wrong_and_nothing_else(case: Any) -> None:
    name, severity, wrong, row, right = case
    assert of(name, lint(**wrong)) == [(severity, row)]
    assert of(name, lint(**right)) == []


def test_each_rule_is_tested_both_ways() -> None:
    assert {case[0] for case in BOTH_WAYS} == {rule.name for rule in RULES} - {"lint-ignore"}


def test_what_is_not_known_is_not_found_fault_with() -> None:
    declared = {"mysql_users": [user()], **rules(rule(1, destination_hostgroup=30, flagIN=4))}
    assert [each.rule for each in lint(declared, states="merged")] == []
    assert [each.rule for each in lint(declared)] == ["flag-not-set"]


def test_what_is_on_the_server_counts_where_nothing_is_declared() -> None:
    declared = {"mysql_users": [user()]}
    present = {"mysql_servers": [{**server(1), "port": 3306, "status": "ONLINE"}]}
    assert of("hostgroup-without-servers", lint(declared, present=present))
    present = {"mysql_servers": [{**server(10), "port": 3306, "status": "ONLINE"}]}
    assert not lint(declared, present=present)
    merged = lint({**declared, "mysql_servers": [server(1)]}, present=present, states="merged")
    assert not merged


def test_a_declaration_that_cannot_be_is_refused() -> None:
    with pytest.raises(DeclarationError, match="mysql_servers, row hostgroup_id=many, column hostgroup_id"):
        lint({"mysql_servers": [{"hostgroup_id": "many"}]})


# -- what is ignored ---------------------------------------------------------------------

SHADOWED = rules(rule(1), rule(2), rule(3))


def ignored(*entries: Any) -> list[tuple[str, str, str]]:
    return [(each.rule, each.severity, each.row) for each in lint(SHADOWED, ignore=entries)]


def test_a_finding_is_ignored_for_a_reason() -> None:
    name = "rule-after-catch-all"
    assert ignored({"rule": name, "reason": "to be removed"}) == []
    assert ignored({"rule": name, "reason": "to be removed", "row": 2}) == [(name, "warning", "rule_id=3")]
    entry = {"rule": name, "reason": "to be removed", "table": "mysql_query_rules", "row": "rule_id=2"}
    assert ignored(entry) == [(name, "warning", "rule_id=3")]


@pytest.mark.parametrize(
    ("entry", "severity", "left"),
    [
        ({"rule": "rule-after-catch-all"}, "error", 2),
        ({"rule": "rule-after-catch-all", "reason": " "}, "error", 2),
        ({"rule": "rule-after-catch-al", "reason": "so"}, "error", 2),
        ({"rule": "lint-ignore", "reason": "so"}, "error", 2),
        ({"rule": "rule-after-catch-all", "reason": "so", "key": 2}, "error", 2),
        ("rule-after-catch-all", "error", 2),
        ({"rule": "rule-after-catch-all", "reason": "so", "row": 4}, "warning", 2),
        ({"rule": "rule-shadowed", "reason": "so"}, "warning", 2),
    ],
)
def test_what_is_ignored_in_vain_is_reported(entry: Any, severity: str, left: int) -> None:
    found = ignored(entry)
    assert [each[1] for each in found if each[0] == "lint-ignore"] == [severity]
    assert len(found) == left + 1


# -- patterns ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ("^SELECT .* FOR UPDATE", "^SELECT"),
        ("^SELECT a|^SELECT b", "^SELECT"),
        ("^SELECT a", "^SHOW|^SELECT"),
        ("^SELECT", "."),
        ("a table", "table"),
        ("(?i)^select", "(?i)^SEL"),
        ("anything", ".*"),
        ("^SELECT x", "^SELECT.*"),
    ],
)
def test_a_pattern_implies_another(narrow: str, wide: str) -> None:
    assert implies(narrow, False, wide, False)


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ("SELECT", "^SELECT"),
        ("^SELECT|UPDATE", "^SELECT"),
        ("^SELECT?", "^SELECT"),
        ("^SELEC(T|X)", "^SELECT"),
        ("(?i)^SELECT", "^SELECT"),
        ("^SELECT", "^SELECT$"),
        ("^SELECT", "^SELECT x"),
        ("[|]^SELECT", "^SELECT"),
        ("(^SELECT|x)", "^SELECT"),
        ("x*", "."),
    ],
)
def test_a_pattern_does_not_imply_another(narrow: str, wide: str) -> None:
    assert not implies(narrow, False, wide, False)


@pytest.mark.parametrize(
    "pattern", [r"a(?=b)", r"(?<!a)b", r"(a)\1", "a++", "(?>a)", r"a\Kb", "(?#x)", "(*UTF8)a"]
)
def test_what_re2_does_not_compile(pattern: str) -> None:
    assert pcre_only(pattern)


@pytest.mark.parametrize(
    "pattern",
    [r"\(?=b", r"[(?=]", r"\Q(?=\E", r"\\1", "(?i)a", "(?:a)+", r"a+?\d", "(?P<a>b)", r"\++", "[*+]+"],
)
def test_what_re2_compiles(pattern: str) -> None:
    assert pcre_only(pattern) is None


def test_a_rule_that_sees_a_rewritten_query_is_not_shadowed() -> None:
    first, last = rule(1, match_pattern="^SELECT"), rule(3, match_pattern="^SELECT x")
    between = rule(2, match_pattern="^READ", apply=False)
    assert [each.row for each in lint(rules(first, between, last))] == ["rule_id=3"]
    assert lint(rules(first, {**between, "replace_pattern": "SELECT"}, last)) == []


def test_thousands_of_rules_are_looked_at_quickly() -> None:
    given = [rule(number, match_digest=f"^SELECT c{number} FROM t") for number in range(3000)]
    # Compared each with each, this takes minutes.
    assert lint(rules(*given)) == []


@pytest.mark.parametrize(
    "tables, said",
    [([], "tables: expected a dict"), ({"nosuch": []}, "nosuch is not one of"),
     ({"mysql_users": Typed(a=1)}, "a list of rows, got a dict")],
)  # fmt: skip
def test_what_is_no_declaration(tables: Any, said: str) -> None:
    with pytest.raises(DeclarationError, match=said):
        lint(tables)


# -- the guide ---------------------------------------------------------------------------


def test_the_guide_describes_each_rule_as_it_is() -> None:
    page = (CHECKOUT / "docs/docsite/rst/lint.rst").read_text(encoding="utf-8")
    guide = " ".join(page.split())
    for each in RULES:
        said = f"``{each.name}`` ({each.severity}) {each.summary} {each.why}"
        assert re.sub(r"``", "", said) in re.sub(r"``", "", guide), each.name
    named = re.findall(r"^``([a-z0-9-]+)`` \((?:info|warning|error)\)$", page, re.MULTILINE)
    assert named == [each.name for each in RULES]
