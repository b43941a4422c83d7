# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What lint looks at: the tables as they would be, as far as that is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, Callable

from ..._catalog.tables import TABLES, Table
from ..._declared.declaration import FALSE_WORDS, TRUE_WORDS, declared_rows
from ..._declared.errors import DeclarationError, all_of
from ..._declared.rows import Row, by_key, show_key
from ..._declared.sections import section_of_table
from ..._declared.variables import declared_variables
from ..plan import Scope, Want, plan

SEVERITIES = ("info", "warning", "error")


@dataclass(frozen=True)
class Finding:
    """What a rule of lint found, and where. row: the key of the row, for people; text: a sentence."""

    rule: str
    severity: str
    text: str
    table: str = ""
    row: str = ""
    column: str = ""


@dataclass(frozen=True)
class LintRule:
    """name, severity: how bad it is at worst. summary: a sentence. why: what ProxySQL does, what to do."""

    name: str
    severity: str
    summary: str
    why: str
    check: Callable[[Look], list[Finding]]


@dataclass(frozen=True)
class Look:
    """tables: whole rows. partial: tables that may hold more rows than these, or other values where a row
    gives none; there secrets that are not given are missing.

    variables: those known, canonical. limits: "host:port" -> the backend's max_connections. nodes: how many
    ProxySQL there are. placed: rows of runtime_mysql_servers, or None.
    """

    tables: Mapping[str, Sequence[Row]]
    partial: frozenset[str] = frozenset()
    variables: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=dict)
    nodes: int = 1
    placed: Sequence[Row] | None = None
    #: What rules have worked out of it.
    kept: dict[str, Any] = field(default_factory=dict, compare=False)

    def rows(self, name: str) -> Sequence[Row]:
        """No rows, too, where nothing is known of the table."""
        return self.tables.get(name, ())

    def whole(self, name: str) -> bool:
        return name in self.tables and name not in self.partial

    def flag(self, name: str) -> bool | None:
        value = str(self.variables.get(name, "")).lower()
        return True if value in TRUE_WORDS else False if value in FALSE_WORDS else None

    @cached_property
    def active_rules(self) -> list[Row]:
        """As LOAD takes them: in the order of their numbers (Query_Processor::sort, 2.7.1), without those
        that have a wildcard in the middle of client_addr. None where not all is known.
        """
        if not self.whole("mysql_query_rules"):
            return []
        rules = [row for row in self.rows("mysql_query_rules") if row["active"]]
        rules = [row for row in rules if "%" not in str(row.get("client_addr") or "")[:-1]]
        return sorted(rules, key=lambda row: number(row, "rule_id") or 0)


def number(row: Row, column: str) -> int | None:
    """A number of a row; None for NULL."""
    value = row.get(column)
    return value if isinstance(value, int) else None


def at(rule: str, severity: str, table: str, row: Row, column: str, text: str) -> Finding:
    return Finding(rule, severity, text, table, show_key(TABLES[table], row), column)


def look_of(
    tables: Mapping[str, Any],
    variables: Mapping[str, Any],
    present: Mapping[str, Sequence[Row]],
    present_variables: Mapping[str, Any],
    states: Mapping[str, str] | str,
    scope: Mapping[str, Any],
    **known: Any,
) -> Look:
    """See lint() in run.py. Raises one DeclarationError of all that is wrong with what is declared."""
    if not isinstance(tables, Mapping):
        raise DeclarationError("tables: expected a dict of table names and rows")
    for name in tables:
        if name not in TABLES and not section_of_table(str(name)):
            raise DeclarationError(
                f"tables: {name} is not one of {', '.join(sorted(TABLES))}", table=str(name)
            )
    found: dict[str, Sequence[Row]] = {}
    unsure: set[str] = set()

    def table_of(name: str) -> None:
        table = TABLES[name]
        state = states if isinstance(states, str) else states.get(name, "overridden")
        rows = declared_rows(table, tables[name] or [])
        want = Want(table, rows, state, Scope(table, scope.get(name)))
        found[name], sure = _after(want, present.get(name))
        if not sure:
            unsure.add(name)

    def all_variables() -> None:
        known["variables"] = {**_texts(present_variables), **declared_variables(dict(variables))}

    named = [name for name in tables if name in TABLES]
    calls: list[Callable[[], None]] = [partial(table_of, name) for name in named]
    all_of([*calls, all_variables])
    for name, rows in present.items():
        if name in TABLES and name not in found:
            found[name] = [{**_defaults(TABLES[name]), **row} for row in rows]
    return Look(found, frozenset(unsure), **known)


def _after(want: Want, present: Sequence[Row] | None) -> tuple[list[Row], bool]:
    """The rows as they would be, and whether these are all."""
    table, defaults = want.table, _defaults(want.table)
    if present is not None:
        have = by_key(table, [{**defaults, **row} for row in present])
        return list(plan(want, have, defaults).after.values()), True
    if want.state == "deleted":
        return [], False
    if want.state == "merged":
        # It may be there already.
        defaults = {name: value for name, value in defaults.items() if name not in table.secrets}
    rows = [{**defaults, **row} for row in want.rows]
    return rows, want.state == "overridden" and not want.scope


def _defaults(table: Table) -> Row:
    return {column.name: table.default(column.name) for column in table.columns}


def _texts(variables: Mapping[str, Any]) -> dict[str, str]:
    return {str(name): str(value) for name, value in variables.items() if value is not None}
