"""A connection to a backend, on which a user is logged in: a command goes there, its answer comes back packet
by packet, so that it is known when a statement has ended and whether a transaction is open."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from mysql_mimic.types import Commands, ServerStatus

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter

Server = tuple[int, str, int]  # hostgroup, host, port

_OK, _EOF, _ERROR, _WANTS_A_FILE = 0x00, 0xFE, 0xFF, 0xFB
_LONGEST = 0xFFFFFF
# Nobody answers these.
_SILENT = (Commands.COM_STMT_CLOSE, Commands.COM_STMT_SEND_LONG_DATA)
# What only this connection knows afterwards.
_KEEPS = re.compile(
    rb"(?<!@)@[\w`'\"]|\bCREATE\s+TEMPORARY\b|\bGET_LOCK\s*\(|^\s*PREPARE\b|\bSQL_CALC_FOUND_ROWS\b",
    re.IGNORECASE,
)
_LOCKS = re.compile(rb"\s*LOCK\s+TABLES?\b", re.IGNORECASE)
_UNLOCKS = re.compile(rb"\s*UNLOCK\s+TABLES?\b", re.IGNORECASE)


class Backend:
    """in_transaction: after its last answer. pinned: whether the client can have no other any more.

    has_locked: tables. is_lost: whether its server is no longer in the hostgroup.

    sent, received: bytes of commands and of answers.
    """

    def __init__(self, server: Server, reader: StreamReader, writer: StreamWriter) -> None:
        self.server, self._reader, self._writer = server, reader, writer
        self.in_transaction = self.pinned = self.has_locked = self.is_lost = self._refused = False
        self.sent = self.received = 0

    @property
    def is_bound(self) -> bool:
        """Whether the next statement has to come here."""
        return self.in_transaction or self.pinned or self.has_locked

    @property
    def is_gone(self) -> bool:
        return self._reader.at_eof()

    def close(self) -> None:
        self._writer.close()

    async def ask(self, command: bytes, client: StreamWriter) -> bool:
        """Have a command answered to the client; whether it was no error.

        Raises ConnectionError, asyncio.IncompleteReadError.
        """
        self._writer.write(frame(0, command))
        self.sent += 4 + len(command)
        self._refused = False
        await self._writer.drain()
        if command[0] in _SILENT:
            return True
        if command[0] == Commands.COM_STMT_PREPARE:
            await self._prepared(client)
        elif command[0] == Commands.COM_FIELD_LIST:
            await self._rows(client)
        elif command[0] == Commands.COM_STATISTICS:
            await self._packet(client)
        else:
            while await self._result(client) & ServerStatus.SERVER_MORE_RESULTS_EXISTS:
                pass
        await client.drain()
        if not self._refused:
            self._remember(command)
        return not self._refused

    def _remember(self, command: bytes) -> None:
        statement = command[1:] if command[0] == Commands.COM_QUERY else b""
        if command[0] == Commands.COM_STMT_PREPARE or is_kept_for(statement):
            self.pinned = True
        elif _LOCKS.match(statement):
            self.has_locked = True
        elif _UNLOCKS.match(statement):
            self.has_locked = False

    async def _result(self, client: StreamWriter) -> int:
        """One answer of a statement. The status that it ends with."""
        first = await self._packet(client)
        if first[0] in (_OK, _EOF, _ERROR):
            return self._ended(first)
        if first[0] == _WANTS_A_FILE:
            raise ConnectionError("LOAD DATA LOCAL is not for an emulator")
        await self._rows(client)  # the columns
        return await self._rows(client)

    async def _prepared(self, client: StreamWriter) -> None:
        first = await self._packet(client)
        if first[0] == _ERROR:
            self._ended(first)
            return
        columns, parameters = (int.from_bytes(first[at : at + 2], "little") for at in (5, 7))
        for count in (parameters, columns):
            if count:
                await self._rows(client)

    async def _rows(self, client: StreamWriter) -> int:
        """Up to the packet that ends them."""
        while True:
            packet = await self._packet(client)
            if packet[0] == _ERROR or packet[0] == _EOF and len(packet) < 9:
                return self._ended(packet)

    def _ended(self, packet: bytes) -> int:
        if packet[0] == _ERROR:
            self._refused = True
            return 0  # it has no status: a transaction that was open still is
        at = 3 if packet[0] == _EOF else _after_number(packet, _after_number(packet, 1))
        status = int.from_bytes(packet[at : at + 2], "little")
        self.in_transaction = bool(status & ServerStatus.SERVER_STATUS_IN_TRANS)
        return status

    async def _packet(self, client: StreamWriter) -> bytes:
        """The next one, passed on as it came."""
        whole = b""
        while True:
            head = await self._reader.readexactly(4)
            size = int.from_bytes(head[:3], "little")
            data = await self._reader.readexactly(size)
            client.write(head + data)
            self.received += 4 + size
            whole += data
            if size < _LONGEST:
                return whole


def is_kept_for(statement: bytes) -> bool:
    """Whether only the connection that it was sent on knows of it."""
    return bool(_KEEPS.search(statement))


def _after_number(packet: bytes, at: int) -> int:
    """Where a number of variable length ends."""
    return at + {0xFC: 3, 0xFD: 4, 0xFE: 9}.get(packet[at], 1)


async def read_packet(reader: StreamReader) -> bytes:
    try:
        head = await reader.readexactly(4)
        return await reader.readexactly(int.from_bytes(head[:3], "little"))
    except asyncio.IncompleteReadError as error:
        raise ConnectionError("the backend hung up") from error


def frame(number: int, payload: bytes) -> bytes:
    """A command as the backend gets it. In one packet; the emulator needs none of 16 MB."""
    return len(payload).to_bytes(3, "little") + bytes([number]) + payload
