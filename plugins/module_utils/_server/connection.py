# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The driver's connection, as Admin needs it: bounded in time, and few calls of the kernel."""

from __future__ import annotations

import contextlib
import re
import time
from functools import cache
from typing import Any, Callable, NamedTuple, Optional

with contextlib.suppress(ImportError):
    import pymysql

#: The driver's code for a server that was there.
LOST = 2013
# And for what cannot be understood.
_MALFORMED = 2027
# So many bytes are asked of the kernel at a time.
_RECEIVED = 65536
_LARGEST = 0xFFFFFF
_COM_QUERY = 3
# How an answer begins that is no number of columns.
_OK, _SEND_A_FILE, _EOF, _ERROR = 0x00, 0xFB, 0xFE, 0xFF
_NULL = 0xFB
# A number that is longer than its first byte: how many bytes follow.
_LONGER = {0xFC: 2, 0xFD: 3, 0xFE: 8}

# A row as it was sent: the bytes of each value, None for NULL.
Raw = tuple[Optional[bytes], ...]


class Answer(NamedTuple):
    """changed: rows, where the statement was no question."""

    names: list[bytes]
    rows: list[Raw]
    changed: int = 0


@cache
def connection_class() -> Any:
    """The driver's connection, whose reads and writes end by one deadline.

    The driver bounds the TCP connection alone, and then waits for each answer as long as for a LOAD. Of each
    value it makes objects that nobody here looks at, which takes most of the time of a large table.
    """

    class Connection(pymysql.connections.Connection):
        # Until when (time.monotonic) or, after that, for how long each answer is waited for.
        until: float | None = None
        limit: float = 600
        # Whether to go on in the clear where the server offers no TLS.
        clear_too = False
        server_version: str
        server_capabilities: int
        _execute_command: Callable[[int, bytes], None]
        _next_seq_id: int
        client_flag: int
        _sock: Any
        _force_close: Callable[[], None]
        # What was received of whom, and how far it was read.
        _held, _at = b"", 0
        _held_of: Any = None
        _current_timeout: float | None = None

        def _left(self) -> float:
            return self.limit if self.until is None else max(0.01, self.until - time.monotonic())

        # The time is set where something is received, not for each packet: the driver finds it set.
        @property
        def _read_timeout(self) -> float | None:
            return self._current_timeout

        @_read_timeout.setter
        def _read_timeout(self, seconds: float) -> None:
            self.limit = seconds

        @property
        def _write_timeout(self) -> float:
            return self._left()

        @_write_timeout.setter
        def _write_timeout(self, seconds: float) -> None:
            self.limit = seconds

        def _read_bytes(self, num_bytes: int) -> bytes:
            end = self._at + num_bytes
            if end > len(self._held) or self._held_of is not self._sock:
                self._receive(num_bytes)
                end = num_bytes
            data = self._held[self._at : end]
            self._at = end
            return data

        def _receive(self, num_bytes: int) -> None:
            """At least so many, and one deadline for all of them: the driver would ask for each piece of a
            packet by itself, and wait anew for each that comes."""
            # What came in the clear is no part of what TLS says.
            pieces = [self._held[self._at :]] if self._held_of is self._sock else []
            missing = num_bytes - sum(map(len, pieces))
            try:
                while missing > 0:
                    if self.until is not None and time.monotonic() > self.until:
                        raise TimeoutError("timed out")
                    self._current_timeout = self._left()
                    self._sock.settimeout(self._current_timeout)
                    piece = self._sock.recv(_RECEIVED)
                    if not piece:
                        raise EOFError("closed")
                    pieces.append(piece)
                    missing -= len(piece)
            except (OSError, EOFError) as exc:
                self._force_close()
                raise pymysql.err.OperationalError(
                    LOST, f"Lost connection to MySQL server during query ({exc})"
                ) from None
            self._held, self._at, self._held_of = b"".join(pieces), 0, self._sock

        def ask(self, sql: bytes) -> Answer:
            """Send one statement and read all of its answer. Raises as the driver does."""
            self._execute_command(_COM_QUERY, sql)
            try:
                return self._answer()
            except (IndexError, KeyError):
                self._force_close()
                raise pymysql.err.OperationalError(_MALFORMED, "the answer ends too early") from None

        def _answer(self) -> Answer:
            first = self._packet()
            if first[0] == _OK:
                return Answer([], [], _number(first, 1)[0])
            if first[0] == _SEND_A_FILE:
                self._force_close()
                raise pymysql.err.OperationalError(_MALFORMED, "the server asks for a file of this host")
            columns = range(_number(first, 0)[0])
            names = [_name(self._packet()) for _column in columns]
            self._packet()
            rows: list[Raw] = []
            while True:
                data = self._packet()
                if data[0] == _EOF and len(data) < 9:
                    return Answer(names, rows)
                rows.append(_values(data, columns))

        def _packet(self) -> bytes:
            parts = []
            size = _LARGEST
            while size == _LARGEST:
                head = self._read_bytes(4)
                size = head[0] | head[1] << 8 | head[2] << 16
                if head[3] != self._next_seq_id:
                    self._force_close()
                    raise pymysql.err.OperationalError(LOST, "packets came in another order")
                self._next_seq_id = head[3] + 1 & 0xFF
                parts.append(self._read_bytes(size))
            data = parts[0] if len(parts) == 1 else b"".join(parts)
            if data[0] == _ERROR:
                pymysql.err.raise_mysql_exception(data)
            return data

        def set_character_set(self, *_: Any, **__: Any) -> None:
            """Not said: Admin answers it with OK and does nothing (2.7.1), and each answer takes a while."""

        def _get_server_information(self) -> None:
            super()._get_server_information()  # type: ignore[misc]
            # The driver reads a number from what mysql-server_version says, which may be any text.
            if not re.match(r"[0-9]+(\.|\Z)", self.server_version):
                self.server_version = "8.0"
            if self.clear_too and not self.server_capabilities & pymysql.constants.CLIENT.SSL:
                self.ssl = False
                self.client_flag &= ~pymysql.constants.CLIENT.SSL

    return Connection


def _number(data: bytes, at: int) -> tuple[int, int]:
    """One of the protocol's numbers, and where it ends."""
    first = data[at]
    if first < _NULL:
        return first, at + 1
    end = at + 1 + _LONGER[first]
    return int.from_bytes(data[at + 1 : end], "little"), end


def _name(data: bytes) -> bytes:
    """Of a column, from its definition: after catalog, schema, table and what the table is really called."""
    at = 0
    for _text in range(4):
        size, at = _number(data, at)
        at += size
    size, at = _number(data, at)
    return data[at : at + size]


def _values(data: bytes, columns: range) -> Raw:
    row: list[bytes | None] = []
    at = 0
    for _column in columns:
        size = data[at]
        at += 1
        if size > 250:
            if size == _NULL:
                row.append(None)
                continue
            size, at = _number(data, at - 1)
        row.append(data[at : at + size])
        at += size
    if at > len(data):
        raise IndexError
    return tuple(row)
