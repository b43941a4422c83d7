"""A client at the data port: greeted and let in by ProxySQL itself, from mysql_users, before any
backend is asked; then logged in to backends as that user."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from mysql_mimic.stream import ConnectionClosed
from mysql_mimic.types import Capabilities, Commands

from . import passwords
from .backend import frame, is_kept_for, read_packet
from .protocol import MysqlConnection

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter

# What both sides must have agreed on to pass packets on as they are.
_WANTED = (
    Capabilities.CLIENT_PROTOCOL_41 | Capabilities.CLIENT_SECURE_CONNECTION | Capabilities.CLIENT_PLUGIN_AUTH
)
_NOT_PASSED = (
    Capabilities.CLIENT_SSL
    | Capabilities.CLIENT_COMPRESS
    | Capabilities.CLIENT_CONNECT_ATTRS
    | Capabilities.CLIENT_CONNECT_WITH_DB
)
# as a statement
_USE = re.compile(rb"\x03\s*USE\s+`?([^`;]+?)`?\s*;?\s*", re.IGNORECASE)


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other))


class Front(MysqlConnection):
    """half: SHA1 of the password, which the client's answer gives away to who knows its second SHA1."""

    half = b""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        # settings of the session, for the backend to come
        self.kept: list[bytes] = []

    def _matches(self, username: str, stored: bytes, response: bytes, nonce: bytes) -> bool:
        if not super()._matches(username, stored, response, nonce):
            return False
        if stored:
            whole = bytes.fromhex(passwords.native_hash_of(stored))
            self.half = _xor(response, hashlib.sha1(nonce + whole).digest())
        return True

    async def enter(self) -> bool:
        await self.connection_phase()
        return self.session.username is not None

    async def command(self) -> bytes:
        """The next one that a backend has to answer. Raises ConnectionClosed."""
        while True:
            self.stream.reset_seq()
            data = await self.stream.read()
            if data[0] == Commands.COM_QUIT:
                raise ConnectionClosed
            if data[0] != Commands.COM_PING:
                return data
            await self.stream.write(self.ok())

    @staticmethod
    def is_setting(command: bytes) -> bool:
        is_set = command[:5].upper() == b"\x03SET " and b"GLOBAL" not in command.upper()
        return is_set and not is_kept_for(command[1:])

    def took(self, command: bytes) -> None:
        """A backend took it: what lasts is for those to come, too."""
        if self.is_setting(command):
            self.kept.append(command)
        elif command[0] == Commands.COM_INIT_DB:
            self.session.database = command[1:].decode()
        elif named := _USE.fullmatch(command):
            self.session.database = named[1].decode()

    @property
    def login_of_its_own(self) -> object:
        """Equal for clients that can use each other's connections."""
        return self.session.username, self.session.database, self.half, int(self.capabilities), *self.kept

    @property
    def is_gone(self) -> bool:
        return self.stream.reader.at_eof()

    async def without_backend(self, command: bytes) -> None:
        await self.handle_query(command[1:])

    async def login(self, reader: StreamReader, writer: StreamWriter) -> bytes:
        """Log in to a backend. Its refusal as a packet; empty if it lets the user in."""
        greeting = await read_packet(reader)
        after = greeting.index(b"\0") + 1 + 4
        salt = greeting[after : after + 8] + greeting[after + 27 :].partition(b"\0")[0]
        database = (self.session.database or "").encode()
        flags = (self.capabilities & ~_NOT_PASSED) | _WANTED
        if database:
            flags |= Capabilities.CLIENT_CONNECT_WITH_DB
        token = self._token(salt)
        answer = (
            int(flags).to_bytes(4, "little")
            + (1 << 24).to_bytes(4, "little")
            + bytes([self.client_charset.value % 256])
            + bytes(23)
            + str(self.session.username).encode()
            + b"\0"
            + bytes([len(token)])
            + token
            + (database + b"\0" if database else b"")
            + b"mysql_native_password\0"
        )
        writer.write(frame(1, answer))
        said = await read_packet(reader)
        if said[:1] == b"\xfe":  # by another method, or with another salt
            salt = said[1:].partition(b"\0")[2].rstrip(b"\0")
            writer.write(frame(3, self._token(salt)))
            said = await read_packet(reader)
        if said[:1] == b"\xff":
            return said
        for setting in self.kept:
            writer.write(frame(0, setting))
            await read_packet(reader)
        return b""

    def _token(self, salt: bytes) -> bytes:
        if not self.half:
            return b""
        return _xor(self.half, hashlib.sha1(salt + hashlib.sha1(self.half).digest()).digest())
