"""What the cluster carries: how each section is read from a peer and written here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pymysql

from .checksums import Stamp
from .layers import Layers
from .sections import SECTIONS, SERVERS_V2_COLUMNS, SERVERS_V2_QUERY
from .variables import NOT_SYNCED

Rows = list[tuple[Any, ...]]
Found = dict[str, tuple[list[str], Rows]]  # table -> columns and rows


def query(link: pymysql.connections.Connection | None, sql: str) -> Rows:
    assert link is not None
    with link.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def _read(link: pymysql.connections.Connection, sql: str) -> tuple[list[str], Rows]:
    with link.cursor() as cursor:
        cursor.execute(sql)
        return [column[0] for column in cursor.description], list(cursor.fetchall())


@dataclass(frozen=True)
class Pull:
    """One section that travels. Only what is in the peer's runtime travels."""

    name: str  # in runtime_checksums_values
    command: str  # of LOAD and SAVE

    @property
    def _family(self) -> str:
        return "mysql_servers" if self.name == "mysql_servers_v2" else self.name

    @property
    def diffs_variable(self) -> str:
        return f"admin-cluster_{self._family}_diffs_before_sync"

    @property
    def save_variable(self) -> str:
        return f"admin-cluster_{self._family}_save_to_disk"

    def fetch(self, link: pymysql.connections.Connection) -> Found:
        tables = SECTIONS[self.command].tables
        found = {
            table: _read(link, f"SELECT * FROM runtime_{table}") for table in tables if table != "mysql_users"
        }
        if "mysql_users" in tables:
            found["mysql_users"] = _together(*_read(link, "SELECT * FROM runtime_mysql_users"))
        if "mysql_servers" in tables:
            found["runtime_mysql_servers"] = found["mysql_servers"]
            found["mysql_servers"] = list(SERVERS_V2_COLUMNS), query(link, SERVERS_V2_QUERY)
        return found

    def apply(self, layers: Layers, found: Found, expected: Stamp) -> None:
        for table in SECTIONS[self.command].tables:
            _replace(layers, table, *found[table])
        layers.memory_to_runtime(SECTIONS[self.command], expected)
        # With sync algorithm 1 the peer's placement by its monitor comes along.
        algorithm = layers.variables.number("admin-cluster_mysql_servers_sync_algorithm")
        if "runtime_mysql_servers" in found and algorithm == 1:
            _replace(layers, "runtime_mysql_servers", *found["runtime_mysql_servers"])
            layers.runtime_servers_changed()

    def save(self, layers: Layers) -> None:
        layers.memory_to_disk(SECTIONS[self.command])


class _Variables(Pull):
    def fetch(self, link: pymysql.connections.Connection) -> Found:
        prefix = SECTIONS[self.command].variables
        skipped = ",".join(f"'{name}'" for name in NOT_SYNCED)
        rows = _read(
            link,
            "SELECT variable_name, variable_value FROM runtime_global_variables WHERE"
            f" variable_name LIKE '{prefix}-%' AND variable_name NOT IN ({skipped})",
        )
        return {"global_variables": rows}

    def apply(self, layers: Layers, found: Found, expected: Stamp) -> None:
        columns, rows = found["global_variables"]
        _insert(layers, "global_variables", columns, rows)
        layers.memory_to_runtime(SECTIONS[self.command], expected)


class _PlacedServers(Pull):
    """mysql_servers: where the peer's monitor has put them. Runtime only."""

    def fetch(self, link: pymysql.connections.Connection) -> Found:
        return {"runtime_mysql_servers": _read(link, "SELECT * FROM runtime_mysql_servers")}

    def apply(self, layers: Layers, found: Found, expected: Stamp) -> None:
        _replace(layers, "runtime_mysql_servers", *found["runtime_mysql_servers"])
        layers.runtime_servers_changed(loaded=True)
        layers.checksums["mysql_servers"].epoch = expected.epoch

    def save(self, layers: Layers) -> None:
        """Nothing in memory changed."""


# In the order in which 2.7.1 looks at them.
PULLS: tuple[Pull, ...] = (
    _Variables("admin_variables", "ADMIN VARIABLES"),
    Pull("mysql_query_rules", "MYSQL QUERY RULES"),
    Pull("mysql_servers_v2", "MYSQL SERVERS"),
    _PlacedServers("mysql_servers", "MYSQL SERVERS"),
    Pull("mysql_users", "MYSQL USERS"),
    _Variables("mysql_variables", "MYSQL VARIABLES"),
    Pull("proxysql_servers", "PROXYSQL SERVERS"),
)


def _together(columns: list[str], rows: Rows) -> tuple[list[str], Rows]:
    """A user's frontend row and backend row become one again if they differ in nothing else."""
    backend, frontend = columns.index("backend"), columns.index("frontend")

    def without_role(row: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(v for i, v in enumerate(row) if i not in (backend, frontend))

    roles: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
    for row in rows:
        roles.setdefault(without_role(row), []).append(row)
    merged = []
    for same in roles.values():
        if len(same) == 2:
            both = list(same[0])
            both[backend] = both[frontend] = b"1"
            merged.append(tuple(both))
        else:
            merged += same
    return columns, merged


def _replace(layers: Layers, table: str, columns: list[str], rows: Rows) -> None:
    with layers.database.transaction():
        layers.database.connection.execute(f"DELETE FROM main.{table}")
    _insert(layers, table, columns, rows)


def _insert(layers: Layers, table: str, columns: list[str], rows: Rows) -> None:
    # Values arrive as bytes, which SQLite would keep as BLOBs.
    places = ", ".join("CAST(? AS TEXT)" for _ in columns)
    names = ", ".join(columns)
    with layers.database.transaction():
        layers.database.connection.executemany(f"REPLACE INTO main.{table} ({names}) VALUES ({places})", rows)
