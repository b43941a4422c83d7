"""The data port: ProxySQL lets a client in, and passes each of its statements on to a server that is ONLINE.

On that the user must exist, too. Without a server the statement waits.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mysql_mimic.errors import MysqlError
from mysql_mimic.stream import ConnectionClosed, MysqlStream

from .backend import Backend, Server
from .database import AdminError
from .front import Front
from .protocol import open_interface

if TYPE_CHECKING:
    from .admin import Answer
    from .instance import Instance

log = logging.getLogger("proxysql")

# Seconds: how often somebody who waits looks for a server, and tries again one that could not be reached.
PAUSE, AGAIN = 0.02, 0.2


@dataclass
class Use:
    """Of a server: connections used now, the most at once, those made, those refused; statements; bytes."""

    now: int = 0
    most: int = 0
    ok: int = 0
    failed: int = 0
    asked: int = 0
    sent: int = 0
    received: int = 0


class DataPort:
    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.servers: list[asyncio.AbstractServer] = []
        self.clients: dict[asyncio.Task[None], Client] = {}
        self.created = 0
        self.uses: dict[Server, Use] = {}
        # connections that nobody uses, for whoever logs in in the same way
        self.pool: dict[Server, list[tuple[object, Backend]]] = {}

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
        """Who uses a server that is gone from its hostgroup loses the connection, with the next command."""
        present = set(self._listed("1"))
        for task, client in self.clients.items():
            if client.backend is not None and client.backend.server not in present:
                client.backend.is_lost = True
                if client.is_asking:
                    task.cancel()
        for server in set(self.pool) - set(self._listed("status='ONLINE'")):
            for _, backend in self.pool.pop(server):
                backend.close()

    # -- connections that nobody uses

    def taken(self, server: Server, login: object) -> Backend | None:
        idle = self.pool.get(server, [])
        for each in list(idle):
            if each[1].is_gone:
                idle.remove(each)
                each[1].close()
        found = next((each for each in idle if each[0] == login), None)
        if found is None:
            return None
        idle.remove(found)
        return found[1]

    def put_back(self, backend: Backend, login: object) -> None:
        if backend.server in self._listed("status='ONLINE'"):
            self.pool.setdefault(backend.server, []).append((login, backend))
        else:
            backend.close()

    # -- choosing

    def hostgroup(self) -> int:
        ((lowest,),) = self.instance.database.rows(
            "SELECT MIN(default_hostgroup) FROM runtime_mysql_users WHERE frontend=1"
        )
        return lowest or 0

    def candidates(self) -> list[Server]:
        """The ONLINE servers of the default hostgroup, the heaviest first."""
        return self._listed("hostgroup_id=? AND status='ONLINE'", self.hostgroup())

    def _listed(self, which: str, *given: int) -> list[Server]:
        return [
            (hostgroup, host.decode(), port)
            for hostgroup, host, port in self.instance.database.rows(
                "SELECT hostgroup_id, hostname, port FROM runtime_mysql_servers"
                f" WHERE {which} ORDER BY weight DESC, hostname, port",
                given,
            )
        ]

    # -- one client

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.created += 1
        peer = (writer.get_extra_info("peername") or ("localhost", 0))[:2]
        peer = ("localhost", 0) if isinstance(peer, str) else peer
        version = self.instance.variables["mysql-server_version"]
        tls = self.instance.offered_tls()
        front = Front(
            MysqlStream(reader, writer), version, self._password_of, self._without_backend, peer, tls
        )
        self.clients[task] = client = Client(self, front)
        try:
            await client.serve()
        except (ConnectionClosed, ConnectionError, asyncio.IncompleteReadError, MysqlError):
            pass  # the client or its server went away, or does not speak the protocol
        except asyncio.CancelledError:
            pass  # its server is gone, or we are
        finally:
            client.leave()
            del self.clients[task]
            writer.close()

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


class Client:
    """backend: the one that it uses, for a statement, a transaction or as long as it stays."""

    def __init__(self, port: DataPort, front: Front) -> None:
        self.port, self.front = port, front
        self.backend: Backend | None = None
        self.is_asking = False

    async def serve(self) -> None:
        """Until it goes. Raises what ends it."""
        if not await self.front.enter():
            return
        while True:
            command = await self.front.command()
            if self.backend is not None and self.backend.is_lost:
                return
            if self.front.is_setting(command) and self.backend is None:
                self.front.took(command)
                await self.front.stream.write(self.front.ok())
                continue
            found = self.backend or await self._found()
            if isinstance(found, bytes):
                await self.front.stream.write(found)
            elif found is None:
                await self.front.without_backend(command)
            else:
                await self._ask(found, command)

    async def _ask(self, backend: Backend, command: bytes) -> None:
        use = self.port.use_of(*backend.server)
        before = backend.sent, backend.received
        if self.backend is None:
            self.backend = backend
            use.now += 1
            use.most = max(use.most, use.now)
        use.asked += 1
        self.is_asking = True
        try:
            if await backend.ask(command, self.front.stream.writer):
                self.front.took(command)
        finally:
            self.is_asking = False
            use.sent += backend.sent - before[0]
            use.received += backend.received - before[1]
        if not backend.is_bound:
            self.backend = None
            use.now -= 1
            self.port.put_back(backend, self.front.login_of_its_own)

    async def _found(self) -> Backend | bytes | None:
        """A connection for the next statement, or the backend's refusal; None if there is none in time."""
        number = self.port.instance.variables.number
        deadline = time.monotonic() + number("mysql-connect_timeout_server_max") / 1000
        while True:
            candidates = self.port.candidates()
            for server in candidates:
                found = await self._connected(server, deadline)
                if found is not None:
                    return found
            if self.front.is_gone:
                raise ConnectionClosed
            if time.monotonic() > deadline:
                return None
            await asyncio.sleep(AGAIN if candidates else PAUSE)

    async def _connected(self, server: Server, deadline: float) -> Backend | bytes | None:
        if idle := self.port.taken(server, self.front.login_of_its_own):
            return idle
        use = self.port.use_of(*server)
        patience = self.port.instance.variables.number("mysql-connect_timeout_server") / 1000
        try:
            left = min(patience, max(PAUSE, deadline - time.monotonic()))
            reader, writer = await asyncio.wait_for(asyncio.open_connection(server[1], server[2]), left)
            refusal = await asyncio.wait_for(self.front.login(reader, writer), 1)
        except (OSError, asyncio.TimeoutError) as error:
            use.failed += 1
            log.error("Cannot connect to %s:%d: %s", server[1], server[2], error)
            return None
        if refusal:
            writer.close()
            return refusal
        if server not in self.port.candidates():
            writer.close()  # not any more
            return None
        use.ok += 1
        return Backend(server, reader, writer)

    def leave(self) -> None:
        """With the connection that it uses."""
        if self.backend is not None:
            self.port.use_of(*self.backend.server).now -= 1
            self.backend.close()
