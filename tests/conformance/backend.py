"""A MySQL server that only says whether it is read-only: something to monitor, to reach and to write to.

SET GLOBAL read_only = 1      as an operator would
SELECT 'any expression'       answered with the backend's name
INSERT ...                    counted, or refused if it is read-only
BEGIN, COMMIT                 a transaction, as far as the client is told of one
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pymysql

EMULATOR = Path(__file__).resolve().parent.parent / "emulator"
sys.path.insert(0, str(EMULATOR))

from mysql_mimic.stream import MysqlStream  # noqa: E402
from mysql_mimic.types import ServerStatus  # noqa: E402
from proxysql_emulator.admin import OK, Answer  # noqa: E402
from proxysql_emulator.database import AdminError  # noqa: E402
from proxysql_emulator.protocol import MysqlConnection  # noqa: E402
from standin import StandIn  # noqa: E402

_SET = re.compile(rb"SET GLOBAL read_only *= *([01])", re.IGNORECASE)


class Backend(StandIn):
    """Lets in user 'app' and the monitor."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.read_only = False
        self.writes = 0

    def connect(self, user: str, password: str, **options: Any) -> Any:
        """As Server.connect; whoever asks is the one user that there is."""
        options = {"host": self.host, "port": self.port, "autocommit": None, **options}
        return pymysql.connect(user="app", password="secret", **options)

    def connection(self, stream: MysqlStream) -> MysqlConnection:
        passwords = {"app": b"secret", "monitor": b"monitor"}
        made = MysqlConnection(
            stream, "8.0.36", passwords.get, lambda sql, _: self._answer(sql, made), ("localhost", 0)
        )
        return made

    def _answer(self, sql: bytes, connection: MysqlConnection) -> Answer:
        if sql.upper() == b"BEGIN":
            connection.status_flags |= ServerStatus.SERVER_STATUS_IN_TRANS
        elif sql.upper() == b"COMMIT":
            connection.status_flags &= ~ServerStatus.SERVER_STATUS_IN_TRANS
        if match := _SET.fullmatch(sql.strip()):
            self.read_only = match[1] == b"1"
            return OK
        if b"read_only" in sql:
            return Answer(["read_only"], [(int(self.read_only),)])
        if sql[:6].upper() == b"SELECT":
            return Answer(["backend"], [(self.name,)])
        if sql[:6].upper() == b"INSERT":
            if self.read_only:
                raise AdminError("The server is running with the --read-only option", 1290)
            self.writes += 1
        return OK
