"""A MySQL server that only says whether it is read-only: something to monitor, to reach and to write to.

SET GLOBAL read_only = 1      as an operator would
SELECT 'any expression'       answered with the backend's name
INSERT ...                    counted, or refused if it is read-only
"""

from __future__ import annotations

import asyncio
import re
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

import pymysql

EMULATOR = Path(__file__).resolve().parent.parent / "emulator"
sys.path.insert(0, str(EMULATOR))

from mysql_mimic.stream import MysqlStream  # noqa: E402
from proxysql_emulator.admin import OK, Answer  # noqa: E402
from proxysql_emulator.database import AdminError  # noqa: E402
from proxysql_emulator.protocol import MysqlConnection  # noqa: E402

_SET = re.compile(rb"SET GLOBAL read_only *= *([01])", re.IGNORECASE)


class Backend:
    """In a thread of its own, on a port of its own, letting in user 'app' and the monitor."""

    host = "127.0.0.1"

    def __init__(self, name: str) -> None:
        self.name = name
        self.read_only = False
        self.writes = 0
        self.port = 0
        self.writers: set[asyncio.StreamWriter] = set()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.listening = threading.Event()

    def connect(self, user: str, password: str, **options: Any) -> Any:
        """As Server.connect; whoever asks is the one user that there is."""
        options = {"host": self.host, "port": self.port, "autocommit": None, **options}
        return pymysql.connect(user="app", password="secret", **options)

    def _run(self) -> None:
        self.loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        self.stopped = asyncio.Event()
        server = await asyncio.start_server(self._client, self.host, 0)
        self.port = server.sockets[0].getsockname()[1]
        self.listening.set()
        await self.stopped.wait()
        server.close()
        for writer in self.writers:
            writer.close()
        while self.writers:
            await asyncio.sleep(0.01)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.add(writer)
        passwords = {"app": b"secret", "monitor": b"monitor"}
        stream = MysqlStream(reader, writer)
        try:
            await MysqlConnection(stream, "8.0.36", passwords.get, self._answer, ("localhost", 0)).serve()
        finally:
            self.writers.discard(writer)
            writer.close()

    def _answer(self, sql: bytes, user: str) -> Answer:
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

    def __enter__(self) -> Backend:
        self.thread.start()
        self.listening.wait(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.loop.call_soon_threadsafe(self.stopped.set)
        self.thread.join(10)
