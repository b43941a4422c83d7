"""Authorities and certificates of our own."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Sequence
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def _certificate(
    subject: str,
    issuer: Any,
    issuer_key: Any,
    key: Any,
    names: Sequence[str] = (),
    days: int = 2,
    identified: bool = False,
) -> Any:
    """names: of a server; without them it is an authority. identified: whether it says which key it is of."""
    now = datetime.datetime.now(datetime.timezone.utc)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer or name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=days))
        # As ProxySQL's own: most have no identifiers of keys, which X.509 asks for when read strictly.
        .add_extension(x509.BasicConstraints(ca=not names, path_length=None), critical=True)
    )
    if identified:
        identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        builder = builder.add_extension(identifier, critical=False)
    if names:
        found = [_general(each) for each in names]
        builder = builder.add_extension(x509.SubjectAlternativeName(found), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key_pem(key: Any, password: bytes = b"", traditional: bool = False) -> str:
    kind = serialization.PrivateFormat
    form = kind.TraditionalOpenSSL if traditional else kind.PKCS8
    how: Any = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return str(key.private_bytes(serialization.Encoding.PEM, form, how).decode())


class Issuer:
    """An authority, which signs others and certificates of servers. Everything as PEM."""

    def __init__(
        self, name: str, above: Issuer | None = None, days: int = 400, identified: bool = False
    ) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        issuer = above or self
        subject = above._own.subject if above else None
        self._own = _certificate(name, subject, issuer._key, self._key, (), days, identified)
        self.pem: str = self._own.public_bytes(serialization.Encoding.PEM).decode()

    def issuer(self, name: str) -> Issuer:
        return Issuer(name, self)

    def server(self, *names: str, days: int = 365) -> tuple[str, str]:
        """(certificate, key)"""
        key = ec.generate_private_key(ec.SECP256R1())
        made = _certificate(names[0], self._own.subject, self._key, key, names, days)
        return made.public_bytes(serialization.Encoding.PEM).decode(), _key_pem(key)

    def key_with_password(self, traditional: bool) -> str:
        return _key_pem(self._key, b"word", traditional)
