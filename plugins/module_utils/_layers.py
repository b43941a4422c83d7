# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Memory against runtime against disk: what LOAD makes of a row, and where to read each layer.

Runtime is not a copy of memory: LOAD drops rows that are not active, splits users by role,
rewrites some text, and the monitor moves servers afterwards. ``in_runtime`` says what a row of
memory should look like there, so that only a real difference counts as drift.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Callable

from ._admin import Admin, Fetched
from ._catalog import SECTIONS, Table
from ._errors import DeclarationError, StatementError
from ._rows import Key, Row, Rows, by_key, server_rows
from ._servers import last_loaded

LAYERS = ("memory", "runtime", "disk")

_SOURCE = {"memory": "main.%s", "runtime": "runtime_%s", "disk": "disk.%s"}


def layers_of(table: Table) -> tuple[str, ...]:
    """The layers that the table has."""
    section = SECTIONS.get(table.section)
    return LAYERS if section is None or section.disk else LAYERS[:2]


def read(
    admin: Admin, table: Table, layer: str, apart: Collection[object] = (), columns: Sequence[str] = ()
) -> tuple[Sequence[str], Rows]:
    """The column names and the canonical rows of one layer, user rows folded.

    apart: users whose two roles stay two rows. columns: the only ones of interest, if any are
    given: newer releases have columns in runtime that memory lacks.
    Raises DeclarationError for a table or layer that the server does not have.
    """
    names, fetched = fetch(admin, table, layer)
    if "auto_generated" in names and layer == "runtime":
        # Rows of the monitor's own (mysql_aws_rds_bgd_hostgroups of 3.0.10, not run).
        fetched = [row for row in fetched if row[names.index("auto_generated")] != "1"]
    if columns and not set(names) <= set(columns):
        kept = [at for at, name in enumerate(names) if name in columns]
        names, fetched = [names[at] for at in kept], [[row[at] for at in kept] for row in fetched]
    rows = fold(table, server_rows(table, names, fetched), apart)
    if layer == "runtime" and table.runtime != "exact":
        rows = [shown for shown in (in_runtime(table, row) for row in rows) if shown is not None]
    return names, by_key(table, rows)


def fetch(admin: Admin, table: Table, layer: str) -> Fetched:
    if layer not in layers_of(table):
        raise DeclarationError(f"{table.name}: this table has no {layer} layer", table=table.name)
    try:
        if table.runtime == "servers" and layer == "runtime":
            return last_loaded(admin, table)
        return admin.fetch("SELECT * FROM " + _SOURCE[layer] % table.name)
    except StatementError as exc:
        if "no such table" not in str(exc.fields.get("error")):
            raise
        raise DeclarationError(
            f"{table.name}: ProxySQL {admin.version} at {admin.login.place} has no such table",
            table=table.name,
        ) from None


def fold(table: Table, rows: Iterable[Row], apart: Collection[object] = ()) -> list[Row]:
    """One row for a user whose frontend and backend rows agree, and two for one of ``apart``.

    LOAD and cluster sync split a user into two rows by role; they mean the same as one.
    """
    if table.runtime != "users":
        return list(rows)
    named: dict[object, list[Row]] = {}
    for row in rows:
        named.setdefault(row["username"], []).append(row)
    folded: list[Row] = []
    for name, same in named.items():
        if name in apart:
            same = [half for row in same for half in halves(row)]
        elif len(same) == 2:
            whole = [dict(row, backend=True, frontend=True) for row in same]
            roles = sorted((row["backend"], row["frontend"]) for row in same)
            if whole[0] == whole[1] and roles == [(False, True), (True, False)]:
                same = whole[:1]
        folded += same
    return folded


def halves(row: Row) -> list[Row]:
    """A user's row as one row for each of its roles."""
    if not (row["backend"] and row["frontend"]):
        return [row]
    return [dict(row, frontend=False), dict(row, backend=False)]


def in_runtime(table: Table, row: Row) -> Row | None:
    """What a row of memory becomes at LOAD; None where LOAD leaves it out."""
    return _RUNTIME[table.runtime](row)


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
    return row


def _rules(row: Row) -> Row | None:
    if not row.get("active"):
        return None
    return dict(row, re_modifiers=row.get("re_modifiers") or "")


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


_RUNTIME: dict[str, Callable[[Row], Row | None]] = {
    "exact": _exact,
    "servers": _servers,
    "users": _users,
    "rules": _rules,
    "scheduler": _scheduler,
    "routes": _routes,
}


def expected(table: Table, layer: str, rows: Rows) -> Rows:
    """What a layer should hold when memory holds ``rows``."""
    if layer != "runtime" or table.runtime == "exact":
        return rows
    shown: dict[Key, Row | None] = {key: in_runtime(table, row) for key, row in rows.items()}
    return {key: row for key, row in shown.items() if row is not None}
