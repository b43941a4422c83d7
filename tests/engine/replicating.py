"""Real MariaDB servers on loopback with GTID replication, ended with the test."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any

import pymysql
from answering import until_it_answers
from server import free_port

MARIADBD = os.environ.get("MARIADBD_BIN") or shutil.which("mariadbd") or ""
INSTALL = shutil.which("mariadb-install-db") or ""

USERS = {
    "repl": ("repl-word", "REPLICATION SLAVE"),
    "monitor": ("monitor-word", "REPLICATION CLIENT, SLAVE MONITOR"),
    # no more than the guide asks for
    "switch": (
        "switch-word",
        "RELOAD, PROCESS, SLAVE MONITOR, REPLICATION SLAVE ADMIN, REPLICATION MASTER ADMIN, READ_ONLY ADMIN",
    ),
    "app": ("app-word", "SELECT, INSERT, UPDATE, CREATE, DROP, CREATE TEMPORARY TABLES, LOCK TABLES"),
}


class MariaDBServer:
    """One server. Use as a context manager; it begins empty and follows nobody."""

    host = "127.0.0.1"
    # what its statements call it, the variable that makes it wait for one, whether others log in with TLS
    REPLICA, SEMISYNC, TLS = "SLAVE", "rpl_semi_sync_master_enabled", False

    def __init__(self, number: int) -> None:
        self.number = number
        self.port = free_port(self.host)
        self.folder = Path(tempfile.mkdtemp(prefix="mariadb-"))
        self.socket = str(self.folder / "socket")
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def place(self) -> str:
        return f"{self.host}:{self.port}"

    def start(self) -> MariaDBServer:
        data = self.folder / "data"
        if not data.exists():
            subprocess.run(
                [INSTALL, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal",
                 "--skip-test-db", *self._as()],
                check=True, capture_output=True,
            )  # fmt: skip
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [MARIADBD, "--no-defaults", f"--datadir={data}", f"--socket={self.socket}",
                 f"--port={self.port}",
                 f"--bind-address={self.host}", f"--server-id={self.number}", "--log-bin=lab",
                 "--log-slave-updates",
                 "--gtid-strict-mode=ON", "--read-only=1", "--skip-name-resolve",
                 "--innodb-buffer-pool-size=32M",
                 "--innodb-flush-log-at-trx-commit=2", "--sync-binlog=0", f"--report-host={self.host}",
                 "--max-connections=300", *self._as()],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        until_it_answers(self.run, self.process, self.folder / "log")
        return self

    @staticmethod
    def _as() -> list[str]:
        return ["--user=root"] if os.geteuid() == 0 else []

    def run(self, *statements: str) -> list[tuple[Any, ...]]:
        """As root; the rows of the last."""
        connection = pymysql.connect(unix_socket=self.socket, user="root", autocommit=True)
        try:
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                return list(cursor.fetchall())
        finally:
            connection.close()

    def lead(self) -> None:
        """Take writes, and make the users that replicas get from here."""
        self.run("SET GLOBAL read_only = 0", "CREATE DATABASE IF NOT EXISTS shop")
        for name, (word, rights) in USERS.items():
            scope = "shop.*" if name == "app" else "*.*"
            self.run(
                f"CREATE USER {name}@'%' IDENTIFIED BY '{word}'", f"GRANT {rights} ON {scope} TO {name}@'%'"
            )

    def follow(self, source: MariaDBServer) -> None:
        self.run(
            f"CHANGE MASTER TO MASTER_HOST='{source.host}', MASTER_PORT={source.port}, MASTER_USER='repl',"
            f" MASTER_PASSWORD='{USERS['repl'][0]}', MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1",
            "START SLAVE",
        )

    @property
    def read_only(self) -> bool:
        return bool(self.run("SELECT @@global.read_only")[0][0])

    def source(self) -> tuple[str, str]:
        """Whom it replicates from, and what is wrong with that."""
        connection = pymysql.connect(
            unix_socket=self.socket, user="root", cursorclass=pymysql.cursors.DictCursor
        )
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"SHOW {self.REPLICA} STATUS")
                row: Any = cursor.fetchone()
        finally:
            connection.close()
        if not row:
            return "", "no source"
        # as MariaDB calls them
        row = {name.replace("Replica_", "Slave_").replace("Source_", "Master_"): row[name] for name in row}
        runs = row["Slave_IO_Running"] == row["Slave_SQL_Running"] == "Yes"
        wrong = row["Last_IO_Error"] or row["Last_SQL_Error"] or "it does not run"
        return f"{row['Master_Host']}:{row['Master_Port']}", "" if runs else wrong

    def kill(self) -> None:
        process, self.process = self.process, None
        if process is not None:
            process.send_signal(signal.SIGKILL)
            process.wait(15)

    def __enter__(self) -> MariaDBServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
