# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Reading a table's layers: memory whole, of the others only what differs from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from .._catalog.tables import SECTIONS, TABLES, Table, Value
from .._declared.errors import DeclarationError, StatementError
from .._declared.rows import Key, Rows, by_key, key_of, server_rows, text_of
from .._planning.layers import LAYERS, expected, fold, halves, layers_of
from .admin import Admin
from .connection import Raw
from .explained import sees_no_users
from .schema import with_columns
from .servers import last_loaded

_SOURCE = {"memory": "main.%s", "runtime": "main.runtime_%s", "disk": "disk.%s"}

# In runtime, whether the monitor made the row (mysql_aws_rds_bgd_hostgroups of 3.0.10, not run).
_MONITORS_OWN = "auto_generated"

# By version, table and names. Of many nodes of one version only the first is asked.
_COLUMNS: dict[tuple[str, ...], list[tuple[str, Value, bool]]] = {}

# Which rows LOAD may have left out of runtime, where asking is cheaper than reading runtime: for that
# ProxySQL makes the text of an INSERT for each row, every time.
_LEFT_OUT = {
    "mysql_query_rules": (
        "SELECT rule_id FROM main.mysql_query_rules WHERE active = 1"
        " AND rule_id NOT IN (SELECT rule_id FROM stats_mysql_query_rules)"
    ),
}

# LOAD takes every row that `expected` lets pass, or none at all (__add_active_users in lib/ProxySQL_Admin.cpp
# of 2.7.1 and 3.0.3). The checksum is that of what runtime holds then, so it tells one from the other.
_TAKEN_WHOLE = ("mysql_users",)


class Present:
    """What one table holds in each layer.

    Memory is fetched. Of the others the server sends only the rows that differ from memory, so
    that a large table that is as it should be is fetched once and not three times.

    table: with the columns that only the server knows. names, defaults: the server's columns, and
    what it puts into those that are not given.
    rows: the canonical rows by layer, user rows folded. raw: memory's rows as they were sent.
    alone, extra: rows of memory that the layer does not hold in these very words, and the other
    way round. paired: keys of users whom memory holds in one row for each role.
    Raises DeclarationError for a table that the server does not have.
    """

    def __init__(self, admin: Admin, table: Table, apart: Collection[object] = ()) -> None:
        self.apart = apart
        self.names, self.raw = _fetch(admin, table, f"SELECT * FROM main.{table.name}")
        if any(name not in table.by_name for name in self.names):
            table = with_columns(admin, table, self.names)
        self.table = table
        columns = self._described(admin)
        self.defaults = {name: default for name, default, _pk in columns}
        self._identity = [name for name, _default, pk in columns if pk] or table.key
        whole = by_key(table, server_rows(table, self.names, self.raw))
        folded = fold(table, whole, apart)
        self.paired = {key for key in folded if key not in whole or folded[key] is not whole[key]}
        self.rows: dict[str, Rows] = {**dict.fromkeys(LAYERS, {}), "memory": folded}
        self.alone: dict[str, list[Raw]] = dict.fromkeys(LAYERS, [])
        self.extra: dict[str, list[Raw]] = dict.fromkeys(LAYERS, [])
        self._loaded: tuple[list[str], list[Raw]] = ([], [])
        for layer in layers_of(table)[1:]:
            if layer == "runtime" and table.runtime == "servers":
                self.rows[layer] = self._last_loaded(admin, whole)
                continue
            self.alone[layer], self.extra[layer] = self._differences(admin, layer)
            self.rows[layer] = self._rows(layer, whole, self.alone[layer], self.extra[layer])

    def _described(self, admin: Admin) -> list[tuple[str, Value, bool]]:
        place = (admin.version, self.table.name, *self.names)
        if place not in _COLUMNS:
            _COLUMNS[place] = _columns(admin, self.table)
        return _COLUMNS[place]

    def memory_now(self, admin: Admin) -> list[Raw]:
        """Memory's rows as they are sent now."""
        return _fetch(admin, self.table, f"SELECT * FROM main.{self.table.name}")[1]

    def differing(self, layer: str) -> list[Key]:
        """The keys of rows that are not the same in memory and in the layer, word for word if it can be."""
        if layer == "runtime" and self.table.runtime == "servers":
            shown, loaded = expected(self.table, layer, self.rows["memory"]), self.rows[layer]
            return [key for key in {**shown, **loaded} if shown.get(key) != loaded.get(key)]
        rows = server_rows(self.table, self.names, self.alone[layer] + self.extra[layer])
        return list(by_key(self.table, rows))

    def raw_rows(self, layer: str, keys: Iterable[Key]) -> Rows:
        """Rows of these users, or with these keys, as they were sent and in no way canonical.

        Of a layer other than memory only rows that differ from memory can be had.
        """
        wanted = set(self.every_role(keys))
        names, raw = self.names, self.raw if layer == "memory" else self.extra[layer]
        if layer == "runtime" and self.table.runtime == "servers":
            names, raw = self._loaded
        found: Rows = {}
        for row, sent in zip(server_rows(self.table, names, raw), raw) if wanted else ():
            key = key_of(self.table, row)
            if key in wanted:
                found[key] = {**self.rows[layer].get(key, {}), **dict(zip(names, map(text_of, sent)))}
        return found

    def every_role(self, keys: Iterable[Key]) -> list[Key]:
        """The keys, and those of the same users in the other role."""
        if self.table.runtime != "users":
            return list(keys)
        return list(dict.fromkeys((key[0], backend) for key in keys for backend in (True, False)))

    def loaded(self, admin: Admin, memory: Rows) -> Rows:
        """The rows of runtime after a LOAD of ``memory``, as read from the server, value by value."""
        if self.table.runtime == "servers":
            return self._last_loaded(admin, memory)
        return self._rows("runtime", memory, *self._differences(admin, "runtime"))

    def saved(self, admin: Admin, memory: Rows) -> Rows:
        """The rows of the disk after a SAVE of ``memory``, as read from the server."""
        alone, extra = self._differences(admin, "disk")
        return self._rows("disk", memory, alone, extra) if alone or extra else memory

    def all_loaded(self, admin: Admin) -> bool:
        """Whether a LOAD surely left out no row; False where only runtime itself can tell.

        To be asked where the LOAD had something to change.
        """
        if self.apart:
            return False
        if self.table.name in _TAKEN_WHOLE:
            # A newer server's LOAD may look at a column that nobody here knows.
            known = TABLES[self.table.name].by_name.keys() >= set(self.names)
            return known and admin.took_up(SECTIONS[self.table.section])
        query = _LEFT_OUT.get(self.table.name)
        return query is not None and not admin.fetch_raw(query)[1]

    def _rows(self, layer: str, memory: Rows, alone: Sequence[Raw], extra: Sequence[Raw]) -> Rows:
        """The rows of a layer: memory's, without those it holds alone, with those it does not hold."""
        table = self.table
        gone = by_key(table, server_rows(table, self.names, alone))
        found = expected(table, layer, by_key(table, server_rows(table, self.names, extra)))
        if table.runtime == "users" and layer == "runtime" and (gone or found):
            # Rows of one role each; the other roles of their users are as memory makes them.
            users = {key[0] for key in (*gone, *found)}
            same = expected(table, layer, halves({k: row for k, row in memory.items() if k[0] in users}))
            memory = {key: row for key, row in memory.items() if key[0] not in users}
            found = {**{key: row for key, row in same.items() if key not in gone}, **found}
        rows = expected(table, layer, memory)
        if gone or found:
            rows = {**{key: row for key, row in rows.items() if key not in gone}, **found}
        return fold(table, rows, self.apart)

    def _differences(self, admin: Admin, layer: str) -> tuple[list[Raw], list[Raw]]:
        if layer == "disk" and self._same_on_disk(admin):
            return [], []
        query = _differences_query(self.table, self.names, self._identity, layer)
        rows = _fetch(admin, self.table, query)[1]
        extra = [row[1:] for row in rows if row[0] == b"1"]
        if extra and layer == "runtime" and not self.table.known:
            mine = self._monitors_own(admin)
            extra = [row for row in extra if row not in mine]
        return [row[1:] for row in rows if row[0] == b"0"], extra

    def _same_on_disk(self, admin: Admin) -> bool:
        """Whether memory and disk are the same in every value: half the work of telling what differs."""
        query = _same_query(self.table, self.names, self._identity)
        return len(set(_fetch(admin, self.table, query)[1][0])) == 1

    def _monitors_own(self, admin: Admin) -> Collection[Raw]:
        try:
            query = "SELECT {} FROM runtime_{} WHERE {} = 1"
            query = query.format(", ".join(self.names), self.table.name, _MONITORS_OWN)
            return set(admin.fetch_raw(query)[1])
        except StatementError:
            return ()  # nearly every table has no such column

    def _last_loaded(self, admin: Admin, memory: Rows) -> Rows:
        """Runtime's servers, with memory's columns: of a fixed few the server tells us no more."""
        names, raw = last_loaded(admin, self.table)
        self._loaded = self._loaded if self._loaded[0] else (names, raw)
        rows = by_key(self.table, server_rows(self.table, names, raw))
        if set(names) != set(self.names):
            rows = {key: {**memory.get(key, {}), **row} for key, row in rows.items()}
        return expected(self.table, "runtime", rows)


def _fetch(admin: Admin, table: Table, sql: str) -> tuple[list[str], list[Raw]]:
    try:
        return admin.fetch_raw(sql)
    except StatementError as exc:
        if "no such table" not in str(exc.fields.get("answer")):
            raise
        message = f"{table.name}: ProxySQL {admin.version} at {admin.login.place} has no such table"
        if table.known and (not table.since or sees_no_users(admin)):
            # Every release has mysql_users, so it is the user.
            message += f" for {admin.login.user!r}; only users of admin-admin_credentials see it"
        raise DeclarationError(message, table=table.name) from None


def _columns(admin: Admin, table: Table) -> list[tuple[str, Value, bool]]:
    """The server's columns: name, default or None, whether it is in the primary key.

    The text of a default is SQL, so the server evaluates it.
    """
    columns = admin.fetch(f"SELECT name, dflt_value, pk FROM pragma_table_info('{table.name}')")[1]
    names = [str(name) for name, _default, _pk in columns]
    raw = admin.fetch_raw("SELECT " + ", ".join(default or "NULL" for _name, default, _pk in columns))[1]
    defaults = server_rows(table, names, raw)[0]
    return [(name, defaults[name], pk != "0") for name, (_name, _default, pk) in zip(names, columns)]


def _differences_query(table: Table, names: Sequence[str], key: Sequence[str], layer: str) -> str:
    """(0, a row that memory alone holds) and (1, a row that the layer alone holds), by primary key."""
    theirs = _SOURCE[layer] % table.name
    if table.runtime == "users" and layer == "runtime":
        return _users_query(table, names, theirs)
    columns = ", ".join(f"{{0}}.{name}" for name in names)
    same = " AND ".join(f"ours.{name} = theirs.{name}" for name in key)
    differs = " OR ".join(f"ours.{name} IS NOT theirs.{name}" for name in names)
    one, other = f"main.{table.name} AS ours", f"{theirs} AS theirs"
    return (
        f"SELECT 0, {columns.format('ours')} FROM {one} LEFT JOIN {other} ON {same} WHERE {differs} UNION ALL"
        f" SELECT 1, {columns.format('theirs')} FROM {other} LEFT JOIN {one} ON {same} WHERE {differs}"
    )


def _same_query(table: Table, names: Sequence[str], key: Sequence[str]) -> str:
    """How many rows are in memory, how many on disk, and how many are the same in both."""
    same = " AND ".join(f"ours.{name} = theirs.{name}" for name in key)
    alike = " AND ".join(f"ours.{name} IS theirs.{name}" for name in names)
    ours, theirs = f"main.{table.name}", _SOURCE["disk"] % table.name
    return (
        f"SELECT (SELECT count(*) FROM {ours}), (SELECT count(*) FROM {theirs}),"
        f" (SELECT count(*) FROM {ours} AS ours JOIN {theirs} AS theirs ON {same} WHERE {alike})"
    )


def _users_query(table: Table, names: Sequence[str], theirs: str) -> str:
    """The same for runtime's users: as LOAD makes them of memory, each row of one role."""
    written = {name: f"ours.{name}" for name in names}
    # pgsql_users has no default_schema.
    emptied = {"password", "default_schema"}.intersection(names)
    written.update((name, f"coalesce(ours.{name}, '')") for name in emptied)
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
        " WHERE {2} UNION ALL SELECT 1, {4} FROM {1} AS theirs"
        " LEFT JOIN main.{0} AS ours ON ours.username = theirs.username AND {3} WHERE {2}"
    ).format(table.name, theirs, differs, role, ", ".join(f"theirs.{name}" for name in names))


def defaults_of(admin: Admin, table: Table) -> dict[str, Value]:
    """What the server puts into columns that are not given; None where there is no default."""
    return {name: default for name, default, _pk in _columns(admin, table)}


def read_running(admin: Admin, table: Table) -> Rows:
    """The rows of runtime as they are now, servers where the monitor has put them."""
    names, raw = _fetch(admin, table, f"SELECT * FROM runtime_{table.name}")
    return fold(table, by_key(table, server_rows(table, names, raw)))


def read(admin: Admin, table: Table, layer: str) -> Rows:
    """The canonical rows of one layer, user rows folded. Raises DeclarationError as Present does."""
    if layer not in layers_of(table):
        raise DeclarationError(f"{table.name}: this table has no {layer} layer", table=table.name)
    if table.runtime == "servers" and layer == "runtime":
        names, raw = last_loaded(admin, table)
    else:
        names, raw = _fetch(admin, table, "SELECT * FROM " + _SOURCE[layer] % table.name)
        if _MONITORS_OWN in names:
            raw = [row for row in raw if row[names.index(_MONITORS_OWN)] != b"1"]
    rows = by_key(table, server_rows(table, names, raw))
    return fold(table, expected(table, layer, rows))
