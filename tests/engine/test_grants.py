"""The SQL of the guides, run as it is shown: as root on a MariaDB, and then what the login is for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pymysql
import pytest
from guides import shown
from replicating import INSTALL, MARIADBD, MariaDBServer

needs_mariadb = pytest.mark.skipif(not (MARIADBD and INSTALL), reason="there is no mariadbd (MARIADBD_BIN)")
Login = Callable[[str], "pymysql.connections.Connection[pymysql.cursors.Cursor]"]


@pytest.fixture(scope="module")
def server() -> Iterator[MariaDBServer]:
    with MariaDBServer(1) as running:
        running.run("SET GLOBAL read_only = 0")
        yield running


@pytest.fixture
def login(server: MariaDBServer) -> Login:
    def run(page: str) -> pymysql.connections.Connection[pymysql.cursors.Cursor]:
        statements = shown(page, "mariadb")
        # the network of the page is not the one of the test
        server.run(*(statement.replace("192.0.2.%", "127.0.0.1") for statement in statements))
        user = re.search(r"CREATE USER '(\w+)'", statements[0])
        assert user
        return pymysql.connect(host=server.host, port=server.port, user=user[1], password="a password")

    return run


def rows(connection: pymysql.connections.Connection[pymysql.cursors.Cursor], sql: str) -> list[object]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


@needs_mariadb
def test_the_monitor_may_ask_what_it_asks(login: Login) -> None:
    with login("quick_start") as connection:
        assert rows(connection, "SELECT @@global.read_only")
        rows(connection, "SHOW SLAVE STATUS")
        with pytest.raises(pymysql.err.MySQLError):
            rows(connection, "SELECT * FROM mysql.global_priv")


@needs_mariadb
def test_the_administrator_of_replication_has_what_is_needed(login: Login) -> None:
    with login("primary") as connection:
        for sql in ("SHOW ALL SLAVES STATUS", "SHOW SLAVE HOSTS", "STOP SLAVE", "SET GLOBAL read_only = 0"):
            rows(connection, sql)
        assert len(rows(connection, "SELECT * FROM information_schema.PROCESSLIST")) > 0
        with pytest.raises(pymysql.err.MySQLError):
            rows(connection, "CREATE DATABASE elsewhere")


@needs_mariadb
def test_who_changes_passwords_may_see_and_change_them(login: Login, server: MariaDBServer) -> None:
    server.run("CREATE USER shop@'%' IDENTIFIED BY 'old'")
    with login("rotate") as connection:
        assert rows(connection, "SELECT Host FROM mysql.global_priv WHERE User = 'shop'")
        rows(
            connection,
            "ALTER USER shop@'%' IDENTIFIED VIA mysql_native_password USING PASSWORD('new')"
            " OR mysql_native_password USING PASSWORD('old')",
        )
    for word in ("new", "old"):
        pymysql.connect(host=server.host, port=server.port, user="shop", password=word).close()


@pytest.mark.parametrize("page", ["quick_start", "primary", "rotate"])
def test_each_page_has_a_block_for_both_and_they_name_the_same_user(page: str) -> None:
    users = {
        re.findall(r"(?:USER|TO) ('\w+'@\S+)", one)[0]
        for kind in ("mysql", "mariadb")
        for one in shown(page, kind)
    }
    assert len(users) == 1
