# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Databases that replicate, over their own protocol: what they say of themselves, and what makes one a
primary.

MariaDB and MySQL mean the same and have other words for it; who uses these need not know which it is.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Sequence
from typing import Any

from .._declared.errors import ConnectError, StatementError
from .._planning import gtid
from .._planning.gtid import Position
from .._planning.primary import Busy, Look, Source
from .backends import Attempt, code_of, connect, shown

with contextlib.suppress(ImportError):
    import pymysql

_TRANSACTIONS = (
    "SELECT p.ID, p.USER, p.HOST, TIMESTAMPDIFF(SECOND, t.trx_started, NOW())"
    " FROM information_schema.INNODB_TRX t JOIN information_schema.PROCESSLIST p ON p.ID ="
    " t.trx_mysql_thread_id"
    " ORDER BY t.trx_started"
)
# Those that have nothing to do: their transaction, if there is one, is told by the other query.
_STATEMENTS = (
    "SELECT ID, USER, HOST, TIME FROM information_schema.PROCESSLIST WHERE COMMAND IN ('Query', 'Execute')"
    " AND ID <> CONNECTION_ID() AND USER NOT IN ('system user', 'event_scheduler') ORDER BY TIME DESC"
)
_SEMISYNC = re.compile(r"rpl_semi_sync_(master|source)_enabled\Z")


class Database:
    """One connection. ``login``: place and user of an administrator of replication. Raises EngineError.

    Locked: while one thread waits for a replica another may ask for the time.
    """

    dialect = ""
    needs: Sequence[str] = ()

    def __init__(self, login: Attempt, connection: Any) -> None:
        self.login = login
        self._connection = connection
        self._lock = threading.Lock()

    @property
    def place(self) -> str:
        return self.login.place

    def close(self) -> None:
        with contextlib.suppress(Exception):
            self._connection.close()

    # -- statements

    def rows(self, sql: str, values: Sequence[Any] = (), secret: bool = False) -> list[dict[str, Any]]:
        """The rows of an answer. secret: whether the statement has something that is never to be shown."""
        with self._lock:
            try:
                with self._connection.cursor() as cursor:
                    cursor.execute(sql, tuple(values) or None)
                    names = [each[0] for each in cursor.description or ()]
                    return [dict(zip(names, map(shown, row))) for row in cursor.fetchall()]
            except (pymysql.err.MySQLError, OSError, RuntimeError) as exc:
                said = "" if secret or len(exc.args) < 2 else f" {exc.args[1]}"
                word = sql.partition(" MASTER_HOST")[0].partition(" SOURCE_HOST")[0]
                raise StatementError(
                    f"the database {self.place} answered{said} ({code_of(exc)}) to: {word[:200]}",
                    server=self.place,
                    code=code_of(exc),
                ) from None

    def value(self, sql: str, values: Sequence[Any] = ()) -> str:
        rows = self.rows(sql, values)
        return next(iter(rows[0].values())) if rows else ""

    def patience(self, seconds: float) -> None:
        """Wait for locks no longer than so, and for an answer a little longer."""
        self._connection._read_timeout = max(1.0, seconds + 1)
        self.rows(f"SET SESSION lock_wait_timeout = {max(1, round(seconds))}")

    # -- what it says of itself

    @property
    def version(self) -> str:
        return ".".join(re.findall(r"\d+", self.value("SELECT VERSION()"))[:2])

    def look(self, sessions: bool = False) -> Look:
        """sessions: whether to look at those, too."""
        return Look(
            self.place,
            self.dialect,
            self.version,
            self.identity,
            self.read_only,
            self.position(),
            self.against_following(),
            self.sources(),
            self._semisync(),
            self._busy() if sessions else [],
            self.followers() if sessions else frozenset(),
            self.missing(),
        )

    @property
    def identity(self) -> str:
        raise NotImplementedError

    @property
    def read_only(self) -> bool:
        return self.value("SELECT @@global.read_only") not in ("0", "OFF")

    def position(self) -> Position:
        """All that it has committed."""
        raise NotImplementedError

    def against_following(self) -> list[str]:
        """Why others could not follow it by GTID, as sentences without its name."""
        raise NotImplementedError

    def sources(self) -> list[Source]:
        raise NotImplementedError

    def followers(self) -> frozenset[str]:
        """Identities of the replicas that are connected to it; empty where that may not be asked."""
        raise NotImplementedError

    def _semisync(self) -> bool:
        return any(
            _SEMISYNC.match(str(row["Variable_name"]).lower()) and row["Value"] == "ON"
            for row in self.rows("SHOW GLOBAL VARIABLES LIKE 'rpl_semi_sync_%_enabled'")
        )

    def missing(self) -> list[str]:
        """Rights that the login has not, of those that are needed; none where roles may give them."""
        grants = [next(iter(row.values())) for row in self.rows("SHOW GRANTS")]
        words = {
            word.strip()
            for grant in grants
            for word in grant.partition(" ON *.* TO ")[0].replace("GRANT ", "", 1).split(",")
            if " ON *.* TO " in grant
        }
        if words & {"ALL PRIVILEGES", "SUPER"} or not all(" ON " in grant for grant in grants):
            return []
        return [right for right in self.needs if right not in words]

    def _busy(self) -> list[Busy]:
        found: dict[int, Busy] = {}
        for sql, what in ((_TRANSACTIONS, "a transaction"), (_STATEMENTS, "a statement")):
            for row in self.rows(sql):
                number, user, client, seconds = row.values()
                found.setdefault(int(number), Busy(int(number), user, client, int(float(seconds or 0)), what))
        return list(found.values())

    # -- what is done with it

    def forbid_writes(self) -> None:
        """Nobody but the server's own replication writes from now on, as far as it can be forbidden."""
        raise NotImplementedError

    def allow_writes(self) -> None:
        raise NotImplementedError

    def has(self, position: Position, seconds: float) -> bool:
        """Wait until it has applied all that."""
        raise NotImplementedError

    def stop(self) -> None:
        raise NotImplementedError

    def start(self) -> None:
        raise NotImplementedError

    def forget_source(self) -> None:
        raise NotImplementedError

    def follow(self, source: Database, user: str, password: str, secure: bool) -> None:
        """Replicate from that one from now on, by GTID."""
        raise NotImplementedError


class MariaDB(Database):
    dialect = "MariaDB"
    needs = ("RELOAD", "PROCESS", "SLAVE MONITOR", "REPLICATION SLAVE ADMIN", "READ_ONLY ADMIN")

    @property
    def identity(self) -> str:
        return self.value("SELECT @@global.server_id")

    def position(self) -> Position:
        return gtid.mariadb(self.value("SELECT @@global.gtid_current_pos"))

    def against_following(self) -> list[str]:
        row = self.rows("SELECT @@global.log_bin AS log_bin, @@global.log_slave_updates AS updates")[0]
        found = [] if row["log_bin"] == "1" else ["has no binary log (log_bin)"]
        return found + (
            [] if row["updates"] == "1" else ["does not log what it replicates (log_slave_updates)"]
        )

    def sources(self) -> list[Source]:
        return [
            Source(
                str(row["Master_Server_Id"]),
                f"{row['Master_Host']}:{row['Master_Port']}",
                row["Slave_IO_Running"] == "Yes",
                row["Slave_SQL_Running"] == "Yes",
                _number(row["Seconds_Behind_Master"]),
                row["Using_Gtid"] in ("Slave_Pos", "Current_Pos"),
                gtid.mariadb(row["Gtid_IO_Pos"]),
                row["Last_IO_Error"] or row["Last_SQL_Error"],
                row["Master_SSL_Allowed"] == "Yes",
                row.get("Connection_name", ""),
            )
            for row in self.rows("SHOW ALL SLAVES STATUS")
        ]

    def followers(self) -> frozenset[str]:
        return _followers(self, "SHOW SLAVE HOSTS", "Server_id")

    def forbid_writes(self) -> None:
        self.rows("SET GLOBAL read_only = 1")

    def allow_writes(self) -> None:
        self.rows("SET GLOBAL read_only = 0")

    def has(self, position: Position, seconds: float) -> bool:
        # Of each domain the last: who of the servers wrote it does not matter to the wait.
        wanted = ",".join(f"{domain}-{self.identity}-{ranges[-1][1]}" for domain, ranges in position.items())
        return self.value("SELECT MASTER_GTID_WAIT(%s, %s)", (wanted, max(0.0, seconds))) == "0"

    def stop(self) -> None:
        self.rows("STOP SLAVE")

    def start(self) -> None:
        self.rows("START SLAVE")

    def forget_source(self) -> None:
        self.rows("RESET SLAVE ALL")

    def follow(self, source: Database, user: str, password: str, secure: bool) -> None:
        self.rows("STOP SLAVE")
        # What it wrote itself is what it has, too: it is not to get that again.
        self.rows("SET GLOBAL gtid_slave_pos = @@global.gtid_current_pos")
        self.rows(
            "CHANGE MASTER TO MASTER_HOST = %s, MASTER_PORT = %s, MASTER_USER = %s, MASTER_PASSWORD = %s,"
            f" MASTER_SSL = {int(secure)}, MASTER_CONNECT_RETRY = 1, MASTER_USE_GTID = slave_pos",
            (source.login.hostname, source.login.port, user, password),
            secret=True,
        )
        self.rows("START SLAVE")


class MySQL(Database):
    """From 8.0.22 and 8.0.23 on sources and replicas are called so, before masters and slaves."""

    dialect = "MySQL"
    needs = ("RELOAD", "PROCESS", "REPLICATION CLIENT", "REPLICATION_SLAVE_ADMIN", "SYSTEM_VARIABLES_ADMIN")

    def __init__(self, login: Attempt, connection: Any) -> None:
        super().__init__(login, connection)
        number = tuple(map(int, re.findall(r"\d+", connection.server_version)[:3]))
        self._newer = number >= (8, 0, 23)
        self._replica = "REPLICA" if self._newer else "SLAVE"

    @property
    def identity(self) -> str:
        return self.value("SELECT @@global.server_uuid")

    def position(self) -> Position:
        return gtid.mysql(self.value("SELECT @@global.gtid_executed"))

    def against_following(self) -> list[str]:
        row = self.rows("SELECT @@global.gtid_mode AS gtid_mode, @@global.log_bin AS log_bin")[0]
        name = "log_replica_updates" if self._newer and self.version != "8.0" else "log_slave_updates"
        found = [] if row["gtid_mode"] == "ON" else [f"has gtid_mode {row['gtid_mode']}"]
        found += [] if row["log_bin"] == "1" else ["has no binary log (log_bin)"]
        logs = self.value(f"SELECT @@global.{name}") == "1"
        return found + ([] if logs else [f"does not log what it replicates ({name})"])

    def sources(self) -> list[Source]:
        found = []
        for row in self.rows(f"SHOW {self._replica} STATUS"):
            words = {
                name.replace("Master", "Source").replace("Slave", "Replica"): value
                for name, value in row.items()
            }
            found.append(
                Source(
                    words["Source_UUID"],
                    f"{words['Source_Host']}:{words['Source_Port']}",
                    words["Replica_IO_Running"] == "Yes",
                    words["Replica_SQL_Running"] == "Yes",
                    _number(words["Seconds_Behind_Source"]),
                    words["Auto_Position"] == "1",
                    gtid.mysql(words["Retrieved_Gtid_Set"]),
                    words["Last_IO_Error"] or words["Last_SQL_Error"],
                    words["Source_SSL_Allowed"] == "Yes",
                    words.get("Channel_Name", ""),
                )
            )
        return found

    def followers(self) -> frozenset[str]:
        new = self._newer
        return _followers(
            self, "SHOW REPLICAS" if new else "SHOW SLAVE HOSTS", "Replica_UUID" if new else "Slave_UUID"
        )

    def forbid_writes(self) -> None:
        self.rows("SET GLOBAL super_read_only = 1")

    def allow_writes(self) -> None:
        # And so super_read_only.
        self.rows("SET GLOBAL read_only = 0")

    def has(self, position: Position, seconds: float) -> bool:
        sql = "SELECT WAIT_FOR_EXECUTED_GTID_SET(%s, %s)"
        return self.value(sql, (gtid.shown(position), max(0.001, seconds))) == "0"

    def stop(self) -> None:
        self.rows(f"STOP {self._replica}")

    def start(self) -> None:
        self.rows(f"START {self._replica}")

    def forget_source(self) -> None:
        self.rows(f"RESET {self._replica} ALL")

    def follow(self, source: Database, user: str, password: str, secure: bool) -> None:
        self.stop()
        word = "SOURCE" if self._newer else "MASTER"
        # caching_sha2 without TLS asks for the source's key.
        key = "" if secure else f", GET_{word}_PUBLIC_KEY = 1"
        self.rows(
            f"CHANGE {'REPLICATION SOURCE' if self._newer else 'MASTER'} TO {word}_HOST = %s, {word}_PORT"
            " = %s,"
            f" {word}_USER = %s, {word}_PASSWORD = %s, {word}_SSL = {int(secure)}, {word}_CONNECT_RETRY = 1,"
            f" {word}_AUTO_POSITION = 1{key}",
            (source.login.hostname, source.login.port, user, password),
            secret=True,
        )
        self.start()


def open_database(login: Attempt, timeout: float) -> Database:
    """Log in. Raises ConnectError."""
    try:
        connection = connect(login, timeout)
    except (pymysql.err.MySQLError, OSError, ValueError, RuntimeError) as exc:
        text = exc.args[1] if len(exc.args) > 1 else exc
        raise ConnectError(
            f"the database {login.place} cannot be asked as {login.user!r}: {text}", server=login.place
        ) from None
    kind = MariaDB if "MariaDB" in str(connection.server_version) else MySQL
    return kind(login, connection)


def _followers(database: Database, sql: str, name: str) -> frozenset[str]:
    try:
        return frozenset(str(row[name]) for row in database.rows(sql))
    except StatementError:
        return frozenset()  # a right that is not asked for


def _number(text: str) -> int | None:
    return int(text) if text.isdigit() else None
