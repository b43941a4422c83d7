# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Query rules as ProxySQL goes through them: which are never come to, and which flags lead nowhere.

Query_Processor::process_mysql_query in lib/Query_Processor.cpp, 2.7.1 (3.0.3 alike): from the lowest number
on, a rule is tried whose flagIN is the present flag, which is 0 at first, the next_query_flagIN of the query
before, or the mirror_flagOUT. One that matches and applies ends it. flagOUT sets the flag; the rules go on
from there, or again from the first as often as mysql-query_processor_iterations says, which is 0 if nobody
has set it. What was not applied is looked up in the fast routing, unless the last of the active rules
applies, even if it did not match (tests/engine/test_lint.py).
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import defaultdict
from functools import lru_cache
from itertools import product

from ..._declared.rows import Row
from .look import Finding, Look, at, number
from .patterns import always, fault, groups_missing, implies, narrow_keys, pcre_only, wide_key

RULES = "mysql_query_rules"
FAST = "mysql_query_rules_fast_routing"
_PATTERNS = ("match_digest", "match_pattern")
_EQUAL = ("username", "schemaname", "proxy_addr", "digest")


def applies(row: Row) -> bool:
    return bool(row.get("apply"))


@lru_cache(maxsize=4096)
def _weighted(attributes: str) -> frozenset[int]:
    try:
        flags = json.loads(attributes).get("flagOUTs")
        return frozenset(int(each["id"]) for each in flags or [] if "id" in each and "weight" in each)
    except (ValueError, TypeError, AttributeError):
        return frozenset()


def flags_out(row: Row) -> frozenset[int]:
    """What the flag may be after a rule that matched. flagOUT goes before the weighted ones of attributes."""
    flag = number(row, "flagOUT")
    return _weighted(str(row.get("attributes") or "")) if flag is None else frozenset((flag,))


def leaves(row: Row) -> bool:
    """Whether no rule with the same flagIN is tried after this one has matched."""
    flag = number(row, "flagOUT")
    return applies(row) or (flag is not None and flag != row["flagIN"])


def wider(wide: Row, narrow: Row) -> bool:
    """Whether a rule is certain to match whatever query the other one matches, at the same flag."""
    for name in _EQUAL:
        if wide.get(name) and wide[name] != narrow.get(name):
            return False
    port = wide.get("proxy_port")
    if port is not None and port != narrow.get("proxy_port"):
        return False
    address, other = str(wide.get("client_addr") or ""), str(narrow.get("client_addr") or "")
    if address.endswith("%"):
        # The narrow one, empty, is any address.
        if not other.startswith(address[:-1]):
            return False
    elif address and address != other:
        return False
    return all(_pattern_wider(wide, narrow, name) for name in _PATTERNS)


def _pattern_wider(wide: Row, narrow: Row, column: str) -> bool:
    mine, its = wide.get(column), narrow.get(column)
    if mine is None:
        return True
    if not wide.get("negate_match_pattern") and always(str(mine)):
        return True
    if its is None or bool(wide.get("negate_match_pattern")) != bool(narrow.get("negate_match_pattern")):
        return False
    caseless, its_caseless = _caseless(wide), _caseless(narrow)
    if wide.get("negate_match_pattern"):
        return (mine, caseless) == (its, its_caseless)
    return implies(str(its), its_caseless, str(mine), caseless)


def _caseless(row: Row) -> bool:
    return "CASELESS" in str(row.get("re_modifiers") or "").upper()


def catches_all(row: Row) -> bool:
    return wider(row, {})


class Chain:
    """The active rules, in order.

    iterations: None where it is not known. shadows: rules that no query comes to, and for each why not: an
    earlier one.
    """

    def __init__(self, look: Look) -> None:
        self.rules = look.active_rules
        text = look.variables.get("mysql-query_processor_iterations", "")
        self.iterations = int(text) if text.isdigit() else None
        # Where to look for a rule that is wider than another: there may be thousands of them.
        self._buckets: dict[tuple[object, ...], list[int]] = defaultdict(list)
        for place, row in enumerate(self.rules):
            if leaves(row):
                self._buckets[_bucket(row)].append(place)
        self.shadows: list[tuple[Row, Row]] = []
        self._asked = {
            row.get(name) for row in self.rules for name in ("next_query_flagIN", "mirror_flagOUT")
        }
        self._setters: dict[int, list[int]] = defaultdict(list)
        for place, row in enumerate(self.rules):
            for flag in () if applies(row) else flags_out(row):
                self._setters[flag].append(place)
        self._rewrites = [place for place, row in enumerate(self.rules) if row.get("replace_pattern")]
        for place, row in enumerate(self.rules):
            wide = self.shadow(row, place)
            if wide is not None:
                self.shadows.append((row, wide))

    def shadow(self, narrow: Row, end: int) -> Row | None:
        """An earlier rule that every query matches first that could match this one at the place ``end``."""
        found: list[int] = []
        for key in _wider_buckets(narrow):
            found += self._buckets.get(key, ())
        setters = self._setters.get(number(narrow, "flagIN") or 0, [])
        entered = setters[: bisect_left(setters, end)][-1:]
        rewritten = self._rewrites[: bisect_left(self._rewrites, end)][-1:]
        for place in sorted(found):
            if place >= end:
                break
            # A query may get this flag after the earlier rule was passed, or be rewritten in between.
            wide = self.rules[place]
            if entered > [place] or (wide.get("match_pattern") is not None and rewritten > [place]):
                continue
            if wider(wide, narrow):
                return wide
        return None

    def sources(self, flag: int, end: int) -> tuple[bool, bool]:
        """Whether anything leads to a flag before the place ``end``, and whether anything does at all."""
        places = self._setters[flag]
        early = flag == 0 or flag in self._asked or any(place < end for place in places)
        return early, early or bool(places)


def chain_of(look: Look) -> Chain:
    found: Chain = look.kept.get("chain") or look.kept.setdefault("chain", Chain(look))
    return found


def _bucket(row: Row) -> tuple[object, ...]:
    key = (row["flagIN"], *(row.get(name) or "" for name in ("username", "schemaname", "digest")))
    negated = bool(row.get("negate_match_pattern"))
    for name in _PATTERNS:
        text = row.get(name)
        if text is not None and not always(str(text)):
            return (*key, name, *wide_key(str(text), negated))
    return key


def _wider_buckets(row: Row) -> list[tuple[object, ...]]:
    """Those in which rules are that may be wider than this one."""
    values = [{"", row.get(name) or ""} for name in ("username", "schemaname", "digest")]
    keys = [(row["flagIN"], *each) for each in product(*values)]
    ends: list[tuple[object, ...]] = [()]
    for name in _PATTERNS:
        if row.get(name) is not None:
            ends.append((name,))
            ends += [(name, *end) for end in narrow_keys(str(row[name]))]
    return [(*key, *end) for key in keys for end in ends]


def _number(row: Row) -> object:
    return row["rule_id"]


def shadowed(look: Look) -> list[Finding]:
    return [
        at(
            "rule-shadowed",
            "warning",
            RULES,
            row,
            "rule_id",
            f"no query ever comes to it: rule {_number(wide)} before it matches every query that this one"
            " matches",
        )
        for row, wide in chain_of(look).shadows
        if not catches_all(wide)
    ]


def after_catch_all(look: Look) -> list[Finding]:
    return [
        at(
            "rule-after-catch-all",
            "warning",
            RULES,
            row,
            "rule_id",
            f"no query ever comes to it: rule {_number(wide)} before it matches every query with flagIN"
            f" {row['flagIN']}",
        )
        for row, wide in chain_of(look).shadows
        if catches_all(wide)
    ]


def flag_not_set(look: Look) -> list[Finding]:
    name, chain, found = "flag-not-set", chain_of(look), []
    for place, row in enumerate(chain.rules):
        flag = number(row, "flagIN") or 0
        early, ever = chain.sources(flag, place)
        if not ever:
            text = f"no query ever comes to it: no active rule leads to the flag {flag}"
            found.append(at(name, "warning", RULES, row, "flagIN", text))
        elif not early and not chain.iterations:
            text = (
                f"only later rules lead to the flag {flag}, and mysql-query_processor_iterations is 0 if"
                " nobody has set it, so that earlier rules are not tried again"
            )
            severity = "info" if chain.iterations is None else "warning"
            found.append(at(name, severity, RULES, row, "flagIN", text))
    return found


def flag_not_read(look: Look) -> list[Finding]:
    name, chain, found = "flag-not-read", chain_of(look), []
    others = {
        number(row, "flagIN")
        for table in (FAST, "mysql_firewall_whitelist_rules")
        for row in look.rows(table)
    }
    last: dict[object, int] = {row["flagIN"]: place for place, row in enumerate(chain.rules)}
    unsure = not look.whole(FAST)
    for place, row in enumerate(chain.rules):
        for flag in sorted(flags_out(row) - others):
            if applies(row):
                text = f"it applies, which ends the rules, so that the flag {flag} is not read by any"
                found.append(at(name, "info", RULES, row, "flagOUT", text))
            elif flag not in last:
                text = f"no active rule has flagIN {flag}, so that no more rules are tried"
                found.append(at(name, "info" if unsure else "warning", RULES, row, "flagOUT", text))
            elif last[flag] <= place and not chain.iterations:
                text = (
                    f"only earlier rules have flagIN {flag}, and mysql-query_processor_iterations is 0 if"
                    " nobody has set it, so that they are not tried again"
                )
                severity = "info" if unsure or chain.iterations is None else "warning"
                found.append(at(name, severity, RULES, row, "flagOUT", text))
    return found


def cycles(look: Look) -> list[Finding]:
    chain = chain_of(look)
    if not chain.iterations:
        return []
    edges: dict[object, set[object]] = defaultdict(set)
    for row in chain.rules:
        if not applies(row):
            edges[row["flagIN"]].update(flags_out(row))
    found, told = [], set[object]()
    for row in chain.rules:
        flag = row["flagIN"]
        back = [out for out in flags_out(row) if flag in _reached(edges, out)]
        if applies(row) or not back or flag in told:
            continue
        told |= {flag, *(each for each in _reached(edges, back[0]) if flag in _reached(edges, each))}
        text = (
            f"its flagOUT leads back to flagIN {flag}: a query may go round {chain.iterations} times"
            " (mysql-query_processor_iterations)"
        )
        found.append(at("flag-cycle", "warning", RULES, row, "flagOUT", text))
    return found


def _reached(edges: dict[object, set[object]], start: object) -> set[object]:
    seen, open_ = {start}, [start]
    while open_:
        new = edges.get(open_.pop(), set()) - seen
        seen |= new
        open_ += new
    return seen


def fast_routing(look: Look) -> list[Finding]:
    name, rules, rows = "fast-routing-unreachable", look.active_rules, look.rows(FAST)
    if not rows or not rules:
        return []
    if applies(rules[-1]):
        text = (
            f"it is the last active rule and applies: ProxySQL then uses none of the {len(rows)} rows of"
            f" {FAST},"
            " whether it matches or not; put an active rule after it that does not apply"
        )
        return [at(name, "error", RULES, rules[-1], "apply", text)]
    chain, found, end = chain_of(look), [], len(rules)
    # Only a rule that no query can avoid counts here.
    known: dict[tuple[object, ...], str | None] = {}
    for row in rows:
        key = (row["username"], row["schemaname"], row["flagIN"])
        if key not in known:
            known[key] = _unreachable(chain, row, end)
        why = known[key]
        if why:
            found.append(at(name, "warning", FAST, row, "flagIN", why))
    return found


def _unreachable(chain: Chain, row: Row, end: int) -> str | None:
    flag = number(row, "flagIN") or 0
    if not chain.sources(flag, end)[1]:
        return f"it is never used: no active rule leads to the flag {flag}"
    query: Row = {name: row[name] for name in ("username", "schemaname", "flagIN")}
    wide = chain.shadow(query, end)
    return None if wide is None else f"it is never used: rule {_number(wide)} matches all such queries before"


def pcre_under_re2(look: Look) -> list[Finding]:
    if look.variables.get("mysql-query_processor_regex") != "2":
        return []
    found = []
    for row in look.rows(RULES):
        for column in _PATTERNS:
            words = pcre_only(str(row.get(column) or "")) if row.get("active") else None
            if words:
                text = f"has {words}, which RE2 (mysql-query_processor_regex is 2) does not compile"
                found.append(at("pcre-under-re2", "error", RULES, row, column, text))
    return found


def broken_patterns(look: Look) -> list[Finding]:
    found = []
    for row in look.rows(RULES):
        if not row.get("active"):
            continue
        for column in _PATTERNS:
            words = fault(str(row.get(column) or ""))
            if words:
                found.append(at("pattern-broken", "error", RULES, row, column, words))
        pattern = row.get("match_pattern") or row.get("match_digest") or ""
        missing = groups_missing(str(row.get("replace_pattern") or ""), str(pattern))
        if missing:
            words = f"names {', '.join(missing)}, and the pattern has no such group"
            found.append(at("pattern-broken", "error", RULES, row, "replace_pattern", words))
    return found


def digest_and_pattern(look: Look) -> list[Finding]:
    text = "a digest stands for one text, so that match_digest adds nothing, or keeps it from matching"
    return [
        at("digest-with-pattern", "info", RULES, row, "match_digest", text)
        for row in look.rows(RULES)
        if row.get("active") and row.get("digest") and row.get("match_digest") is not None
    ]
