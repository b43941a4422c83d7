# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What each module does: options to the engine, the engine's outcome to a result."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Callable

from .._catalog.tables import TABLES, Table
from .._catalog.variables import READ_ONLY
from .._declared.errors import EngineError, all_of
from .._declared.rows import Row, show_row
from .._declared.variables import canonical, declared_variables, is_secret
from .._planning.plan import STATES, Want
from .._section.apply import OPEN_EDITS, Outcome
from .._section.render import render
from .._section.runtime import DIRECTIONS, Copy, for_direction
from .._section.tables import TableWork
from .._section.variables import VariableWork, plan_variables, read_variables
from .._server.admin import Admin
from .._server.present import read
from .._server.schema import table_of
from .declared import (
    check_known,
    masked_config,
    masked_scope,
    masked_variables,
    named_tables,
    paired,
    wanted_of,
)
from .declared import scopes as scopes_of
from .declared import states as states_of
from .masked import masked_rows
from .module import Module, Spec
from .writing import column_spec, layer_spec, points_spec, writing_spec, written

# -- results -----------------------------------------------------------------------------


def result_of(outcome: Outcome) -> dict[str, Any]:
    made = {"restore_point": outcome.restore_point} if outcome.restore_point else {}
    return {
        **made,
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
    shown = [show_row(table, row, others=table.secrets) for row in rows.values()]
    # A word of the monitor's that somebody wrote into memory; declared, it would be refused.
    return [
        {**row, "status": "ONLINE"} if str(row.get("status", "")).startswith("SHUNNED") else row
        for row in shown
    ]


def _gathered_variables(admin: Admin, layer: str, names: Any) -> dict[str, str | None]:
    values = read_variables(admin, layer)
    return {
        name: canonical(name, value)
        for name, value in sorted(values.items())
        # what the server sets itself cannot be given back
        if not is_secret(name) and (name in names if names else name not in READ_ONLY)
    }


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
        config, scope = all_of(
            (
                lambda: masked_rows(table, raw.get("config") or []),
                lambda: masked_scope(table, raw.get("scope")),
            )
        )
        return {"config": config, "scope": scope}

    module = Module(spec, declare)
    params, raw, state = module.params, module.raw, module.params["state"]
    try:
        want = wanted_of(table, raw.get("config"), state, raw.get("scope"), params["allow_empty"])
    except EngineError as exc:
        module.fail(exc)
    if state == "rendered":
        module.exit_json(**_rendered([want], {}, params))

    def body(admin: Admin) -> dict[str, Any]:
        if state == "gathered":
            return {"changed": False, "gathered": _gathered_rows(admin, table, params["layer"])}
        work = TableWork(admin, want, raw.get("config") or [])
        outcome = written(module, admin, [work])
        return {**result_of(outcome), "before": work.before(), "after": work.after()}

    module.run(body)


def run_variables() -> None:
    """The module global_variables."""
    spec: Spec = {
        "config": {"type": "dict"},
        **writing_spec(["merged", "gathered", "rendered"]),
        **layer_spec(),
    }
    module = Module(spec, lambda raw: {"config": masked_variables(raw.get("config") or {})})
    params, raw, state = module.params, module.raw, module.params["state"]
    want = declared_variables(raw.get("config") or {})
    if state == "rendered":
        module.exit_json(**_rendered([], want, params))

    def body(admin: Admin) -> dict[str, Any]:
        if state == "gathered":
            return {"changed": False, "gathered": _gathered_variables(admin, params["layer"], want)}
        works = plan_variables(admin, want)
        outcome = written(module, admin, works)
        return {
            **result_of(outcome),
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
        "variables_after_upgrade": {"type": "dict"},
        "state": {"type": "raw", "default": "merged"},
        "scope": {"type": "dict"},
        "load": {"type": "bool", "default": True},
        "save": {"type": "bool", "default": True},
        "open_edits": {"type": "str", "default": OPEN_EDITS[0], "choices": list(OPEN_EDITS)},
        "allow_empty": {"type": "bool", "default": False},
        **points_spec(),
        **layer_spec(),
    }

    module = Module(spec, masked_config)
    params = module.params
    rows: dict[str, Any] = {
        name: given or [] for name, given in named_tables(module.raw.get("tables")).items()
    }
    variables = declared_variables(module.raw.get("variables") or {})
    upgraded = declared_variables(module.raw.get("variables_after_upgrade") or {})

    def wanted(table: Table) -> Want:
        name = table.name
        return wanted_of(table, rows[name], states[name], scopes.get(name), params["allow_empty"])

    try:
        states = states_of(params["state"], rows, "variables" if variables else None)
        scopes = scopes_of(module.raw.get("scope"), rows)
        # A table that only the server knows has to wait until the server is asked.
        known = [TABLES[name] for name in rows if name in TABLES]
        wants = paired({want.table.name: want for want in all_of(partial(wanted, table) for table in known)})
        check_known(states, rows)
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
        works: list[TableWork] = []
        settings: list[VariableWork] = []

        def planned(name: str) -> None:
            want = wants.get(name) or wanted(table_of(admin, name))
            works.append(TableWork(admin, want, rows[name]))

        later = upgraded if admin.version.startswith("2.") else {}

        def planned_variables() -> None:
            want = {**variables, **later}
            settings.extend(plan_variables(admin, want, later) if want else [])

        calls: list[Callable[[], None]] = [partial(planned, name) for name in rows]
        all_of([*calls, planned_variables])
        outcome = written(module, admin, [*settings, *works])
        result = result_of(outcome)
        for side in ("before", "after"):
            result[side] = {
                "tables": {work.title: getattr(work, side)() for work in works},
                "variables": {
                    name: value for work in settings for name, value in getattr(work, side)().items()
                },
            }
        return {**result, "restart_required": outcome.restart_required}

    module.run(body)


def run_runtime() -> None:
    """The module runtime: LOAD and SAVE of whole sections."""
    spec: Spec = {
        "sections": {"type": "list", "elements": "str"},
        "direction": {"type": "str", "default": "memory_to_runtime", "choices": list(DIRECTIONS)},
    }
    module = Module(spec)
    direction = module.params["direction"]

    def body(admin: Admin) -> dict[str, Any]:
        sections = for_direction(module.params["sections"], direction)
        copies = [Copy(admin, section, direction) for section in sections]
        word = "saved" if direction == "memory_to_disk" else "loaded"
        statements = [each.shown for copy in copies for each in copy.statements()]
        for copy in () if module.check_mode else copies:
            copy.perform(admin)
        return {
            "changed": bool(statements),
            "sections": {copy.section.name: word if copy.due else "unchanged" for copy in copies},
            "statements": statements,
        }

    module.run(body)
