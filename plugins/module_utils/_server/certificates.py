# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Certificates and keys: what is in them, and whether clients would take them. Python's own ssl only, for
that is what hosts have.

Of each of its three files ProxySQL (2.7) reads the first entry, and it shows clients two certificates, its
own and the first one of its CA's file. A set that it cannot use it refuses at RELOAD, and it does not start
with one.
"""

from __future__ import annotations

import base64
import calendar
import os
import re
import ssl
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from .._declared.errors import DeclarationError

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----\s(.*?)-----END CERTIFICATE-----", re.DOTALL)
_KEY = re.compile(r"-----BEGIN ([A-Z0-9 ]*)PRIVATE KEY-----")
_PARTIAL_CHAIN = 0x80000  # ssl.VERIFY_X509_PARTIAL_CHAIN, which Python has since 3.10
_STRICT = getattr(ssl, "VERIFY_X509_STRICT", 0)
# Object identifiers, as DER has them.
_COMMON_NAME, _KEY_IDENTIFIER = b"\x06\x03\x55\x04\x03", b"\x06\x03\x55\x1d\x0e"
#: Days before its end from which a certificate is warned of.
WARN_DAYS = 30


@dataclass(frozen=True)
class Certificate:
    """begins, ends: seconds since 1970. serial: as openssl prints it."""

    der: bytes
    serial: str
    issuer: bytes
    subject: bytes
    begins: int
    ends: int
    public_key: bytes

    @property
    def identifies_its_key(self) -> bool:
        """Whether it says which key it is of (its subject key identifier), so that those it signed can."""
        return _KEY_IDENTIFIER in self.der

    @property
    def common_name(self) -> str:
        """Of the subject; empty where it has none."""
        at = self.subject.rfind(_COMMON_NAME)
        if at < 0:
            return ""
        start, end = _parts_of_one(self.subject, at + len(_COMMON_NAME))
        return self.subject[start:end].decode("utf-8", "replace")

    @property
    def pem(self) -> str:
        return ssl.DER_cert_to_PEM_cert(self.der)

    def days_left(self, now: float) -> int:
        return int((self.ends - now) // 86400)


@dataclass(frozen=True)
class TlsSet:
    """What goes to the three files, as PEM. The CA's file begins with who signed the certificate."""

    certificate: str
    key: str = field(repr=False)
    ca: str


def certificates_of(text: str) -> list[Certificate]:
    """Those of a PEM text, in its order. Raises DeclarationError."""
    found = []
    for body in _PEM.findall(text):
        try:
            found.append(read(base64.b64decode(body)))
        except (ValueError, IndexError):
            raise DeclarationError(f"certificate {len(found) + 1} of it cannot be read") from None
    return found


def read(der: bytes) -> Certificate:
    """Raises ValueError or IndexError where it is none."""
    inside = list(_parts(der, *_parts_of_one(der, 0)))
    fields = list(_parts(der, *inside[0][1:]))
    if fields[0][0] == 0xA0:  # the version, which the first kind of certificates has not
        fields.pop(0)
    number, issuer, validity, subject, public_key = fields[0], *fields[2:6]
    begins, ends = (_time(tag, der[a:b]) for tag, a, b in _parts(der, *validity[1:]))
    serial = int.from_bytes(der[number[1] : number[2]], "big", signed=True)
    text = f"{serial:X}"
    return Certificate(
        der,
        text if len(text) % 2 == 0 else f"0{text}",
        der[issuer[1] : issuer[2]],
        der[subject[1] : subject[2]],
        begins,
        ends,
        der[public_key[1] : public_key[2]],
    )


def facts(certificate: Certificate, now: float) -> dict[str, object]:
    """As a result of a module."""
    return {
        "serial": certificate.serial,
        "begins": certificate.begins,
        "ends": certificate.ends,
        "days_left": certificate.days_left(now),
    }


def _parts_of_one(data: bytes, at: int) -> tuple[int, int]:
    """Where the content of the element at `at` is (DER: a tag, a length, the content)."""
    length, start = data[at + 1], at + 2
    if length & 0x80:
        count = length & 0x7F
        length, start = int.from_bytes(data[start : start + count], "big"), start + count
    if start + length > len(data):
        raise ValueError("cut short")
    return start, start + length


def _parts(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """(tag, start, end) of each element."""
    while at < end:
        start, stop = _parts_of_one(data, at)
        yield data[at], start, stop
        at = stop


def _time(tag: int, value: bytes) -> int:
    text = value.decode("ascii")
    if tag == 0x17:  # two digits for the year, up to 2049
        text = ("19" if text[:2] >= "50" else "20") + text
    return calendar.timegm(time.strptime(text, "%Y%m%d%H%M%SZ"))


# -- a set for ProxySQL ------------------------------------------------------------------


def tls_set(certificate: str, key: str, ca: str = "") -> TlsSet:
    """From what people have. certificate: issuers may follow it, as in a fullchain.pem; then ca may be empty.

    Raises DeclarationError that names which of the three is wrong.
    """
    own, above = _read("certificate", certificate), _read("ca", ca)
    if not own:
        raise DeclarationError("certificate: there is no certificate in PEM in it")
    if ca.strip() and not above:
        raise DeclarationError("ca: there is no certificate in PEM in it")
    chain = list(dict.fromkeys([*own[1:], *above]))
    if not chain:
        raise DeclarationError("ca: it is not given, and no issuer follows the certificate")
    found = _KEY.search(key)
    if not found:
        raise DeclarationError("key: there is no private key in PEM in it")
    if "ENCRYPTED" in key:
        raise DeclarationError("key: it is encrypted; ProxySQL would ask for its password on a terminal")
    return TlsSet(own[0].pem, key.strip() + "\n", "".join(each.pem for each in chain))


def _read(name: str, text: str) -> list[Certificate]:
    try:
        return certificates_of(text)
    except DeclarationError as exc:
        raise DeclarationError(f"{name}: {exc}") from None


def problems(wanted: TlsSet, names: Sequence[str], now: float) -> list[str]:
    """Why ProxySQL would not use it, or clients would not take it. names: those by which clients come."""
    (own,), chain = certificates_of(wanted.certificate), certificates_of(wanted.ca)
    found = [*_dates("certificate", own, now)]
    for each in chain:
        found += _dates("ca", each, now)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown = wanted.certificate + chain[0].pem
    try:
        with as_file(shown) as certificate, as_file(wanted.key) as key:
            # Without a password given here, one would be asked for on the terminal.
            server.load_cert_chain(certificate, key, password="")
    except (ssl.SSLError, ValueError) as exc:
        return [*found, _unusable(exc)]
    if found:
        return found  # the handshakes would only say the same
    anchors = [each for each in chain if each.issuer == each.subject] or chain[-1:]
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(cadata="".join(each.pem for each in anchors))
    client.verify_flags = (client.verify_flags | _PARTIAL_CHAIN) & ~_STRICT
    client.check_hostname = False
    refusal = _handshake(server, client, None)
    if refusal:
        return [f"certificate: those who trust the CA would not take it: {refusal}"]
    client.check_hostname = True
    strange = [name for name in names if _handshake(server, client, name)]
    if strange:
        return [f"certificate: it is not for {', '.join(strange)}"]
    return []


def _dates(name: str, each: Certificate, now: float) -> list[str]:
    if now < each.begins:
        return [f"{name}: it is not good before {day(each.begins)}"]
    return [f"{name}: it has run out on {day(each.ends)}"] if now >= each.ends else []


def day(seconds: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))


def _unusable(exc: Exception) -> str:
    reason = getattr(exc, "reason", None) or type(exc).__name__
    if reason == "KEY_VALUES_MISMATCH":
        return "key: it does not fit the certificate"
    return f"key: it cannot be used with the certificate: {reason}"


def _handshake(server: ssl.SSLContext, client: ssl.SSLContext, name: str | None) -> str:
    """In memory, as a client would that comes by this name. What it has against it, empty for nothing."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = (
        client.wrap_bio(to_client, to_server, server_hostname=name),
        server.wrap_bio(to_server, to_client, server_side=True),
    )
    for _turn in range(10):
        for side in sides:
            try:
                side.do_handshake()
                if side is sides[0]:
                    return ""
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLCertVerificationError as exc:
                return exc.verify_message
            except ssl.SSLError as exc:
                return str(exc.reason or exc)
    return "the handshake does not end"


def show(context: ssl.SSLContext, certificate: str, key: str) -> None:
    """Have it show this certificate to those who ask for one. Raises ValueError, ssl.SSLError."""
    with as_file(certificate) as certificate_file, as_file(key) as key_file:
        # Without a password given here, one would be asked for on the terminal.
        context.load_cert_chain(certificate_file, key_file, password="")


@contextmanager
def as_file(text: str) -> Iterator[str]:
    """A path for what takes only paths: in memory where there is such a thing (Linux), else ours alone."""
    if hasattr(os, "memfd_create"):
        number = os.memfd_create("pem")
        try:
            os.write(number, text.encode())
            yield f"/proc/self/fd/{number}"
        finally:
            os.close(number)
        return
    with tempfile.NamedTemporaryFile("w") as stream:
        stream.write(text)
        stream.flush()
        yield stream.name
