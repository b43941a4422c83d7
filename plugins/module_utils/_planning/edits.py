# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Open edits: what somebody changed in memory and never loaded, and nobody declares.

A LOAD takes the whole section, so with it they would take effect, unseen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .._declared.rows import Key, Row, Rows, by_key
from .layers import expected
from .plan import Plan


@dataclass(frozen=True)
class OpenEdit:
    """One row. memory, runtime: as each has it, None where it does not.

    columns: those that are open where the row itself is declared and these are not; else empty.
    """

    memory: Row | None
    runtime: Row | None
    columns: tuple[str, ...] = ()


def open_rows(plan: Plan, memory: Rows, runtime: Rows, differing: Iterable[Key]) -> dict[Key, OpenEdit]:
    """The open edits of a table. differing: keys of the rows that memory and runtime may hold differently."""
    table, touched = plan.want.table, set(plan.touched)
    keys = list(differing)
    shown = expected(table, "runtime", {key: memory[key] for key in keys if key in memory})
    given = by_key(table, plan.want.rows) if plan.want.state == "merged" else {}
    found: dict[Key, OpenEdit] = {}
    for key in keys:
        have, loaded = shown.get(key), runtime.get(key)
        if have == loaded:
            continue
        if key not in touched:
            row = memory.get(key) or loaded or {}
            # What a whole table, or a part of it, shall be is declared of rows that only runtime has, too.
            if plan.want.state != "overridden" or not plan.want.scope.covers(row):
                found[key] = OpenEdit(memory.get(key), loaded)
        elif key in given and have is not None and loaded is not None:
            columns = tuple(
                name for name in have if name not in given[key] and have[name] != loaded.get(name)
            )
            if columns:
                found[key] = OpenEdit(memory.get(key), loaded, columns)
    return found


def reverted(edits: dict[Key, OpenEdit], memory: Rows) -> Rows:
    """Memory without the edits: what runtime has in their place."""
    rows = dict(memory)
    for key, edit in edits.items():
        if edit.columns and edit.memory is not None and edit.runtime is not None:
            rows[key] = {**edit.memory, **{name: edit.runtime[name] for name in edit.columns}}
        elif edit.runtime is None:
            del rows[key]
        else:
            rows[key] = edit.runtime
    return rows
