"""What lint says of query rules is true: no query of thousands comes to a rule that it says none comes to."""

from __future__ import annotations

import random
import re
from typing import Any

from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning.lint.run import lint

FAST = "mysql_query_rules_fast_routing"
Query = dict[str, Any]


def matches(row: dict[str, Any], query: Query, flag: int, text: str) -> bool:
    """As Query_Processor::process_mysql_query has it (lib/Query_Processor.cpp, 2.7.1)."""
    if (row.get("flagIN") or 0) != flag:
        return False
    for name in ("username", "schemaname", "proxy_addr"):
        if row.get(name) and row[name] != query[name]:
            return False
    address = row.get("client_addr") or ""
    if address.endswith("%"):
        if not query["client_addr"].startswith(address[:-1]):
            return False
    elif address and address != query["client_addr"]:
        return False
    if row.get("proxy_port") is not None and row["proxy_port"] != query["proxy_port"]:
        return False
    if row.get("digest") and row["digest"] != query["digest"]:
        return False
    flags = re.IGNORECASE if row.get("re_modifiers", "CASELESS") else 0
    for name, subject in (("match_digest", query["text"]), ("match_pattern", text)):
        if row.get(name) is not None:
            found = re.search(row[name], subject, flags) is not None
            if found == bool(row.get("negate_match_pattern")):
                return False
    return True


def passed(given: list[dict[str, Any]], query: Query, iterations: int) -> tuple[set[int], int | None]:
    """The rules that matched, and with which flag the fast routing is looked up, if it is."""
    chain = sorted((row for row in given if row["active"]), key=lambda row: row["rule_id"])
    flag, text, hits = query["flag"], query["text"], set()
    place = 0
    while place < len(chain):
        row = chain[place]
        place += 1
        if not matches(row, query, flag, text):
            continue
        hits.add(row["rule_id"])
        if row.get("flagOUT") is not None:
            flag = row["flagOUT"]
        if row.get("replace_pattern") is not None:
            text = re.sub(row["match_pattern"], row["replace_pattern"], text)
        if row["apply"]:
            return hits, None
        if row.get("flagOUT") is not None and iterations:
            iterations -= 1
            place = 0
    return hits, None if chain and chain[-1]["apply"] else flag


TEXTS = [
    "SELECT 1",
    "SELECT a FOR UPDATE",
    "select b",
    "UPDATE t",
    "SHOW x",
    "",
    "a\nSELECT",
    "SELECTED",
    "SELEC",
]
PATTERNS = [
    "^SELECT", "^SELECT .*UPDATE$", "SELECT", "^", "", ".*", ".", "^.", "^UPDATE|^SELECT", "^SELECT?",
    "(?i)^select", "^(SELECT|UPDATE)", "^SEL", "SHOW x|^UPDATE", "LECT", "^SELECT.*", "^SHOW|^SEL|^UPDATE",
]  # fmt: skip


def some_rules(chance: random.Random) -> list[dict[str, Any]]:
    def some(values: list[Any], often: float) -> Any:
        return chance.choice(values) if chance.random() < often else None

    found = []
    for number in range(1, chance.randint(3, 9)):
        row: dict[str, Any] = {
            "rule_id": number,
            "active": chance.random() < 0.9,
            "apply": chance.random() < 0.5,
            "flagIN": some([1, 2], 0.3) or 0,
            "username": some(["shop", "stock", ""], 0.15),
            "schemaname": some(["a", "b"], 0.15),
            "client_addr": some(["%", "10.%", "10.0.0.1", "10.0.%"], 0.2),
            "proxy_port": some([6033, 6034], 0.1),
            "digest": some(["0x00000000000000AB", "0x00000000000000CD"], 0.1),
            "match_digest": some(PATTERNS, 0.5),
            "match_pattern": some(PATTERNS, 0.3),
            "negate_match_pattern": chance.random() < 0.1,
            "re_modifiers": chance.choice(["CASELESS", ""]),
            "flagOUT": some([0, 1, 2, 3], 0.3),
            "next_query_flagIN": some([1, 3], 0.05),
        }
        if row["match_pattern"] and chance.random() < 0.3:
            row["replace_pattern"] = "UPDATE "
        found.append(row)
    return found


def some_query(chance: random.Random, flags: list[int]) -> Query:
    return {
        "flag": chance.choice(flags),
        "username": chance.choice(["shop", "stock", "other"]),
        "schemaname": chance.choice(["a", "b", "c"]),
        "client_addr": chance.choice(["10.0.0.1", "10.0.0.2", "10.9.0.1", "192.0.2.1"]),
        "proxy_addr": "192.0.2.9",
        "proxy_port": chance.choice([6033, 6034]),
        "digest": chance.choice(["0x00000000000000AB", "0x00000000000000CD", "0x00000000000000EF"]),
        "text": chance.choice(TEXTS),
    }


NEVER = ("rule-shadowed", "rule-after-catch-all", "flag-not-set")


def test_no_query_comes_to_a_rule_of_which_that_is_said() -> None:
    chance, said = random.Random(13), 0
    for _round in range(1000):
        given, iterations = some_rules(chance), chance.choice([0, 0, 1, 3])
        fast = [
            {"username": name, "schemaname": schema, "flagIN": flag, "destination_hostgroup": 1}
            for name in ("shop", "")
            for schema in "ab"
            for flag in (0, 1, 3)
        ]
        variables = {"mysql-query_processor_iterations": iterations}
        found = lint({"mysql_query_rules": given, FAST: fast}, variables)
        dead = {each.row for each in found if each.rule in NEVER and each.severity != "info"}
        unused = {
            each.row for each in found if each.rule == "fast-routing-unreachable" and each.table == FAST
        }
        off = [each for each in found if each.rule == "fast-routing-unreachable" and each.severity == "error"]
        said += len(dead) + len(unused)
        flags = [
            0,
            *(row["next_query_flagIN"] for row in given if row["active"] and row["next_query_flagIN"]),
        ]
        for _query in range(40):
            query = some_query(chance, flags)
            hits, flag = passed(given, query, iterations)
            assert not {f"rule_id={number}" for number in hits} & dead, (given, query)
            if flag is not None:
                assert not off
                for name in (query["username"], ""):
                    row = f"username={name}, schemaname={query['schemaname']}, flagIN={flag}"
                    assert row not in unused, (given, query)
    assert said > 800
