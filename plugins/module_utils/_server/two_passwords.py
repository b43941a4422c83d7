# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A second password of a user at a database, and the end of the first.

MySQL 8 has RETAIN and DISCARD for it. MariaDB (10.4) has several ways to log in of one user, which may be two
passwords.
"""

from __future__ import annotations

import contextlib
from typing import Any

from .._declared.errors import StatementError
from .backends import Attempt, code_of, connect, shown

with contextlib.suppress(ImportError):
    import pymysql

_NATIVE = "mysql_native_password"
_HOSTS = "SELECT Host FROM mysql.user WHERE User = %s"
_MARIADB_HOSTS = "SELECT Host, JSON_VALUE(Priv, '$.plugin') FROM mysql.global_priv WHERE User = %s"


def retain(database: Attempt, user: str, password: str, previous: str, timeout: float) -> bool:
    """Give the user this password and keep the present one too. False: a replica, which is not written to.

    database: a login that may change users. previous: the present password. Raises StatementError.
    """
    both = f"VIA {_NATIVE} USING PASSWORD(%s) OR {_NATIVE} USING PASSWORD(%s)"
    return _alter(
        database,
        user,
        ("IDENTIFIED BY %s RETAIN CURRENT PASSWORD", [password]),
        (f"IDENTIFIED {both}", [password, previous]),
        timeout,
    )


def discard(database: Attempt, user: str, password: str, timeout: float) -> bool:
    """Leave the user this password alone, which is good already. False and Raises: as of ``retain``."""
    one = f"IDENTIFIED VIA {_NATIVE} USING PASSWORD(%s)"
    return _alter(database, user, ("DISCARD OLD PASSWORD", []), (one, [password]), timeout)


Clause = tuple[str, "list[str]"]


def _alter(database: Attempt, user: str, mysql: Clause, mariadb: Clause, timeout: float) -> bool:
    try:
        with contextlib.closing(connect(database, timeout)) as connection, connection.cursor() as cursor:
            if _one(cursor, "SELECT @@global.read_only"):
                return False
            is_mariadb = "MariaDB" in str(connection.server_version)
            cursor.execute(_MARIADB_HOSTS if is_mariadb else _HOSTS, (user,))
            rows = [[shown(cell) for cell in row] for row in cursor.fetchall()]
            if not rows:
                raise StatementError(f"{database.place} has no user {user!r}")
            others = sorted({row[1] for row in rows} - {_NATIVE, ""}) if is_mariadb else []
            if others:
                raise StatementError(
                    f"{database.place} is MariaDB, where {user!r} logs in by {', '.join(others)}: give it two"
                    " passwords there by IDENTIFIED VIA ... OR ..., or change it when the applications change"
                )
            what, values = mariadb if is_mariadb else mysql
            for row in rows:
                cursor.execute(f"ALTER USER %s@%s {what}", (user, row[0], *values))
    except (pymysql.err.MySQLError, OSError, RuntimeError) as exc:
        # The server's words may have a part of the statement in them: only their number is told.
        raise StatementError(
            f"{database.place}: the password of {user!r} could not be changed as {database.user!r}"
            f" ({code_of(exc)})"
        ) from None
    return True


def _one(cursor: Any, sql: str) -> int:
    cursor.execute(sql)
    return int(cursor.fetchall()[0][0])
