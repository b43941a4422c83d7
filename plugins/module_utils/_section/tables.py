# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One table's share of a task: what is there, what must change in each layer, and how to undo it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Callable

from .._catalog.tables import SECTIONS, Section, Table, Value
from .._declared.declaration import check_columns, declared_rows
from .._declared.errors import where
from .._declared.objects import unknown_members
from .._declared.rows import Key, Row, Rows, by_key, names_in, server_rows, show_key, show_row, text_of
from .._planning.change import Change
from .._planning.checks import check_attributes, foreign_hashes, odd_patterns
from .._planning.edits import open_rows, reverted
from .._planning.layers import LAYERS, expected, fold, layers_of, verbatim
from .._planning.plan import Plan, Scope, Want, differences, drift, plan
from .._planning.users import half_users, recognise, to_both_roles, together
from .._server.admin import Admin
from .._server.connection import Raw
from .._server.present import Present
from .._server.sql import Statement, delete_rows, replace_rows, update_rows
from .settling import settle

# What to write, and after a LOAD what more: the second is worked out when it is due.
Undo = tuple[list[Statement], Callable[[], list[Statement]]]


def want_table(table: Table, config: Any, state: str, scope: Mapping[str, Any] | None = None) -> Want:
    """What was declared for a table, checked as far as that goes without a server."""
    return Want(table, declared_rows(table, config), state, Scope(table, scope))


class TableWork:
    """A planned table. Nothing is written here: ``apply.py`` sends what this gives out.

    With nothing wanted it is a table of a section that others of its tables are written in: it tells the
    open edits there, and undoes what a LOAD made of them.
    discard: whether memory is to lose the open edits, which are then part of the plan. loading: whether a
    LOAD of the section is due, whatever becomes of this table; unsettled: whether the plan would be another.
    """

    def __init__(
        self, admin: Admin, want: Want, config: Any, discard: bool = False, loading: bool = False
    ) -> None:
        self._given = (want, config)
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
            # A password that is put back is put back as it was stored.
            want = want if want.words is not None else replace(want, rows=recognise(want, self.have))
        implied = {column.name: column.default for column in self.table.columns if column.implied}
        defaults = {**self.present.defaults, **implied}
        self.unsettled = False
        self._stale: Rows = {}
        if want.table.runtime == "servers" and want.words is None:
            want, other, stale = settle(admin, want, self.have, defaults)
            self._stale = by_key(self.table, stale)
            self.unsettled = not loading and want != other
            want = other if loading else want
        self.want = want
        memory = self.have["memory"]
        self.plan: Plan = self._planned(want, memory, defaults)
        self._open = open_rows(self.plan, memory, self.have["runtime"], self.present.differing("runtime"))
        if discard and self._open:
            self.plan = self._planned(want, reverted(self._open, memory), defaults)
            keys = list(dict.fromkeys([*self.plan.touched, *self._open]))
            self.plan = replace(self.plan, changes=differences(keys, memory, self.plan.after), fresh=False)
            self._open = {}
        self.should = {layer: expected(self.table, layer, self.plan.after) for layer in LAYERS}
        self.changes: dict[str, list[Change]] = {"memory": self.plan.changes}
        for layer in LAYERS[1:]:
            there = layer in layers_of(self.table)
            self.changes[layer] = self._drift(layer, self._in_force(layer)) if there else []

    def _in_force(self, layer: str) -> Rows:
        """What the layer holds, with values that the last LOAD did not bring into force as they are."""
        have = self.have[layer]
        return {**have, **self._stale} if layer == "runtime" and self._stale else have

    def _planned(self, want: Want, memory: Rows, defaults: Row) -> Plan:
        made = plan(want, memory, defaults)
        if self.table.runtime != "users":
            return made
        # Two rows that have become equal in all but their roles mean the same as one.
        after = fold(self.table, made.after, self.apart)
        if after.keys() != made.after.keys():
            made = replace(made, after=after, changes=differences(made.touched, memory, after))
        check_attributes(self.table, made.changes, self.have["runtime"])
        return made

    def again(self, admin: Admin, discard: bool = False, loading: bool = False) -> TableWork:
        """The same, planned on what is there now."""
        want, config = self._given
        return TableWork(admin, want, config, discard, loading)

    @property
    def open_edits(self) -> list[str]:
        """Somebody's edits of memory, never loaded and not declared: rows, and columns of ours."""
        return [
            where(
                self.title, show_key(self.table, edit.memory or edit.runtime or {}), ", ".join(edit.columns)
            )
            for edit in self._open.values()
        ]

    def differs(self, layer: str) -> bool:
        """Whether a layer holds anything else than memory, declared or not."""
        if layer not in layers_of(self.table):
            return False
        return expected(self.table, layer, self.have["memory"]) != self.have[layer]

    def _drift(self, layer: str, rows: Rows) -> list[Change]:
        return drift(self.plan, self.should[layer], rows)

    # -- what to send --------------------------------------------------------------------

    def memory_statements(self) -> list[Statement]:
        changes = self.plan.changes
        updated = [change for change in changes if self._is_update(change)] if not self.plan.fresh else []
        if updated:
            kept = {change.key for change in updated}
            changes = [change for change in changes if change.key not in kept]
        gone = [change.key for change in changes if change.after is None]
        # REPLACE finds the second row of a user stored in two only where it is for both roles.
        gone += [(change.key[0], False) for change in changes if change.key in self.present.paired]
        words = self.want.words or {}
        written = [
            {**each.after, **words[each.key]} if each.key in words else each.after
            for each in changes
            if each.after is not None
        ]
        statements = self._statements(gone, written + self._other_halves(changes), self.present.defaults)
        return statements + update_rows(self.table, [(each.after or {}, each.columns) for each in updated])

    def _is_update(self, change: Change) -> bool:
        """Whether the change can be made by writing its columns alone, so that others' are left alone."""
        if self.want.state != "merged" or change.before is None or change.after is None:
            return False
        if self.table.runtime != "users":
            return True
        # A user's two roles may share a row.
        roles = {"backend", "frontend"}.intersection(change.columns)
        return not roles and not self.apart and change.key not in self.present.paired

    def _other_halves(self, changes: Sequence[Change]) -> list[Row]:
        """Users of whom one role changes may be stored as one row: the other role is written too."""
        keys = {change.key for change in changes if change.key[0] in self.apart} if self.apart else set()
        others = [(name, not backend) for name, backend in keys]
        return [self.plan.after[key] for key in others if key not in keys and key in self.plan.after]

    def undo(self, admin: Admin, loaded: bool) -> Undo:
        """Statements that bring memory to what runtime was made of, and then to what it was.

        Between the two comes a LOAD, if there was one to undo. Without one the first is all. Rows go
        back in the very words in which they were read.
        """
        touched = {change.key for change in self.plan.changes}
        if not loaded:
            return self._back(touched, self.present.raw_rows("memory", touched)), list
        differing = set(self.present.differing("runtime"))
        kept = self.present.raw_rows("memory", touched - differing)
        first = {**kept, **self.present.raw_rows("runtime", differing)}
        second = self.present.raw_rows("memory", differing)
        return self._back(touched | differing, first), lambda: self._back(differing, second)

    def served(self) -> tuple[list[str], list[list[Value]], list[Row]]:
        """What to go back to: columns and rows from which a LOAD makes what runtime is, in the very words.

        Memory's rows, and where runtime holds something else, runtime's. The third are memory's rows that are
        not there for that: edits that were never loaded.
        """
        names, memory, runtime = self.present.names, self.have["memory"], self.have["runtime"]
        shown = expected(self.table, "runtime", memory)
        keys = [key for key in {**memory, **runtime} if shown.get(key) != runtime.get(key)]
        if not keys:
            return names, [list(map(text_of, row)) for row in self.present.raw], []
        differing = set(self.present.every_role(keys))
        same = {key for key in self.present.every_role(memory) if key not in differing}
        rows = list(self.present.raw_rows("memory", same).values())
        words = self.present.raw_rows("runtime", differing)
        rows += [{**row, **words.get(key, {})} for key, row in runtime.items() if key in differing]
        edits = list(self.present.raw_rows("memory", differing).values())
        return names, [[row.get(name) for name in names] for row in rows], edits

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

    def moved(self, admin: Admin) -> bool:
        """Whether memory is no longer what this was planned on, as far as that matters to the plan."""
        raw = self.present.memory_now(admin)
        if raw == self.present.raw or sorted(raw, key=repr) == sorted(self.present.raw, key=repr):
            return False
        rows, have = self._rows_of(raw), self.have["memory"]
        keys = [key for key in {**rows, **have} if rows.get(key) != have.get(key)]
        touched = set(self.plan.touched)
        scope = self.want.scope if self.want.state == "overridden" else None
        return any(key in touched or (scope is not None and scope.covers(rows.get(key, {}))) for key in keys)

    def stale(self, admin: Admin) -> bool:
        """Whether any layer is no longer what this was planned on."""
        return self.again(admin).have != self.have

    def _rows_of(self, raw: Sequence[Raw]) -> Rows:
        return fold(
            self.table, by_key(self.table, server_rows(self.table, self.present.names, raw)), self.apart
        )

    def overtaken(self, admin: Admin) -> list[str]:
        """Rows that this task answers for and that somebody has changed in memory since it wrote them."""
        rows = self._rows_of(self.present.memory_now(admin))
        return [
            where(self.title, show_key(self.table, change.before or change.after or {}))
            for change in drift(self.plan, self.plan.after, rows)
        ]

    def refusals(self, admin: Admin, disturbed: bool) -> list[str]:
        """What runtime does not hold, value by value, although the LOAD was answered with OK.

        disturbed: whether memory may have been changed by others since this task wrote it. Runtime itself is
        not read only where that could tell nothing new: each row is there, and LOAD takes all of the
        values that were written as they are.
        """
        if not disturbed and self._all_written() and self._all_verbatim() and self.present.all_loaded(admin):
            return []
        rows = self.present.loaded(admin, self.plan.after)
        return [self._refusal(change) for change in self._drift("runtime", rows)]

    def unsaved(self, admin: Admin) -> list[str]:
        """Rows that the disk does not hold as it should, although the SAVE was answered with OK."""
        rows = self.present.saved(admin, self.plan.after)
        return [
            where(self.title, show_key(self.table, change.after or change.before or {}))
            for change in self._drift("disk", rows)
        ]

    def _all_written(self) -> bool:
        """Whether memory changes, too, wherever runtime does."""
        changes, written = self.changes["runtime"], self.plan.changes
        if changes is written:
            return True
        return {change.key for change in changes} <= {change.key for change in written}

    def _all_verbatim(self) -> bool:
        return verbatim(self.table, [change.after for change in self.plan.changes if change.after])

    def unlike(self, admin: Admin) -> list[str]:
        """Rows of which a LOAD did not make what memory held before it."""
        memory = self.have["memory"]
        should, rows = expected(self.table, "runtime", memory), self.present.loaded(admin, memory)
        return [
            where(self.title, show_key(self.table, memory.get(key) or rows[key]))
            for key in {**should, **rows}
            if should.get(key) != rows.get(key)
        ]

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
        found = [text.format(self.title, name) for name in self.unknown]
        written = [change.after for change in self.plan.changes if change.after is not None]
        for look in (unknown_members, odd_patterns, foreign_hashes):
            found += look(self.table, written)
        return found

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
