"""What the databases of a host are called, and how they are asked."""

from __future__ import annotations

from dataclasses import dataclass

from helpers import Node


@dataclass(frozen=True)
class Kind:
    service: str
    client: str

    def sql(self, node: Node, statement: str, schema: str = "app") -> str:
        return node.run(f'{self.client} --batch --skip-column-names {schema} --execute "{statement}"').strip()

    def is_primary(self, node: Node) -> bool:
        return self.sql(node, "SELECT @@global.read_only", "") == "0"

    def die(self, node: Node) -> None:
        node.run(f"systemctl kill --signal KILL {self.service}; systemctl stop {self.service}")


MARIADB = Kind("mariadb", "mariadb")
MYSQL = Kind("mysql", "/opt/mysql/mysql")
