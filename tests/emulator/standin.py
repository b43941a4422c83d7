"""A database that speaks MySQL's protocol and knows only what a test needs: in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from types import TracebackType
from typing import TypeVar

from mysql_mimic.stream import MysqlStream
from proxysql_emulator.protocol import MysqlConnection

Self = TypeVar("Self", bound="StandIn")


class StandIn:
    """Serves until it is left. What a client may do is its subclass's: ``connection``."""

    host = "127.0.0.1"

    def __init__(self) -> None:
        self.port = 0
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._listening = threading.Event()

    def connection(self, stream: MysqlStream) -> MysqlConnection:
        """The conversation with one client."""
        raise NotImplementedError

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        self._stopped = asyncio.Event()
        server = await asyncio.start_server(self._client, self.host, 0)
        self.port = server.sockets[0].getsockname()[1]
        self._listening.set()
        await self._stopped.wait()
        server.close()
        for writer in self._writers:
            writer.close()
        while self._writers:
            await asyncio.sleep(0.01)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            await self.connection(MysqlStream(reader, writer)).serve()
        finally:
            self._writers.discard(writer)
            writer.close()

    def __enter__(self: Self) -> Self:
        self._thread.start()
        self._listening.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(10)
