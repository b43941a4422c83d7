# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What was declared for a task: checked, and as Ansible may see it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Callable

from .._catalog.tables import TABLES, Table
from .._declared.errors import DeclarationError, all_of
from .._declared.rows import HIDDEN
from .._declared.sections import section_of_table
from .._declared.variables import declared_variables, is_secret
from .._planning.members import SETS, MemberSet
from .._planning.placement import Pair
from .._planning.plan import STATES, Want
from .._section.tables import want_table
from .masked import masked_rows


def masked_config(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The same of tables, variables and scope together. Raises one DeclarationError of all that is wrong."""
    tables, variables, scope = named_tables(raw.get("tables")), raw.get("variables") or {}, raw.get("scope")
    # Of a table that only the server knows, nothing tells what is secret.
    found: dict[str, Any] = {"tables": dict.fromkeys(tables, HIDDEN), "scope": scope}

    def table(name: str, rows: Any) -> None:
        found["tables"][name] = masked_rows(TABLES[name], rows)

    def others() -> None:
        found["variables"] = masked_variables(variables)

    def of_three(name: str) -> None:
        found[name] = masked_variables(raw[name])

    calls: list[Callable[[], None]] = [
        partial(table, name, rows) for name, rows in tables.items() if name in TABLES
    ]
    newer = ("variables_after_upgrade", "variables_since_3")
    calls += [others, *(partial(of_three, name) for name in newer if raw.get(name))]
    all_of(calls)
    if isinstance(scope, Mapping):
        found["scope"] = {name: masked_scope(TABLES.get(name), part) for name, part in scope.items()}
    return found


def masked_scope(table: Table | None, scope: Any) -> Any:
    """What Ansible may see of a scope: nothing of secret columns, or of a table that is not known."""
    if scope is None:
        return None
    if not isinstance(scope, Mapping):
        raise DeclarationError("scope: expected a dict of columns and values")
    secrets = () if table is None else table.secrets
    return {
        name: HIDDEN if table is None or name in secrets or name not in table.by_name else value
        for name, value in scope.items()
    }


def masked_variables(config: Any) -> dict[str, str]:
    values = declared_variables(config)
    return {name: HIDDEN if is_secret(name) else value for name, value in values.items()}


def check_empty(title: str, want: Want, allow_empty: Any) -> None:
    if want.state == "overridden" and not want.rows and not allow_empty:
        raise DeclarationError(
            f"{title}: overridden with no rows would empty the table; say allow_empty: true if that is meant",
            table=title,
        )


def wanted_of(table: Table, raw: Any, state: str, scope: Any, allow_empty: Any) -> Want:
    want = want_table(table, raw or [], state if state in STATES else "merged", scope)
    check_empty(table.name, want, allow_empty)
    return want


def paired(wants: dict[str, Want]) -> dict[str, Want]:
    """The same, where servers know the pairs and sets of hostgroups that are declared beside them."""
    found = dict(wants)
    for name in ("mysql_servers", "pgsql_servers"):
        beside = wants.get(name.replace("servers", "replication_hostgroups"))
        if name in wants and beside is not None and beside.state != "deleted":
            pairs = [
                Pair(_int(row["writer_hostgroup"]), _int(row["reader_hostgroup"])) for row in beside.rows
            ]
            found[name] = replace(found[name], pairs=pairs)
    sets = [
        each
        for name in SETS
        if name in wants and wants[name].state != "deleted"
        for each in _sets(wants[name])
    ]
    if "mysql_servers" in wants:
        only = frozenset(name for name in SETS if name in wants and wants[name].state == "overridden")
        found["mysql_servers"] = replace(found["mysql_servers"], sets=sets, only_sets=only)
    return found


def _sets(beside: Want) -> list[MemberSet]:
    return [
        MemberSet(
            _int(row["writer_hostgroup"]),
            _int(row["reader_hostgroup"]),
            frozenset(_int(row[name]) for name in beside.table.hostgroups[1:] if name in row)
            - {_int(row["reader_hostgroup"])},
            moves=row.get("active") is not False,
        )
        for row in beside.rows
    ]


def _int(value: Any) -> int:
    return int(value or 0)


def named_tables(tables: Any) -> dict[str, Any]:
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


def check_known(states: Mapping[str, str], tables: Iterable[str]) -> None:
    for name in tables:
        if states[name] == "rendered" and name not in TABLES:
            raise DeclarationError(f"{name}: cannot be rendered, only a server knows this table", table=name)


def states(state: Any, tables: Mapping[str, Any], extra: str | None) -> dict[str, str]:
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
            raise DeclarationError(f"state: {word} cannot be mixed with other states in one task")
    return found


def scopes(scope: Mapping[str, Any] | None, tables: Mapping[str, Any]) -> Mapping[str, Any]:
    for name, part in (scope or {}).items():
        if name not in tables:
            raise DeclarationError(f"scope: {name} is not among the tables given", table=str(name))
        if not isinstance(part, Mapping):
            raise DeclarationError(f"scope of {name}: expected a dict of columns and values", table=str(name))
    return scope or {}
