"""The data port: ProxySQL lets a client in, and from its first statement on bytes are passed through to
one backend, on which the user must exist too.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mysql_mimic.errors import MysqlError
from mysql_mimic.stream import ConnectionClosed, MysqlStream

from .database import AdminError
from .front import Front, first_packet
from .protocol import open_interface

if TYPE_CHECKING:
    from .admin import Answer
    from .instance import Instance

log = logging.getLogger("proxysql")

Server = tuple[int, str, int]  # hostgroup, host, port

# Seconds in which a backend has to be there, each time that a statement needs one.
PATIENCE = 0.25


@dataclass
class Use:
    now: int = 0
    most: int = 0
    ok: int = 0
    failed: int = 0
    sent: int = 0
    received: int = 0


class DataPort:
    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.servers: list[asyncio.AbstractServer] = []
        self.clients: dict[asyncio.Task[None], Server | None] = {}
        self.created = 0
        self.uses: dict[Server, Use] = {}

    def use_of(self, hostgroup: int, host: str, port: int) -> Use:
        return self.uses.setdefault((hostgroup, host, port), Use())

    async def listen(self) -> None:
        for interface in self.instance.variables["mysql-interfaces"].split(";"):
            try:
                self.servers.append(await open_interface(interface.strip(), self._client))
            except (OSError, ValueError) as error:
                log.error("Cannot listen on %s: %s", interface, error)

    def close(self) -> None:
        for server in self.servers:
            server.close()
        self.servers.clear()
        for task in self.clients:
            task.cancel()

    def servers_changed(self) -> None:
        """Clients of a server that is gone from its hostgroup lose their connection."""
        present = {
            (hostgroup, host.decode(), port)
            for hostgroup, host, port in self.instance.database.rows(
                "SELECT hostgroup_id, hostname, port FROM runtime_mysql_servers"
            )
        }
        for task, server in self.clients.items():
            if server is not None and server not in present:
                task.cancel()

    # -- choosing

    def hostgroup(self) -> int:
        ((lowest,),) = self.instance.database.rows(
            "SELECT MIN(default_hostgroup) FROM runtime_mysql_users WHERE frontend=1"
        )
        return lowest or 0

    def candidates(self) -> list[Server]:
        """The ONLINE servers of the default hostgroup, the heaviest first."""
        return [
            (hostgroup, host.decode(), port)
            for hostgroup, host, port in self.instance.database.rows(
                "SELECT hostgroup_id, hostname, port FROM runtime_mysql_servers"
                " WHERE hostgroup_id=? AND status='ONLINE' ORDER BY weight DESC, hostname, port",
                (self.hostgroup(),),
            )
        ]

    # -- one client

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.clients[task] = None
        self.created += 1
        peer = (writer.get_extra_info("peername") or ("localhost", 0))[:2]
        peer = ("localhost", 0) if isinstance(peer, str) else peer
        version = self.instance.variables["mysql-server_version"]
        tls = self.instance.offered_tls()
        front = Front(
            MysqlStream(reader, writer), version, self._password_of, self._without_backend, peer, tls
        )
        try:
            if not await front.enter():
                return
            while True:
                command = await front.command()
                found = await self._backend(front)
                if isinstance(found, bytes):
                    await front.stream.write(found)
                elif found is None:
                    await front.without_backend(command)
                else:
                    server, backend_reader, backend_writer = found
                    self.clients[task] = server
                    backend_writer.write(first_packet(command))
                    await self._pass_through(
                        reader, writer, backend_reader, backend_writer, self.use_of(*server)
                    )
                    return
        except (ConnectionClosed, ConnectionError, asyncio.IncompleteReadError, MysqlError):
            pass  # the client went away, or does not speak the protocol
        except asyncio.CancelledError:
            pass  # its server is gone, or we are
        finally:
            del self.clients[task]
            writer.close()

    async def _backend(
        self, front: Front
    ) -> tuple[Server, asyncio.StreamReader, asyncio.StreamWriter] | bytes | None:
        """A connection that the user is logged in to, or the backend's refusal; None without a backend."""
        timeout = self.instance.variables.number("mysql-connect_timeout_server") / 1000
        loop = asyncio.get_running_loop()
        deadline = loop.time() + min(timeout, PATIENCE)
        for server in self.candidates():
            try:
                left = deadline - loop.time()
                reader, writer = await asyncio.wait_for(asyncio.open_connection(server[1], server[2]), left)
                refusal = await asyncio.wait_for(front.login(reader, writer), 1)
            except (OSError, asyncio.TimeoutError) as error:
                self.use_of(*server).failed += 1
                log.error("Cannot connect to %s:%d: %s", server[1], server[2], error)
                continue
            return refusal or (server, reader, writer)
        return None

    def _password_of(self, username: str) -> bytes | None:
        rows = self.instance.database.rows(
            "SELECT password FROM runtime_mysql_users WHERE username=? AND frontend=1 AND active=1",
            (username,),
        )
        return next(((password or b"") for (password,) in rows), None)

    def _without_backend(self, sql: bytes, user: str) -> Answer:
        """As ProxySQL answers a statement without a backend."""
        waited = self.instance.variables["mysql-connect_timeout_server_max"]
        raise AdminError(
            f"Max connect timeout reached while reaching hostgroup {self.hostgroup()} after {waited}ms", 9001
        )

    async def _pass_through(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        backend_reader: asyncio.StreamReader,
        backend_writer: asyncio.StreamWriter,
        use: Use,
    ) -> None:
        use.ok += 1
        use.now += 1
        use.most = max(use.most, use.now)

        async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter, direction: str) -> None:
            with contextlib.suppress(ConnectionError):
                while data := await source.read(65536):
                    setattr(use, direction, getattr(use, direction) + len(data))
                    target.write(data)
                    await target.drain()

        pumps = [
            asyncio.ensure_future(pump(reader, backend_writer, "sent")),
            asyncio.ensure_future(pump(backend_reader, writer, "received")),
        ]
        try:
            # Whichever side hangs up first ends both.
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in pumps:
                one.cancel()
            use.now -= 1
            backend_writer.close()
