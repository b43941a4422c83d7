# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Memory against runtime against disk: what LOAD makes of a row, and where to read each layer.

Runtime is not a copy of memory: LOAD drops rows that are not active, splits users by role,
rewrites some text, and the monitor moves servers afterwards. ``expected`` says what a row of
memory should look like there, so that only a real difference counts as drift.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from operator import is_
from typing import Callable

from .._catalog.tables import SECTIONS, Table
from .._declared.rows import Row, Rows, is_digest

LAYERS = ("memory", "runtime", "disk")


def layers_of(table: Table) -> tuple[str, ...]:
    """The layers that the table has."""
    section = SECTIONS.get(table.section)
    return LAYERS if section is None or section.disk else LAYERS[:2]


def fold(table: Table, rows: Rows, apart: Collection[object] = ()) -> Rows:
    """One row for a user whose frontend and backend rows agree, and two for one of ``apart``.

    LOAD and cluster sync split a user into two rows by role; they mean the same as one.
    """
    if table.runtime != "users":
        return rows
    folded = {key: row for key, row in rows.items() if key[0] not in apart} if apart else dict(rows)
    for key in [key for key in folded if not key[1]]:
        one, other = folded[key], folded.get((key[0], True))
        if other is None or not one["frontend"] or other["frontend"]:
            continue
        both = {**other, "frontend": True}
        if both == {**one, "backend": True}:
            folded[(key[0], True)] = both
            del folded[key]
    if apart:
        folded.update(halves({key: row for key, row in rows.items() if key[0] in apart}))
    return folded


def halves(rows: Rows) -> Rows:
    """Users' rows as one row for each of their roles."""
    split: Rows = {}
    for key, row in rows.items():
        if row["backend"] and row["frontend"]:
            split[(key[0], True)] = {**row, "frontend": False}
            split[(key[0], False)] = {**row, "backend": False}
        else:
            split[key] = row
    return split


def _exact(row: Row) -> Row | None:
    return row


def _servers(row: Row) -> Row | None:
    status = str(row.get("status", "ONLINE")).upper()
    if status == "OFFLINE_HARD":
        return None
    # Shunned is what the monitor found, not what was asked for.
    shown = "ONLINE" if status.startswith("SHUNNED") else status
    return row if row.get("status") == shown else dict(row, status=shown)


def _users(row: Row) -> Row | None:
    hostgroup = row.get("default_hostgroup")
    if not row.get("active", True) or (isinstance(hostgroup, int) and hostgroup < 0):
        return None
    if not (row["backend"] or row["frontend"]):
        return None
    return row


def _rules(row: Row) -> Row | None:
    """As LOAD reads what no declaration says, but people type (transcript "rule_values")."""
    if not row.get("active") or "%" in str(row.get("client_addr") or "")[:-1]:
        return None
    changed: Row = {name: None for name in _NONE_IF_MINUS_ONE if row.get(name) == -1}
    if not row.get("re_modifiers"):
        changed["re_modifiers"] = ""
    if row.get("digest") is not None and not is_digest(str(row["digest"])):
        changed["digest"] = None
    return {**row, **changed} if changed else row


def _scheduler(row: Row) -> Row | None:
    """Arguments after the first NULL are lost; a row with a double quote is not shown."""
    shown = dict(row)
    names = [f"arg{number}" for number in range(1, 6)]
    if any('"' in str(row.get(name) or "") for name in ("filename", *names)):
        return None
    ended = False
    for name in names:
        ended = ended or row.get(name) is None
        if ended and name in shown:
            shown[name] = None
    return shown


def _routes(row: Row) -> Row | None:
    return None if any("'" in str(row.get(name)) for name in ("uri", "script", "comment")) else row


# Numbers of which -1 is none.
_NONE_IF_MINUS_ONE = (
    "destination_hostgroup",
    "next_query_flagIN",
    "mirror_flagOUT",
    "mirror_hostgroup",
    "gtid_from_hostgroup",
)
# What a row of memory becomes at LOAD; None where LOAD leaves it out.
_RUNTIME: dict[str, Callable[[Row], Row | None]] = {
    "exact": _exact,
    "servers": _servers,
    "users": _users,
    "rules": _rules,
    "scheduler": _scheduler,
    "routes": _routes,
}


def expected(table: Table, layer: str, rows: Rows) -> Rows:
    """What a layer should hold when memory holds ``rows``: those very rows, where LOAD changes none."""
    if layer != "runtime" or table.runtime == "exact":
        return rows
    change = _RUNTIME[table.runtime]
    shown = list(map(change, rows.values()))
    if all(map(is_, shown, rows.values())):
        return rows
    return {key: row for key, row in zip(rows, shown) if row is not None}


def verbatim(table: Table, rows: Iterable[Row]) -> bool:
    """Whether LOAD surely takes the values of all of the rows as they are, once they have been checked.

    Of users it may rewrite attributes (MySQL_Authentication::add in lib/MySQL_Authentication.cpp), of
    rules it parses digests and addresses of clients (2.7.1).
    """
    if table.runtime == "users":
        return table.known and {row.get("attributes") for row in rows} <= {None, ""}
    if table.runtime == "rules":
        read = [(row.get("digest"), row.get("client_addr")) for row in rows]
        return table.known and set(read) <= {(None, None)}
    return False
