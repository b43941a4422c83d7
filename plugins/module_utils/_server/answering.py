# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Backends that only say where they are: what a rehearsal's queries reach in place of databases.

One Unix socket for each hostgroup. Anybody may log in, and each statement is answered with its number, by
which the client learns which of them was its own: a statement may also be mirrored.
"""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import socket
import struct
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

# LONG_PASSWORD, FOUND_ROWS, LONG_FLAG, CONNECT_WITH_DB, PROTOCOL_41, TRANSACTIONS, SECURE_CONNECTION,
# MULTI_STATEMENTS, MULTI_RESULTS, PS_MULTI_RESULTS, PLUGIN_AUTH
_CAPABILITIES = 0x1 | 0x2 | 0x4 | 0x8 | 0x200 | 0x2000 | 0x8000 | 0x10000 | 0x20000 | 0x40000 | 0x80000
_PLUGIN = b"mysql_native_password\0"
_UTF8MB4 = 45
_IN_TRANSACTION, _AUTOCOMMIT = 0x1, 0x2
_QUIT, _INIT_DB, _QUERY, _SET_OPTION = 0x01, 0x02, 0x03, 0x1B
_OK, _EOF = b"\x00", b"\xfe"
_COMMENT = re.compile(rb"\A(?:\s+|/\*(?!!).*?\*/|#[^\n]*\n|--\s[^\n]*\n)*", re.DOTALL)
_ROWS = re.compile(rb"\(|(?:SELECT|SHOW|WITH|TABLE|VALUES|EXPLAIN|DESC|DESCRIBE)\b", re.IGNORECASE)
_BEGINS = re.compile(rb"(?:BEGIN|START\s+TRANSACTION)\b", re.IGNORECASE)
_ENDS = re.compile(rb"(?:COMMIT|ROLLBACK(?!\s+TO))\b", re.IGNORECASE)
_SETS_AUTOCOMMIT = re.compile(rb"SET\s+(?:@@)?(?:SESSION\s+)?AUTOCOMMIT\s*=\s*(\w+)", re.IGNORECASE)


@dataclass(frozen=True)
class Arrival:
    """A statement that reached a hostgroup, as it came there."""

    number: int
    hostgroup: int
    text: str


class Backends:
    """Listens until closed. arrived: all statements, by number from 1."""

    def __init__(self, folder: Path, hostgroups: Iterable[int]) -> None:
        self.arrived: list[Arrival] = []
        self._lock = threading.Lock()
        self._selector = selectors.DefaultSelector()
        self._sockets: list[socket.socket] = []
        self.paths: dict[int, str] = {}
        for hostgroup in hostgroups:
            path = self.paths[hostgroup] = str(folder / f"b{hostgroup}.sock")
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(path)
            os.chmod(path, 0o777)  # the folder is private
            listener.listen(64)
            self._sockets.append(listener)
            self._selector.register(listener, selectors.EVENT_READ, hostgroup)
        self._closing, wake = socket.socketpair()
        self._sockets += [self._closing, wake]
        self._selector.register(wake, selectors.EVENT_READ, None)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._closing.send(b"x")

    def __enter__(self) -> Backends:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def arrival(self, number: int) -> Arrival | None:
        return self.arrived[number - 1] if 0 < number <= len(self.arrived) else None

    def note(self, hostgroup: int, text: bytes) -> int:
        with self._lock:
            number = len(self.arrived) + 1
            self.arrived.append(Arrival(number, hostgroup, text.decode("utf-8", "surrogateescape")))
        return number

    def _accept(self) -> None:
        while True:
            for key, _events in self._selector.select():
                if key.data is None:
                    for each in self._sockets:
                        each.close()
                    return
                connection = key.fileobj.accept()[0]  # type: ignore[union-attr]
                threading.Thread(target=self._serve, args=(connection, key.data), daemon=True).start()

    def _serve(self, connection: socket.socket, hostgroup: int) -> None:
        with connection, contextlib.suppress(OSError, EOFError):
            _Conversation(connection, hostgroup, self).run()


class _Conversation:
    """One connection of ProxySQL to a hostgroup."""

    def __init__(self, connection: socket.socket, hostgroup: int, backends: Backends) -> None:
        self._socket = connection
        self._reader = connection.makefile("rb")
        self._hostgroup = hostgroup
        self._backends = backends
        self._sequence = 0
        self._autocommit, self._open = True, False

    def run(self) -> None:
        salt = b"12345678", b"123456789012\0"
        self._send(
            b"\x0a8.0.36\0" + struct.pack("<I", 1) + salt[0] + b"\0"
            + struct.pack("<HBHHB", _CAPABILITIES & 0xFFFF, _UTF8MB4, _AUTOCOMMIT, _CAPABILITIES >> 16, 21)
            + bytes(10) + salt[1] + _PLUGIN
        )  # fmt: skip
        self._receive()
        self._ok()
        while True:
            command = self._receive()
            if command[0] == _QUIT:
                return
            if command[0] == _QUERY:
                self._answer(command[1:])
            elif command[0] == _SET_OPTION:
                self._send(self._eof())
            else:
                self._ok()

    def _answer(self, text: bytes) -> None:
        number = self._backends.note(self._hostgroup, text)
        bare = text[_COMMENT.match(text).end() :]  # type: ignore[union-attr]
        autocommit = _SETS_AUTOCOMMIT.match(bare)
        if autocommit:
            self._autocommit = autocommit.group(1).lower() not in (b"0", b"off", b"false")
            self._open = False
        elif _BEGINS.match(bare):
            self._open = True
        elif _ENDS.match(bare):
            self._open = False
        elif not self._autocommit and bare[:3].upper() != b"SET":
            self._open = True
        if not _ROWS.match(bare):
            self._ok(number)
            return
        name = _text(b"number")
        column = _text(b"def") + _text(b"") * 3 + name + name
        column += b"\x0c" + struct.pack("<HIBHB", _UTF8MB4, 80, 0xFD, 0, 0) + b"\0\0"
        for packet in (b"\x01", column, self._eof(), _text(str(number).encode()), self._eof()):
            self._send(packet)

    @property
    def _status(self) -> int:
        return (_AUTOCOMMIT if self._autocommit else 0) | (_IN_TRANSACTION if self._open else 0)

    def _ok(self, number: int = 0) -> None:
        self._send(_OK + b"\0" + _length(number) + struct.pack("<HH", self._status, 0))

    def _eof(self) -> bytes:
        return _EOF + struct.pack("<HH", 0, self._status)

    def _send(self, payload: bytes) -> None:
        head = struct.pack("<I", len(payload))[:3] + bytes([self._sequence & 0xFF])
        self._sequence += 1
        self._socket.sendall(head + payload)

    def _receive(self) -> bytes:
        payload = b""
        while True:
            head = self._exactly(4)
            size = int.from_bytes(head[:3], "little")
            self._sequence = head[3] + 1
            payload += self._exactly(size)
            if size < 0xFFFFFF:
                return payload

    def _exactly(self, size: int) -> bytes:
        found = self._reader.read(size)
        if len(found) < size:
            raise EOFError
        return found


def _length(number: int) -> bytes:
    return bytes([number]) if number < 251 else b"\xfe" + struct.pack("<Q", number)


def _text(value: bytes) -> bytes:
    return _length(len(value)) + value
