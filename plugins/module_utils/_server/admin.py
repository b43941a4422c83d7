# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The admin connection: one per task, statements sent one by one, errors that name the server.

Admin ignores BEGIN, takes one statement per query and answers every value as text (2.7.1).
"""

from __future__ import annotations

import contextlib
import ssl
import time
import traceback
from collections.abc import Sequence
from typing import Any, Optional

from .._catalog.tables import SECTIONS, Section
from .._declared.errors import ConnectError, StatementError
from .connection import LOST, Answer, Raw, connection_class
from .login import Login, tls_context, unverified
from .sql import Statement, literal, plain

PYMYSQL_ERROR: str | None = None
try:
    import pymysql
except ImportError:
    PYMYSQL_ERROR = traceback.format_exc()

# The driver's codes for "nobody answered": worth another try until the deadline.
_UNREACHABLE = (2002, 2003, LOST)
# And for "this server has no TLS".
_NO_TLS = 2026
# What the server says of a login.
_WRONG_PASSWORD = 1045
_CHANGED = ". If it was changed, give the one before, too (proxysql_previous_passwords, previous_passwords)"
_PAUSE = 0.2
# The checksum of an empty runtime.
_OF_NOTHING = "0x0000000000000000"

Fetched = tuple[list[str], list[Sequence[Optional[str]]]]


class Admin:
    """One connection to one ProxySQL's admin port. Use as a context manager.

    sent: the statements that write, in order.
    """

    def __init__(self, login: Login) -> None:
        self.login = login
        self.sent: list[Statement] = []
        self._connection = _connect(login)
        self._version: str | None = None
        self._watched = self._own_changes = 0
        # By section: that of runtime just before its last LOAD.
        self._checksums: dict[str, str | None] = {}

    def __enter__(self) -> Admin:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        # A connection already broken has nothing to close.
        with contextlib.suppress(Exception):
            self._connection.close()

    def until(self, deadline: float | None) -> None:
        """Wait for no answer longer than until then (time.monotonic); None: as the login says again."""
        self._connection.until = deadline

    def revive(self) -> None:
        """A new connection, if the old one broke. Raises ConnectError."""
        if not self._connection.open:
            self._connection = _connect(self.login)

    def peer_certificate(self) -> bytes | None:
        """The certificate that Admin showed (DER), None where the connection has no TLS."""
        sock = self._connection._sock
        return sock.getpeercert(binary_form=True) if isinstance(sock, ssl.SSLSocket) else None

    @property
    def version(self) -> str:
        """The server's version string, all of it: cluster links need it to be equal."""
        if self._version is None:
            self._version = str(self.value("SELECT @@version") or "")
        return self._version

    def fetch(self, sql: str) -> Fetched:
        """Column names and rows; every value is text or None. Bytes that are not UTF-8 survive
        as surrogate escapes."""
        names, rows = self.fetch_raw(sql)
        return names, [[None if value is None else _decoded(value) for value in row] for row in rows]

    def fetch_raw(self, sql: str) -> tuple[list[str], list[Raw]]:
        """Column names and rows of bytes."""
        answer = self._send(plain(sql))
        return [_decoded(name) for name in answer.names], answer.rows

    def value(self, sql: str) -> str | None:
        rows = self.fetch(sql)[1]
        return rows[0][0] if rows else None

    def variable(self, name: str) -> str:
        """What runtime has of a variable; empty where the server has none of that name."""
        sql = f"SELECT variable_value FROM runtime_global_variables WHERE variable_name = {literal(name)}"
        return self.value(sql) or ""

    def now(self) -> int:
        """The time on the clock of the server's host, in seconds since 1970."""
        return int(self.value("SELECT strftime('%s', 'now')") or 0)

    def write(self, statement: Statement) -> None:
        """Send a statement that changes something."""
        self.sent.append(statement)
        changed = self.execute(statement)
        # What a LOAD or SAVE says of rows is no count of those in memory.
        if not statement.sql.startswith(("LOAD ", "SAVE ")):
            self._own_changes += changed

    def execute(self, statement: Statement) -> int:
        """Send a statement that is none of the task's own, and say how many rows it changed."""
        return self._send(statement).changed

    # -- whether anybody else wrote ------------------------------------------------------

    def watch(self) -> None:
        """Begin to count what is written from now on, see `disturbed`."""
        self._watched, self._own_changes = self._changes(), 0

    def disturbed(self) -> bool:
        """Whether anything but this connection's own statements may have written since `watch`.

        All sessions of Admin share one SQLite connection, which counts the rows that change. It counts
        those of runtime tables too, which are made anew when they are read; so True may be a false alarm,
        and False never is.
        """
        return self._changes() != self._watched + self._own_changes

    def _changes(self) -> int:
        return int(self.value("SELECT total_changes()") or 0)

    def load(self, section: Section, after: int = 0) -> None:
        """LOAD a section to runtime, never in the second of its present epoch, or of ``after``.

        Peers pull what has a newer epoch, in whole seconds: two LOADs in one second can part
        a cluster for good ("Sync conflict, epoch times are EQUAL", lib/ProxySQL_Cluster.cpp).
        """
        if section.checksum:
            # A little more than the second: ProxySQL stamps with time(), which on Linux may lag behind
            # the clock that SQL sees by some milliseconds, and would still say the old second.
            clock = (
                f"SELECT CAST(strftime('%s', 'now', '-0.05 seconds') AS INTEGER) <= max(epoch, {after}),"
                " total_changes(), checksum FROM runtime_checksums_values"
                f" WHERE name = {literal(section.checksum)}"
            )
            # Bounded: an epoch of the future (a clock set back) is not worth waiting for.
            until = time.monotonic() + 2
            while self._same_second(section, clock) and time.monotonic() < until:
                time.sleep(0.05)
        self.write(load_statement(section))

    def _same_second(self, section: Section, clock: str) -> bool:
        # The table of checksums is made anew for this, and that is nobody else's change.
        before = self._changes()
        rows = self.fetch(clock)[1]
        if rows:
            self._own_changes += int(rows[0][1] or 0) - before
            self._checksums[section.name] = rows[0][2]
        return bool(rows) and rows[0][0] == "1"

    def took_up(self, section: Section) -> bool:
        """Whether the last `load` of the section made runtime another one, and not an empty one.

        False where the server does not tell.
        """
        before = self._checksums.get(section.name)
        query = f"SELECT checksum FROM runtime_checksums_values WHERE name = {literal(section.checksum)}"
        return bool(before) and self.value(query) not in (None, "", before, _OF_NOTHING)

    def _send(self, statement: Statement) -> Answer:
        try:
            found: Answer = self._connection.ask(statement.sql.encode("utf-8", "surrogateescape"))
            return found
        except (pymysql.err.MySQLError, OSError) as exc:
            code, message = _code_and_text(exc)
            raise StatementError(
                f"{self.login.place} answered {message} ({code}) to: {_short(statement.shown)}",
                server=self.login.place,
                code=code,
                answer=message,
                statement=_short(statement.shown),
            ) from None


def load_statement(section: Section) -> Statement:
    return plain(f"LOAD {section.name} TO RUNTIME")


def save_statement(section: Section) -> Statement:
    return plain(f"SAVE {section.name} TO DISK")


def section_of_variable(name: str) -> Section:
    """The section whose LOAD takes a variable, by the variable's prefix."""
    for section in SECTIONS.values():
        if section.prefix and name.startswith(section.prefix):
            return section
    return Section("{} VARIABLES".format(name.partition("-")[0].upper()), prefix=name.partition("-")[0] + "-")


def _connect(login: Login) -> Any:
    deadline = time.monotonic() + login.connect_timeout
    options = _driver_options(login)
    context = tls_context(login)
    passwords = [login.password or "", *login.previous]
    preferred = login.ssl_mode == "preferred" and context is None and not login.unix_socket
    if preferred:
        context = unverified()
    while True:
        try:
            options["password"] = _bytes(passwords[0])
            return _opened(login, options, context, not preferred, deadline)
        except pymysql.err.MySQLError as exc:
            code, message = _code_and_text(exc)
            if code == _WRONG_PASSWORD and len(passwords) > 1:
                del passwords[0]
                continue
            cause = getattr(exc, "original_exception", None)
            if isinstance(cause, ssl.SSLError) or (code == _NO_TLS and context is not None):
                raise ConnectError(
                    f"TLS with ProxySQL's admin port {login.place} failed: {_tls_text(cause, message)}",
                    server=login.place,
                    code=code,
                ) from None
            if code not in _UNREACHABLE:
                raise ConnectError(
                    f"ProxySQL's admin port {login.place} refused the login of {login.user!r}"
                    f"{' with each of its passwords' if login.previous else ''}: {message}"
                    f"{_CHANGED if code == _WRONG_PASSWORD and not login.previous else ''}",
                    server=login.place,
                    code=code,
                ) from None
            if time.monotonic() + _PAUSE >= deadline:
                raise ConnectError(
                    f"ProxySQL's admin port {login.place} did not answer within {login.connect_timeout:g} s:"
                    f" {message}",
                    server=login.place,
                    code=code,
                ) from None
        except (OSError, ValueError, RuntimeError) as exc:
            raise ConnectError(f"cannot connect to {login.place}: {exc}", server=login.place) from None
        except Exception as exc:
            # What the driver makes of bytes that it did not expect.
            raise ConnectError(
                f"{login.place} does not speak the MySQL protocol ({type(exc).__name__}): is it ProxySQL's"
                " admin port?",
                server=login.place,
            ) from None
        time.sleep(_PAUSE)


def _tls_text(cause: BaseException | None, message: str) -> str:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate does not verify: {cause.verify_message}"
    return message


def _opened(
    login: Login, options: dict[str, Any], context: ssl.SSLContext | None, strict: bool, deadline: float
) -> Any:
    tls: dict[str, Any] = {"ssl": context} if context is not None else {"ssl_disabled": True}
    if context is None and pymysql.VERSION < (1,):
        tls = {}  # not known there, and TLS is used only when asked for
    left = max(0.05, deadline - time.monotonic())
    connection = connection_class()(
        **options, **tls, connect_timeout=left, read_timeout=left, write_timeout=left, defer_connect=True
    )
    connection.until, connection.clear_too = deadline, not strict
    connection.connect()
    if strict and context is not None and not isinstance(connection._sock, ssl.SSLSocket):
        # PyMySQL before 1.2 goes on in the clear where a server offers no TLS.
        connection.close()
        raise pymysql.err.OperationalError(_NO_TLS, "SSL is required but the server doesn't support it")
    connection.until = None
    connection.limit = login.read_timeout
    return connection


def _driver_options(login: Login) -> dict[str, Any]:
    return {
        "host": login.host,
        "port": login.port,
        "user": login.user,
        "unix_socket": login.unix_socket,
        "charset": "utf8mb4",
        # Raw bytes: a caching_sha2 salt is not UTF-8 and would not decode.
        "use_unicode": False,
        "autocommit": None,
    }


def _bytes(password: str) -> bytes:
    """The driver would encode text as Latin-1."""
    return password.encode("utf-8", "surrogateescape")


def _decoded(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


def _code_and_text(exc: BaseException) -> tuple[int | None, str]:
    code = exc.args[0] if exc.args and isinstance(exc.args[0], int) else None
    text = exc.args[1] if len(exc.args) > 1 else str(exc)
    return code, (_decoded(text) if isinstance(text, bytes) else str(text or "")) or type(exc).__name__


def _short(sql: str) -> str:
    return sql if len(sql) <= 400 else f"{sql[:400]} ... ({len(sql)} characters)"
