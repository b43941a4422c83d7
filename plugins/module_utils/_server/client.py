# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A client of a rehearsal: it says where it comes from, and sends nothing that it was not told to."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import socket
from dataclasses import dataclass
from functools import cache
from typing import Any

with contextlib.suppress(ImportError):
    import pymysql
    import pymysql.cursors

_TIMEOUT = 20


class ClientError(Exception):
    """The login failed."""


@dataclass(frozen=True)
class Answer:
    """number: of the statement that was answered, as the backend gave it; 0 where none did."""

    number: int = 0
    error: str | None = None


class Client:
    """One session. address: where the client is to come from, by a header of the PROXY protocol."""

    def __init__(
        self, path: str, user: str, password: str, schema: str | None, address: str | None = None
    ) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(_TIMEOUT)
        try:
            self._socket.connect(path)
            if address:
                family = "TCP6" if ipaddress.ip_address(address).version == 6 else "TCP4"
                own = "::1" if family == "TCP6" else "127.0.0.1"
                self._socket.sendall(f"PROXY {family} {address} {own} 49152 6033\r\n".encode())
            options: dict[str, Any] = {} if pymysql.VERSION < (1,) else {"ssl_disabled": True}
            self._connection = _quiet()(
                user=user,
                password=password,
                database=schema,
                defer_connect=True,
                autocommit=None,
                charset="utf8mb4",
                use_unicode=False,
                read_timeout=_TIMEOUT,
                write_timeout=_TIMEOUT,
                **options,
            )
            self._connection.connect(self._socket)
        except (OSError, ValueError, pymysql.err.MySQLError) as exc:
            self._socket.close()
            raise ClientError(_text(exc)) from None

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(Exception):
            self._connection.close()

    def use(self, schema: str) -> None:
        try:
            self._connection.select_db(schema)
        except (OSError, pymysql.err.MySQLError) as exc:
            raise ClientError(_text(exc)) from None

    def ask(self, query: str) -> Answer:
        cursor = self._connection.cursor()
        try:
            cursor.execute(query)
            rows = cursor.fetchall()
        except (OSError, pymysql.err.MySQLError) as exc:
            return Answer(error=_text(exc))
        if rows:
            value = rows[0][0]
            return Answer(int(value) if value is not None and bytes(value).isdigit() else 0)
        return Answer(int(cursor.lastrowid or 0))

    def mark(self) -> int | None:
        """The `timeout` that rules gave to the last query that they looked at."""
        cursor = self._connection.cursor()
        try:
            cursor.execute("PROXYSQL INTERNAL SESSION")
            timeout = json.loads(cursor.fetchall()[0][0])["qpo"]["timeout"]
        except (OSError, pymysql.err.MySQLError, LookupError, ValueError):
            return None
        return timeout if isinstance(timeout, int) and timeout > 0 else None


@cache
def _quiet() -> Any:
    class Connection(pymysql.connections.Connection):
        def set_character_set(self, *_: Any, **__: Any) -> None:
            """Not said: rules would see a statement that nobody asked about."""

    return Connection


def _text(exc: BaseException) -> str:
    text = exc.args[1] if len(exc.args) > 1 else str(exc)
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
