"""The stats_* tables, filled when somebody reads them."""

from __future__ import annotations

import functools
import sqlite3
import time
from typing import TYPE_CHECKING, Any

from .database import Transaction
from .schema import STATS_TABLES

if TYPE_CHECKING:
    from .instance import Instance


class Stats:
    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.started = time.time()
        self.clients: dict[str, tuple[str, int, str, int]] = {}
        # At the start, whatever becomes of it.
        self._packet = instance.variables["mysql-max_allowed_packet"]

    @functools.cached_property
    def own(self) -> sqlite3.Connection:
        """What users of admin-stats_credentials see."""
        own = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        own.text_factory = bytes
        for table, columns in STATS_TABLES.items():
            own.execute(f"CREATE TABLE {table} ({columns})")
        # One variable, for the clients that ask for it, and nothing else of the configuration.
        own.execute("CREATE TABLE global_variables (variable_name VARCHAR, variable_value VARCHAR)")
        own.execute("INSERT INTO global_variables VALUES ('mysql-max_allowed_packet', ?)", (self._packet,))
        own.execute("PRAGMA query_only = 1")
        return own

    def uptime(self) -> int:
        return int(time.time() - self.started)

    def client_seen(self, uuid: str, peer: tuple[str, int], interfaces: str) -> None:
        self.clients[uuid] = (peer[0], peer[1], interfaces, int(time.time()))

    def refresh(self, command: str, connection: sqlite3.Connection, schema: str) -> None:
        for table in (
            "stats_mysql_connection_pool",
            "stats_pgsql_connection_pool",
            "stats_mysql_global",
            "stats_mysql_users",
            "stats_mysql_query_rules",
            "stats_proxysql_servers_checksums",
            "stats_proxysql_servers_metrics",
            "stats_proxysql_servers_clients_status",
        ):
            if table.upper() in command:
                rows = getattr(self, f"_{table.removeprefix('stats_')}")()
                with Transaction(connection):
                    connection.execute(f"DELETE FROM {schema}.{table}")
                    if rows:
                        places = ",".join("?" for _ in rows[0])
                        connection.executemany(f"REPLACE INTO {schema}.{table} VALUES ({places})", rows)

    def _mysql_connection_pool(self) -> list[tuple[Any, ...]]:
        servers = self.instance.database.rows(
            "SELECT hostgroup_id, hostname, port, status FROM runtime_mysql_servers ORDER BY 1,2,3"
        )
        pool = []
        for hostgroup, host, port, status in servers:
            server = (hostgroup, host.decode(), port)
            use = self.instance.data_port.use_of(*server)
            idle = len(self.instance.data_port.pool.get(server, ()))
            pool.append(
                (hostgroup, host.decode(), port, status.decode(), use.now, idle, use.ok, use.failed,
                 use.most, use.asked, 0, use.sent, use.received, 0)
            )  # fmt: skip
        return pool

    def _pgsql_connection_pool(self) -> list[tuple[Any, ...]]:
        """There is no port for PostgreSQL, so nobody has used any."""
        servers = self.instance.database.rows(
            "SELECT hostgroup_id, hostname, port, status FROM runtime_pgsql_servers ORDER BY 1,2,3"
        )
        return [
            (hostgroup, host.decode(), port, status.decode(), *(0,) * 9)
            for hostgroup, host, port, status in servers
        ]

    def _mysql_global(self) -> list[tuple[Any, ...]]:
        port = self.instance.data_port
        return [
            ("ProxySQL_Uptime", str(self.uptime())),
            ("Client_Connections_connected", str(len(port.clients))),
            ("Client_Connections_created", str(port.created)),
            ("Questions", "0"),
            ("Slow_queries", "0"),
            ("Servers_table_version", str(self.instance.layers.checksums["mysql_servers"].version)),
        ]

    def _mysql_users(self) -> list[tuple[Any, ...]]:
        rows = self.instance.database.rows(
            # With a quote in the name, ProxySQL's own INSERT fails.
            "SELECT username, max_connections FROM runtime_mysql_users"
            " WHERE frontend=1 AND instr(username, char(39))=0"
        )
        # As text, to which a name compares, not as the bytes that were read.
        return [(name.decode("utf-8", "surrogateescape"), 0, most) for name, most in rows]

    def _mysql_query_rules(self) -> list[tuple[Any, ...]]:
        return self.instance.database.rows("SELECT rule_id, 0 FROM runtime_mysql_query_rules")

    def _proxysql_servers_checksums(self) -> list[tuple[Any, ...]]:
        self.instance.cluster.catch_up()
        return [
            (peer.host, peer.port, name, seen.version, seen.epoch, seen.checksum,
             seen.changed_at, seen.updated_at, seen.diff_check)
            for peer in self.instance.cluster.peers.values()
            for name, seen in peer.seen.items()
        ]  # fmt: skip

    def _proxysql_servers_metrics(self) -> list[tuple[Any, ...]]:
        self.instance.cluster.catch_up()
        return [
            (peer.host, peer.port, peer.weight, peer.comment, peer.response_ms, peer.uptime,
             peer.last_check_ms(), 0, 0, 0)
            for peer in self.instance.cluster.peers.values()
        ]  # fmt: skip

    def _proxysql_servers_clients_status(self) -> list[tuple[Any, ...]]:
        return [(uuid, *seen) for uuid, seen in self.clients.items()]
