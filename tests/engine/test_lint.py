"""What lint says of the rules of a real server is what that server does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning.lint.run import lint
from server import Server

Module = Callable[..., dict[str, Any]]

USERS = [{"username": "shop", "password": "a secret", "default_hostgroup": 10}]
FAST = [{"username": "shop", "schemaname": "shop", "flagIN": 0, "destination_hostgroup": 30}]


@pytest.mark.parametrize("apply", [True, False])
def test_a_last_rule_that_applies_keeps_all_queries_from_the_fast_routing(
    server: Server, module: Module, apply: bool
) -> None:
    if not server.is_real:
        pytest.skip("the emulator applies no query rules: needs PROXYSQL_BIN")
    rules = [
        {
            "rule_id": 10,
            "active": True,
            "match_digest": "^INSERT",
            "destination_hostgroup": 10,
            "apply": apply,
        }
    ]
    tables = {"mysql_users": USERS, "mysql_query_rules": rules, "mysql_query_rules_fast_routing": FAST}
    routing = [{"user": "shop", "schema": "shop", "query": "SELECT 1"}]
    result = module("rehearsal", program=server.binary, tables=tables, routing=routing, report_only=True)
    assert result["routing"][0]["found"]["hostgroup"] == (10 if apply else 30)


RE2 = {"mysql-query_processor_regex": 2}
PCRE_ONLY = ["a(?=b)", "(?<!a)b", r"(a)\1", "a++", "(?>a)", r"a\Kb", "(?#x)a", r"\h", r"a\Z", "a{2}+"]
BOTH = [r"\(?=b", "[(?=]", r"\Q(?=\E", "(?:a)+", r"a+?\d", "[*+]+"]


def test_re2_compiles_what_lint_says(server: Server, module: Module) -> None:
    if not server.is_real:
        pytest.skip("the emulator applies no query rules: needs PROXYSQL_BIN")
    patterns = enumerate([*PCRE_ONLY, *BOTH], 1)
    rules = [{"rule_id": number, "active": True, "match_pattern": pattern} for number, pattern in patterns]
    tables = {"mysql_query_rules": rules}
    result = module("rehearsal", program=server.binary, tables=tables, variables=RE2, report_only=True)
    refused = {each["rule"] for each in result["patterns"]}
    found = {each.row for each in lint(tables, RE2) if each.rule == "pcre-under-re2"}
    assert found == {f"rule_id={number}" for number in refused}
    assert refused == set(range(1, len(PCRE_ONLY) + 1))
