"""A user's row for clients and the one for databases: which password databases are asked with."""

from __future__ import annotations

from typing import Any

import pymysql
import pytest
from conftest import REAL, REAL_THREE
from databases import Database
from driver import sql
from server import Server

REFUSED = 1045


@pytest.mark.parametrize("name", ["PROXYSQL_BIN", "PROXYSQL3_BIN"])
def test_databases_are_asked_with_the_password_of_clients(name: str) -> None:
    binary = {"PROXYSQL_BIN": REAL, "PROXYSQL3_BIN": REAL_THREE}[name]
    if not binary:
        pytest.skip(f"the emulator asks no database: {name} is to name a ProxySQL")
    with Database() as database, Server(binary=binary) as server:
        sql(
            server,
            f"INSERT INTO mysql_servers (hostname, port) VALUES ('{database.host}', {database.port})",
            "LOAD MYSQL SERVERS TO RUNTIME",
            "INSERT INTO mysql_users (username, password, frontend, backend) VALUES"
            " ('shop', 'clients', 1, 0), ('shop', 'behind', 0, 1)",
            "LOAD MYSQL USERS TO RUNTIME",
        )
        assert [asked(database, server, word) for word in ("clients", "behind")] == [0, REFUSED]


def asked(database: Database, server: Server, password: str) -> int:
    """What a client is told where the database has this password of the user: 0, or the error's number."""
    database.users["shop"][:] = [password.encode()]
    place: dict[str, Any] = {"host": server.host, "port": server.data_port, "autocommit": None}
    with pymysql.connect(user="shop", password="clients", **place) as client, client.cursor() as cursor:
        try:
            return int(cursor.execute("/* ;create_new_connection=1 */ DO 1"))
        except pymysql.err.OperationalError as exc:
            return int(exc.args[0])
