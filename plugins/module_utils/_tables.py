# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One table's share of a task: what is there, what must change in each layer, and how to undo it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ._admin import Admin
from ._catalog import SECTIONS, Section, Table
from ._layers import expected
from ._passwords import is_hash, verify
from ._plan import Change, Plan, Scope, Want, drift, plan
from ._present import Present
from ._rows import Key, Row, Rows, check_columns, declared_rows, key_of, show_key, show_row
from ._sql import Statement, delete_rows, replace_rows


def want_table(table: Table, config: Any, state: str, scope: Mapping[str, Any] | None = None) -> Want:
    """What was declared for a table, checked as far as that goes without a server."""
    return Want(table, declared_rows(table, config), state, Scope(table, scope))


class TableWork:
    """A planned table. Nothing is written here: ``_apply.py`` sends what this gives out."""

    def __init__(self, admin: Admin, want: Want) -> None:
        self.want = want
        self.table = want.table
        self.title = want.table.name
        self.section: Section = SECTIONS[want.table.section]
        self.present = Present(admin, self.table, _apart(want))
        self.have = self.present.rows
        columns = self.present.names
        check_columns(self.table, want.rows, columns, f"ProxySQL {admin.version} at {admin.login.place}")
        self.unknown = sorted({name for row in want.rows for name in row}.difference(self.table.by_name))
        if self.table.secrets:
            want = self.want = replace(want, rows=_recognise(want, self.have))
        self.plan: Plan = plan(want, self.have["memory"], self.present.defaults)
        self.changes: dict[str, list[Change]] = {"memory": self.plan.changes}
        for layer in ("runtime", "disk"):
            self.changes[layer] = self._drift(layer, self.have[layer])

    @property
    def pending(self) -> list[str]:
        """Rows that are not ours and differ between memory and runtime: somebody's open edits."""
        ours = set(self.plan.touched)
        memory, runtime = self.have["memory"], self.have["runtime"]
        keys = [key for key in self.present.differing("runtime") if key not in ours]
        shown = self._expected("runtime", {key: memory[key] for key in keys if key in memory})
        return [
            f"row {show_key(self.table, memory.get(key) or runtime[key])}"
            for key in keys
            if shown.get(key) != runtime.get(key)
        ]

    def _expected(self, layer: str, memory: Rows) -> Rows:
        return expected(self.table, layer, memory, self.present.apart)

    def _drift(self, layer: str, rows: Rows) -> list[Change]:
        return drift(self.plan, self._expected(layer, self.plan.after), rows)

    # -- what to send --------------------------------------------------------------------

    def memory_statements(self) -> list[Statement]:
        changes = self.plan.changes
        gone = [change.key for change in changes if change.after is None]
        for change in changes:
            # Where memory holds a row for each role, REPLACE finds the second only if it is for both.
            if change.key in self.present.paired and not (change.after and change.after["frontend"]):
                gone.append((change.key[0], False))
        written = [change.after for change in changes if change.after is not None]
        return self._statements(gone, written, self.present.defaults)

    def undo(self, loaded: bool) -> tuple[list[Statement], list[Statement]]:
        """Statements that bring memory to what runtime was made of, and then to what it was.

        Between the two comes a LOAD, if there was one to undo. Without one the first is all. Rows go
        back in the very words in which they were read.
        """
        touched = {change.key for change in self.plan.changes}
        original = self.present.raw_rows("memory", touched)
        if not loaded:
            return self._back(touched, original), []
        differing = set(self.present.differing("runtime"))
        touched |= differing
        kept = self.present.raw_rows("memory", touched - differing)
        first = {**kept, **self.present.raw_rows("runtime", differing)}
        return self._back(touched, first), self._back(differing, self.present.raw_rows("memory", differing))

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


def _apart(want: Want) -> frozenset[object]:
    """Users who are declared by role. All others are one row for both roles, however stored."""
    if want.table.runtime != "users":
        return frozenset()
    return frozenset(row["username"] for row in want.rows if not row["backend"])


def _recognise(want: Want, have: dict[str, Rows]) -> list[Row]:
    """The declared rows, each clear password in the form in which it is stored already.

    Otherwise a password kept as a salted hash would be a change on every run. Where another
    layer stores the same password in another form, its row in ``have`` takes that form too.
    """
    return [_recognised(want.table, declared, have) for declared in want.rows]


def _recognised(table: Table, declared: Row, have: dict[str, Rows]) -> Row:
    key = key_of(table, declared)
    for name in table.secrets:
        clear = declared.get(name)
        stored = {layer: rows[key].get(name) for layer, rows in have.items() if key in rows}
        if not isinstance(clear, str) or all(each == clear for each in stored.values()) or is_hash(clear):
            continue
        same = [(layer, s) for layer, s in stored.items() if isinstance(s, str) and verify(clear, s)]
        for layer, _form in same[1:]:
            have[layer][key] = {**have[layer][key], name: same[0][1]}
        if same:
            declared = {**declared, name: same[0][1]}
    return declared


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
