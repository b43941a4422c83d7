"""TLS in front of a server that has none: a relay that offers it, and certificates of our own."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

from ansible_collections.mysqlha.proxysql.plugins.module_utils._server.handshake import packet
from issuer import Issuer

_CLIENT_SSL = 2048


class Authority:
    """An authority with one certificate, for an address, in files. Paths: ca, cert, key."""

    def __init__(self, folder: Path, address: str = "127.0.0.1") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.ca, self.cert, self.key = (str(folder / f"{name}.pem") for name in ("ca", "cert", "key"))
        issuer = Issuer(f"the authority {folder.name}")
        for path, text in zip((self.ca, self.cert, self.key), (issuer.pem, *issuer.server(address))):
            Path(path).write_text(text, encoding="ascii")


class TlsRelay:
    """Listens on a port of its own and passes on to a server, with TLS on this side only.

    client_ca: whose certificate a client must show. in_the_clear: what comes right after the greeting.
    """

    def __init__(
        self, port: int, authority: Authority, client_ca: str | None = None, in_the_clear: bytes = b""
    ) -> None:
        self.server_port, self.in_the_clear = port, in_the_clear
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(authority.cert, authority.key)
        if client_ca:
            self.context.load_verify_locations(client_ca)
            self.context.verify_mode = ssl.CERT_REQUIRED
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]

    def __enter__(self) -> TlsRelay:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            with client, socket.create_connection(("127.0.0.1", self.server_port)) as server:
                number, greeting = packet(server)
                _send(client, number, _with_tls(greeting), self.in_the_clear)
                packet(client)  # what asks for TLS
                with self.context.wrap_socket(client, server_side=True) as safe:
                    _log_in(safe, server)
                    threading.Thread(target=_pass_on, args=(server, safe), daemon=True).start()
                    _pass_on(safe, server)
        except OSError:
            pass  # the client would not have it, or has gone


def _with_tls(greeting: bytes) -> bytes:
    at = greeting.index(b"\0", 1) + 1 + 4 + 8 + 1
    flags = int.from_bytes(greeting[at : at + 2], "little") | _CLIENT_SSL
    return greeting[:at] + flags.to_bytes(2, "little") + greeting[at + 2 :]


def _log_in(client: socket.socket, server: socket.socket) -> None:
    """Packets up to the server's verdict: on the client's side there was one more."""
    number, login = packet(client)
    flags = int.from_bytes(login[:4], "little") & ~_CLIENT_SSL
    _send(server, number - 1, flags.to_bytes(4, "little") + login[4:])
    while True:
        number, answer = packet(server)
        _send(client, number + 1, answer)
        if answer[:1] in (b"\0", b"\xff"):
            return
        if answer != b"\x01\x03":  # a password that the server knew already
            number, answer = packet(client)
            _send(server, number - 1, answer)


def _send(target: socket.socket, number: int, data: bytes, more: bytes = b"") -> None:
    target.sendall(len(data).to_bytes(3, "little") + bytes([number]) + data + more)


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
