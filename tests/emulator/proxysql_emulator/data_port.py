"""The data port: bytes passed through to one backend, chosen when the client connects.

Nobody logs in here: the greeting, the login and the answers are the backend's own, so a
client's user must exist there.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mysql_mimic.stream import MysqlStream

from .admin import OK, Answer
from .database import AdminError
from .protocol import MysqlConnection, open_interface

if TYPE_CHECKING:
    from .instance import Instance

log = logging.getLogger("proxysql")

Server = tuple[int, str, int]  # hostgroup, host, port

# Seconds in which a backend has to be there. ProxySQL greets a client at once, whatever becomes of
# the backends; here the greeting is theirs, so none is waited for while a client wonders.
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
        timeout = self.instance.variables.number("mysql-connect_timeout_server") / 1000
        loop = asyncio.get_running_loop()
        deadline = loop.time() + min(timeout, PATIENCE)
        try:
            for server in self.candidates():
                use = self.use_of(*server)
                try:
                    left = deadline - loop.time()
                    backend = await asyncio.wait_for(asyncio.open_connection(server[1], server[2]), left)
                except (OSError, asyncio.TimeoutError) as error:
                    use.failed += 1
                    log.error("Cannot connect to %s:%d: %s", server[1], server[2], error)
                    continue
                self.clients[task] = server
                await self._pass_through(reader, writer, *backend, use)
                return
            await self._refuse(reader, writer)
        except asyncio.CancelledError:
            pass  # its server is gone, or we are
        finally:
            del self.clients[task]
            writer.close()

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

    async def _refuse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Let anybody in, and answer every statement as ProxySQL does without a backend."""
        hostgroup = self.hostgroup()
        waited = self.instance.variables["mysql-connect_timeout_server_max"]

        def execute(sql: bytes, user: str) -> Answer:
            if sql[:4].upper() == b"SET ":
                return OK  # ProxySQL keeps these for the backend to come
            raise AdminError(
                f"Max connect timeout reached while reaching hostgroup {hostgroup} after {waited}ms",
                9001,
            )

        stream = MysqlStream(reader, writer)
        version = self.instance.variables["mysql-server_version"]
        await _Open(stream, version, lambda user: b"", execute, ("", 0)).serve()


class _Open(MysqlConnection):
    @staticmethod
    def _matches(username: str, stored: bytes, response: bytes, nonce: bytes) -> bool:
        return True
