"""Lint: rules that no query comes to, flags and patterns, case by case."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning.lint.chain import (
    flags_out,
    leaves,
)
from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning.lint.patterns import (
    groups_missing,
    implies,
    is_read,
    narrow_keys,
    pcre_only,
    wide_key,
)
from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning.lint.run import lint
from test_lint import rule, rules

FAST = "mysql_query_rules_fast_routing"
UNREACHED = ("rule-shadowed", "rule-after-catch-all")
BACK = {"mysql-query_processor_iterations": 3}


def unreached(*given: dict[str, Any]) -> list[str]:
    """Numbers of the rules that no query comes to."""
    found = lint({"mysql_query_rules": list(given)})
    return [each.row.removeprefix("rule_id=") for each in found if each.rule in UNREACHED]


# -- rules that others keep queries from -------------------------------------------------


def test_a_rule_that_leads_away_keeps_queries_from_later_ones() -> None:
    away = rule(1, apply=False, flagOUT=5)
    after = [rule(2, match_digest="^SELECT"), rule(3, flagIN=5)]
    assert unreached(away, *after) == ["2"]
    assert unreached({**away, "flagOUT": 0}, *after) == []
    assert unreached({**away, "flagOUT": None}, *after) == []
    # Either of two flags: it leads to one, and yet may be the present one.
    either = {"flagOUTs": [{"id": 5, "weight": 1}, {"id": 0, "weight": 1}]}
    assert unreached({**away, "flagOUT": None, "attributes": either}, *after) == []


def test_a_flag_that_is_set_after_the_wide_rule() -> None:
    """The first of these with flagIN 1 is passed with the flag 0, by the queries that get it later."""
    first, last = rule(1, flagIN=1, next_query_flagIN=1), rule(3, flagIN=1, match_digest="x")
    setter = rule(2, match_digest="x", apply=False, flagOUT=1)
    assert unreached(first, setter, last) == []
    assert unreached(first, {**setter, "flagOUT": 2}, last) == ["3"]
    assert unreached(first, {**setter, "apply": True}, last) == ["3"]
    assert unreached({**setter, "rule_id": 0}, first, last) == ["3"]
    assert unreached({**setter, "rule_id": 0, "match_digest": "y"}, first, setter, last) == []
    # A setter of the flag 0 counts for that alone.
    assert unreached(rule(1), rule(2, flagIN=4, apply=False, flagOUT=0), rule(3, match_digest="x")) == []


@pytest.mark.parametrize("column", ["match_pattern", "match_digest"])
def test_a_rewritten_query(column: str) -> None:
    """match_digest sees the query as it came."""
    rewrite = rule(2, match_pattern="^READ", replace_pattern="SELECT", apply=False)
    given = [rule(1, **{column: "^SELECT"}), rewrite, rule(3, **{column: "^SELECT x"})]
    assert unreached(*given) == (["3"] if column == "match_digest" else [])
    given = [{**rewrite, "rule_id": 0}, *given[::2]]
    assert unreached(*given) == ["3"]


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ({"username": "u"}, {"username": "u", "match_digest": "x"}),
        ({"schemaname": "s"}, {"schemaname": "s", "match_digest": "x"}),
        ({"digest": "0x1F"}, {"digest": "0x1F", "username": "u"}),
        ({"match_digest": ".*"}, {"username": "u"}),
        ({"match_digest": ".*", "match_pattern": "^SELECT"}, {"match_pattern": "^SELECT a"}),
        ({"match_digest": "^SELECT"}, {"match_digest": "^SELECT a", "match_pattern": "^UPDATE"}),
        ({"match_pattern": "^SELECT"}, {"match_digest": "^UPDATE", "match_pattern": "^SELECT a"}),
        ({"match_digest": "a|b"}, {"match_digest": "xa"}),
        ({"match_digest": "(a)(b)"}, {"match_digest": "(a)(b)", "schemaname": "s"}),
        ({"match_digest": "."}, {"match_digest": "^SELECT"}),
        (
            {"match_digest": "^a", "negate_match_pattern": True},
            {"match_digest": "^a", "negate_match_pattern": True, "username": "u"},
        ),
    ],
)  # fmt: skip
def test_the_wider_rule_is_found(wide: dict[str, Any], narrow: dict[str, Any]) -> None:
    others = [rule(number, match_digest=f"^{number}") for number in (1, 2)]
    assert unreached(*others, rule(5, **wide), rule(6, **narrow)) == ["6"]
    assert unreached(*others, rule(5, **narrow), rule(6, **wide)) == []
    assert unreached(rule(5, flagIN=1, next_query_flagIN=1, **wide), rule(6, **narrow)) == []


def test_the_first_of_several_is_named() -> None:
    given = rules(
        rule(1, match_digest="^SELECT"), rule(2, match_digest="^S"), rule(3, match_digest="^SELECT a")
    )
    (found,) = lint(given)
    assert "rule 1 before it" in found.text


def test_rules_that_are_not_active_count_for_nothing() -> None:
    asleep = {"active": False}
    assert unreached({**rule(1), **asleep}, rule(2, match_digest="x")) == []
    assert unreached(rule(1), {**rule(2), **asleep}) == []
    # Nor does one that LOAD leaves out; and they go by their numbers.
    there = [rule(3, match_digest="x"), rule(2, client_addr="%"), rule(1, client_addr="10.%.1")]
    found = lint({}, present={"mysql_query_rules": [{"flagIN": 0, **row} for row in there]})
    assert [(each.rule, each.row) for each in found] == [("rule-after-catch-all", "rule_id=3")]
    assert "rule 2 before it" in found[0].text


# -- flags -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "flags", "away"),
    [
        ({}, set(), False),
        ({"apply": True}, set(), True),
        ({"flagOUT": 0}, {0}, False),
        ({"flagOUT": 7}, {7}, True),
        ({"attributes": '{"flagOUTs": [{"id": 3, "weight": 1}, {"id": "4", "weight": 2}]}'}, {3, 4}, False),
        ({"attributes": '{"flagOUTs": [{"id": 3}, {"weight": 1}]}'}, set(), False),
        ({"attributes": '{"flagOUTs": null}'}, set(), False),
        ({"attributes": '{"flagOUTs": [{"id": "x", "weight": 1}]}'}, set(), False),
        ({"attributes": "[]"}, set(), False),
        ({"attributes": "{"}, set(), False),
        ({"flagOUT": 7, "attributes": '{"flagOUTs": [{"id": 3, "weight": 1}]}'}, {7}, True),
    ],
)
def test_where_a_rule_leads_to(row: dict[str, Any], flags: set[int], away: bool) -> None:
    row = {"flagIN": 0, **row}
    assert (flags_out(row), leaves(row)) == (flags, away)


@pytest.mark.parametrize("column", ["next_query_flagIN", "mirror_flagOUT"])
def test_flags_that_come_with_a_query(column: str) -> None:
    assert not [
        each for each in lint(rules(rule(1, **{column: 5}), rule(2, flagIN=5))) if "flag" in each.rule
    ]


@pytest.mark.parametrize(
    ("setter", "severity"),
    [({"apply": False}, None), ({"apply": True}, "warning"), ({"active": False}, "warning")],
)
def test_what_leads_to_a_flag(setter: dict[str, Any], severity: str | None) -> None:
    given = rules(rule(1, match_digest="a", flagOUT=5, **{"active": True, **setter}), rule(2, flagIN=5))
    if "active" in setter:
        given["mysql_query_rules"][0]["apply"] = False
    assert [each.severity for each in lint(given) if each.rule == "flag-not-set"] == (
        [severity] if severity else []
    )


def test_what_reads_a_flag() -> None:
    setter = rule(1, match_digest="a", flagOUT=5, apply=False)
    firewall = {"username": "u", "schemaname": "s", "flagIN": 5, "digest": "0x1F", "client_address": ""}
    for others in ({FAST: [{"username": "u", "schemaname": "s", "flagIN": 5, "destination_hostgroup": 1}]},
                   {FAST: [], "mysql_firewall_whitelist_rules": [firewall]}):  # fmt: skip
        assert "flag-not-read" not in [each.rule for each in lint(rules(setter, **others))]
    (found,) = [each for each in lint(rules(setter, **{FAST: []})) if each.rule == "flag-not-read"]
    assert (found.severity, found.row) == ("warning", "rule_id=1")
    # With its own flag it goes on, from itself.
    again = [rule(1, match_digest="a", flagOUT=0, apply=False), rule(2, match_digest="b")]
    assert "flag-not-read" not in [each.rule for each in lint(rules(*again, **{FAST: []}))]
    (found,) = lint(rules(rule(1, match_digest="a", flagOUT=0, apply=False), **{FAST: []}))
    assert found.text.startswith("only earlier rules have flagIN 0")
    assert not lint(rules(rule(1, match_digest="a", flagOUT=3, apply=False), rule(2, flagIN=3)), BACK)


def test_cycles_behind_a_fork() -> None:
    """Of the two flags that 1 leads to, only the second one leads back."""
    either = {"flagOUTs": [{"id": 2, "weight": 1}, {"id": 3, "weight": 1}]}
    given = rules(
        rule(1, match_digest="a", apply=False, flagOUT=1),
        rule(2, match_digest="b", apply=False, flagIN=1, attributes=either),
        rule(3, match_digest="c", flagIN=2),
        rule(4, match_digest="d", apply=False, flagIN=3, flagOUT=0),
        rule(5, match_digest="e", apply=False, flagIN=9, next_query_flagIN=9, flagOUT=8),
        rule(6, match_digest="f", apply=False, flagIN=8, flagOUT=9),
        rule(7, match_digest="g", flagIN=8, flagOUT=9),
    )
    found = [each.row for each in lint(given, BACK) if each.rule == "flag-cycle"]
    assert found == ["rule_id=1", "rule_id=5"]
    given["mysql_query_rules"][3]["apply"] = True
    assert [each.row for each in lint(given, BACK) if each.rule == "flag-cycle"] == ["rule_id=5"]


# -- fast routing ------------------------------------------------------------------------


def test_rows_of_the_fast_routing_that_rules_keep_from_use() -> None:
    rows = [
        {"username": name, "schemaname": schema, "flagIN": flag, "destination_hostgroup": 1}
        for name in ("u", "v") for schema in ("s", "t") for flag in (0, 1)
    ]  # fmt: skip
    last = rule(9, match_digest="x", apply=False)

    def never(*given: dict[str, Any]) -> list[tuple[str, str]]:
        found = lint(rules(*given, last, **{FAST: rows}))
        return [(each.severity, each.row) for each in found if each.rule == "fast-routing-unreachable"]

    flagged = [f"username={name}, schemaname={schema}, flagIN=1" for name in "uv" for schema in "st"]
    assert never() == [("warning", row) for row in flagged]
    to_one = rule(1, match_digest="a", apply=False, flagOUT=1)
    assert never(to_one) == []
    # The last of the rules leads to the flag, too.
    assert never(rule(1, match_digest="b", apply=False), {**to_one, "rule_id": 20}) == []
    mine = rule(2, username="u", schemaname="s")
    assert never(to_one, mine) == [("warning", "username=u, schemaname=s, flagIN=0")]
    assert never(to_one, rule(2, username="u", schemaname="s", flagIN=1)) == [
        ("warning", "username=u, schemaname=s, flagIN=1")
    ]


# -- patterns ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("narrow", "wide", "implied"),
    [
        ("(a|b)+", "(a|b)+", True),
        ("x", "^", True),
        ("(x|", "$", True),
        ("x", "^(.*)", True),
        ("ab", "^ab", False),
        ("^ab", "ab", True),
        ("^abc", "^ab.*", True),
        ("^abc", "^ab.", False),
        ("^a|^ab", "^a", True),
        ("^b|^ab", "^a", False),
        (")a", "a", False),
        ("a", ")", False),
        ("xa*", "xa", False),
        ("xa*", "x", True),
        ("xa{2}", "xa", False),
        ("xa+", "xa", False),
        ("xa+", "x", True),
        ("^xa*", "^x", True),
        ("^xa*|y", "^x", False),
        ("^*a", "^x|y", False),
        ("^*a", ".", False),
        ("*a", "a", False),
        ("x", "xa+", False),
        ("x", "xa{2}", False),
        ("(?i)ab", "(?i)AB", True),
        ("(?i)ab", "(?i)xb", False),
        ("a(b|c)", "a", True),
        (r"a\d|b", "a|b", False),
        ("(?:a)|a", "a", False),
        ("(*UTF8)a|a", "a", False),
        ("[a]|a", "a", False),
    ],
)
def test_what_one_pattern_implies(narrow: str, wide: str, implied: bool) -> None:
    assert implies(narrow, False, wide, False) is implied


def test_letter_case_of_patterns() -> None:
    assert implies("^SELECT a", True, "^select", True)
    assert implies("^SELECT a", False, "^select", True)
    assert not implies("^SELECT a", True, "^SELECT", False)
    assert not implies("^SELECT a", False, "^select", False)


@pytest.mark.parametrize(
    ("pattern", "negated", "key"),
    [
        ("^SELECT", False, ("begins", "select")),
        ("(?i)^SELECT", False, ("begins", "select")),
        ("^SELECT", True, ("same", "^SELECT")),
        ("^SELECT.*", False, ("begins", "select")),
        ("^SELECT$", False, ("same", "^SELECT$")),
        ("SELECT", False, ()),
        ("^a|^b", False, ()),
        ("a(b", False, ("same", "a(b")),
        (".", False, ()),
        ("^.", False, ()),
    ],
)
def test_what_a_pattern_is_found_by(pattern: str, negated: bool, key: tuple[str, ...]) -> None:
    assert wide_key(pattern, negated) == key


def test_what_a_pattern_is_looked_for_by() -> None:
    assert narrow_keys("^Ab") == [("same", "^Ab"), ("begins", "a"), ("begins", "ab")]
    assert narrow_keys("(?i)^a") == [("same", "(?i)^a"), ("begins", "a")]
    assert narrow_keys("ab") == [("same", "ab")]


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"(?=a)", "look-ahead or look-behind"), (r"(?!a)", "look-ahead or look-behind"),
        (r"(?<=a)", "look-ahead or look-behind"), (r"(?<!a)", "look-ahead or look-behind"),
        (r"(?>a)", "an atomic group"), (r"(?(1)a)", "a condition"), (r"(?|a)", "a branch reset"),
        (r"(?R)", "recursion"), (r"(?&n)", "recursion"), (r"(?P>n)", "recursion"),
        (r"(?P=n)", "a backreference"), (r"(a)\9", "a backreference"), (r"(?<n>a)\k<n>", "a backreference"),
        (r"(a)\g1", "a backreference"), (r"(?#a)", "a comment"), (r"(*UTF8)", "a verb"),
        (r"\K", "an escape of PCRE"), (r"\h", "an escape of PCRE"), (r"\Z", "an escape of PCRE"),
        (r"a*+", "a possessive quantifier"), (r"a?+", "a possessive quantifier"),
        (r"a{2}+", "a possessive quantifier"), ("\\Q\n(?=\\E", None), (r"[\]](a)", None), (r"\Q(?=", None),
        (r"[[:alpha:](?=]", None), (r"[]*+]+", None), (r"[^]*+]+", None), (r"\(*", None), (r"(?i)(+)", None),
    ],
)  # fmt: skip
def test_which_words_say_what_re2_has_not(pattern: str, words: str | None) -> None:
    assert pcre_only(pattern) == words


@pytest.mark.parametrize(
    ("replacement", "pattern", "missing"),
    [
        (r"\1\2\2\3", "(a)", [r"\2", r"\3"]), (r"\0", "a", []), (r"\\2", "a", []), (r"\1", "(a", []),
        (r"\a", "a", []), ("", "a", []),
    ],
)  # fmt: skip
def test_groups_that_a_replacement_names(replacement: str, pattern: str, missing: list[str]) -> None:
    assert groups_missing(replacement, pattern) == missing


@pytest.mark.parametrize(
    ("pattern", "read"),
    [
        ("^SELECT", True), ("select", True), (r"(?i)^\s*(SELECT|SHOW)", True), ("^SELECTED", False),
        ("^INSERT.*SELECT", False), ("x|SELECT", False),
    ],
)  # fmt: skip
def test_what_is_meant_for_reading(pattern: str, read: bool) -> None:
    assert is_read(pattern) is read


@pytest.mark.parametrize("column", ["match_digest", "match_pattern"])
def test_patterns_of_rules_that_are_loaded(column: str) -> None:
    given = rules(rule(1, **{column: r"(?=a"}), rule(2, active=False, **{column: r"(?=a"}))
    re2 = {"mysql-query_processor_regex": 2}
    names = {"pcre-under-re2", "pattern-broken"}
    found = [(each.rule, each.row, each.column) for each in lint(given, re2) if each.rule in names]
    assert found == [("pcre-under-re2", "rule_id=1", column), ("pattern-broken", "rule_id=1", column)]
    assert [each.rule for each in lint(given) if each.rule in names] == ["pattern-broken"]


def test_groups_of_the_pattern_that_a_rule_rewrites() -> None:
    one = {"match_pattern": "(a)", "match_digest": "a", "replace_pattern": r"\1 \2"}
    (found,) = [each for each in lint(rules(rule(1, **one))) if each.rule == "pattern-broken"]
    assert found.text.startswith(r"names \2, and")
    assert not [each for each in lint(rules(rule(1, active=False, **one))) if each.rule == "pattern-broken"]


def test_a_digest_beside_a_pattern() -> None:
    both = {"digest": "0x1F", "match_digest": "a"}
    assert [each.row for each in lint(rules(rule(1, **both), {**rule(2, **both), "active": False}))] == [
        "rule_id=1"
    ]
    assert not lint(rules(rule(1, digest="0x1F"), rule(2, match_digest="a")))
