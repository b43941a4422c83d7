"""Real MySQL servers on loopback that replicate by GTID, ended with the test."""

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
from ansible_collections.mysqlha.proxysql.plugins.filter.hex import to_hex
from answering import until_it_answers
from clients import as_shop
from server import Server, end_with_the_tests, free_port

MYSQLD = os.environ.get("MYSQLD_BIN", "")
SOCKET = "socket"


def initialized(folder: Path) -> Path:
    """A data folder to copy: making one takes seconds."""
    data = folder / "data"
    subprocess.run(
        [MYSQLD, "--no-defaults", "--initialize-insecure", f"--datadir={data}", *_as()],
        check=True,
        capture_output=True,
    )
    (data / "auto.cnf").unlink()
    return data


def _as() -> list[str]:
    return ["--user=root"] if os.geteuid() == 0 else []


def command(number: int, host: str, port: int, folder: Path) -> list[str]:
    """What starts a server on the data in a folder."""
    return [
        MYSQLD, "--no-defaults", f"--datadir={folder / 'data'}", f"--socket={folder / SOCKET}",
        f"--port={port}", f"--bind-address={host}", f"--server-id={number}", "--gtid-mode=ON",
        "--enforce-gtid-consistency=ON", "--mysqlx=OFF", "--secure-file-priv=NULL", "--skip-name-resolve",
        "--innodb-buffer-pool-size=32M", f"--pid-file={folder / 'pid'}", *_as(),
    ]  # fmt: skip


class MySQLServer:
    """One server, with a copy of an initialized data folder. Use as a context manager."""

    host = "127.0.0.1"

    def __init__(self, number: int, data: Path) -> None:
        self.port = free_port(self.host)
        self.folder = Path(tempfile.mkdtemp(prefix="mysql-"))
        self.socket = str(self.folder / SOCKET)
        shutil.copytree(data, self.folder / "data")
        self._number = number
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def place(self) -> dict[str, Any]:
        return {"host": self.host, "port": self.port}

    def __enter__(self) -> MySQLServer:
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command(self._number, self.host, self.port, self.folder),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=end_with_the_tests,
            )  # fmt: skip
        until_it_answers(self.run, self._process, self.folder / "log")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
        shutil.rmtree(self.folder)

    def run(self, *statements: str) -> list[tuple[Any, ...]]:
        """As root; the rows of the last."""
        connection = pymysql.connect(unix_socket=self.socket, user="root", autocommit=True)
        with connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall())

    def follow(self, source: MySQLServer) -> None:
        """By root's socket nobody can follow: as a user of its own."""
        source.run(
            "CREATE USER repl@'%' IDENTIFIED BY 'repl-word'", "GRANT REPLICATION SLAVE ON *.* TO repl@'%'"
        )
        self.run(
            f"CHANGE REPLICATION SOURCE TO SOURCE_HOST='{source.host}', SOURCE_PORT={source.port},"
            " SOURCE_USER='repl', SOURCE_PASSWORD='repl-word', SOURCE_AUTO_POSITION=1, SOURCE_SSL=1",
            "START REPLICA",
            "SET GLOBAL read_only = 1",
        )


def followed(databases: list[MySQLServer]) -> None:
    primary, replica = databases
    ((done,),) = primary.run("SELECT @@global.gtid_executed")
    assert replica.run(f"SELECT WAIT_FOR_EXECUTED_GTID_SET('{done}', 20)") == [(0,)]


def declared(databases: list[MySQLServer], tls: bool) -> list[dict[str, Any]]:
    return [
        {"hostgroup_id": 10 * number, "hostname": one.host, "port": one.port, "use_ssl": tls}
        for number, one in enumerate(databases, 1)
    ]


def user(password: str, additional: str = "") -> list[dict[str, Any]]:
    attributes = {"additional_password": to_hex(additional)} if additional else ""
    return [{"username": "shop", "password": password, "default_hostgroup": 10, "attributes": attributes}]


def ask(node: Server, password: str, sql: str = "SELECT CURRENT_USER()", **options: Any) -> Any:
    connection = as_shop(node, password, read_timeout=15, **options)
    with connection, connection.cursor() as cursor:
        # a connection of its own: those that are kept were let in before
        cursor.execute(f"/* ;create_new_connection=1 */ {sql}")
        return cursor.fetchone()
