# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""An authority in a folder of the controller, and certificates of it, made and renewed when asked for.

The cryptography is that of the library of this name, which ansible-core itself needs.
"""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import ipaddress
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..module_utils._section.files import write_private
from ..module_utils._server.certificates import certificates_of

with contextlib.suppress(ImportError):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_CA_DAYS = 3650
_KEY = "-----BEGIN"


@dataclass(frozen=True)
class Own:
    """As PEM."""

    certificate: str
    key: str = field(repr=False)
    ca: str


@dataclass(frozen=True)
class Asked:
    """names: of hosts, and addresses. days: for how long one is good; renew: left when another is made.

    password: of the authority's key in its file, empty for none.
    """

    name: str
    names: tuple[str, ...]
    days: int = 365
    renew: int = 45
    password: str = field(default="", repr=False)


def own_certificate(folder: Path, asked: Asked) -> Own:
    """The present one, or another where there is none, its names are others, or it ends soon.

    Raises OSError, and ValueError where a file cannot be used, as with a wrong password.
    """
    if find_spec("cryptography") is None:
        raise ValueError("the Python library cryptography is needed on the controller")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(folder):
        authority, key = _authority(folder, asked)
        path = folder / f"{asked.name}.pem"
        found = path.read_text(encoding="ascii") if path.exists() else ""
        if not found or _is_due(found, asked) or not _signed(found, authority):
            found = _make(authority, key, asked)
            write_private(str(path), found)
    at = found.index(_KEY, 1)
    return Own(found[:at], found[at:], _pem(authority))


def _authority(folder: Path, asked: Asked) -> tuple[x509.Certificate, Any]:
    """Renewed with the key that it has: who trusts the one before trusts what the next signs."""
    path, key_path = folder / "ca.pem", folder / "ca-key.pem"
    password = asked.password.encode() or None
    if key_path.exists():
        try:
            key = serialization.load_pem_private_key(key_path.read_bytes(), password)
        except TypeError as exc:  # one is given for a key without, or the other way round
            raise ValueError(f"{key_path}: {exc}") from None
    else:
        if path.exists():
            raise ValueError(f"{path} is there without {key_path.name}")
        key = ec.generate_private_key(ec.SECP256R1())
        write_private(str(key_path), _key_pem(key, password))
    if path.exists():
        pem = path.read_text(encoding="ascii")
        if certificates_of(pem)[0].days_left(time.time()) > asked.days:
            return x509.load_pem_x509_certificate(pem.encode()), key
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ProxySQL's own authority")])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())  # type: ignore[arg-type]
    made = (
        _builder(name, name, key, _CA_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())  # type: ignore[arg-type]
    )
    write_private(str(path), _pem(made))
    return made, key


def _make(authority: x509.Certificate, authority_key: Any, asked: Asked) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, asked.name)])
    both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    made = (
        _builder(subject, authority.subject, key, asked.days)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(both), critical=False)
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in asked.names]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(above, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    return _pem(made) + _key_pem(key, None)


def _builder(subject: x509.Name, issuer: x509.Name, key: Any, days: int) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # clocks of clients may be behind
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=days))
    )


def _usage(signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _is_due(pem: str, asked: Asked) -> bool:
    own = x509.load_pem_x509_certificate(pem.encode())
    found = own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    others = set(found) != {_general(name) for name in asked.names}
    return others or certificates_of(pem)[0].days_left(time.time()) < asked.renew


def _signed(pem: str, authority: x509.Certificate) -> bool:
    """Whether it is of this authority: somebody may have put another in its place."""
    own = x509.load_pem_x509_certificate(pem.encode())
    above = own.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    return above == x509.SubjectKeyIdentifier.from_public_key(authority.public_key()).digest


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _key_pem(key: Any, password: bytes | None) -> str:
    how: Any = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    text: bytes = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how)
    return text.decode()


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Many processes of one run ask at once."""
    with open(folder / ".lock", "w", encoding="ascii") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def as_names(given: Sequence[Any]) -> tuple[str, ...]:
    """Each once. Raises ValueError for none."""
    found = tuple(dict.fromkeys(str(name) for name in given if str(name)))
    if not found:
        raise ValueError("names: at least one must be given")
    return found
