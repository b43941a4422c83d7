"""What the emulator does beyond the admin interface: its command line and its data port."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pymysql
import pytest
from backend import EMULATOR, Backend
from server import DEFAULTS, Server

PROGRAM = [sys.executable, str(EMULATOR / "proxysql")]


def eventually(check: Callable[[], Any], patience: float = 15) -> Any:
    """What `check` returns once it is true."""
    deadline = time.monotonic() + patience
    while not (found := check()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
    return found


def execute(server: Server, *statements: str) -> None:
    link = server.connect()
    for statement in statements:
        link.cursor().execute(statement)
    link.close()


def rows(server: Server, sql: str) -> list[tuple[str, ...]]:
    link = server.connect()
    with link.cursor() as cursor:
        cursor.execute(sql)
        found = list(cursor.fetchall())
    link.close()
    return found


def through(server: Server) -> pymysql.connections.Connection:
    return pymysql.connect(
        host=server.host, port=server.data_port, user="app", password="secret", autocommit=None
    )


def reached(server: Server) -> str:
    """The name of the backend that a new client of the data port talks to."""
    link = through(server)
    with link.cursor() as cursor:
        cursor.execute("SELECT 'who'")
        ((name,),) = cursor.fetchall()
    link.close()
    return str(name)


def reached_now(server: Server) -> str:
    """As reached(), or "" while nobody listens."""
    try:
        return reached(server)
    except pymysql.OperationalError:
        return ""


@pytest.fixture
def pair() -> Iterator[tuple[Server, Backend, Backend]]:
    """The emulator in front of a writer, db1, and a reader, db2."""
    fast = {"monitor_read_only_interval": 100}
    with Server(binary="", mysql_variables=fast) as server, Backend("db1") as db1, Backend("db2") as db2:
        db2.read_only = True
        execute(
            server,
            "INSERT INTO mysql_servers(hostgroup_id,hostname,port) VALUES"
            f" (10,'127.0.0.1',{db1.port}),(20,'127.0.0.1',{db2.port})",
            "INSERT INTO mysql_replication_hostgroups(writer_hostgroup,reader_hostgroup) VALUES (10,20)",
            "INSERT INTO mysql_users(username,password,default_hostgroup) VALUES ('app','secret',10)",
            "UPDATE global_variables SET variable_value='true' WHERE variable_name='mysql-monitor_enabled'",
            "LOAD MYSQL VARIABLES TO RUNTIME",
            "LOAD MYSQL USERS TO RUNTIME",
            "LOAD MYSQL SERVERS TO RUNTIME",
        )
        yield server, db1, db2


def test_it_says_that_it_is_the_emulator() -> None:
    version = subprocess.run([*PROGRAM, "--version"], capture_output=True, text=True, check=True)
    assert version.stdout.startswith("ProxySQL version 2.7.1-emulator-")
    assert "codename Emulator" in version.stdout
    with Server(binary="") as server:
        assert "This is the emulator" in server.log.read_text()
        assert "emulator" in rows(server, "SELECT @@version")[0][0]


def test_as_a_daemon_it_leaves_its_pid_and_ends_in_order(tmp_path: Path) -> None:
    server = Server(binary="")
    server.cnf.write_text(server.cnf.read_text().replace(str(server.datadir), str(tmp_path)))
    start = ["--idle-threads", "-c", str(server.cnf)]
    subprocess.run([*PROGRAM, *start], check=True, timeout=30)
    pid = int((tmp_path / "proxysql.pid").read_text())
    try:
        eventually(lambda: server._answers())
        assert "This is the emulator" in (tmp_path / "proxysql.log").read_text()
    finally:
        os.kill(pid, signal.SIGTERM)
    eventually(lambda: not (tmp_path / "proxysql.pid").exists())


def test_a_configuration_file_it_cannot_read_is_an_error(tmp_path: Path) -> None:
    cnf = tmp_path / "proxysql.cnf"
    cnf.write_text("admin_variables = { broken")
    result = subprocess.run(
        [*PROGRAM, "-f", "-c", str(cnf), "-D", str(tmp_path)], capture_output=True, text=True
    )
    assert result.returncode == 1
    assert f"Parse error at {cnf}" in result.stderr


def test_a_daemon_that_cannot_start_says_so(tmp_path: Path) -> None:
    cnf = tmp_path / "proxysql.cnf"
    cnf.write_text(f'datadir="{tmp_path}"\nadmin_variables={{ mysql_ifaces="127.0.0.1:0" }}\n')
    (tmp_path / "proxysql.db").write_bytes(b"this is no database" * 100)
    result = subprocess.run([*PROGRAM, "-c", str(cnf)], timeout=30)
    assert result.returncode == 1
    assert "not a database" in (tmp_path / "proxysql.log").read_text()


def test_initial_forgets_the_database() -> None:
    with Server(binary="") as server:
        execute(server, "INSERT INTO mysql_servers(hostname) VALUES ('x')", "SAVE MYSQL SERVERS TO DISK")
        server.stop()
        server.start("--initial")
        assert rows(server, "SELECT hostname FROM mysql_servers") == []


def test_clients_reach_the_writer_and_follow_a_failover(pair: tuple[Server, Backend, Backend]) -> None:
    server, db1, db2 = pair
    assert reached(server) == "db1"
    held = through(server)
    held.cursor().execute("SELECT 1")
    db1.read_only, db2.read_only = True, False
    eventually(lambda: reached(server) == "db2")
    with held.cursor() as cursor:
        cursor.execute("SELECT 'who'")
        assert cursor.fetchall() == (("db2",),)


APP = (
    "INSERT INTO mysql_users(username,password,default_hostgroup) VALUES ('app','{}',0),('check','x',0)",
    "LOAD MYSQL USERS TO RUNTIME",
)


@pytest.mark.parametrize("stored", ["secret", "*14E65567ABDB5135D0CFD9A70B3032C179A49EE7"])
def test_who_may_enter_is_asked_of_no_backend(stored: str) -> None:
    """As ProxySQL: the login is its own, at once, and what a backend says comes with the first statement."""
    with Server(binary="") as server, Backend("db") as db:
        execute(server, *(statement.format(stored) for statement in APP))
        # 192.0.2.1 answers nobody: then a statement waits, and no login
        for host, port in (("192.0.2.1", 3306), ("127.0.0.1", db.port)):
            insert = f"INSERT INTO mysql_servers(hostgroup_id,hostname,port) VALUES (0,'{host}',{port})"
            execute(server, "DELETE FROM mysql_servers", insert, "LOAD MYSQL SERVERS TO RUNTIME")
            began = time.monotonic()
            through(server).ping(reconnect=False)
            place = {"host": server.host, "port": server.data_port, "autocommit": None}
            other = pymysql.connect(user="check", password="x", **place)
            with pytest.raises(pymysql.OperationalError, match="ProxySQL Error: Access denied"):
                pymysql.connect(user="app", password="wrong", **place)
            assert time.monotonic() - began < 5
        assert reached(server) == "db"
        with pytest.raises(pymysql.OperationalError, match="Access denied for user 'check'"):
            other.cursor().execute("SELECT 1")


def test_without_a_backend_statements_fail_with_9001_in_the_end() -> None:
    with Server(binary="", mysql_variables={"connect_timeout_server_max": 700}) as server:
        execute(server, *(statement.format("secret") for statement in APP))
        link = through(server)
        began = time.monotonic()
        with pytest.raises(pymysql.Error) as caught:
            link.cursor().execute("SELECT 1")
        assert time.monotonic() - began >= 0.7
        assert caught.value.args == (
            9001,
            "Max connect timeout reached while reaching hostgroup 0 after 700ms",
        )


def test_the_pool_counts_and_a_pause_closes_the_port(pair: tuple[Server, Backend, Backend]) -> None:
    server, _, _ = pair
    held = through(server)
    held.cursor().execute("BEGIN")
    used = "SELECT ConnUsed FROM stats_mysql_connection_pool WHERE hostgroup=10"
    assert rows(server, used) == [("1",)]
    execute(server, "PROXYSQL PAUSE")
    with pytest.raises(pymysql.OperationalError):
        through(server)
    execute(server, "PROXYSQL RESUME")
    assert eventually(lambda: reached_now(server)) == "db1"
    held.close()


def test_another_version_closes_the_link() -> None:
    with Server(binary="") as server, Backend("old") as old:
        execute(
            server,
            "UPDATE global_variables SET variable_value='app' WHERE variable_name='admin-cluster_username'",
            "UPDATE global_variables SET variable_value='secret'"
            " WHERE variable_name='admin-cluster_password'",
            "LOAD ADMIN VARIABLES TO RUNTIME",
            f"INSERT INTO proxysql_servers(hostname,port) VALUES ('127.0.0.1',{old.port})",
            "LOAD PROXYSQL SERVERS TO RUNTIME",
        )
        eventually(lambda: "different ProxySQL version with peer" in server.log.read_text())


def test_admin_interfaces_change_while_it_runs(tmp_path: Path) -> None:
    socket = tmp_path / "admin.sock"
    with Server(DEFAULTS, binary="") as server:
        execute(
            server,
            f"UPDATE global_variables SET variable_value='127.0.0.1:{server.admin_port};{socket}'"
            " WHERE variable_name='admin-mysql_ifaces'",
            "LOAD ADMIN VARIABLES TO RUNTIME",
        )
        eventually(socket.exists)
        link = pymysql.connect(unix_socket=str(socket), user="admin", password="admin", autocommit=None)
        link.cursor().execute("SELECT 1")
        link.close()
