# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The driver's connection, as Admin needs it: bounded in time, and few calls of the kernel."""

from __future__ import annotations

import contextlib
import re
import time
from functools import cache
from typing import Any, Callable

with contextlib.suppress(ImportError):
    import pymysql

#: The driver's code for a server that was there.
LOST = 2013
# So many bytes are asked of the kernel at a time.
_RECEIVED = 65536


@cache
def connection_class() -> Any:
    """The driver's connection, whose reads and writes end by one deadline.

    The driver bounds the TCP connection alone, and then waits for each answer as long as for a LOAD.
    """

    class Connection(pymysql.connections.Connection):
        # Until when (time.monotonic) or, after that, for how long each answer is waited for.
        until: float | None = None
        limit: float = 600
        # Whether to go on in the clear where the server offers no TLS.
        clear_too = False
        server_version: str
        server_capabilities: int
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
