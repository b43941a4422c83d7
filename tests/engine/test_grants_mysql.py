"""The SQL of the guides for MySQL, run as it is shown, and then what the login is for."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pymysql
import pytest
from server import free_port
from test_grants import rows, shown

# a MariaDB may have a program of that name
MYSQLD = os.environ.get("MYSQLD_BIN") or ""
pytestmark = pytest.mark.skipif(not MYSQLD, reason="MYSQLD_BIN names no mysqld of MySQL")
Connection = pymysql.connections.Connection  # type: ignore[type-arg]
Login = Callable[..., Connection]


@pytest.fixture(scope="module")
def login() -> Iterator[Login]:
    """Log in as root, or as a user of whom a password is given."""
    folder = Path(tempfile.mkdtemp(prefix="mysql-"))
    port = free_port("127.0.0.1")
    command = [MYSQLD, "--no-defaults", f"--datadir={folder / 'data'}"] + (
        ["--user=root"] if os.geteuid() == 0 else []
    )
    with (folder / "log").open("wb") as log:
        subprocess.run([*command, "--initialize-insecure"], check=True, stdout=log, stderr=log)
        process = subprocess.Popen(
            [*command, f"--socket={folder / 'socket'}", f"--port={port}", "--bind-address=127.0.0.1",
             "--mysqlx=OFF", "--secure-file-priv=", "--server-id=1", "--gtid-mode=ON",
             "--enforce-gtid-consistency=ON"],
            stdout=log, stderr=log,
        )  # fmt: skip

    def connect(user: str = "root", password: str = "") -> Connection:
        if user == "root":
            return pymysql.connect(unix_socket=str(folder / "socket"), user=user, autocommit=True)
        return pymysql.connect(
            host="127.0.0.1", port=port, user=user, password=password, ssl={"verify_mode": "none"}
        )

    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                connect().close()
                break
            except pymysql.err.OperationalError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((folder / "log").read_text()[-3000:]) from None
                time.sleep(0.1)
        yield connect
    finally:
        process.terminate()
        process.wait(60)
        shutil.rmtree(folder)


def as_shown(login: Login, page: str) -> Connection:
    """Make the user of a page, and log in as that."""
    statements = shown(page, "mysql")
    with login() as root:
        for statement in statements:
            # the network of the page is not the one of the test
            rows(root, statement.replace("192.0.2.%", "127.0.0.1"))
    user = re.search(r"CREATE USER '(\w+)'", statements[0])
    assert user
    return login(user[1], "a password")


def test_the_monitor_may_ask_what_it_asks(login: Login) -> None:
    with as_shown(login, "quick_start") as connection:
        assert rows(connection, "SELECT @@global.read_only")
        rows(connection, "SHOW REPLICA STATUS")
        with pytest.raises(pymysql.err.MySQLError):
            rows(connection, "SELECT * FROM mysql.user")


def test_the_administrator_of_replication_has_what_is_needed(login: Login) -> None:
    with as_shown(login, "primary") as connection:
        for sql in ("SHOW REPLICA STATUS", "SHOW REPLICAS", "STOP REPLICA", "SET GLOBAL super_read_only = 1"):
            rows(connection, sql)
        # which the login itself may not pass
        rows(connection, "SET GLOBAL super_read_only = 0")
        rows(connection, "SET GLOBAL read_only = 0")
        rows(connection, "RESET REPLICA ALL")
        rows(connection, "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_AUTO_POSITION = 1")
        assert len(rows(connection, "SELECT * FROM information_schema.PROCESSLIST")) > 0
        with pytest.raises(pymysql.err.MySQLError):
            rows(connection, "CREATE DATABASE elsewhere")


def test_who_changes_passwords_may_see_and_change_them(login: Login) -> None:
    with login() as root:
        rows(root, "CREATE USER shop@'%' IDENTIFIED BY 'old'")
    with as_shown(login, "rotate") as connection:
        assert rows(connection, "SELECT Host FROM mysql.user WHERE User = 'shop'")
        rows(connection, "ALTER USER shop@'%' IDENTIFIED BY 'new' RETAIN CURRENT PASSWORD")
        for word in ("new", "old"):
            login("shop", word).close()
        rows(connection, "ALTER USER shop@'%' DISCARD OLD PASSWORD")
        with pytest.raises(pymysql.err.OperationalError):
            login("shop", "old")
