"""Counts what a client sends to an admin port, and what a peer sees of it."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import dataclass, field

from server import Server

_CLIENT_SSL = 0x800
_COM_QUERY = 3


@dataclass
class Count:
    statements: int = 0
    loads: int = 0
    saves: int = 0
    writes: int = 0
    epochs: int = 0


class Relay:
    """Passes connections on to a server and counts their statements. Takes TLS out of the greeting."""

    def __init__(self, server: Server) -> None:
        self.target = (server.host, server.admin_port)
        self.count = Count()
        self._listener = socket.create_server((server.host, 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self.target)
            threading.Thread(target=self._answers, args=(server, client), daemon=True).start()
            threading.Thread(target=self._statements, args=(client, server), daemon=True).start()

    def _answers(self, server: socket.socket, client: socket.socket) -> None:
        greeting = bytearray(server.recv(65536))
        # Version, ended by a zero byte; thread id, salt and a zero byte; then the flags.
        flags = greeting.index(0, 5) + 1 + 4 + 8 + 1
        low = int.from_bytes(greeting[flags : flags + 2], "little") & ~_CLIENT_SSL
        greeting[flags : flags + 2] = low.to_bytes(2, "little")
        client.sendall(greeting)
        self._pump(server, client)

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(1 << 20):
                target.sendall(data)
        except OSError:
            pass
        finally:
            target.close()

    def _statements(self, client: socket.socket, server: socket.socket) -> None:
        stream = client.makefile("rb")
        try:
            while len(head := stream.read(4)) == 4:
                body = stream.read(int.from_bytes(head[:3], "little"))
                if head[3] == 0 and body[:1] == bytes([_COM_QUERY]):
                    self._counted(body[1:])
                server.sendall(head + body)
        except OSError:
            pass
        finally:
            server.close()

    def _counted(self, sql: bytes) -> None:
        verb = sql.lstrip()[:7].upper()
        self.count.statements += 1
        self.count.loads += verb.startswith(b"LOAD")
        self.count.saves += verb.startswith(b"SAVE")
        self.count.writes += verb.startswith((b"INSERT", b"UPDATE", b"DELETE", b"REPLACE"))


@dataclass
class Watch:
    """Looks at a peer's view of a server, and counts the epochs that it sees."""

    peer: Server
    seen: set[tuple[str, str]] = field(default_factory=set)
    stopped: bool = False

    def start(self) -> Watch:
        self._look()
        self.before = len(self.seen)
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()
        return self

    def stop(self) -> int:
        """How many epochs came."""
        time.sleep(1)  # the peer looks every 200 ms
        self.stopped = True
        self.thread.join()
        return len(self.seen) - self.before

    def _watch(self) -> None:
        while not self.stopped:
            self._look()
            time.sleep(0.1)

    def _look(self) -> None:
        connection = self.peer.connect(ssl_disabled=True)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT name, epoch FROM stats_proxysql_servers_checksums"
                " WHERE name IN ('mysql_servers_v2', 'mysql_users', 'mysql_query_rules')"
            )
            self.seen.update((str(name), str(epoch)) for name, epoch in cursor.fetchall())
        connection.close()


def follower(server: Server) -> Server:
    """A node that follows the server, and looks at it often."""
    settings = {"cluster_check_interval_ms": 200, "cluster_check_status_frequency": 1}
    tables = f'proxysql_servers=({{hostname="{server.host}" port={server.admin_port}}})\n'
    return Server(binary=server.binary, admin_variables=settings, tables=tables)
