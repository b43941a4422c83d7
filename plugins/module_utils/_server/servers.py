# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Servers as they were last loaded, and the sets of hostgroups in which a monitor moves them.

runtime_mysql_servers cannot say what was loaded: there the monitor moves and shuns servers, and
a LOAD made because of that would send writes to the old primary.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Optional

from .._catalog.tables import SECTIONS, TABLES, Table
from .._declared.errors import DeclarationError, StatementError, where
from .._declared.rows import Rows, raw_of, show_key
from .admin import Admin
from .connection import Raw

# The rows that the table held at the last LOAD. They are the cluster's own queries and only these
# exact texts are answered (CLUSTER_QUERY_MYSQL_SERVERS_V2 in include/ProxySQL_Cluster.hpp, 2.6 on;
# the one for PostgreSQL is of 3.0.8 or later, and was not run).
LAST_LOADED = {
    "mysql_servers": (
        "PROXY_SELECT hostgroup_id, hostname, port, gtid_port, status, weight, compression,"
        " max_connections, max_replication_lag, use_ssl, max_latency_ms, comment FROM mysql_servers_v2"
        " WHERE status<>'OFFLINE_HARD' ORDER BY hostgroup_id, hostname, port"
    ),
    "pgsql_servers": (
        "PROXY_SELECT hostgroup_id, hostname, port, CASE WHEN status='SHUNNED' THEN 'ONLINE' ELSE status"
        " END AS status, weight, compression, max_connections, max_replication_lag, use_ssl,"
        " max_latency_ms, comment FROM pgsql_servers_v2 WHERE status<>'OFFLINE_HARD' ORDER BY"
        " hostgroup_id, hostname, port"
    ),
}

_Text = Sequence[Optional[str]]


@dataclass(frozen=True)
class HostgroupSet:
    """Hostgroups between which a monitor moves servers. discovers: whether it also adds some."""

    hostgroups: frozenset[str]
    discovers: bool


def last_loaded(admin: Admin, table: Table) -> tuple[list[str], list[Raw]]:
    """Names and rows of what the table held at the last LOAD, as near as the server lets us know."""
    try:
        return admin.fetch_raw(LAST_LOADED[table.name])
    except StatementError as exc:
        if "syntax error" not in str(exc.fields.get("answer")):
            raise
    names, runtime = admin.fetch(f"SELECT * FROM runtime_{table.name}")
    sets = list(_sets(admin, table))
    if not sets:
        return names, [raw_of(row) for row in runtime]
    memory = admin.fetch("SELECT {} FROM main.{}".format(", ".join(names), table.name))[1]
    return names, [raw_of(row) for row in unmoved(names, runtime, memory, sets)]


def unmoved(
    names: Sequence[str], runtime: Iterable[_Text], memory: Iterable[_Text], sets: Sequence[HostgroupSet]
) -> list[_Text]:
    """The rows of runtime, each put back where memory has it if a monitor may have moved it.

    A server counts as loaded where memory has it if runtime has it, with the same attributes,
    anywhere in that set of hostgroups.
    """
    at = {name: number for number, name in enumerate(names)}
    home = {hostgroup: each for each in sets for hostgroup in each.hostgroups}

    def place(row: _Text) -> tuple[object, _Text]:
        hostgroup = row[at["hostgroup_id"]] or ""
        return home.get(hostgroup, hostgroup), (row[at["hostname"]], row[at["port"]])

    def attributes(row: _Text) -> list[str | None]:
        return [_plain(value) if name == "status" else value for name, value in zip(names, row)][1:]

    found: dict[object, list[_Text]] = {}
    for row in runtime:
        found.setdefault(place(row), []).append(row)
    rows: list[_Text] = []
    known = set()
    for row in memory:
        where_it_is = place(row)
        moved = found.get(where_it_is, [])
        if isinstance(where_it_is[0], HostgroupSet) and moved:
            known.add(where_it_is)
            same = [each for each in moved if attributes(each) == attributes(row)] or moved
            rows.append([row[at["hostgroup_id"]], *same[0][1:]])
    for key, others in found.items():
        group = key[0] if isinstance(key, tuple) else None
        if key not in known and not (isinstance(group, HostgroupSet) and group.discovers):
            rows += others
    return rows


def _plain(status: str | None) -> str:
    word = (status or "").upper()
    return "ONLINE" if word.startswith("SHUNNED") else word


def _sets(admin: Admin, table: Table) -> Iterator[HostgroupSet]:
    """The sets that are in runtime now."""
    for name, other in _with_sets(table.section):
        try:
            names, rows = admin.fetch(f"SELECT * FROM runtime_{name}")
        except StatementError:
            continue  # an older server has fewer of these tables
        discovers = not name.endswith("sql_replication_hostgroups")
        for row in rows:
            values = dict(zip(names, row))
            if values.get("active") != "0":
                yield HostgroupSet(frozenset(values[each] or "" for each in other.hostgroups), discovers)


def _with_sets(section: str) -> Iterator[tuple[str, Table]]:
    for name in SECTIONS[section].tables:
        if TABLES[name].hostgroups:
            yield name, TABLES[name]


def check_sets(section: str, rows: dict[str, Rows], changed: dict[str, set[object]]) -> None:
    """No hostgroup may belong to the sets of two tables: LOAD takes both, and two monitors fight.

    rows: of each table of the section that has sets, as they would stand. changed: keys of those
    that this task changes; what stood before is not its business. Raises DeclarationError.
    """
    owners: dict[object, tuple[Table, object, str]] = {}
    for name, table in _with_sets(section):
        for key, row in rows.get(name, {}).items():
            if row.get("active") is False:
                continue
            for column in table.hostgroups:
                other, other_key, text = owners.setdefault(
                    row.get(column), (table, key, show_key(table, row))
                )
                ours = key in changed.get(name, ()) or other_key in changed.get(other.name, ())
                if other is not table and ours:
                    place = where(name, show_key(table, row), column)
                    raise DeclarationError(
                        f"{place}: hostgroup {row.get(column)} is also in {where(other.name, text)}; only one"
                        " monitor can move the servers of a hostgroup",
                        table=name,
                        key=show_key(table, row),
                        column=column,
                    )
