"""What a server sends is taken as it comes: many packets at once, pieces of one, nothing from before TLS."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.errors import ConnectError
from ansible_collections.mysqlha.proxysql.plugins.module_utils._server.admin import Admin
from ansible_collections.mysqlha.proxysql.plugins.module_utils._server.login import Login
from server import Server
from tls import Authority, TlsRelay

# OK, as the answer to a login that was sent after TLS had begun
OK = b"\x07\x00\x00\x03\x00\x00\x00\x02\x00\x00\x00"


@pytest.fixture(scope="module")
def plain() -> Iterator[Server]:
    with Server(binary="") as server:
        yield server


class Pieces:
    """Passes on to a server, whose answers come so many bytes at a time. connections: how many there were."""

    def __init__(self, port: int, size: int) -> None:
        self.server_port, self.size, self.connections = port, size, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            client = self.listener.accept()[0]
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            server = socket.create_connection(("127.0.0.1", self.server_port))
            for source, target, size in ((server, client, self.size), (client, server, 65536)):
                threading.Thread(target=_pass_on, args=(source, target, size), daemon=True).start()


def _pass_on(source: socket.socket, target: socket.socket, size: int) -> None:
    try:
        while data := source.recv(size):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def at(port: int, **options: str) -> Login:
    return Login(port=port, user="admin", connect_timeout=4, **{"password": "admin", **options})  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [1, 3, 7, 65536])
@pytest.mark.parametrize("bounded", [True, False])
def test_answers_in_pieces(plain: Server, size: int, bounded: bool) -> None:
    statement = "SELECT variable_name, variable_value FROM global_variables ORDER BY 1 LIMIT 40"
    with Admin(at(plain.admin_port)) as admin:
        whole = [admin.fetch(statement), admin.fetch("SELECT 1, NULL, ''")]
    with Admin(at(Pieces(plain.admin_port, size).port)) as admin:
        if bounded:
            admin.until(threading.TIMEOUT_MAX)
        assert [admin.fetch(statement), admin.fetch("SELECT 1, NULL, ''")] == whole


def test_one_connection_is_enough_where_there_is_no_tls(plain: Server) -> None:
    pieces = Pieces(plain.admin_port, 65536)
    with Admin(at(pieces.port)) as admin:
        assert admin.value("SELECT 1") == "1"
    assert pieces.connections == 1


def test_what_came_in_the_clear_is_no_answer(plain: Server, tmp_path) -> None:
    """Somebody on the way might have put it there."""
    authority = Authority(tmp_path)
    with TlsRelay(plain.admin_port, authority, in_the_clear=OK) as relay:
        with pytest.raises(ConnectError, match="Access denied"):
            Admin(at(relay.port, password="wrong"))
        with Admin(at(relay.port)) as admin:
            assert admin.value("SELECT 1") == "1"
