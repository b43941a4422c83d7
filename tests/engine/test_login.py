"""Logging in: TLS, option files, the environment, time; and what is no admin port at all."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pymysql
import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.errors import (
    ConnectError,
    StatementError,
)
from ansible_collections.mysqlha.proxysql.plugins.module_utils._server.admin import Admin
from ansible_collections.mysqlha.proxysql.plugins.module_utils._server.login import Login
from driver import login, run, sql, variable
from server import Server
from tls import Authority, TlsRelay

INFO = {"tables": ["mysql_servers"], "layers": ["memory"], "subsets": []}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("stranger"))


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("elsewhere"), "192.0.2.1")


@pytest.fixture(scope="module")
def plain() -> Iterator[Server]:
    with Server(binary="") as server:
        yield server


def at(port: int, **options: Any) -> Login:
    return Login(port=port, user="admin", password="admin", connect_timeout=4, **options)


def talks(login: Login) -> bool:
    with Admin(login) as admin:
        return admin.value("SELECT 1") == "1" and "ssl" in type(admin._connection._sock).__name__.lower()


# -- TLS ---------------------------------------------------------------------------------


def test_a_certificate_that_verifies(plain, authority):
    with TlsRelay(plain.admin_port, authority) as relay:
        assert talks(at(relay.port, ca_cert=authority.ca))
        assert talks(at(relay.port, ca_cert=authority.ca, check_hostname=True))
        assert talks(at(relay.port, ssl_mode="required"))
        assert talks(at(relay.port))
        with pytest.raises(ConnectError):  # the relay knows no client without TLS
            Admin(at(relay.port, ssl_mode="disabled", read_timeout=1))


def test_a_certificate_that_does_not_is_said_at_once(plain, authority, stranger):
    with TlsRelay(plain.admin_port, authority) as relay:
        began = time.monotonic()
        with pytest.raises(ConnectError, match="TLS with .* its certificate does not verify"):
            Admin(at(relay.port, ca_cert=stranger.ca))
        assert time.monotonic() - began < 6


def test_a_certificate_for_another_host(plain, elsewhere):
    with TlsRelay(plain.admin_port, elsewhere) as relay:
        assert talks(at(relay.port, ca_cert=elsewhere.ca))
        with pytest.raises(ConnectError, match="does not verify.*127.0.0.1"):
            Admin(at(relay.port, ca_cert=elsewhere.ca, check_hostname=True))


def test_a_client_certificate(plain, authority, stranger):
    with TlsRelay(plain.admin_port, authority, client_ca=authority.ca) as relay:
        mine = {"client_cert": authority.cert, "client_key": authority.key}
        assert talks(at(relay.port, ca_cert=authority.ca, **mine))
        for other in ({}, {"client_cert": stranger.cert, "client_key": stranger.key}):
            with pytest.raises(ConnectError):
                Admin(at(relay.port, ca_cert=authority.ca, **other))


@pytest.mark.parametrize("option", ["ca_cert", "client_cert"])
@pytest.mark.parametrize("content", [None, "no certificate\n"])
def test_files_that_cannot_be_used(module, tmp_path, option, content):
    path = tmp_path / "some.pem"
    if content is not None:
        path.write_text(content)
    began = time.monotonic()
    found = module("proxysql_info", **INFO, **{option: str(path)})
    assert f"{option}: cannot use {path}: " in found["msg"] and time.monotonic() - began < 6


def test_a_key_that_does_not_fit(module, authority, stranger):
    found = module("proxysql_info", **INFO, client_cert=authority.cert, client_key=stranger.key)
    assert f"client_cert: cannot use {authority.cert} and {stranger.key}: " in found["msg"]


def test_proxysqls_own_authority(server, module, stranger):
    if not server.is_real:
        assert "SSL is required" in module("proxysql_info", **INFO, ca_cert=stranger.ca)["msg"]
        return
    own = str(server.datadir / "proxysql-ca.pem")
    assert not module("proxysql_info", **INFO, ca_cert=own).get("failed")
    found = module("proxysql_info", **INFO, ca_cert=own, check_hostname=True)
    assert "does not verify" in found["msg"]
    assert "does not verify" in module("proxysql_info", **INFO, ca_cert=stranger.ca)["msg"]


def test_a_pymysql_that_goes_on_in_the_clear(plain, monkeypatch):
    """As those before 1.2 do where the server offers no TLS."""
    ask = pymysql.connections.Connection._request_authentication

    def before_1_2(connection: Any) -> None:
        connection._ssl_required = connection.ssl = False
        ask(connection)

    monkeypatch.setattr(pymysql.connections.Connection, "_request_authentication", before_1_2)
    Admin(at(plain.admin_port)).close()
    with pytest.raises(ConnectError, match="SSL is required but the server doesn't support it"):
        Admin(at(plain.admin_port, ssl_mode="required"))


# -- time --------------------------------------------------------------------------------


def listener(behave: Callable[[socket.socket], object]) -> int:
    """A port where each connection is treated so."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            threading.Thread(target=behave, args=(listening.accept()[0],), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    port: int = listening.getsockname()[1]
    return port


def freeze(server: Server) -> None:
    """Stop all of its threads. The signal alone leaves each on until it next comes to the kernel."""
    assert server.process
    # The real one's worker is a process of its own.
    group = server.process.pid
    os.killpg(group, signal.SIGSTOP)
    deadline = time.monotonic() + 10
    while any(state != "T" for state in states(group)):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def states(group: int) -> Iterator[str]:
    """Of each thread of a process group, as /proc has it: T is stopped."""
    for stat in Path("/proc").glob("[0-9]*/task/*/stat"):
        with contextlib.suppress(OSError):
            state, _, of = stat.read_text().rpartition(")")[2].split()[:3]
            if int(of) == group:
                yield state


@pytest.fixture
def frozen(running: Server) -> Iterator[Server]:
    """A server that the kernel takes connections for, and that answers nobody."""
    with Server(binary=running.binary) as server:
        freeze(server)
        assert server.process
        yield server
        os.killpg(server.process.pid, signal.SIGCONT)


def seconds(call: Callable[[], Any]) -> tuple[float, Any]:
    began = time.monotonic()
    found = call()
    return time.monotonic() - began, found


def test_a_server_that_hangs_is_given_up(module, frozen):
    place = {"login_port": frozen.admin_port, "connect_timeout": 2}
    took, found = seconds(lambda: module("proxysql_info", **INFO, **place))
    assert 1.5 < took < 3.5 and "did not answer within 2 s" in found["msg"]


@pytest.mark.parametrize("choose", [False, True])
def test_nodes_that_hang_cost_the_timeout_once(module, server, frozen, choose):
    hanging = [listener(lambda connection: time.sleep(60)) for _ in range(20)]
    ports = [server.admin_port, frozen.admin_port, *hanging]
    nodes = [{"login_host": "127.0.0.1", "login_port": port} for port in ports]
    took, found = seconds(
        lambda: module("cluster_sync", nodes=nodes, timeout=3, choose_leader=choose, connect_timeout=10)
    )
    assert took < 4.3, found
    if choose:
        assert found["leader"] == f"127.0.0.1:{server.admin_port}" and len(found["remarks"]) == 21
    else:
        assert found["error"] == "NotConvergedError" and len(found["not_converged"]) == 21


def test_nodes_that_hang_do_not_hold_a_drain(module, server, frozen):
    run(server, {"mysql_servers": [{"hostname": "db1"}]})
    nodes = [{"login_host": "127.0.0.1", "login_port": frozen.admin_port}]
    took, found = seconds(
        lambda: module("mysql_servers_drain", servers=[{"hostname": "db1"}], nodes=nodes, timeout=3)
    )
    assert took < 4.3 and "is not watched" in str(found["warnings"])


def test_each_answer_is_waited_for_so_long(server):
    with Admin(login(server, read_timeout=0.5)) as admin:
        freeze(server)
        assert server.process
        try:
            took, _ = seconds(lambda: pytest.raises(StatementError, admin.value, "SELECT 1"))
        finally:
            os.killpg(server.process.pid, signal.SIGCONT)
        assert 0.4 < took < 2


@pytest.mark.parametrize(
    "greeting",
    [
        b"\x05\x00\x00\x00\x0a1234",
        b"\x00\x00\x00\x00",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x10\x00\x00\x00\x0a" + b"\xff" * 15,
        b"\x4a\x00\x00\x00\x0a5.5.30\x00",
    ],
)
def test_what_is_no_admin_port(module, greeting):
    def behave(connection: socket.socket) -> None:
        connection.sendall(greeting)
        time.sleep(5)

    place = {"login_port": listener(behave), "connect_timeout": 2}
    took, found = seconds(lambda: module("proxysql_info", **INFO, **place))
    assert took < 3.5 and found["failed"] and "Traceback" not in str(found)


def test_a_port_that_closes_at_once_is_tried_again(server):
    """As ProxySQL does while it starts."""
    closed = []

    def behave(connection: socket.socket) -> None:
        if len(closed) < 2:
            closed.append(connection)
            connection.close()
            return
        with connection, socket.create_connection((server.host, server.admin_port)) as real:
            threading.Thread(target=pipe, args=(real, connection), daemon=True).start()
            pipe(connection, real)

    def pipe(source: socket.socket, target: socket.socket) -> None:
        while data := source.recv(4096):
            target.sendall(data)

    with Admin(at(listener(behave), ssl_mode="disabled")) as admin:
        assert admin.value("SELECT 1") == "1" and len(closed) == 2


# -- who ---------------------------------------------------------------------------------


@pytest.mark.parametrize("password", ["pä", "日本", "a'b\"c\\d %$", "x" * 60])
def test_passwords_of_any_characters(server, module, password):
    credentials = variable(server, "admin-admin_credentials")["runtime"]
    # A double quote or a semicolon cannot be in credentials.
    word = password.replace('"', "")
    run(server, variables={"admin-admin_credentials": f"{credentials};w:{word}"})
    try:
        assert not module("proxysql_info", **INFO, login_user="w", login_password=word).get("failed")
        with pytest.raises(pymysql.err.OperationalError):
            server.connect("w", "wrong")
    finally:
        run(server, variables={"admin-admin_credentials": credentials})


def test_the_environment_is_asked_and_an_option_goes_before_it(module, server, monkeypatch):
    for name, value in {
        "HOST": server.host,
        "PORT": str(server.admin_port),
        "USER": "admin",
        "PASSWORD": "admin",
    }.items():
        monkeypatch.setenv("PROXYSQL_LOGIN_" + name, value)
    nothing = dict.fromkeys(("login_host", "login_port", "login_user", "login_password"))
    assert not module("proxysql_info", **INFO, **nothing).get("failed")
    found = module("proxysql_info", **INFO, **{**nothing, "login_user": "another"})
    assert "refused the login of 'another'" in found["msg"]
    monkeypatch.setenv("PROXYSQL_LOGIN_UNIX_SOCKET", "/nonexistent/some.sock")
    found = module("proxysql_info", **INFO, **nothing, connect_timeout=1)
    assert "/nonexistent/some.sock" in found["msg"]


def test_the_environments_option_file(module, server, monkeypatch, tmp_path):
    path = tmp_path / "my.cnf"
    path.write_text(f"[client]\nuser=admin\npassword=admin\nhost={server.host}\nport={server.admin_port}\n")
    monkeypatch.setenv("PROXYSQL_LOGIN_DEFAULTS_FILE", str(path))
    nothing = dict.fromkeys(("login_host", "login_port", "login_user", "login_password"))
    assert not module("proxysql_info", **INFO, **nothing).get("failed")


def test_a_given_address_goes_before_the_files_socket_even_if_it_is_the_default(module, server, tmp_path):
    path = tmp_path / "my.cnf"
    path.write_text("[client]\nuser=admin\npassword=admin\nsocket=/run/mysqld/mysqld.sock\nport=3306\n")
    options = {"login_user": None, "login_password": None, "login_defaults_file": str(path)}
    assert not module("proxysql_info", **INFO, **options).get("failed")
    found = module(
        "cluster_sync",
        nodes=[{"login_host": server.host, "login_port": server.admin_port}],
        timeout=3,
        **{**options, "login_host": None, "login_port": None},
    )
    assert not found.get("failed"), found


def test_a_files_tls_is_not_ignored(module, server, tmp_path, stranger):
    path = tmp_path / "my.cnf"
    options = {"login_user": None, "login_password": None, "login_defaults_file": str(path)}
    for line, message in (
        ("ssl-mode=VERIFY_IDENTITY", "no certificate authority is given"),
        ("ssl_mode=VERIFY_CA", "no certificate authority is given"),
        ("ssl-verify-server-cert", "no certificate authority is given"),
        ("ssl_ca=/nonexistent.pem", "cannot use /nonexistent.pem"),
        ("ssl-mode=NEVER", "ssl-mode is not one of"),
        (f"ssl-ca={stranger.ca}", "does not verify" if server.is_real else "SSL is required"),
    ):
        path.write_text(f"[client]\nuser=admin\npassword=admin\n{line}\n")
        assert message in module("proxysql_info", **INFO, **options).get("msg", ""), line
    path.write_text("[client]\nuser=admin\npassword=admin\nssl-mode=REQUIRED\n")
    assert not module("proxysql_info", **INFO, **options, ssl_mode="disabled").get("failed")


def test_a_connection_that_broke_is_made_anew(server):
    with Admin(login(server)) as admin:
        admin._connection._force_close()
        admin.revive()
        assert admin.value("SELECT 1") == "1"
        connection = admin._connection
        admin.revive()
        assert admin._connection is connection, "one that is open is kept"
    assert sql(server, "SELECT 1") == [("1",)]


def test_a_socket_is_that_of_one_server_and_not_of_the_nodes(module, server):
    nodes = [{"login_host": server.host, "login_port": server.admin_port}]
    own = {"login_host": None, "login_port": None, "login_unix_socket": "/nonexistent/proxysql.sock"}
    found = module("cluster_sync", nodes=nodes, choose_leader=True, timeout=3, **own)
    assert found.get("leader") == f"{server.host}:{server.admin_port}", found


@pytest.mark.parametrize("text", ["v8.0.36", "any", "5-x"])
def test_a_server_that_calls_itself_a_version_without_a_number(server, text):
    """The driver reads a number from it; whoever sets it back has to get in."""
    name = "mysql-server_version"
    sql(
        server,
        f"UPDATE global_variables SET variable_value = '{text}' WHERE variable_name = '{name}'",
        "LOAD MYSQL VARIABLES TO RUNTIME",
    )
    with Admin(login(server)) as admin:
        shown = admin.value(
            f"SELECT variable_value FROM runtime_global_variables WHERE variable_name = '{name}'"
        )
    assert shown == text
    assert run(server, variables={name: "8.0.30"}).changed


def test_one_that_answers_byte_by_byte_is_given_up_as_well(module):
    """Each byte comes in time; the deadline is that of the whole login."""

    def behave(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            for byte in b"\x4a\x00\x00\x00\x0a5.5.30\x00" + bytes(70):
                connection.sendall(bytes([byte]))
                time.sleep(0.3)

    place = {"login_port": listener(behave), "connect_timeout": 1}
    took, found = seconds(lambda: module("proxysql_info", **INFO, **place))
    assert took < 2.5 and "did not answer within 1 s" in found["msg"]
