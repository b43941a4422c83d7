# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which certificate a server shows: TLS as MySQL's protocol begins it, and no login."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass

from .certificates import Certificate, read
from .login import unverified

_CLIENT_SSL = 0x800
# protocol 4.1, secure connection, TLS
_FLAGS = 0x200 | 0x8000 | _CLIENT_SSL


@dataclass(frozen=True)
class Shown:
    """certificate: None where the server offers no TLS. version, cipher: as Python names them."""

    certificate: Certificate | None = None
    version: str = ""
    cipher: str = ""


def shown(host: str, port: int, timeout: float, context: ssl.SSLContext | None = None) -> Shown:
    """What the server shows. context: what is asked of it. Raises OSError, of which ssl.SSLError is one."""
    with socket.create_connection((host, port), timeout) as plain:
        number, greeting = packet(plain)
        after = greeting.find(b"\0", 1) + 1 + 4 + 8 + 1
        if greeting[:1] != b"\x0a" or len(greeting) < after + 2:
            raise OSError(f"{host}:{port} does not speak the MySQL protocol")
        if not int.from_bytes(greeting[after : after + 2], "little") & _CLIENT_SSL:
            return Shown()
        request = _FLAGS.to_bytes(4, "little") + (1 << 24).to_bytes(4, "little") + b"\x2d" + bytes(23)
        plain.sendall(len(request).to_bytes(3, "little") + bytes([number + 1]) + request)
        with (context or unverified()).wrap_socket(plain, server_hostname=host) as safe:
            der = safe.getpeercert(binary_form=True)
            cipher = safe.cipher()
            found = read(der) if der else None
            return Shown(found, safe.version() or "", cipher[0] if cipher else "")


def packet(source: socket.socket) -> tuple[int, bytes]:
    """(number, content) of the next packet. Raises OSError where none comes."""
    head = _exactly(source, 4)
    return head[3], _exactly(source, int.from_bytes(head[:3], "little"))


def _exactly(source: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        part = source.recv(length - len(data))
        if not part:
            raise ConnectionResetError("the server hung up")
        data += part
    return data
