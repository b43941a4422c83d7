"""A stand-in for MySQL 8 and MariaDB: users with two passwords, and replicas that follow at once."""

from __future__ import annotations

import re

from mysql_mimic.stream import MysqlStream
from proxysql_emulator.admin import OK, Answer
from proxysql_emulator.database import AdminError
from proxysql_emulator.protocol import MysqlConnection
from standin import StandIn

_ALTER = re.compile(
    rb"ALTER USER '(\w+)'@'%' (?:IDENTIFIED BY '([^']*)' RETAIN CURRENT|DISCARD OLD) PASSWORD"
)
_VIA = rb"mysql_native_password USING PASSWORD\('([^']*)'\)"
_MARIADB_ALTER = re.compile(rb"ALTER USER '(\w+)'@'%' IDENTIFIED VIA " + _VIA + rb"(?: OR " + _VIA + rb")?")


class _Two(MysqlConnection):
    """Lets in with the first password or the second."""

    database: Database

    def _matches(self, username: str, stored: bytes, response: bytes, nonce: bytes) -> bool:
        words = self.database.users[username]
        return any(super(_Two, self)._matches(username, word, response, nonce) for word in words)


class Database(StandIn):
    """users: name -> passwords, the present one first. Those of a replica are its primary's."""

    def __init__(self, version: str = "8.4.3", primary: Database | None = None) -> None:
        super().__init__()
        self.version, self.read_only = version, primary is not None
        self.users: dict[str, list[bytes]] = (
            primary.users if primary else {"shop": [b"old-word"], "dba": [b"dba-word"]}
        )
        self.statements: list[bytes] = []
        self.plugin = "mysql_native_password"

    @property
    def place(self) -> dict[str, object]:
        return {"host": self.host, "port": self.port}

    def connection(self, stream: MysqlStream) -> MysqlConnection:
        def known(user: str) -> bytes | None:
            return self.users[user][0] if user in self.users else None

        connection = _Two(stream, self.version, known, self._answer, ("192.0.2.1", 0))
        connection.database = self
        return connection

    def _answer(self, sql: bytes, user: str) -> Answer:
        if b"read_only" in sql:
            return Answer(["read_only"], [(int(self.read_only),)])
        if sql.startswith(b"SELECT Host FROM mysql.user WHERE User = 'shop'"):
            return Answer(["Host"], [("%",)])
        if sql.startswith(b"SELECT Host, JSON_VALUE(Priv, '$.plugin')") and b"'shop'" in sql:
            return Answer(["Host", "plugin"], [("%", self.plugin)])
        if sql.startswith(b"SELECT Host"):
            return Answer(["Host"], [])
        if b"password_last_changed" in sql and user == "dba":
            return Answer(["User", "Host", "seconds"], [("shop", "%", "1700000000"), ("root", "%", "1")])
        if b"password_last_changed" in sql:
            raise AdminError("SELECT command denied to user", 1142)
        if not sql.startswith(b"ALTER"):
            return OK
        self.statements.append(sql)
        if user != "dba":
            raise AdminError("Access denied; you need (at least one of) the CREATE USER privilege(s)", 1227)
        if "MariaDB" in self.version:
            found = _MARIADB_ALTER.fullmatch(sql)
            assert found, sql
            self.users[found[1].decode()][:] = [word for word in found.groups()[1:] if word is not None]
            return OK
        found = _ALTER.fullmatch(sql)
        assert found, sql
        words = self.users[found[1].decode()]
        words[:] = [found[2], words[0]] if found[2] is not None else words[:1]
        return OK
