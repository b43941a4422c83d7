"""Sets of TLS files for scripts, made for each run, and which of them a port shows."""

from __future__ import annotations

import socket
import ssl
import sys
from pathlib import Path

from cryptography import x509

sys.path.append(str(Path(__file__).resolve().parents[1] / "engine"))

from issuer import Issuer  # noqa: E402

FILES = {"ca": "proxysql-ca.pem", "certificate": "proxysql-cert.pem", "key": "proxysql-key.pem"}


class Sets:
    """By a name that a script gives: a CA, a certificate of it, and its key."""

    def __init__(self) -> None:
        self._made: dict[str, dict[str, str]] = {}

    def _set(self, name: str) -> dict[str, str]:
        if name not in self._made:
            issuer = Issuer(f"CA {name}")
            certificate, key = issuer.server("127.0.0.1")
            self._made[name] = {"ca": issuer.pem, "certificate": certificate, "key": key}
        return self._made[name]

    def put(self, folder: Path, words: list[str]) -> None:
        """words: from which set each file is; 'none' for no file, 'text' for one that is no PEM."""
        for (part, file), word in zip(FILES.items(), words):
            if word == "none":
                (folder / file).unlink(missing_ok=True)
            else:
                (folder / file).write_text("nothing\n" if word == "text" else self._set(word)[part])

    def shown(self, host: str, port: int) -> str:
        """The name of the set whose certificate it is; 'another', or 'none' without TLS."""
        seen = _peer(host, port)
        for name, parts in self._made.items():
            if seen == x509.load_pem_x509_certificate(parts["certificate"].encode()):
                return name
        return "another" if seen else "none"


def _peer(host: str, port: int) -> x509.Certificate | None:
    """As a client of MySQL: the greeting, a request for TLS, and then TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection((host, port), 5) as plain:
        greeting = plain.recv(4096)
        at = greeting.index(b"\0", 5) + 1 + 4 + 8 + 1
        if not int.from_bytes(greeting[at : at + 2], "little") & 2048:
            return None
        flags = (2048 | 512 | 32768 | 524288).to_bytes(4, "little")
        plain.sendall(b"\x20\0\0\1" + flags + (1 << 24).to_bytes(4, "little") + b"\x2d" + bytes(23))
        with context.wrap_socket(plain) as safe:
            der = safe.getpeercert(binary_form=True)
    return x509.load_der_x509_certificate(der) if der else None
