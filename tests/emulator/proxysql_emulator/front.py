"""A client at the data port: greeted and let in by ProxySQL itself, from mysql_users, before any
backend is asked; then logged in to a backend as that user."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, Any

from mysql_mimic.stream import ConnectionClosed
from mysql_mimic.types import Capabilities, Commands

from . import passwords
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
            setting = data[:5].upper() == b"\x03SET " and b"GLOBAL" not in data.upper()
            if setting:
                self.kept.append(data)
            elif data[0] != Commands.COM_PING:
                return data
            await self.stream.write(self.ok())

    async def without_backend(self, command: bytes) -> None:
        await self.handle_query(command[1:])

    async def login(self, reader: StreamReader, writer: StreamWriter) -> bytes:
        """Log in to a backend. Its refusal as a packet; empty if it lets the user in."""
        greeting = await _read(reader)
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
        writer.write(_packet(1, answer))
        said = await _read(reader)
        if said[:1] == b"\xfe":  # by another method, or with another salt
            salt = said[1:].partition(b"\0")[2].rstrip(b"\0")
            writer.write(_packet(3, self._token(salt)))
            said = await _read(reader)
        if said[:1] == b"\xff":
            return said
        for setting in self.kept:
            writer.write(_packet(0, setting))
            await _read(reader)
        return b""

    def _token(self, salt: bytes) -> bytes:
        if not self.half:
            return b""
        return _xor(self.half, hashlib.sha1(salt + hashlib.sha1(self.half).digest()).digest())


async def _read(reader: StreamReader) -> bytes:
    try:
        head = await reader.readexactly(4)
        return await reader.readexactly(int.from_bytes(head[:3], "little"))
    except asyncio.IncompleteReadError as error:
        raise ConnectionError("the backend hung up") from error


def _packet(number: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "little") + bytes([number]) + payload


def first_packet(command: bytes) -> bytes:
    """A command as the backend gets it. In one packet; the emulator needs none of 16 MB."""
    return _packet(0, command)
