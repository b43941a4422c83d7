# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A second password of a user at a database, and the end of the first: RETAIN and DISCARD of MySQL 8."""

from __future__ import annotations

import contextlib
from typing import Any

from .._declared.errors import StatementError
from .backends import Attempt, connect

with contextlib.suppress(ImportError):
    import pymysql


def retain(database: Attempt, user: str, password: str, timeout: float) -> bool:
    """Give the user this password and keep the present one too. False: a replica, which is not written to.

    database: a login that may change users. Raises StatementError.
    """
    return _alter(database, user, "IDENTIFIED BY %s RETAIN CURRENT PASSWORD", [password], timeout)


def discard(database: Attempt, user: str, timeout: float) -> bool:
    return _alter(database, user, "DISCARD OLD PASSWORD", [], timeout)


def _alter(database: Attempt, user: str, what: str, values: list[str], timeout: float) -> bool:
    try:
        with contextlib.closing(connect(database, timeout)) as connection, connection.cursor() as cursor:
            if "MariaDB" in str(connection.server_version):
                raise StatementError(
                    f"{database.place} is MariaDB, which keeps one password of a user: change it there when"
                    " the applications change"
                )
            if _one(cursor, "SELECT @@global.read_only"):
                return False
            cursor.execute("SELECT Host FROM mysql.user WHERE User = %s", (user,))
            hosts = [_text(row[0]) for row in cursor.fetchall()]
            if not hosts:
                raise StatementError(f"{database.place} has no user {user!r}")
            for host in hosts:
                cursor.execute(f"ALTER USER %s@%s {what}", (user, host, *values))
    except (pymysql.err.MySQLError, OSError, RuntimeError) as exc:
        # The server's words may have a part of the statement in them: only their number is told.
        code = exc.args[0] if exc.args and isinstance(exc.args[0], int) else type(exc).__name__
        raise StatementError(
            f"{database.place}: the password of {user!r} could not be changed as {database.user!r} ({code})"
        ) from None
    return True


def _one(cursor: Any, sql: str) -> int:
    cursor.execute(sql)
    return int(cursor.fetchall()[0][0])


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
