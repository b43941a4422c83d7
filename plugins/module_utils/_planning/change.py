# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One row that differs."""

from __future__ import annotations

from typing import NamedTuple

from .._declared.rows import Key, Row


class Change(NamedTuple):
    """One row that differs: before is None where it is missing, after is None where it must go."""

    key: Key
    before: Row | None
    after: Row | None

    @property
    def columns(self) -> list[str]:
        """The columns that differ."""
        old, new = self.before or {}, self.after or {}
        return [
            name
            for name in {**old, **new}
            if old.get(name) != new.get(name) or (name in old) != (name in new)
        ]
