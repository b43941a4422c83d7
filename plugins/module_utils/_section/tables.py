# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One table's share of a task: what is there, what must change in each layer, and how to undo it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .._catalog.tables import SECTIONS, Section, Table
from .._declared.declaration import check_columns, declared_rows
from .._declared.rows import Key, Row, Rows, names_in, show_key, show_row
from .._planning.layers import LAYERS, expected, layers_of
from .._planning.plan import Change, Plan, Scope, Want, drift, plan
from .._planning.users import half_users, recognise, to_both_roles, together
from .._server.admin import Admin
from .._server.present import Present
from .._server.sql import Statement, delete_rows, replace_rows


def want_table(table: Table, config: Any, state: str, scope: Mapping[str, Any] | None = None) -> Want:
    """What was declared for a table, checked as far as that goes without a server."""
    return Want(table, declared_rows(table, config), state, Scope(table, scope))


class TableWork:
    """A planned table. Nothing is written here: ``apply.py`` sends what this gives out."""

    def __init__(self, admin: Admin, want: Want, config: Any) -> None:
        self.title = want.table.name
        self.section: Section = SECTIONS[want.table.section]
        server = f"ProxySQL {admin.version} at {admin.login.place}"
        users = want.table.runtime == "users"
        rows = together(want.rows) if users else want.rows
        self.apart = half_users(rows) if users else frozenset[object]()
        self.present = Present(admin, want.table, self.apart)
        self.table, self.have = self.present.table, self.present.rows
        check_columns(want.table, want.rows, self.present.names, server)
        self.unknown = sorted(names_in(want.rows).difference(want.table.by_name))
        if self.unknown:
            # On a newer server, what its own columns are is for it to say.
            rows = declared_rows(self.table, config)
            rows = together(rows) if users else rows
        want = replace(want, table=self.table, rows=rows)
        if users:
            want = replace(want, rows=to_both_roles(want, self.have["memory"]))
            want = replace(want, rows=recognise(want, self.have))
        self.want = want
        implied = {column.name: column.default for column in self.table.columns if column.implied}
        self.plan: Plan = plan(want, self.have["memory"], {**self.present.defaults, **implied})
        self.should = {layer: expected(self.table, layer, self.plan.after) for layer in LAYERS}
        self.changes: dict[str, list[Change]] = {"memory": self.plan.changes}
        for layer in LAYERS[1:]:
            there = layer in layers_of(self.table)
            self.changes[layer] = self._drift(layer, self.have[layer]) if there else []

    @property
    def pending(self) -> list[str]:
        """Rows that are not ours and differ between memory and runtime: somebody's open edits."""
        ours = set(self.plan.touched)
        memory, runtime = self.have["memory"], self.have["runtime"]
        keys = [key for key in self.present.differing("runtime") if key not in ours]
        shown = expected(self.table, "runtime", {key: memory[key] for key in keys if key in memory})
        return [
            f"row {show_key(self.table, memory.get(key) or runtime[key])}"
            for key in keys
            if shown.get(key) != runtime.get(key)
        ]

    def _drift(self, layer: str, rows: Rows) -> list[Change]:
        return drift(self.plan, self.should[layer], rows)

    # -- what to send --------------------------------------------------------------------

    def memory_statements(self) -> list[Statement]:
        changes = self.plan.changes
        gone = [change.key for change in changes if change.after is None]
        # REPLACE finds the second row of a user stored in two only where it is for both roles.
        gone += [(change.key[0], False) for change in changes if change.key in self.present.paired]
        written = [change.after for change in changes if change.after is not None]
        return self._statements(gone, written + self._other_halves(changes), self.present.defaults)

    def _other_halves(self, changes: Sequence[Change]) -> list[Row]:
        """Users of whom one role changes may be stored as one row: the other role is written too."""
        keys = {change.key for change in changes if change.key[0] in self.apart} if self.apart else set()
        others = [(name, not backend) for name, backend in keys]
        return [self.plan.after[key] for key in others if key not in keys and key in self.plan.after]

    def undo(self, loaded: bool) -> tuple[list[Statement], list[Statement]]:
        """Statements that bring memory to what runtime was made of, and then to what it was.

        Between the two comes a LOAD, if there was one to undo. Without one the first is all. Rows go
        back in the very words in which they were read.
        """
        touched = {change.key for change in self.plan.changes}
        if not loaded:
            return self._back(touched, self.present.raw_rows("memory", touched)), []
        differing = set(self.present.differing("runtime"))
        kept = self.present.raw_rows("memory", touched - differing)
        first = {**kept, **self.present.raw_rows("runtime", differing)}
        second = self.present.raw_rows("memory", differing)
        return self._back(touched | differing, first), self._back(differing, second)

    def _back(self, keys: Iterable[Key], rows: Mapping[Key, Row]) -> list[Statement]:
        gone = [key for key in self.present.every_role(keys) if key not in rows]
        return self._statements(gone, list(rows.values()))

    def _statements(
        self, gone: Sequence[Key], written: Sequence[Row], defaults: Row | None = None
    ) -> list[Statement]:
        deletes = delete_rows(self.table, gone) if gone else []
        return deletes + replace_rows(self.table, written, defaults=defaults)

    @property
    def needs_save(self) -> bool:
        return bool(self.changes["disk"])

    def disk_statements(self, saved: bool) -> list[Statement]:
        """Nothing: SAVE writes the disk of a table."""
        return []

    # -- after the LOAD ------------------------------------------------------------------

    def refusals(self, admin: Admin) -> list[str]:
        """What runtime does not hold although the LOAD was answered with OK."""
        # Values are validated before they are written. If runtime differs in a row that memory had
        # already, that was not enough, and each value is looked at.
        written = {change.key for change in self.plan.changes}
        thorough = any(change.key not in written for change in self.changes["runtime"])
        if not thorough and self.present.all_loaded(admin):
            return []
        rows = self.present.loaded(admin, self.plan.after)
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
        changed = {change.key for changes in self.changes.values() for change in changes}
        return [
            show_row(self.table, rows[key]) for key in self.plan.touched if key in changed and key in rows
        ]

    def diff_lines(self, layer: str) -> dict[str, str]:
        """The rows of a layer that change, as text, before and after."""
        texts: dict[str, list[str]] = {"before": [], "after": []}
        for change in self.changes[layer]:
            for side, row in (("before", change.before), ("after", change.after)):
                if row is not None:
                    changed = change.columns if side == "after" and change.before is not None else ()
                    texts[side].append(row_text(show_row(self.table, row, changed=changed)))
        return {side: "".join(rows) for side, rows in texts.items()}


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
