# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Reading a table's layers: memory whole, of the others only what differs from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ._admin import Admin, Raw
from ._catalog import Table
from ._errors import StatementError
from ._layers import NOBODY, Apart, as_loaded, by_user, fold, roles_of
from ._rows import Key, Row, Rows, by_key, key_of, server_rows, text_of

# The rows that mysql_servers held at the last LOAD. It is the cluster's own query and only
# this exact text is answered (CLUSTER_QUERY_MYSQL_SERVERS_V2 in include/ProxySQL_Cluster.hpp, 2.6 on).
# runtime_mysql_servers can not serve: there the monitor moves and shuns servers, and a LOAD
# made because of it would send writes to the old primary.
LAST_LOADED_SERVERS = (
    "PROXY_SELECT hostgroup_id, hostname, port, gtid_port, status, weight, compression, max_connections,"
    " max_replication_lag, use_ssl, max_latency_ms, comment FROM mysql_servers_v2"
    " WHERE status<>'OFFLINE_HARD' ORDER BY hostgroup_id, hostname, port"
)

_SOURCE = {"memory": "main.%s", "runtime": "main.runtime_%s", "disk": "disk.%s"}

# What LOAD left out of runtime, where asking for that is much cheaper than reading runtime:
# for runtime_mysql_query_rules ProxySQL makes the text of one INSERT for each rule, every time.
_LEFT_OUT = {
    "rules": "SELECT rule_id FROM main.{0} WHERE active = 1 EXCEPT SELECT rule_id FROM stats_{0}",
}


class Present:
    """What one table holds in each layer.

    Memory is fetched. Of the others the server sends only the rows that differ from memory, so
    that a large table that is as it should be is fetched once and not three times.

    names, defaults: the server's own columns, and what it puts into those that are not given.
    rows: the canonical rows by layer, user rows folded. raw: memory's rows as they were sent.
    alone, extra: rows of memory that the layer does not hold in these very words, and the other
    way round. paired: keys of users whom memory holds in one row for each role.
    """

    def __init__(self, admin: Admin, table: Table, apart: Apart = NOBODY) -> None:
        self.table = table
        self.apart = apart
        self.names, self.raw = admin.fetch_raw(f"SELECT * FROM main.{table.name}")
        self.defaults, self._identity = _columns(admin, table)
        whole = by_key(table, server_rows(table, self.names, self.raw))
        folded = fold(table, whole, apart)
        self.rows: dict[str, Rows] = {"memory": folded}
        self.paired = {key for key in folded if folded[key] is not whole[key]}
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
        found: Rows = {}
        for row, sent in zip(server_rows(self.table, self.names, raw), raw) if wanted else ():
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
        """The rows of runtime after a LOAD of ``memory``, as told by the server."""
        query = _LEFT_OUT.get(self.table.runtime)
        if query is None:
            return self._rows("runtime", memory, *self._differences(admin, "runtime"))
        names, raw = admin.fetch_raw(query.format(self.table.name))
        left_out = by_key(self.table, server_rows(self.table, names, raw))
        shown = as_loaded(self.table, "runtime", memory)
        return {key: row for key, row in shown.items() if key not in left_out}

    def _rows(self, layer: str, memory: Rows, alone: Sequence[Raw], extra: Sequence[Raw]) -> Rows:
        """The rows of a layer: memory's, without those it holds alone, with those it does not hold."""
        gone = by_key(self.table, server_rows(self.table, self.names, alone))
        found = as_loaded(self.table, layer, by_key(self.table, server_rows(self.table, self.names, extra)))
        if self.table.runtime == "users" and layer == "runtime":
            # Rows of one role each; their users' others are those that memory makes.
            names = {key[0] for key in (*gone, *found)}
            same = roles_of({key: row for key, row in memory.items() if key[0] in names})
            memory = {key: row for key, row in memory.items() if key[0] not in names}
            found = {**{key: row for key, row in same.items() if key not in gone}, **found}
        rows = as_loaded(self.table, layer, memory)
        if gone or found:
            rows = {**{key: row for key, row in rows.items() if key not in gone}, **found}
        return by_user(self.table, layer, rows, self.apart)

    def _differences(self, admin: Admin, layer: str) -> tuple[list[Raw], list[Raw]]:
        if self.table.name == "mysql_servers" and layer == "runtime":
            try:
                return self._last_loaded(*admin.fetch_raw(LAST_LOADED_SERVERS))
            except StatementError:
                pass  # before 2.6: the rows as the monitor left them must do
        names, rows = admin.fetch_raw(_differences_query(self.table, self.names, self._identity, layer))
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


def _columns(admin: Admin, table: Table) -> tuple[Row, list[str]]:
    """The server's columns with their defaults, None where there is none; and its primary key.

    The server evaluates the defaults, whose text is SQL.
    """
    columns = admin.fetch(f"SELECT name, dflt_value, pk FROM pragma_table_info('{table.name}')")[1]
    names = [str(name) for name, _default, _pk in columns]
    raw = admin.fetch_raw("SELECT " + ", ".join(default or "NULL" for _name, default, _pk in columns))[1]
    key = [str(name) for name, _default, pk in columns if pk != "0"]
    return server_rows(table, names, raw)[0], key or list(table.key)


def _differences_query(table: Table, names: Sequence[str], key: Sequence[str], layer: str) -> str:
    """(0, a row that memory alone holds) and (1, a row that the layer alone holds), by primary key."""
    theirs = _SOURCE[layer] % table.name
    if table.runtime == "users" and layer == "runtime":
        return _users_query(table, names, theirs)
    same = " AND ".join(f"ours.{name} = theirs.{name}" for name in key)
    differs = " OR ".join(f"ours.{name} IS NOT theirs.{name}" for name in names)
    one, other = f"main.{table.name} AS ours", f"{theirs} AS theirs"
    return (
        f"SELECT 0, ours.* FROM {one} LEFT JOIN {other} ON {same} WHERE {differs}"
        f" UNION ALL SELECT 1, theirs.* FROM {other} LEFT JOIN {one} ON {same} WHERE {differs}"
    )


def _users_query(table: Table, names: Sequence[str], theirs: str) -> str:
    """The same for runtime's users: as LOAD makes them of memory, each row of one role."""
    written = {name: f"ours.{name}" for name in names}
    written.update((name, f"coalesce(ours.{name}, '')") for name in ("password", "default_schema"))
    written.update(backend="theirs.backend", frontend="theirs.frontend")
    differs = " OR ".join(
        f"{written[name]} IS NOT theirs.{name}" for name in names if name not in ("backend", "frontend")
    )
    role = "(ours.backend = 1 AND theirs.backend = 1 OR ours.frontend = 1 AND theirs.frontend = 1)"
    written.update(backend="role.backend", frontend="1 - role.backend")
    return (
        f"SELECT 0, {', '.join(written.values())}"
        " FROM (SELECT 1 AS backend UNION ALL SELECT 0) AS role JOIN main.{0} AS ours"
        " ON CASE role.backend WHEN 1 THEN ours.backend ELSE ours.frontend END = 1"
        " LEFT JOIN {1} AS theirs ON ours.username = theirs.username AND theirs.backend = role.backend"
        " WHERE {2} UNION ALL SELECT 1, theirs.* FROM {1} AS theirs"
        " LEFT JOIN main.{0} AS ours ON ours.username = theirs.username AND {3} WHERE {2}"
    ).format(table.name, theirs, differs, role)


def read(admin: Admin, table: Table, layer: str) -> Rows:
    """The canonical rows of one layer, user rows folded."""
    if (table.name, layer) == ("mysql_servers", "runtime"):
        return Present(admin, table).rows[layer]
    names, raw = admin.fetch_raw("SELECT * FROM " + _SOURCE[layer] % table.name)
    rows = by_key(table, server_rows(table, names, raw))
    return by_user(table, layer, as_loaded(table, layer, rows), NOBODY)
