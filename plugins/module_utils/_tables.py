# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One table's share of a task: what is there, what must change in each layer, and how to undo it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ._admin import Admin
from ._catalog import SECTIONS, Section, Table
from ._layers import LAYERS, expected, layers_of, read
from ._plan import Change, Plan, Scope, Want, drift, plan
from ._rows import Key, Row, Rows, check_columns, declared_rows, show_key, show_row
from ._server_schema import with_columns
from ._sql import Statement, delete_rows, replace_rows
from ._users import half_users, recognise, to_both_roles, together


def want_table(table: Table, config: Any, state: str, scope: Mapping[str, Any] | None = None) -> Want:
    """What was declared for a table, checked as far as that goes without a server."""
    return Want(table, declared_rows(table, config), state, Scope(table, scope))


class TableWork:
    """A planned table. Nothing is written here: ``_apply.py`` sends what this gives out."""

    def __init__(self, admin: Admin, want: Want, config: Any) -> None:
        self.title = want.table.name
        self.section: Section = SECTIONS[want.table.section]
        if want.table.runtime == "users":
            want = replace(want, rows=together(want.rows))
        self.apart = half_users(want)
        self.have: dict[str, Rows] = {layer: {} for layer in LAYERS}
        columns, self.have["memory"] = read(admin, want.table, "memory", self.apart)
        server = f"ProxySQL {admin.version} at {admin.login.place}"
        check_columns(want.table, want.rows, columns, server)
        self.unknown = sorted({name for row in want.rows for name in row if name not in want.table.by_name})
        if any(name not in want.table.by_name for name in columns):
            # A newer server: what its own columns are, and their defaults, is for it to say.
            table = with_columns(admin, want.table, columns)
            rows = declared_rows(table, config)
            want = replace(want, table=table, rows=together(rows) if table.runtime == "users" else rows)
            columns, self.have["memory"] = read(admin, table, "memory", self.apart)
        self.table = want.table
        self.columns: Sequence[str] = columns
        self._seen: dict[str, frozenset[str]] = {"memory": frozenset(columns)}
        for layer in layers_of(self.table)[1:]:
            self.have[layer] = self._read(admin, layer)
        if self.table.runtime == "users":
            want = replace(want, rows=to_both_roles(want, self.have["memory"]))
            want = replace(want, rows=recognise(want, self.have))
        self.want = want
        self.plan: Plan = plan(want, self.have["memory"], columns)
        self.changes: dict[str, list[Change]] = {"memory": self.plan.changes}
        for layer in LAYERS[1:]:
            there = layer in layers_of(self.table)
            self.changes[layer] = self._drift(layer, self.have[layer]) if there else []

    def _read(self, admin: Admin, layer: str) -> Rows:
        names, rows = read(admin, self.table, layer, self.apart, self.columns)
        self._seen[layer] = frozenset(names)
        return rows

    def _expected(self, layer: str, rows: Rows) -> Rows:
        """What a layer should hold when memory holds ``rows``, in the columns it can be asked for."""
        shown, seen = expected(self.table, layer, rows), self._seen[layer]
        if seen.issuperset(self.columns):
            return shown
        # The last-LOADed servers come with a fixed list of columns, whatever the table has.
        return {key: {n: value for n, value in row.items() if n in seen} for key, row in shown.items()}

    @property
    def pending(self) -> list[str]:
        """Rows that are not ours and differ between memory and runtime: somebody's open edits."""
        ours = set(self.plan.touched)
        memory, runtime = self.have["memory"], self.have["runtime"]
        shown = self._expected("runtime", memory)
        keys = [key for key in {**shown, **runtime} if key not in ours and shown.get(key) != runtime.get(key)]
        return [f"row {show_key(self.table, memory.get(key) or runtime[key])}" for key in keys]

    def _drift(self, layer: str, rows: Rows) -> list[Change]:
        return drift(self.plan, self._expected(layer, self.plan.after), rows)

    # -- what to send --------------------------------------------------------------------

    def memory_statements(self) -> list[Statement]:
        return self._statements(self.plan.changes)

    def undo(self, loaded: bool) -> tuple[list[Statement], list[Statement]]:
        """Statements that bring memory to what runtime was made of, and then to what it was.

        Between the two comes a LOAD, if there was one to undo. Mostly the first is all.
        """
        memory, runtime = self.have["memory"], self.have["runtime"]
        keys = [change.key for layer in ("memory", "runtime") for change in self.changes[layer]]
        keys = list(dict.fromkeys(keys))
        first: dict[Key, Row | None] = {key: memory.get(key) for key in keys}
        if loaded:
            shown = self._expected("runtime", memory)
            for key in keys:
                row = runtime.get(key)
                if shown.get(key) != row:
                    first[key] = None if row is None else {**(memory.get(key) or {}), **row}
        second = [Change(key, first[key], memory.get(key)) for key in keys if first[key] != memory.get(key)]
        return self._statements([Change(key, None, row) for key, row in first.items()]), self._statements(
            second
        )

    @property
    def needs_save(self) -> bool:
        return bool(self.changes["disk"])

    def disk_statements(self, saved: bool) -> list[Statement]:
        """Nothing: SAVE writes the disk of a table."""
        return []

    def _statements(self, changes: Sequence[Change]) -> list[Statement]:
        gone = [change.key for change in changes if change.after is None]
        written = [change.after for change in changes if change.after is not None]
        written += self._other_halves(changes)
        statements = delete_rows(self.table, gone) if gone else []
        return statements + replace_rows(self.table, written)

    def _other_halves(self, changes: Sequence[Change]) -> list[Row]:
        """Users of whom one role changes may be stored as one row: the other role is written too."""
        keys = {change.key for change in changes if change.key[0] in self.apart} if self.apart else set()
        others = [(name, not backend) for name, backend in keys]
        return [self.plan.after[key] for key in others if key not in keys and key in self.plan.after]

    # -- after the LOAD ------------------------------------------------------------------

    def refusals(self, admin: Admin) -> list[str]:
        """What runtime does not hold although the LOAD was answered with OK."""
        rows = self._read(admin, "runtime")
        return [self._refusal(change) for change in self._drift("runtime", rows)]

    def _refusal(self, change: Change) -> str:
        if change.before is None:
            row = show_key(self.table, change.after or {})
            return f"{self.title}, row {row}: ProxySQL left this row out of runtime"
        if change.after is None:
            return f"{self.title}, row {show_key(self.table, change.before)}: still in runtime"
        row = show_key(self.table, change.after)
        before = show_row(self.table, change.before)
        after = show_row(self.table, change.after)
        column = change.columns[0]
        values = f"declared {after.get(column)!r}, runtime has {before.get(column)!r}"
        return f"{self.title}, row {row}, column {column}: {values}"

    # -- for people ----------------------------------------------------------------------

    def remarks(self) -> list[str]:
        """What was done without being understood."""
        if not self.table.known:
            return [
                f"{self.title}: this table is not known to this collection; its rows are passed on unchecked"
            ]
        text = "{}: the column {} is not known to this collection; its value is passed on unchecked"
        return [text.format(self.title, name) for name in self.unknown]

    def before(self) -> list[Row]:
        return self._shown(self.have["memory"])

    def after(self) -> list[Row]:
        return self._shown(self.plan.after)

    def _shown(self, rows: Rows) -> list[Row]:
        return [show_row(self.table, rows[key]) for key in self.plan.touched if key in rows]

    def diff_lines(self, layer: str) -> dict[str, str]:
        """The rows of a layer that change, as text, before and after."""
        texts = {"before": "", "after": ""}
        for change in self.changes[layer]:
            for side, row in (("before", change.before), ("after", change.after)):
                if row is not None:
                    changed = change.columns if side == "after" and change.before is not None else ()
                    texts[side] += row_text(show_row(self.table, row, changed=changed))
        return texts


def row_text(row: Mapping[str, Any]) -> str:
    """A row as a YAML list item, columns in the table's order."""
    lines = [f"{name}: {scalar(value)}" for name, value in row.items()]
    return "- " + "\n  ".join(lines) + "\n"


def scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return "'{}'".format(str(value).replace("'", "''"))
