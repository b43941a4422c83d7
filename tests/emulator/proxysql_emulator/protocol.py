"""The admin port: MySQL's protocol by mysql-mimic, the rules of who may enter by ProxySQL."""

from __future__ import annotations

import asyncio
import logging
from functools import lru_cache
from ssl import SSLContext
from typing import TYPE_CHECKING, Any, Callable

from mysql_mimic import packets, types, utils
from mysql_mimic.auth import IdentityProvider, NativePasswordAuthPlugin, User
from mysql_mimic.charset import CharacterSet
from mysql_mimic.connection import Connection
from mysql_mimic.constants import DEFAULT_SERVER_CAPABILITIES
from mysql_mimic.control import LocalControl
from mysql_mimic.errors import ErrorCode, MysqlError
from mysql_mimic.results import ResultColumn
from mysql_mimic.session import BaseSession
from mysql_mimic.stream import ConnectionClosed, MysqlStream
from mysql_mimic.types import Capabilities, ColumnType

from . import passwords
from .database import AdminError

if TYPE_CHECKING:
    from .admin import Answer
    from .instance import Instance

log = logging.getLogger("proxysql")

# ProxySQL's admin port knows neither query attributes nor the short end of a result.
_CAPABILITIES = DEFAULT_SERVER_CAPABILITIES & ~(
    Capabilities.CLIENT_QUERY_ATTRIBUTES | Capabilities.CLIENT_DEPRECATE_EOF
)
_LOCAL_ONLY = ("admin", "stats", "monitor")
_LOCAL = ("127.0.0.1", "::1", "localhost")
_NATIVE = NativePasswordAuthPlugin()
_SQL_STATES = {1040: b"42000", 1045: b"28000", 9001: b"HY000"}

Execute = Callable[[bytes, str], "Answer"]


class _Variables(dict[str, Any]):
    """The few session variables that mysql-mimic's connection asks for."""

    def set(self, name: str, value: Any, force: bool = False) -> None:
        self[name] = value


class _Session(BaseSession):
    def __init__(self, server_version: str) -> None:
        self.variables = _Variables(
            version=server_version, character_set_results="utf8mb4", character_set_client="utf8mb4"
        )
        self.username = None
        self.database = None


class _Accounts(IdentityProvider):
    def get_plugins(self) -> list[NativePasswordAuthPlugin]:
        return [_NATIVE]


class MysqlConnection(Connection):
    """One client. `password_of` gives a user's stored password, None if there is none."""

    def __init__(
        self,
        stream: MysqlStream,
        server_version: str,
        password_of: Callable[[str], bytes | None],
        execute: Execute,
        peer: tuple[str, int],
        tls: SSLContext | None = None,
    ) -> None:
        super().__init__(
            stream, _Session(server_version), LocalControl(), _Accounts(), _CAPABILITIES, ssl=tls
        )
        self.password_of = password_of
        self.execute = execute
        self.peer = peer
        self.status_flags = types.ServerStatus.SERVER_STATUS_AUTOCOMMIT

    async def serve(self) -> None:
        try:
            await self.connection_phase()
            if self.session.username is not None:
                await self.command_phase()
        except (ConnectionClosed, ConnectionError, asyncio.IncompleteReadError, MysqlError):
            pass  # the client went away, or does not speak the protocol

    async def authenticate(
        self,
        username: str,
        auth_response: bytes,
        client_plugin_name: str | None,
        connect_attrs: dict[str, str],
        auth_state: Any = None,
        server_plugin: Any = None,
    ) -> None:
        assert self.handshake_auth_data is not None
        nonce = self.handshake_auth_data.rstrip(b"\x00")
        if client_plugin_name not in (None, _NATIVE.name):
            nonce = utils.nonce(20)
            await self.stream.write(
                packets.make_auth_switch_request(
                    server_charset=self.server_charset,
                    plugin_name=_NATIVE.name,
                    plugin_provided_data=nonce + b"\x00",
                )
            )
            auth_response = await self.stream.read()
        stored = self.password_of(username)
        if stored is None or not self._matches(username, stored, auth_response, nonce):
            used = "YES" if auth_response else "NO"
            text = (
                f"ProxySQL Error: Access denied for user '{username}'@'{self.peer[0]}'"
                f" (using password: {used})"
            )
            log.error("%s", text)
            await self._write_error(AdminError(text))
        elif username in _LOCAL_ONLY and self.peer[0] not in _LOCAL:
            text = f"User '{username}' can only connect locally"
            await self._write_error(AdminError(text, 1040))
        else:
            self.session.username = username
            await self.stream.write(self.ok())

    def _matches(self, username: str, stored: bytes, response: bytes, nonce: bytes) -> bool:
        if not stored:
            return not response
        user = User(username, passwords.native_hash_of(stored), _NATIVE.name)
        return bool(response) and _NATIVE.password_matches(user, response, nonce)

    async def handle_query(self, data: bytes) -> None:
        try:
            answer = self.execute(data, str(self.session.username))
        except AdminError as error:
            await self._write_error(error)
            return
        if answer.columns is None:
            await self.stream.write(self.ok(affected_rows=answer.affected))
            return
        columns, header = _header(tuple(answer.columns), self.capabilities)
        self.stream.write_many([*header, self.eof()])
        self.stream.write_text_rows(answer.rows, columns)
        await self.stream.write(self.eof())

    async def _write_error(self, error: AdminError) -> None:
        state = _SQL_STATES.get(error.code, b"HY000")
        await self.stream.write(
            b"\xff" + error.code.to_bytes(2, "little") + b"#" + state + error.text.encode()
        )

    async def handle_stmt_prepare(self, data: bytes) -> None:
        raise MysqlError("Command not supported", ErrorCode.UNKNOWN_COM_ERROR)


@lru_cache(maxsize=1024)
def _header(names: tuple[str, ...], capabilities: Capabilities) -> tuple[list[ResultColumn], list[bytes]]:
    """Columns and the packets that tell of them: a thousand nodes are asked the same."""
    columns = [ResultColumn(name, ColumnType.VAR_STRING) for name in names]
    count = packets.make_column_count(capabilities=capabilities, column_count=len(columns))
    told = [
        packets.make_column_definition_41(
            server_charset=CharacterSet.utf8mb4,
            name=each.name,
            column_type=each.type,
            character_set=each.character_set,
        )
        for each in columns
    ]
    return columns, [count, *told]


class AdminPort:
    """The listening sockets of admin-mysql_ifaces, opened and closed as the variable says."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.servers: dict[str, asyncio.AbstractServer] = {}
        self.clients: set[asyncio.Task[None]] = set()

    async def listen(self, interfaces: str) -> None:
        wanted = [i.strip() for i in interfaces.split(";") if i.strip()]
        for gone in set(self.servers) - set(wanted):
            self.servers.pop(gone).close()
        for interface in wanted:
            if interface in self.servers:
                continue
            try:
                self.servers[interface] = await open_interface(interface, self._client)
            except (OSError, ValueError) as error:
                log.error("Cannot listen on admin interface %s: %s", interface, error)

    def close(self) -> None:
        for server in self.servers.values():
            server.close()
        for task in self.clients:
            task.cancel()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.clients.add(task)
        peer = (writer.get_extra_info("peername") or ("localhost", 0))[:2]
        peer = ("localhost", 0) if isinstance(peer, str) else peer
        connection = MysqlConnection(
            MysqlStream(reader, writer),
            self.instance.variables["mysql-server_version"],
            self.instance.admin_password,
            lambda sql, user: self.instance.execute(sql, user, peer),
            peer,
            self.instance.offered_tls(),
        )
        try:
            await connection.serve()
        finally:
            self.clients.discard(task)
            writer.close()


async def open_interface(interface: str, client: Callable[..., Any]) -> asyncio.AbstractServer:
    """'host:port' or the path of a socket."""
    if interface.startswith("/"):
        return await asyncio.start_unix_server(client, path=interface)
    host, _, port = interface.rpartition(":")
    return await asyncio.start_server(client, host=host.strip("[]"), port=int(port))
