"""ProxySQL 3 lets a user in with two passwords: a change of it refuses nobody. On the real server alone."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from functools import partial
from typing import Any

import pymysql
import pytest
from ansible_collections.mysqlha.proxysql.plugins.filter.hex import to_hex
from clients import Clients, as_shop, until
from conftest import REAL, REAL_THREE
from databases import Database
from driver import sql
from server import Server

OLD, NEW = "old-word", "new-word"
BINARY = REAL_THREE or REAL

# what the module logs in to is in fixtures of its own here
pytestmark = pytest.mark.parametrize("running", ["real"], indirect=True)


@pytest.fixture(scope="module")
def release() -> int:
    if not BINARY:
        pytest.skip("the emulator has one password of a user: PROXYSQL3_BIN is to name a ProxySQL 3")
    told = subprocess.run([BINARY, "--version"], capture_output=True, text=True, check=True).stdout
    major = int(told.split()[2].partition(".")[0])
    if major < 3:
        pytest.skip(f"{told.strip()} has one password of a user: PROXYSQL3_BIN is to name a ProxySQL 3")
    return major


@pytest.fixture
def database() -> Iterator[Database]:
    """It takes both, as after RETAIN CURRENT PASSWORD."""
    with Database() as database:
        database.users["shop"][:] = [NEW.encode(), OLD.encode()]
        yield database


@pytest.fixture
def nodes(release: int, database: Database) -> Iterator[list[Server]]:
    """A core and one that follows it."""
    settings: dict[str, Any] = {"cluster_check_interval_ms": 100, "cluster_mysql_users_diffs_before_sync": 1}
    servers = [Server(binary=BINARY, admin_variables=settings) for _ in range(2)]
    text = servers[1].cnf.read_text()
    core = f'proxysql_servers=({{hostname="{servers[0].host}" port={servers[0].admin_port}}})\n'
    servers[1].cnf.write_text(text + core)
    try:
        for server in servers:
            server.start()
        sql(
            servers[0],
            f"INSERT INTO mysql_servers (hostname, port) VALUES ('{database.host}', {database.port})",
            "LOAD MYSQL SERVERS TO RUNTIME",
        )
        until(lambda: sql(servers[1], "SELECT 1 FROM runtime_mysql_servers"))
        yield servers
    finally:
        for server in servers:
            server.kill()


def ask(node: Server, password: str) -> None:
    connection = as_shop(node, password)
    with connection, connection.cursor() as cursor:
        cursor.execute("DO 1")


def lets_in(node: Server, password: str) -> bool:
    try:
        ask(node, password)
    except pymysql.err.OperationalError as exc:
        assert exc.args[0] == 1045, exc
        return False
    return True


@pytest.fixture
def declare(nodes: list[Server], module: Any) -> Any:
    def call(password: str, additional: str = "") -> dict[str, Any]:
        row: dict[str, Any] = {"username": "shop", "password": password}
        row["attributes"] = {"additional_password": to_hex(additional)} if additional else ""
        place = {"login_host": nodes[0].host, "login_port": nodes[0].admin_port}
        done: dict[str, Any] = module("mysql_users", config=[row], **place)
        assert not done.get("failed"), done
        return done

    return call


def test_a_change_refuses_nobody(nodes: list[Server], declare: Any) -> None:
    declare(OLD)
    until(lambda: all(lets_in(node, OLD) for node in nodes))
    old = Clients(*(partial(ask, node, OLD) for node in nodes))
    old.start()
    assert declare(NEW, OLD)["changed"] and not declare(NEW, OLD)["changed"]
    until(lambda: all(lets_in(node, NEW) for node in nodes))
    new = Clients(*(partial(ask, node, NEW) for node in nodes))
    new.start()
    # applications change one after the other
    logins = old.good
    until(lambda: new.good > 20 and old.good > logins + 20)
    old.end()
    assert declare(NEW)["changed"] and not declare(NEW)["changed"]
    until(lambda: not any(lets_in(node, OLD) for node in nodes))
    logins = new.good
    until(lambda: new.good > logins + 20)
    new.end()
    assert not old.failed and not new.failed, (old.failed[:3], new.failed[:3])


def test_the_steps_are_those_of_two_passwords(
    nodes: list[Server], declare: Any, module: Any, database: Database
) -> None:
    def look() -> dict[str, Any]:
        found: dict[str, Any] = module(
            "user_rotation",
            user="shop",
            password=NEW,
            previous_password=OLD,
            proxies=[{"host": node.host, "port": node.data_port} for node in nodes],
            databases=[database.place],
            login_host=nodes[0].host,
            login_port=nodes[0].admin_port,
        )
        assert not found.get("failed"), found
        return found

    declare(OLD)
    until(lambda: all(lets_in(node, OLD) for node in nodes))
    assert look()["next"] == "proxy" and "additional_password" in look()["text"]
    declare(NEW, OLD)
    until(lambda: all(lets_in(node, NEW) for node in nodes))
    assert look()["next"] == "applications"
    declare(NEW)
    until(lambda: not any(lets_in(node, OLD) for node in nodes))
    assert look()["next"] == "discard"
