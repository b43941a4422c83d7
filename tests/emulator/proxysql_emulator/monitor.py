"""Who is the writer: read_only of every server under mysql_replication_hostgroups.

The monitor moves rows in runtime only. Memory and disk keep what was declared.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pymysql

if TYPE_CHECKING:
    from .instance import Instance

log = logging.getLogger("proxysql")

_PAIRS = "SELECT writer_hostgroup, reader_hostgroup, check_type FROM runtime_mysql_replication_hostgroups"
_CHECKS = {
    "read_only": "SELECT @@global.read_only",
    "super_read_only": "SELECT @@global.super_read_only",
    "innodb_read_only": "SELECT @@global.innodb_read_only",
    "read_only|innodb_read_only": "SELECT @@global.read_only|@@global.innodb_read_only",
    "read_only&innodb_read_only": "SELECT @@global.read_only&@@global.innodb_read_only",
}


class Monitor:
    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.links: dict[tuple[str, int], pymysql.connections.Connection] = {}

    async def run(self) -> None:
        while True:
            variables = self.instance.variables
            if variables.on("mysql-monitor_enabled"):
                for writer, reader, check in self.instance.database.rows(_PAIRS):
                    await self._check_pair(writer, reader, check.decode().lower())
            await asyncio.sleep(variables.number("mysql-monitor_read_only_interval") / 1000)

    async def _check_pair(self, writer: int, reader: int, check: str) -> None:
        servers = self.instance.database.rows(
            "SELECT DISTINCT hostname, port FROM runtime_mysql_servers"
            " WHERE hostgroup_id IN (?,?) AND status<>'OFFLINE_HARD'",
            (writer, reader),
        )
        found = await asyncio.gather(
            *(asyncio.to_thread(self._ask, host.decode(), port, check) for host, port in servers)
        )
        for (host, port), read_only in zip(servers, found):
            if read_only is not None:
                self.place(writer, reader, host.decode(), port, read_only)

    def _ask(self, host: str, port: int, check: str) -> bool | None:
        """The server's read_only; None when it does not answer."""
        variables = self.instance.variables
        link = self.links.pop((host, port), None)
        try:
            if link is None:
                link = pymysql.connect(
                    host=host,
                    port=port,
                    user=variables["mysql-monitor_username"],
                    password=variables["mysql-monitor_password"],
                    connect_timeout=1,
                    read_timeout=max(1, variables.number("mysql-monitor_read_only_timeout") / 1000),
                )
            with link.cursor() as cursor:
                cursor.execute(_CHECKS.get(check, _CHECKS["read_only"]))
                row = cursor.fetchone()
            self.links[host, port] = link
            return bool(int(row[0])) if row else None
        except (pymysql.Error, OSError) as error:
            log.error("Monitor: no read_only from %s:%d: %s", host, port, error)
            return None

    def place(self, writer: int, reader: int, host: str, port: int, read_only: bool) -> None:
        database = self.instance.database
        here = {
            hostgroup
            for (hostgroup,) in database.rows(
                "SELECT hostgroup_id FROM runtime_mysql_servers"
                " WHERE hostname=? AND port=? AND hostgroup_id IN (?,?)",
                (host, port, writer, reader),
            )
        }
        if not read_only and writer not in here:
            also = self.instance.variables.on("mysql-monitor_writer_is_also_reader")
            self._move(host, port, reader, writer, keep=also)
        elif read_only and writer in here:
            self._move(host, port, writer, reader, keep=False)
        else:
            return
        log.info("Server %s:%d is %s: moved", host, port, "read-only" if read_only else "writable")
        self.instance.layers.runtime_servers_changed()
        self.instance.data_port.servers_changed()

    def _move(self, host: str, port: int, source: int, target: int, keep: bool) -> None:
        """The row's attributes go with it."""
        database = self.instance.database
        with database.transaction():
            database.connection.execute(
                "INSERT OR IGNORE INTO runtime_mysql_servers"
                " SELECT ?, hostname, port, gtid_port, status, weight, compression,"
                " max_connections, max_replication_lag, use_ssl, max_latency_ms, comment"
                " FROM runtime_mysql_servers"
                " WHERE hostname=? AND port=? AND hostgroup_id=?",
                (target, host, port, source),
            )
            if not keep:
                database.connection.execute(
                    "DELETE FROM runtime_mysql_servers WHERE hostname=? AND port=? AND hostgroup_id=?",
                    (host, port, source),
                )
