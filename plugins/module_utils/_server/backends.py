# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Logins at the databases, tried from the host that this runs on, as ProxySQL would make them."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from .._declared import passwords
from .certificates import show
from .login import unverified

with contextlib.suppress(ImportError):
    import pymysql

# MySQL's and MariaDB's codes for a user that is not let in: no right, wrong password, no such host, a plugin
# that refuses, an account that is locked or whose password has run out.
_REFUSALS = (1044, 1045, 1130, 1698, 1820, 1862, 3118, 4151)
_NO_TLS = 2026

Place = tuple[str, int]


@dataclass(frozen=True)
class Attempt:
    """One login at one server. port 0: hostname is the path of a socket.

    certificate, key: what is shown to a server that asks for one, as PEM.
    """

    hostname: str
    port: int
    user: str
    password: str = field(repr=False)
    certificate: str = field(default="", repr=False)
    key: str = field(default="", repr=False)

    @property
    def place(self) -> str:
        return f"{self.hostname}:{self.port}" if self.port else self.hostname


def is_hash(password: str) -> bool:
    """Whether a password is declared in a form that cannot be logged in with."""
    return passwords.is_hash(passwords.from_hex(password))


@dataclass(frozen=True)
class _Seen:
    """refused: None where it could not be told. text: the server's words, empty for one that was let in."""

    refused: bool | None = False
    text: str = ""


def try_all(attempts: Iterable[Attempt], timeout: float) -> tuple[dict[Attempt, str], list[str]]:
    """(refused, unknown): sentences that name user and server; of a server where nothing could be told, one.

    timeout: seconds, for each login.
    """
    tried = _tried(attempts, timeout)
    refused = {
        each: f"{each.place} as {each.user!r}: {seen.text}" for each, seen in tried.items() if seen.refused
    }
    unknown = {f"{each.place}: {seen.text}": None for each, seen in tried.items() if seen.refused is None}
    return refused, list(unknown)


def let_in(attempts: Iterable[Attempt], timeout: float) -> dict[Attempt, bool | None]:
    """Whether each gets in; None where it could not be told."""
    return {
        attempt: None if seen.refused is None else not seen.refused
        for attempt, seen in _tried(attempts, timeout).items()
    }


def _tried(attempts: Iterable[Attempt], timeout: float) -> dict[Attempt, _Seen]:
    """Many at a time. A server that does not answer the first is asked no more: each would take its time."""
    wanted = list(dict.fromkeys(attempts))
    first = {attempt.place: attempt for attempt in reversed(wanted)}
    with ThreadPoolExecutor(max_workers=32) as pool:

        def ask(some: list[Attempt]) -> dict[Attempt, _Seen]:
            return dict(zip(some, pool.map(lambda attempt: _try(attempt, timeout), some)))

        seen = ask(list(first.values()))
        answers = {each.place for each, found in seen.items() if found.refused is not None}
        seen.update(ask([each for each in wanted if each.place in answers and each not in seen]))
    return {attempt: seen.get(attempt) or seen[first[attempt.place]] for attempt in wanted}


def _try(attempt: Attempt, timeout: float) -> _Seen:
    try:
        connect(attempt, timeout).close()
    except (pymysql.err.MySQLError, OSError, ValueError, RuntimeError) as exc:
        code = exc.args[0] if exc.args and isinstance(exc, pymysql.err.MySQLError) else None
        text = exc.args[1] if len(exc.args) > 1 else exc
        return _Seen(True if code in _REFUSALS else None, str(text))
    return _Seen()


def connect(attempt: Attempt, timeout: float) -> Any:
    """With TLS where the server has it, as ProxySQL would. Raises what the driver raises."""
    try:
        return _open(attempt, timeout, tls=True)
    except pymysql.err.MySQLError as exc:
        if exc.args[:1] != (_NO_TLS,) or "SSL is required" not in str(exc.args[-1]):
            raise
    return _open(attempt, timeout, tls=False)


def code_of(exc: BaseException) -> int | str:
    """The server's or the driver's number for it, else what kind of error it is: nothing of a statement."""
    return exc.args[0] if exc.args and isinstance(exc.args[0], int) else type(exc).__name__


def shown(value: Any) -> str:
    """A cell of a database's answer as text; NULL is empty. What is no UTF-8 can be printed all the same."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return "" if value is None else str(value)


def _context(attempt: Attempt) -> ssl.SSLContext:
    made = unverified()
    if attempt.certificate:
        show(made, attempt.certificate, attempt.key)
    return made


def _open(attempt: Attempt, timeout: float, tls: bool) -> Any:
    place: dict[str, Any] = {"host": attempt.hostname, "port": attempt.port}
    if not attempt.port:
        place, tls = {"unix_socket": attempt.hostname}, False
    secure: dict[str, Any] = {"ssl": _context(attempt)} if tls else {"ssl_disabled": True}
    if not tls and pymysql.VERSION < (1,):
        secure = {}  # not known there
    return pymysql.connect(
        **place,
        **secure,
        user=attempt.user,
        password=attempt.password.encode("utf-8", "surrogateescape"),
        connect_timeout=timeout,
        read_timeout=timeout,
        write_timeout=timeout,
        autocommit=None,
    )
