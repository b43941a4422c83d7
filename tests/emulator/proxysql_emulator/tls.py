"""The certificate that both ports show: three files, read at start and by PROXYSQL RELOAD TLS.

The real server makes a set where it finds none. The emulator offers no TLS then.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from . import THREE
from .database import AdminError

FILES = ("proxysql-key.pem", "proxysql-cert.pem", "proxysql-ca.pem")


class Tls:
    def __init__(self, datadir: Path) -> None:
        self.paths = [datadir / name for name in FILES]
        self.context: ssl.SSLContext | None = None
        if any(path.exists() for path in self.paths):
            try:
                self._read()
            except AdminError as error:
                raise SystemExit(f"{error.text}. Shutting down") from None

    def reload(self) -> None:
        """Raises AdminError, and goes on with what it had."""
        try:
            self._read()
        except AdminError as error:
            raise AdminError(f"ProxySQL Admin Error: {error.text}") from None

    def _read(self) -> None:
        there = [path for path in self.paths if path.exists()]
        if len(there) < len(self.paths):
            raise AdminError(f"RELOAD TLS failed: {len(there)} TLS files are present. Expected: 3")
        key, certificate, ca = self.paths
        for path, begin in ((key, "PRIVATE KEY"), (ca, "CERTIFICATE"), (certificate, "CERTIFICATE")):
            if f"{begin}-----" not in path.read_text(encoding="utf-8", errors="replace"):
                kind = "PEM_read_bio_PrivateKey()" if path == key else "PEM_read_bio_X509()"
                if THREE and path == ca:
                    raise AdminError("Unable to load CA certificates location for verification")
                raise AdminError(f"Error on {kind} for {path}")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            with _shown(certificate, ca) as chain:
                context.load_cert_chain(chain, key, password="")
            context.load_verify_locations(ca)
        except (ssl.SSLError, ValueError):
            raise AdminError("Unable to use SSL key") from None
        self.context = context


@contextmanager
def _shown(*paths: Path) -> Iterator[str]:
    """A file with the first certificate of each: clients are shown these and no more."""
    texts = [
        re.search(r"-----BEGIN CERT.*?-----END CERT[^\n]*\n?", path.read_text(), re.DOTALL) for path in paths
    ]
    with NamedTemporaryFile("w", suffix=".pem") as stream:
        stream.write("\n".join(text[0] for text in texts if text))
        stream.flush()
        yield stream.name


def lose_nothing(loop: asyncio.AbstractEventLoop) -> None:
    """Have the loop begin TLS with what the client may have sent of it already, after it asked for it."""
    begin = loop.start_tls
    if begin.__name__ == "start_tls_losing_nothing":
        return

    async def start_tls_losing_nothing(
        transport: Any, protocol: Any, sslcontext: ssl.SSLContext, **options: Any
    ) -> Any:
        transport.pause_reading()
        buffer = protocol._stream_reader._buffer
        early = bytes(buffer)
        buffer.clear()
        begun = loop.create_task(begin(transport, protocol, sslcontext, **options))
        # one turn until it is begun, and one until its protocol is in place
        for _turn in range(2):
            await asyncio.sleep(0)
        if early:
            safe = transport.get_protocol()
            safe.get_buffer(len(early))[: len(early)] = early
            safe.buffer_updated(len(early))
        return await begun

    loop.start_tls = start_tls_losing_nothing  # type: ignore[method-assign, assignment]
