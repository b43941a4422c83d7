# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Memory against runtime: what LOAD makes of a row, and what counts as the same.

Runtime is not a copy of memory: LOAD drops rows that are not active, splits users by role,
rewrites some text, and the monitor moves servers afterwards. This file says what a row of
memory should look like there, so that only a real difference counts as drift.
"""

from __future__ import annotations

from typing import Callable

from ._catalog import Table
from ._rows import Row, Rows

LAYERS = ("memory", "runtime", "disk")

# Users who are declared by role, for whom two rows are not the same as one.
Apart = frozenset[object]
NOBODY: Apart = frozenset()


def fold(table: Table, rows: Rows, apart: Apart = NOBODY) -> Rows:
    """One row for a user whose frontend and backend rows agree.

    LOAD and cluster sync split a user into two rows by role; they mean the same as one. Not for
    users in ``apart``, who are declared by role.
    """
    if table.runtime != "users":
        return rows
    folded = dict(rows)
    for key, row in rows.items():
        username, backend = key
        other = rows.get((username, True))
        if (
            backend
            or other is None
            or username in apart
            or (row["frontend"], other["frontend"]) != (True, False)
        ):
            continue
        both = {**other, "frontend": True}
        if both == {**row, "backend": True}:
            folded[(username, True)] = both
            del folded[key]
    return folded


def by_user(table: Table, layer: str, rows: Rows, apart: Apart) -> Rows:
    """Rows as they compare: one for each user, and for one in ``apart`` as the layer has them."""
    rows = fold(table, rows, apart)
    if layer != "runtime" or not apart:
        return rows
    return {**rows, **roles_of({key: row for key, row in rows.items() if row["username"] in apart})}


def roles_of(rows: Rows) -> Rows:
    """A row for each role of each user, as runtime has them."""
    split: Rows = {}
    for (username, _backend), row in rows.items():
        if row["backend"]:
            split[(username, True)] = {**row, "backend": True, "frontend": False}
        if row["frontend"]:
            split[(username, False)] = {**row, "backend": False, "frontend": True}
    return split


def _exact(row: Row) -> Row | None:
    return row


def _servers(row: Row) -> Row | None:
    status = str(row.get("status", "ONLINE")).upper()
    if status == "OFFLINE_HARD":
        return None
    # Shunned is what the monitor found, not what was asked for.
    return dict(row, status="ONLINE" if status.startswith("SHUNNED") else status)


def _users(row: Row) -> Row | None:
    hostgroup = row.get("default_hostgroup")
    if not row.get("active", True) or (isinstance(hostgroup, int) and hostgroup < 0):
        return None
    if not (row["backend"] or row["frontend"]):
        return None
    return {
        **row,
        "password": row.get("password") or "",
        "default_schema": row.get("default_schema") or "",
    }


def _rules(row: Row) -> Row | None:
    if not row.get("active"):
        return None
    return dict(row, re_modifiers=row.get("re_modifiers") or "")


# What a row of memory becomes at LOAD; None where LOAD leaves it out.
_RUNTIME: dict[str, Callable[[Row], Row | None]] = {
    "exact": _exact,
    "servers": _servers,
    "users": _users,
    "rules": _rules,
}


def expected(table: Table, layer: str, rows: Rows, apart: Apart = NOBODY) -> Rows:
    """What a layer should hold when memory holds ``rows``."""
    return by_user(table, layer, as_loaded(table, layer, rows), apart) if layer == "runtime" else rows


def as_loaded(table: Table, layer: str, rows: Rows) -> Rows:
    if layer != "runtime" or table.runtime == "exact":
        return rows
    change = _RUNTIME[table.runtime]
    return {key: shown for key, row in rows.items() if (shown := change(row)) is not None}
