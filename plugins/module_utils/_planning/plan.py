# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""want + have + state -> changes. Pure: nothing here talks to a server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from operator import itemgetter
from typing import Any

from .._catalog.tables import Table, Value
from .._declared.declaration import declared_value
from .._declared.errors import DeclarationError, where
from .._declared.rows import Key, Row, Rows, by_key, keys_of, show_key
from .change import Change
from .checks import check_rows
from .members import MemberSet
from .placement import Pair

STATES = ("merged", "replaced", "overridden", "deleted")

Ranges = list[tuple[int, int]]


class Scope:
    """The part of a table that `overridden` may change: column -> accepted values or ranges."""

    def __init__(self, table: Table, spec: Mapping[str, Any] | None) -> None:
        self._wanted: dict[str, tuple[list[Value], Ranges]] = {}
        for name, given in (spec or {}).items():
            column = table.by_name.get(name)
            if column is None:
                raise DeclarationError(
                    f"{table.name}, scope: no column {name} in this table", table=table.name
                )
            values: list[Value] = []
            ranges: Ranges = []
            for item in given if isinstance(given, (list, tuple)) else [given]:
                low, dash, high = str(item).partition("-")
                if column.kind == "int" and dash and low.strip().isdigit() and high.strip().isdigit():
                    ranges.append((int(low), int(high)))
                    continue
                try:
                    values.append(declared_value(column, item))
                except ValueError as exc:
                    raise DeclarationError(
                        f"{table.name}, scope, column {name}: {exc}", table=table.name, column=name
                    ) from None
            self._wanted[name] = (values, ranges)

    def __bool__(self) -> bool:
        return bool(self._wanted)

    def covers(self, row: Mapping[str, Value]) -> bool:
        return all(self._covers(row.get(name), *wanted) for name, wanted in self._wanted.items())

    @staticmethod
    def _covers(value: Value, values: list[Value], ranges: Ranges) -> bool:
        return value in values or (
            isinstance(value, int) and any(low <= value <= high for low, high in ranges)
        )


@dataclass(frozen=True)
class Want:
    """What is declared for one table. rows hold only the columns given (and the key).

    words: of rows that were there once, how they were stored; they are written so, and not checked anew.
    pairs: of servers, the pairs of hostgroups that are declared beside them; None where none are.
    sets: those of members that are declared beside them. only_sets: tables in which there will be no others.
    left: keys of rows that go, since their servers are wanted in other hostgroups.
    """

    table: Table
    rows: Sequence[Row]
    state: str = "merged"
    scope: Scope = field(default_factory=lambda: _EVERYTHING)
    words: Rows | None = None
    pairs: Sequence[Pair] | None = None
    sets: Sequence[MemberSet] = ()
    only_sets: frozenset[str] = frozenset()
    left: Sequence[Key] = ()


@dataclass(frozen=True)
class Plan:
    """What memory must become.

    after: every row of the table as it will stand. touched: the keys this plan answers for.
    fresh: there was no row.
    """

    want: Want
    after: Rows
    touched: list[Key]
    changes: list[Change]
    fresh: bool


def plan(want: Want, have: Rows, defaults: Row) -> Plan:
    """Plan one table. defaults: those of the server's columns. Raises DeclarationError."""
    table = want.table
    after: Rows = dict(have)
    touched = keys_of(table, want.rows)
    if want.state == "deleted":
        for key in touched:
            after.pop(key, None)
        touched += [key for row in want.rows for key in _other_roles(table, row, after)]
    else:
        _check_scope(want, touched, have)
        kept = have if want.state == "merged" else {}
        if not have:
            after = dict(zip(touched, [{**defaults, **row} for row in want.rows]))
        for key, row in zip(touched, want.rows) if have else ():
            new, old = {**kept.get(key, defaults), **row}, have.get(key)
            # The very row, where nothing changes: that is found out once, and quickly seen ever after.
            after[key] = old if old == new else new
    for key in want.left:
        if after.pop(key, None) is not None:
            touched.append(key)
    if want.state == "overridden":
        named = set(touched)
        for key, row in have.items():
            if key not in named and want.scope.covers(row):
                del after[key]
                touched.append(key)
    if want.state != "deleted":
        touched += _settle_unique(want, after)
    if want.words is None:
        check_rows(table, after, touched, have)
    return Plan(want, after, touched, differences(touched, have, after), not have)


def _check_scope(want: Want, keys: Sequence[Key], have: Rows) -> None:
    for key, row in zip(keys, want.rows) if want.scope else ():
        if not (want.scope.covers(row) and want.scope.covers(have.get(key, row))):
            shown = show_key(want.table, row)
            raise DeclarationError(
                f"{where(want.table.name, shown)}: outside the scope given", table=want.table.name, key=shown
            )


def drift(planned: Plan, should: Rows, layer: Rows) -> list[Change]:
    """Where a layer differs from what it should hold, as far as the plan answers for it."""
    if layer is should:
        return []
    keys = list(planned.touched)
    if not layer:
        alike = planned.fresh and should is planned.after
        return planned.changes if alike else _all_new(keys, should)
    if planned.want.state == "overridden":
        known = set(keys)
        keys += [key for key, row in layer.items() if key not in known and planned.want.scope.covers(row)]
    # `merged` leaves alone what was not given, so only what was given can be drift
    given = by_key(planned.want.table, planned.want.rows) if planned.want.state == "merged" else {}
    found: list[Change] = []
    for key in keys:
        have, wanted = layer.get(key), should.get(key)
        if have is wanted:
            continue
        if have is not None and wanted is not None and key in given:
            wanted = {**have, **{name: wanted[name] for name in given[key] if name in wanted}}
        if have != wanted:
            found.append(Change(key, have, wanted))
    return found


def _all_new(keys: Sequence[Key], rows: Rows) -> list[Change]:
    there = [key for key in keys if key in rows]
    # Change(key, None, row), without a call of Python's for each.
    return list(map(tuple.__new__, repeat(Change), zip(there, repeat(None), map(rows.__getitem__, there))))


def differences(keys: Sequence[Key], have: Rows, after: Rows) -> list[Change]:
    """The rows with these keys that change."""
    if not have:
        return _all_new(keys, after)
    pairs = ((key, have.get(key), after.get(key)) for key in keys)
    return [Change(key, old, new) for key, old, new in pairs if old is not new and old != new]


def _settle_unique(want: Want, after: Rows) -> list[Key]:
    """No two rows may agree in a set of unique columns.

    A user declared for both roles takes the place of rows that hold one role each; any other
    clash is an error, since REPLACE would silently delete the other row. Returns the keys of
    rows so replaced.
    """
    table = want.table
    gone: list[Key] = []
    for columns in table.unique:
        value_of = itemgetter(*columns)
        if len(set(map(value_of, after.values()))) == len(after):
            continue
        named = dict.fromkeys(keys_of(table, want.rows))
        owner: dict[Any, Key] = {value_of(row): key for key, row in after.items() if key not in named}
        for key in named:
            row = after[key]
            other = owner.setdefault(value_of(row), key)
            if other == key:
                continue
            if table.runtime == "users" and other not in named and row["backend"] and row["frontend"]:
                gone.append(other)
                continue
            raise DeclarationError(
                "{}: has the same {} as row {}, which this table does not allow".format(
                    where(table.name, show_key(table, after[key])),
                    ", ".join(columns),
                    show_key(table, after[other]),
                ),
                table=table.name,
                key=show_key(table, after[key]),
                column=columns[0],
            )
    for key in gone:
        after.pop(key, None)
    return gone


def _other_roles(table: Table, row: Row, after: Rows) -> list[Key]:
    """A user deleted by name goes with the row of the other role, if there is one."""
    if table.runtime != "users" or not row["backend"] or row.get("frontend") is False:
        return []
    other = (row["username"], not row["backend"])
    return [other] if after.pop(other, None) is not None else []


_EVERYTHING: Scope = Scope(Table("", "", (), ()), None)
