# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The module rehearsal: a second ProxySQL is given what the first would hold, and is asked."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from .._catalog.tables import TABLES, Table
from .._declared.errors import DeclarationError, EngineError, all_of
from .._declared.variables import declared_variables
from .._planning.plan import Want
from .._section.apply import OPEN_EDITS, How, Outcome, apply
from .._section.rehearsal import raw_rows, rehearse
from .._section.routing import ask_all, never_matching, rules_of, users_known, wrong_patterns
from .._section.section import Part
from .._section.tables import TableWork
from .._section.variables import plan_variables
from .._server.admin import Admin
from .._server.schema import table_of
from .._server.second import Second, default_program
from .declared import check_known, masked_config, named_tables, paired, wanted_of
from .declared import scopes as scopes_of
from .declared import states as states_of
from .module import Module, Spec

_ANSWER: Spec = {
    "hostgroup": {"type": "int"},
    "error": {"type": "str"},
    "rewritten": {"type": "str"},
    "cached": {"type": "bool"},
    "rule": {"type": "int"},
    "mirrored": {"type": "int"},
}
_ROUTING: Spec = {
    "user": {"type": "str", "required": True},
    "schema": {"type": "str"},
    "client_address": {"type": "str"},
    "query": {"type": "str"},
    **_ANSWER,
    "statements": {
        "type": "list",
        "elements": "dict",
        "options": {"query": {"type": "str", "required": True}, **_ANSWER},
    },
}
_NOTHING: dict[str, Any] = {
    "changed": False, "refused": [], "patterns": [], "routing": [], "left_out": [],
}  # fmt: skip
_NO_ROUTES = (
    "patterns and routing: not tried, this program applies no query rules and sends no queries anywhere"
    " (an emulator)"
)


def run_rehearsal() -> None:
    spec: Spec = {
        "tables": {"type": "dict"},
        "variables": {"type": "dict"},
        "state": {"type": "raw", "default": "merged"},
        "scope": {"type": "dict"},
        "allow_empty": {"type": "bool", "default": False},
        "open_edits": {"type": "str", "default": OPEN_EDITS[0], "choices": list(OPEN_EDITS)},
        "routing": {
            "type": "list",
            "elements": "dict",
            "options": _ROUTING,
            "mutually_exclusive": [("query", "statements")],
            "required_one_of": [("query", "statements")],
        },
        "program": {"type": "str"},
        "report_only": {"type": "bool", "default": False},
        "only_changes": {"type": "bool", "default": False},
    }

    module = Module(spec, masked_config)
    params = module.params
    rows: dict[str, Any] = {
        name: given or [] for name, given in named_tables(module.raw.get("tables")).items()
    }
    routing = [dict(each) for each in params["routing"] or []]

    def wanted(table: Table) -> Want:
        name = table.name
        return wanted_of(table, rows[name], states[name], scopes.get(name), params["allow_empty"])

    try:
        variables = declared_variables(module.raw.get("variables") or {})
        states = states_of(params["state"], rows, "variables" if variables else None)
        scopes = scopes_of(module.raw.get("scope"), rows)
        known = [TABLES[name] for name in rows if name in TABLES]
        wants = paired({want.table.name: want for want in all_of(partial(wanted, table) for table in known)})
        check_known(states, rows)
        _check(states, routing)
    except EngineError as exc:
        module.fail(exc)

    def body(admin: Admin) -> dict[str, Any]:
        tables = [(wants.get(name) or wanted(table_of(admin, name)), rows[name]) for name in rows]
        planned = _planned(admin, tables, variables, params["open_edits"])
        if params["only_changes"] and not planned.changed:
            return {**_NOTHING, "rehearsed": False}
        published = planned.loaded if params["open_edits"] == "publish" else frozenset[str]()
        with Second(params["program"] or default_program()) as server, Admin(server.login) as second:
            return _found(admin, server, second, tables, variables, published, routing)

    def judged(admin: Admin) -> dict[str, Any]:
        result = body(admin)
        wrong = _wrong(result, rows.get("mysql_query_rules"))
        result["ok"] = not wrong
        if wrong and not params["report_only"]:
            module.fail_json(msg=_message(wrong), **{key: result[key] for key in result if key != "warnings"})
        return result

    module.run(judged)


def _planned(
    admin: Admin, tables: Sequence[tuple[Want, Any]], variables: Mapping[str, str], open_edits: str
) -> Outcome:
    """What a run would write. Raises EngineError as the run itself would.

    Of logins, and of open edits, only the first server knows.
    """
    works: list[Part] = list(plan_variables(admin, dict(variables))) if variables else []
    works += [TableWork(admin, want, config) for want, config in tables]
    return apply(admin, works, How(check=True, open_edits=open_edits))


def _check(states: Mapping[str, str], routing: Sequence[Mapping[str, Any]]) -> None:
    for word in ("gathered", "rendered"):
        if word in states.values():
            raise DeclarationError(f"state: {word} changes nothing, so there is nothing to rehearse")
    for number, each in enumerate(routing, 1):
        statements = each.get("statements")
        if statements is not None and not statements:
            raise DeclarationError(f"routing, {number}: statements is empty")
        for part in statements or [each]:
            if not (part.get("query") or "").strip():
                raise DeclarationError(f"routing, {number}: a query is empty")
        address = each.get("client_address")
        try:
            if address:
                ipaddress.ip_address(address)
        except ValueError:
            raise DeclarationError(
                f"routing, {number}: client_address {address!r} is no IP address"
            ) from None


def _found(
    admin: Admin,
    server: Second,
    second: Admin,
    tables: Sequence[tuple[Want, Any]],
    variables: Mapping[str, str],
    published: Collection[str],
    routing: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    warnings = []
    if second.version != admin.version:
        warnings.append(
            f"the program rehearsed with is ProxySQL {second.version}, the one that serves {admin.version}"
        )
    done = rehearse(admin, second, tables, variables, published)
    result: dict[str, Any] = {**_NOTHING, "refused": done.refused, "patterns": [], "rehearsed": True}
    result["program_version"] = second.version
    left_out = done.left_out
    rules = rules_of(second)
    if routing or any(row.get("match_digest") or row.get("match_pattern") for row in rules.active):
        saved = {name: raw_rows(second, TABLES[name]) for name in ("mysql_query_rules_fast_routing",)}
        firewall = second.value(
            "SELECT variable_value FROM runtime_global_variables"
            " WHERE variable_name = 'mysql-firewall_whitelist_enabled'"
        )
        users_known(second)
        patterns = wrong_patterns(server, second, rules)
        if patterns is None:
            left_out.append(_NO_ROUTES)
            warnings.append(_NO_ROUTES)
            result["routing"] = [{**_given(each), "found": {}, "ok": None} for each in routing]
        else:
            result["patterns"] = patterns
            if routing:
                result["routing"] = ask_all(server, second, rules, saved, firewall or "false", routing)
                untried = [*_untried(rules.active), *_unanswered(result["routing"])]
                left_out += untried
                warnings += untried
    result["patterns"] += never_matching(second, rules)
    pgsql = any(
        name.startswith("pgsql_query_rules") for name, _rows in ((w.table.name, c) for w, c in tables)
    )
    if pgsql:
        left_out.append("pgsql_query_rules: loaded; their patterns and routes are not tried")
    return {**result, "left_out": left_out, "warnings": warnings}


def _untried(active: Iterable[Mapping[str, Any]]) -> list[str]:
    """Rules for clients of one of ProxySQL's own addresses: here all come by a socket."""
    return [
        f"mysql_query_rules, row rule_id={row['rule_id']}, column {name}: no query of a rehearsal comes to an"
        " address or a port of ProxySQL's, so this rule matches none; where it would, routing may differ"
        for row in active
        for name in ("proxy_addr", "proxy_port")
        if row.get(name) is not None
    ]


def _unanswered(routing: Iterable[Mapping[str, Any]]) -> list[str]:
    return [
        f"routing, {each['user']}: {part['query'][:120]}: could not be tried,"
        f" the second ProxySQL was too slow ({part['found'].get('error', 'the session was lost')})"
        for each in routing
        for part in each.get("statements") or [each]
        if part["ok"] is None
    ]


def _given(expected: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in expected.items() if value is not None}


def _wrong(result: Mapping[str, Any], rules: Any) -> list[str]:
    """All that is not as declared, a sentence each. Rules that are not declared here are others' business."""
    ours = {str(row.get("rule_id")) for row in rules or [] if isinstance(row, Mapping)}
    lines = [_refusal(each) for each in result["refused"]]
    lines += [
        f"mysql_query_rules, row {each['rule']}, column {each['column']}: {each['why']}"
        for each in result["patterns"]
        if str(each["rule"]) in ours
    ]
    for each in result["routing"]:
        for part in each.get("statements") or [each]:
            if part.get("ok") is False:
                lines.append(
                    f"routing, {each['user']}: {part['query'][:120]}: expected {_words(part['expected'])},"
                    f" found {_words(part['found'])}"
                )
    return lines


def _words(found: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in found.items()) or "no error"


def _refusal(each: Mapping[str, Any]) -> str:
    place = [f"variable {each['variable']}"] if "variable" in each else [each["table"], f"row {each['row']}"]
    if "column" in each:
        place.append(f"column {each['column']}")
    values = f" (declared {each['declared']!r}, found {each['found']!r})" if "declared" in each else ""
    return f"{', '.join(place)}: {each['why']}{values}"


def _message(wrong: Sequence[str]) -> str:
    shown = list(wrong[:20])
    if len(wrong) > 20:
        shown.append(f"and {len(wrong) - 20} more")
    return "Nothing was written. Rehearsed, this would not be as declared: " + "; ".join(shown)
