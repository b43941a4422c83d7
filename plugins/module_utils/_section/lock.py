# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One writer at a time: tasks of this collection wait for each other, section by section.

ProxySQL has no transactions and no locks, but all admin sessions share one SQLite connection, so a
temporary table of one is seen by all: never stored, in no layer, in no SHOW TABLES (2.7.1, see the transcript
"sharing"). A writer's row ends with its process where that can be seen, and else after some seconds.
"""

from __future__ import annotations

import contextlib
import os
import time
import uuid
from collections.abc import Iterable

from .._catalog.tables import Section
from .._declared.errors import EngineError, OvertakenError, StatementError
from .._server.admin import Admin
from .._server.sql import literal, plain

_TABLE = "mysqlha_writers"
# Seconds. For how long a row is believed whose holder cannot be seen, and how long to wait for one.
_LEASE = 10
_PATIENCE = 60
_PAUSE = 0.05
# What a server under PROXYSQL READONLY says (transcript "lockout").
_READ_ONLY = "readonly database"


def _this_process() -> tuple[str, int, str]:
    """Where this process can be seen from (kernel and PID namespace), its id, and when it began."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as stream:
            place = stream.read().strip() + os.readlink("/proc/self/ns/pid")
        return place, os.getpid(), _started(os.getpid())
    except OSError:
        return uuid.uuid4().hex, 0, ""


def _started(pid: int) -> str:
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stream:
        return stream.read().rpartition(")")[2].split()[19]


def _is_gone(place: str, pid: int, began: str) -> bool:
    """Whether a holder is surely no more; of other machines and containers that is not known."""
    if not pid or place != _this_process()[0]:
        return False
    try:
        return _started(pid) != began
    except OSError:
        return True


class WriteLock:
    """The right to write some sections, for as long as a ``with`` block lasts.

    Where the server does not take temporary tables (PROXYSQL READONLY) nothing is locked, and the
    statement that writes will say so.
    """

    def __init__(self, admin: Admin, sections: Iterable[Section]) -> None:
        self._admin = admin
        self._names = sorted(section.name for section in sections)
        self._place, self._pid, self._began = _this_process()
        self._token = uuid.uuid4().hex
        self._renewed = 0.0
        self._held = False

    def __enter__(self) -> WriteLock:
        try:
            self._admin.execute(
                plain(
                    f"CREATE TEMP TABLE IF NOT EXISTS {_TABLE} (section TEXT PRIMARY KEY, token TEXT,"
                    " place TEXT, pid INT, began TEXT, until INT)"
                )
            )
            self._held = True
            # Always in the same order, so that two tasks never wait for each other.
            for name in self._names:
                self._take(name)
        except BaseException as exc:
            if not (isinstance(exc, StatementError) and _READ_ONLY in exc.message):
                self._release()
                raise
            self._held = False
        return self

    def __exit__(self, *_: object) -> None:
        self._release()

    def renew(self) -> None:
        """Before a statement that may take its time."""
        if self._held and time.monotonic() - self._renewed > _LEASE / 4:
            self._admin.execute(
                plain(f"UPDATE temp.{_TABLE} SET until = {self._until()} WHERE token = '{self._token}'")
            )
            self._renewed = time.monotonic()

    def _release(self) -> None:
        if self._held:
            with contextlib.suppress(EngineError):
                self._admin.execute(plain(f"DELETE FROM temp.{_TABLE} WHERE token = '{self._token}'"))
        self._held = False

    def _take(self, name: str) -> None:
        values = ", ".join(
            (literal(name), literal(self._token), literal(self._place), str(self._pid), literal(self._began))
        )
        patience = time.monotonic() + _PATIENCE
        while True:
            self._admin.execute(
                plain(
                    f"INSERT INTO temp.{_TABLE} VALUES ({values}, {self._until()}) ON CONFLICT (section)"
                    " DO UPDATE SET token = excluded.token, place = excluded.place, pid = excluded.pid,"
                    " began = excluded.began, until = excluded.until"
                    " WHERE until < CAST(strftime('%s', 'now') AS INTEGER)"
                )
            )
            # Read back: the count of changed rows is one of the connection that all sessions share.
            if self._is_mine(name):
                self._renewed = time.monotonic()
                return
            if time.monotonic() > patience:
                raise OvertakenError(
                    f"{name}: another task has been writing it for {_PATIENCE} s; nothing was written",
                    section=name,
                )
            time.sleep(_PAUSE)

    def _is_mine(self, name: str) -> bool:
        """Whether the row is ours; one of a holder that is surely no more is taken away."""
        rows = self._admin.fetch(
            f"SELECT token, place, pid, began FROM temp.{_TABLE} WHERE section = {literal(name)}"
        )[1]
        for token, place, pid, began in rows:
            if token == self._token:
                return True
            if _is_gone(place or "", int(pid or 0), began or ""):
                self._admin.execute(plain(f"DELETE FROM temp.{_TABLE} WHERE token = {literal(token)}"))
        return False

    @staticmethod
    def _until() -> str:
        return f"CAST(strftime('%s', 'now') AS INTEGER) + {_LEASE}"
