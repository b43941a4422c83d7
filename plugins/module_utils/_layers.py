# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Memory against runtime against disk: what LOAD makes of a row, and where to read each layer.

Runtime is not a copy of memory: LOAD drops rows that are not active, splits users by role,
rewrites some text, and the monitor moves servers afterwards. ``in_runtime`` says what a row of
memory should look like there, so that only a real difference counts as drift.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Callable

from ._admin import Admin
from ._catalog import Table
from ._errors import StatementError
from ._rows import Key, Row, Rows, by_key, server_rows

LAYERS = ("memory", "runtime", "disk")

# The rows that mysql_servers held at the last LOAD. It is the cluster's own query and only
# this exact text is answered (CLUSTER_QUERY_MYSQL_SERVERS_V2 in include/ProxySQL_Cluster.hpp, 2.6 on).
# runtime_mysql_servers can not serve: there the monitor moves and shuns servers, and a LOAD
# made because of it would send writes to the old primary.
LAST_LOADED_SERVERS = (
    "PROXY_SELECT hostgroup_id, hostname, port, gtid_port, status, weight, compression, max_connections,"
    " max_replication_lag, use_ssl, max_latency_ms, comment FROM mysql_servers_v2"
    " WHERE status<>'OFFLINE_HARD' ORDER BY hostgroup_id, hostname, port"
)

_SOURCE = {"memory": "main.%s", "runtime": "runtime_%s", "disk": "disk.%s"}


def read(admin: Admin, table: Table, layer: str) -> tuple[Sequence[str], Rows]:
    """The column names and the canonical rows of one layer, user rows folded."""
    names, fetched = _fetch(admin, table, layer)
    rows = fold(table, server_rows(table, names, fetched))
    if layer == "runtime":
        rows = [shown for shown in (in_runtime(table, row) for row in rows) if shown is not None]
    return names, by_key(table, rows)


def _fetch(admin: Admin, table: Table, layer: str) -> tuple[Sequence[str], list[Sequence[str | None]]]:
    if table.runtime == "servers" and layer == "runtime":
        try:
            return admin.fetch(LAST_LOADED_SERVERS)
        except StatementError:
            pass  # before 2.6: fall back to the rows as the monitor left them
    return admin.fetch("SELECT * FROM " + _SOURCE[layer] % table.name)


def fold(table: Table, rows: Iterable[Row]) -> list[Row]:
    """One row for a user whose frontend and backend rows agree.

    LOAD and cluster sync split a user into two rows by role; they mean the same as one.
    """
    if table.runtime != "users":
        return list(rows)
    named: dict[object, list[Row]] = {}
    for row in rows:
        named.setdefault(row["username"], []).append(row)
    folded: list[Row] = []
    for same in named.values():
        if len(same) == 2:
            whole = [dict(row, backend=True, frontend=True) for row in same]
            roles = sorted((row["backend"], row["frontend"]) for row in same)
            if whole[0] == whole[1] and roles == [(False, True), (True, False)]:
                same = whole[:1]
        folded += same
    return folded


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
    return dict(row, password=row.get("password") or "", default_schema=row.get("default_schema") or "")


def _rules(row: Row) -> Row | None:
    if not row.get("active"):
        return None
    return dict(row, re_modifiers=row.get("re_modifiers") or "")


_RUNTIME: dict[str, Callable[[Row], Row | None]] = {
    "exact": _exact,
    "servers": _servers,
    "users": _users,
    "rules": _rules,
}


def expected(table: Table, layer: str, rows: Rows) -> Rows:
    """What a layer should hold when memory holds ``rows``."""
    if layer != "runtime":
        return rows
    shown: dict[Key, Row | None] = {key: in_runtime(table, row) for key, row in rows.items()}
    return {key: row for key, row in shown.items() if row is not None}
