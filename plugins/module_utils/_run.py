# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What each module does: options to the engine, the engine's outcome to a result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ._admin import Admin
from ._apply import Outcome
from ._catalog import TABLES, Table
from ._declared import declared_rows
from ._errors import DeclarationError, EngineError
from ._module import Module, Spec, column_spec, layer_spec, writing_spec
from ._plan import STATES, Want
from ._present import read
from ._render import render
from ._rows import HIDDEN, Row, show_row
from ._runtime import DIRECTIONS, copy, differs, for_direction, statement
from ._server_schema import section_of_table, table_of
from ._tables import TableWork, want_table
from ._variable_catalog import SECRETS
from ._variables import canonical, declared_variables, plan_variables, read_variables

# -- results -----------------------------------------------------------------------------


def _result(outcome: Outcome) -> dict[str, Any]:
    return {
        "changed": outcome.changed,
        "diff": outcome.diff(),
        "statements": [sent.shown for sent in outcome.statements],
        "layers": outcome.layers,
        "warnings": outcome.warnings,
    }


def _rendered(wants: list[Want], variables: dict[str, str], params: Mapping[str, Any]) -> dict[str, Any]:
    statements = [each.shown for each in render(wants, variables, params["load"], params["save"])]
    return {"changed": False, "rendered": statements}


def _gathered_rows(admin: Admin, table: Table, layer: str) -> list[Row]:
    rows = read(admin, table, layer)
    return [show_row(table, row, others=table.secrets) for row in rows.values()]


def _gathered_variables(admin: Admin, layer: str, names: Any) -> dict[str, str | None]:
    values = read_variables(admin, layer)
    return {
        name: canonical(name, value)
        for name, value in sorted(values.items())
        if name not in SECRETS and (not names or name in names)
    }


def _masked_rows(table: Table, config: Any) -> list[Row]:
    """What Ansible may see of the rows: canonical, no secrets, no column it does not know."""
    rows = declared_rows(table, config or [])
    secrets, unknown = table.secrets, {name for row in rows for name in row}.difference(table.by_name)
    if unknown:
        rows = [{name: value for name, value in row.items() if name not in unknown} for row in rows]
    for name in secrets:
        rows = [row if row.get(name) is None else {**row, name: HIDDEN} for row in rows]
    return rows


def _masked_variables(config: Any) -> dict[str, str]:
    values = declared_variables(config)
    return {name: HIDDEN if name in SECRETS else value for name, value in values.items()}


def _check_empty(title: str, want: Want, allow_empty: Any) -> None:
    if want.state == "overridden" and not want.rows and not allow_empty:
        raise DeclarationError(
            f"{title}: overridden with no rows would empty the table; say allow_empty: true if that is meant",
            table=title,
        )


def _want(table: Table, raw: Any, state: str, scope: Any, allow_empty: Any) -> Want:
    want = want_table(table, raw or [], state if state in STATES else "merged", scope)
    _check_empty(table.name, want, allow_empty)
    return want


# -- the modules -------------------------------------------------------------------------


def run_table(name: str) -> None:
    """A module named as its table."""
    table = TABLES[name]
    spec: Spec = {
        "config": {"type": "list", "elements": "dict", "options": column_spec(table)},
        "scope": {"type": "dict"},
        "allow_empty": {"type": "bool", "default": False},
        **writing_spec([*STATES, "gathered", "rendered"]),
        **layer_spec(),
    }

    def declare(raw: dict[str, Any]) -> dict[str, Any]:
        return {"config": _masked_rows(table, raw.get("config") or [])}

    module = Module(spec, declare)
    params, raw, state = module.params, module.raw, module.params["state"]
    try:
        want = _want(table, raw.get("config"), state, params["scope"], params["allow_empty"])
    except EngineError as exc:
        module.fail(exc)
    if state == "rendered":
        module.exit_json(**_rendered([want], {}, params))

    def body(admin: Admin) -> dict[str, Any]:
        if state == "gathered":
            return {"changed": False, "gathered": _gathered_rows(admin, table, params["layer"])}
        work = TableWork(admin, want, raw.get("config") or [])
        outcome = module.apply(admin, [work])
        return {**_result(outcome), "before": work.before(), "after": work.after()}

    module.run(body)


def run_variables() -> None:
    """The module global_variables."""
    spec: Spec = {
        "config": {"type": "dict"},
        **writing_spec(["merged", "gathered", "rendered"]),
        **layer_spec(),
    }
    module = Module(spec, lambda raw: {"config": _masked_variables(raw.get("config") or {})})
    params, raw, state = module.params, module.raw, module.params["state"]
    want = declared_variables(raw.get("config") or {})
    if state == "rendered":
        module.exit_json(**_rendered([], want, params))

    def body(admin: Admin) -> dict[str, Any]:
        if state == "gathered":
            return {"changed": False, "gathered": _gathered_variables(admin, params["layer"], want)}
        works = plan_variables(admin, want)
        outcome = module.apply(admin, works)
        return {
            **_result(outcome),
            "before": {name: value for work in works for name, value in work.before().items()},
            "after": {name: value for work in works for name, value in work.after().items()},
            "restart_required": outcome.restart_required,
        }

    module.run(body)


def run_config() -> None:
    """The module config: any number of tables and variables in one task."""
    spec: Spec = {
        "tables": {"type": "dict"},
        "variables": {"type": "dict"},
        "state": {"type": "raw", "default": "merged"},
        "scope": {"type": "dict"},
        "load": {"type": "bool", "default": True},
        "save": {"type": "bool", "default": True},
        "allow_empty": {"type": "bool", "default": False},
        **layer_spec(),
    }

    def declare(raw: dict[str, Any]) -> dict[str, Any]:
        tables = _named_tables(raw.get("tables"))
        return {
            # Of a table that only the server knows, nothing tells what is secret.
            "tables": {
                name: _masked_rows(TABLES[name], rows) if name in TABLES else HIDDEN
                for name, rows in tables.items()
            },
            "variables": _masked_variables(raw.get("variables") or {}),
        }

    module = Module(spec, declare)
    params = module.params
    rows: dict[str, Any] = {
        name: given or [] for name, given in _named_tables(module.raw.get("tables")).items()
    }
    variables = declared_variables(module.raw.get("variables") or {})

    def wanted(table: Table) -> Want:
        name = table.name
        return _want(table, rows[name], states[name], scopes.get(name), params["allow_empty"])

    try:
        states = _states(params["state"], rows, "variables" if variables else None)
        scopes = _scopes(params["scope"], rows)
        # A table that only the server knows has to wait until the server is asked.
        wants = {name: wanted(TABLES[name]) for name in rows if name in TABLES}
        _check_known(states, rows)
    except EngineError as exc:
        module.fail(exc)
    if "rendered" in states.values():
        module.exit_json(**_rendered(list(wants.values()), variables, params))

    def body(admin: Admin) -> dict[str, Any]:
        if "gathered" in states.values():
            gathered: dict[str, Any] = {
                name: _gathered_rows(admin, table_of(admin, name), params["layer"]) for name in rows
            }
            values = _gathered_variables(admin, params["layer"], variables)
            return {"changed": False, "gathered": {"tables": gathered, "variables": values}}
        works = [
            TableWork(admin, wants.get(name) or wanted(table_of(admin, name)), rows[name]) for name in rows
        ]
        settings = plan_variables(admin, variables) if variables else []
        outcome = module.apply(admin, [*settings, *works])
        result = _result(outcome)
        for side in ("before", "after"):
            result[side] = {
                "tables": {work.title: getattr(work, side)() for work in works},
                "variables": {
                    name: value for work in settings for name, value in getattr(work, side)().items()
                },
            }
        return {**result, "restart_required": outcome.restart_required}

    module.run(body)


def _named_tables(tables: Any) -> dict[str, Any]:
    if tables is None:
        return {}
    if not isinstance(tables, Mapping):
        raise DeclarationError("tables: expected a dict of table names and rows")
    for name in tables:
        if name not in TABLES and not section_of_table(str(name)):
            raise DeclarationError(
                "tables: {} is not one of {}".format(name, ", ".join(sorted(TABLES))), table=str(name)
            )
    return dict(tables)


def _check_known(states: Mapping[str, str], tables: Iterable[str]) -> None:
    for name in tables:
        if states[name] == "rendered" and name not in TABLES:
            raise DeclarationError(f"{name}: can not be rendered, only a server knows this table", table=name)


def _states(state: Any, tables: Mapping[str, Any], extra: str | None) -> dict[str, str]:
    """The state of each table, from one word or from a dict of table and state."""
    names = [*tables, *([extra] if extra else [])]
    words = [*STATES, "gathered", "rendered"]
    if not isinstance(state, Mapping):
        state = {name: str(state) for name in names} or {"": str(state)}
    for name, word in state.items():
        if word not in words:
            raise DeclarationError(
                "state of {}: {} is not one of {}".format(name or "all", word, ", ".join(words))
            )
        if name and name not in [*TABLES, *tables, "variables"]:
            raise DeclarationError(
                "state: {} is not one of {}".format(name, ", ".join(sorted(TABLES))), table=str(name)
            )
    found = {name: str(state.get(name, "merged")) for name in names}
    for word in ("gathered", "rendered"):
        if word in found.values() and len(set(found.values())) > 1:
            raise DeclarationError(f"state: {word} can not be mixed with other states in one task")
    return found


def _scopes(scope: Mapping[str, Any] | None, tables: Mapping[str, Any]) -> Mapping[str, Any]:
    for name, part in (scope or {}).items():
        if name not in tables:
            raise DeclarationError(f"scope: {name} is not among the tables given", table=str(name))
        if not isinstance(part, Mapping):
            raise DeclarationError(f"scope of {name}: expected a dict of columns and values", table=str(name))
    return scope or {}


def run_runtime() -> None:
    """The module runtime: LOAD and SAVE of whole sections."""
    spec: Spec = {
        "sections": {"type": "list", "elements": "str"},
        "direction": {"type": "str", "default": "memory_to_runtime", "choices": list(DIRECTIONS)},
    }
    module = Module(spec)
    direction = module.params["direction"]

    def body(admin: Admin) -> dict[str, Any]:
        done: dict[str, str] = {}
        statements: list[str] = []
        for section in for_direction(module.params["sections"], direction):
            apart = differs(admin, section, direction)
            done[section.name] = (
                ("loaded" if "LOAD" in statement(section, direction).sql else "saved")
                if apart
                else "unchanged"
            )
            if apart:
                statements.append(statement(section, direction).shown)
                if not module.check_mode:
                    copy(admin, section, direction)
        return {"changed": bool(statements), "sections": done, "statements": statements}

    module.run(body)
