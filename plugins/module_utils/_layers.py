# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Memory against runtime against disk: what LOAD makes of a row, and what each layer holds.

Runtime is not a copy of memory: LOAD drops rows that are not active, splits users by role,
rewrites some text, and the monitor moves servers afterwards. ``in_runtime`` says what a row of
memory should look like there, so that only a real difference counts as drift.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Callable

from ._admin import Admin, Raw
from ._catalog import Table
from ._errors import StatementError
from ._rows import Key, Row, Rows, by_key, key_of, server_rows, text_of

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

# Users who are declared by role, for whom two rows are not the same as one.
Apart = frozenset[object]
_NOBODY: Apart = frozenset()


class Present:
    """What one table holds in each layer.

    Memory is fetched. Of the others the server sends only the rows that differ from memory, so
    that a large table that is as it should be is fetched once and not three times.

    rows: the canonical rows by layer, user rows folded. raw: memory's rows as they were sent.
    alone, extra: rows of memory that the layer does not hold in these very words, and the other
    way round. paired: keys of users whom memory holds in one row for each role.
    """

    def __init__(self, admin: Admin, table: Table, apart: Apart = _NOBODY) -> None:
        self.table = table
        self.apart = apart
        self.names, self.raw = admin.fetch_raw(f"SELECT * FROM main.{table.name}")
        whole = by_key(table, server_rows(table, self.names, self.raw))
        self.rows: dict[str, Rows] = {"memory": fold(table, whole, apart)}
        self.paired = {key for key in self.rows["memory"] if self.rows["memory"][key] is not whole.get(key)}
        self.alone: dict[str, list[Raw]] = {}
        self.extra: dict[str, list[Raw]] = {}
        for layer in ("runtime", "disk"):
            self.alone[layer], self.extra[layer] = self._differences(admin, layer)
            self.rows[layer] = self._rows(layer, whole, self.alone[layer], self.extra[layer])

    def differing(self, layer: str) -> list[Key]:
        """The keys of rows whose text is not the same in memory and in the layer."""
        rows = server_rows(self.table, self.names, self.alone[layer] + self.extra[layer])
        return list(by_key(self.table, rows))

    def raw_rows(self, layer: str, keys: Iterable[Key]) -> Rows:
        """Rows of these users, or with these keys, as they were sent and in no way canonical.

        Of a layer other than memory only rows that differ from memory can be had.
        """
        wanted = set(self.every_role(keys))
        raw = self.raw if layer == "memory" else self.extra[layer]
        if not wanted:
            return {}
        found: Rows = {}
        for row, sent in zip(server_rows(self.table, self.names, raw), raw):
            key = key_of(self.table, row)
            if key in wanted:
                found[key] = dict(zip(self.names, map(text_of, sent)))
        return found

    def every_role(self, keys: Iterable[Key]) -> list[Key]:
        """The keys, and those of the same users in the other role."""
        if self.table.runtime != "users":
            return list(keys)
        return list(dict.fromkeys((key[0], backend) for key in keys for backend in (True, False)))

    def loaded(self, admin: Admin, memory: Rows) -> Rows:
        """The rows of runtime after a LOAD of ``memory``, as read from the server."""
        return self._rows("runtime", memory, *self._differences(admin, "runtime"))

    def _rows(self, layer: str, memory: Rows, alone: Sequence[Raw], extra: Sequence[Raw]) -> Rows:
        rows = _as_loaded(self.table, layer, memory)
        if alone or extra:
            gone = by_key(self.table, server_rows(self.table, self.names, alone))
            rows = {key: row for key, row in rows.items() if key not in gone}
            found = by_key(self.table, server_rows(self.table, self.names, extra))
            rows.update(_as_loaded(self.table, layer, found))
        return _by_user(self.table, layer, rows, self.apart)

    def _differences(self, admin: Admin, layer: str) -> tuple[list[Raw], list[Raw]]:
        if self.table.name == "mysql_servers" and layer == "runtime":
            try:
                return self._last_loaded(*admin.fetch_raw(LAST_LOADED_SERVERS))
            except StatementError:
                pass  # before 2.6: the rows as the monitor left them must do
        names, rows = admin.fetch_raw(_differences_query(self.table, self.names, layer))
        return [row[1:] for row in rows if row[0] == b"0"], [row[1:] for row in rows if row[0] == b"1"]

    def _last_loaded(self, names: Sequence[str], rows: Sequence[Raw]) -> tuple[list[Raw], list[Raw]]:
        if list(names) != list(self.names):
            rows = self._completed(names, rows)
        loaded, memory = set(rows), set(self.raw)
        return [row for row in self.raw if row not in loaded], [row for row in rows if row not in memory]

    def _completed(self, names: Sequence[str], rows: Sequence[Raw]) -> list[Raw]:
        """The rows with memory's columns: those that the query does not have are as in memory."""
        key = [self.names.index(name) for name in self.table.key]
        known = {tuple(row[place] for place in key): dict(zip(self.names, row)) for row in self.raw}
        whole: list[Raw] = []
        for row in rows:
            found = dict(zip(names, row))
            found = {**known.get(tuple(found[name] for name in self.table.key), {}), **found}
            whole.append(tuple(found.get(name) for name in self.names))
        return whole


def _differences_query(table: Table, names: Sequence[str], layer: str) -> str:
    """One statement: (0, a row that memory alone holds) and (1, a row that the layer alone holds)."""
    ours = f"SELECT {', '.join(names)} FROM main.{table.name}"
    theirs = f"SELECT {', '.join(names)} FROM {_SOURCE[layer] % table.name}"
    if layer == "runtime" and table.runtime == "users":
        # As LOAD would write them, and its two rows for each user as one.
        empty, roles = ("password", "default_schema"), ("backend", "frontend")
        written = [f"coalesce({name}, '')" if name in empty else name for name in names]
        merged = [f"max({name})" if name in roles else name for name in names]
        ours = f"SELECT {', '.join(written)} FROM main.{table.name}"
        same = ", ".join(name for name in names if name not in roles)
        theirs = f"SELECT {', '.join(merged)} FROM runtime_{table.name} GROUP BY {same}"
    return f"SELECT 0, * FROM ({ours} EXCEPT {theirs}) UNION ALL SELECT 1, * FROM ({theirs} EXCEPT {ours})"


def read(admin: Admin, table: Table, layer: str) -> Rows:
    """The canonical rows of one layer, user rows folded."""
    if (table.name, layer) == ("mysql_servers", "runtime"):
        return Present(admin, table).rows[layer]
    names, raw = admin.fetch_raw("SELECT * FROM " + _SOURCE[layer] % table.name)
    rows = by_key(table, server_rows(table, names, raw))
    return _by_user(table, layer, _as_loaded(table, layer, rows), _NOBODY)


def fold(table: Table, rows: Rows, apart: Apart = _NOBODY) -> Rows:
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


def _by_user(table: Table, layer: str, rows: Rows, apart: Apart) -> Rows:
    """Rows as they compare: one for each user, and for one in ``apart`` as the layer has them."""
    rows = fold(table, rows, apart)
    if layer != "runtime" or not apart:
        return rows
    split: Rows = {}
    for key, row in rows.items():
        if row["username"] in apart and row["backend"] and row["frontend"]:
            split[(row["username"], True)] = {**row, "frontend": False}
            split[(row["username"], False)] = {**row, "backend": False}
        else:
            split[key] = row
    return split


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


def expected(table: Table, layer: str, rows: Rows, apart: Apart = _NOBODY) -> Rows:
    """What a layer should hold when memory holds ``rows``."""
    return _by_user(table, layer, _as_loaded(table, layer, rows), apart) if layer == "runtime" else rows


def _as_loaded(table: Table, layer: str, rows: Rows) -> Rows:
    if layer != "runtime" or table.runtime == "exact":
        return rows
    change = _RUNTIME[table.runtime]
    return {key: shown for key, row in rows.items() if (shown := change(row)) is not None}
