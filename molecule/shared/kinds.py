"""What the databases of a host are called, and how they are asked."""

from __future__ import annotations

from dataclasses import dataclass

from helpers import Node


@dataclass(frozen=True)
class Kind:
    service: str
    client: str
    # makes a server that was a primary the replica of another one; given its address and a password
    follow: str

    def sql(self, node: Node, statement: str, schema: str = "app") -> str:
        return node.run(f'{self.client} --batch --skip-column-names {schema} --execute "{statement}"').strip()

    def is_primary(self, node: Node) -> bool:
        return self.sql(node, "SELECT @@global.read_only", "") == "0"

    def die(self, node: Node) -> None:
        node.run(f"systemctl kill --signal KILL {self.service}; systemctl stop {self.service}")

    def rejoin(self, node: Node, primary: Node, password: str) -> None:
        """A server that has died follows the new primary. What it alone had is not asked about."""
        self.sql(node, self.follow.format(host=primary.address, password=password), "")


MARIADB = Kind(
    "mariadb",
    "mariadb",
    "SET GLOBAL read_only = 1; STOP SLAVE; SET GLOBAL gtid_slave_pos = @@global.gtid_current_pos;"
    " CHANGE MASTER TO MASTER_HOST = '{host}', MASTER_USER = 'repl', MASTER_PASSWORD = '{password}',"
    " MASTER_CONNECT_RETRY = 1, MASTER_USE_GTID = slave_pos; START SLAVE",
)
MYSQL = Kind(
    "mysql",
    "/opt/mysql/mysql",
    "SET GLOBAL super_read_only = 1; STOP REPLICA; CHANGE REPLICATION SOURCE TO SOURCE_HOST = '{host}',"
    " SOURCE_USER = 'repl', SOURCE_PASSWORD = '{password}', SOURCE_SSL = 1, SOURCE_AUTO_POSITION = 1,"
    " SOURCE_CONNECT_RETRY = 1; START REPLICA",
)
