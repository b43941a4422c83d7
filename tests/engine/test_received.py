"""What a server sends is taken as it comes: many packets at once, pieces of one, nothing from before TLS."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pymysql
import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.errors import ConnectError
from ansible_collections.mysqlha.proxysql.plugins.module_utils._server.admin import Admin
from ansible_collections.mysqlha.proxysql.plugins.module_utils._server.connection import connection_class
from ansible_collections.mysqlha.proxysql.plugins.module_utils._server.login import Login
from server import Server
from tls import Authority, TlsRelay

# A column that is called a, and what ends the columns.
COLUMN = b"\x17\0\0\x02\x03def" + bytes(3) + b"\x01a" + bytes(14) + b"\x05\0\0\x03\xfe\0\0\2\0"
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


# -- what an answer is made of -------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 250, 251, 252, 65535, 65536, 70000])
def test_values_of_any_size(plain: Server, size: int) -> None:
    statement = f"SELECT printf('%.*c', {size}, 'x') AS a, NULL AS b, '' AS c, 'ä' AS d"
    with Admin(at(plain.admin_port)) as admin:
        names, rows = admin.fetch(statement)
    assert names == ["a", "b", "c", "d"] and rows[0][1:] == [None, "", "ä"]
    assert rows[0][0] == "x" * max(size, 1)  # of SQLite's a width of 0 is one character


def test_more_columns_than_one_byte_counts(plain: Server) -> None:
    wanted = [str(number) for number in range(300)]
    with Admin(at(plain.admin_port)) as admin:
        names, rows = admin.fetch("SELECT " + ", ".join(f"{each} AS c{each}" for each in wanted))
        assert names == [f"c{each}" for each in wanted] and rows == [wanted]
        assert admin.fetch("SELECT 1 WHERE 0") == (["1"], [])


@pytest.fixture
def conversation() -> Iterator[tuple[Any, socket.socket]]:
    """A connection of the driver's and the end where its server would be."""
    ours, theirs = socket.socketpair()
    connection = connection_class()(user="x", password=b"", defer_connect=True, charset="utf8mb4")
    connection._sock, connection._closed = ours, False
    theirs.settimeout(5)
    yield connection, theirs
    theirs.close()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"\x0c\x00\x00\x01\xfb/etc/passwd", "asks for a file of this host"),
        (b"\x07\x00\x00\x02\x00\x00\x00\x02\x00\x00\x00", "another order"),
        (b"\x00\x00\x00\x01", "ends too early"),
        (b"\x07\x00\x00\x01\x00\x00", "Lost connection"),
        (b"\x01\x00\x00\x01\x01" + COLUMN + b"\x03\x00\x00\x04\xfd\x01\x00", "ends too early"),
        (b"\x09\x00\x00\x01\xff\x51\x04#28000", "1105"),
    ],
)
def test_what_is_no_answer(conversation: tuple[Any, socket.socket], answer: bytes, said: str) -> None:
    connection, server = conversation
    server.sendall(answer)
    server.shutdown(socket.SHUT_WR)
    with pytest.raises(pymysql.err.MySQLError, match=said):
        connection.ask(b"SELECT 1")
    assert server.recv(100)[4:] == b"\x03SELECT 1"


def test_how_many_rows_changed(conversation: tuple[Any, socket.socket]) -> None:
    connection, server = conversation
    server.sendall(b"\x0a\x00\x00\x01\x00\xfd\x01\x02\x03\x00\x02\x00\x00\x00")
    assert connection.ask(b"DELETE FROM mysql_servers") == ([], [], 0x030201)


@pytest.mark.parametrize("size", [0xFFFFFF - 5, 0xFFFFFF - 4, 0xFFFFFF + 300])
def test_a_row_that_is_longer_than_a_packet(conversation: tuple[Any, socket.socket], size: int) -> None:
    """It goes on in the next one, which is empty where it ended with the first."""
    connection, server = conversation
    row = b"\xfd" + size.to_bytes(3, "little") if size < 1 << 24 else b"\xfe" + size.to_bytes(8, "little")
    row += b"x" * size
    packets = [b"\x01", COLUMN[4:-9], b"\xfe\0\0\2\0", row[:0xFFFFFF]]
    packets += [row[0xFFFFFF:]] if len(row) >= 0xFFFFFF else []
    packets += [b"\xfe\0\0\2\0"]
    sent = b"".join(
        len(each).to_bytes(3, "little") + bytes([number]) + each for number, each in enumerate(packets, 1)
    )
    threading.Thread(target=server.sendall, args=(sent,), daemon=True).start()
    answer = connection.ask(b"SELECT a")
    assert answer.names == [b"a"] and [len(each) for each in answer.rows[0] if each] == [size]
