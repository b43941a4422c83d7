# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Files that ProxySQL uses towards databases: CAs, and certificates that it shows to those that ask for one.

ProxySQL reads them at each new connection to a database. So what is in them is tried first.
"""

from __future__ import annotations

import contextlib
import os
import ssl
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from .._declared.errors import DeclarationError, EngineError
from .backends import Attempt, Place
from .certificates import Certificate, certificates_of, show
from .handshake import shown
from .login import unverified
from .tls_files import File, make_folder, seen, write

#: Part -> column of mysql_servers_ssl_params, which is also the end of a variable's name; mode.
PARTS = {"ca": ("ssl_ca", 0o644), "certificate": ("ssl_cert", 0o644), "key": ("ssl_key", 0o600)}
FOLDER = "tls-backends"


@dataclass(frozen=True)
class Backend:
    """hostname: empty for all servers that have none of their own. Parts as PEM, empty where not given."""

    hostname: str = ""
    port: int = 3306
    username: str = ""
    ca: str = ""
    certificate: str = ""
    key: str = field(default="", repr=False)
    ssl_cipher: str = ""

    @property
    def name(self) -> str:
        if not self.hostname:
            return "all"
        words = [self.hostname, str(self.port), self.username]
        return "_".join(quote(word, safe=":") for word in words if word)


def backend_of(row: Mapping[str, Any]) -> Backend:
    given = {name: str(row.get(name) or "") for name in ("hostname", "username", *PARTS, "ssl_cipher")}
    return Backend(**given, port=int(row.get("port") or 3306))


def paths(data_dir: str, one: Backend) -> dict[str, str]:
    """Column -> the path of its file, for the parts that are given."""
    return {
        column: os.path.join(data_dir, FOLDER, f"{one.name}-{part}.pem")
        for part, (column, _mode) in PARTS.items()
        if getattr(one, part)
    }


def columns(data_dir: str, one: Backend) -> dict[str, str]:
    """The same, and what is no file. No tls_version: ProxySQL keeps that column and never reads it."""
    return {**paths(data_dir, one), **({"ssl_cipher": one.ssl_cipher} if one.ssl_cipher else {})}


def problems(one: Backend) -> list[str]:
    """What is wrong with the parts by themselves, each beginning with the part."""
    found = []
    for part in ("ca", "certificate"):
        try:
            if getattr(one, part) and not certificates_of(getattr(one, part)):
                found.append(f"{part}: there is no certificate in PEM in it")
        except DeclarationError as exc:
            found.append(f"{part}: {exc.message}")
    if bool(one.certificate) != bool(one.key):
        found.append("certificate and key: one is given without the other")
    try:
        unverified().set_ciphers(one.ssl_cipher or "DEFAULT")
    except ssl.SSLError:
        found.append(f"ssl_cipher: {one.ssl_cipher!r} is no list of ciphers that OpenSSL knows")
    if found:
        return found
    try:
        context(one)
    except (ssl.SSLError, ValueError) as exc:
        reason = getattr(exc, "reason", None) or type(exc).__name__
        fits = (
            "it does not fit the certificate" if reason == "KEY_VALUES_MISMATCH" else f"not usable: {reason}"
        )
        found.append(f"key: {fits}")
    return found


def clashes(backends: Sequence[Backend]) -> list[str]:
    """CAs between which ProxySQL could not choose. For what `problems` says nothing of.

    Each of its threads keeps all CAs that it has ever read in one store, whichever server they were given for
    (x509cache.patch in deps/mariadb-client-library of 2.7.1 and 3.0.3). OpenSSL looks for them by name, and
    takes the first of those unless certificates say by which key they were signed.
    """
    first: dict[bytes, tuple[str, Certificate]] = {}
    found = []
    for one in backends:
        for each in certificates_of(one.ca):
            where, other = first.setdefault(each.subject, (one.name, each))
            if same_name_for_two(each, other):
                found.append(
                    f"the CAs for {where} and for {one.name} are two with one name, {each.common_name!r},"
                    " and no identifiers of keys: ProxySQL would look for the first one's signature at both."
                    " Give the databases certificates of one CA, or of CAs with names of their own"
                )
    return list(dict.fromkeys(found))


def same_name_for_two(one: Certificate, other: Certificate) -> bool:
    """Whether they cannot be told from each other by those that they signed."""
    if one.subject != other.subject or one.public_key == other.public_key:
        return False
    return not (one.identifies_its_key and other.identifies_its_key)


def _hidden(new: str, old: str) -> bool:
    with contextlib.suppress(DeclarationError):
        known = certificates_of(old)
        return any(same_name_for_two(one, other) for one in certificates_of(new) for other in known)
    return False


def context(one: Backend) -> ssl.SSLContext:
    """As ProxySQL would: the CA is asked for, and not the name."""
    made = unverified()
    if one.ssl_cipher:
        made.set_ciphers(one.ssl_cipher)
    if one.ca:
        made.load_verify_locations(cadata=one.ca)
        made.verify_mode = ssl.CERT_REQUIRED
        made.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if one.certificate:
        show(made, one.certificate, one.key)
    return made


class BackendFiles:
    """Those in the folder of a ProxySQL. They belong to whom its data folder belongs to."""

    def __init__(self, data_dir: str, backends: Sequence[Backend]) -> None:
        self.folder = os.path.join(data_dir, FOLDER)
        try:
            found = os.stat(data_dir)
        except OSError as exc:
            raise DeclarationError(f"folder: {data_dir}: {exc.strerror}") from None
        self.wanted = {
            path: File(getattr(one, part), mode, (found.st_uid, found.st_gid))
            for one in backends
            for part, (column, mode) in PARTS.items()
            for path in [paths(data_dir, one).get(column)]
            if path
        }
        before = {path: seen(path) for path in self.wanted}
        self.due = {path: file for path, file in self.wanted.items() if before[path] != file}
        #: CAs instead of which ProxySQL goes on by others of the same names, until it restarts.
        self.late = [
            path
            for path in (paths(data_dir, one).get("ssl_ca", "") for one in backends)
            if path in self.due and _hidden(self.wanted[path].content or "", before[path].content or "")
        ]

    def put(self) -> None:
        """Each by one rename, a certificate right before its key. Raises EngineError."""
        made = []
        try:
            if not os.path.lexists(self.folder):
                make_folder(self.folder)
            for path, file in self.due.items():
                beside = f"{path}.new"
                if os.path.lexists(beside):
                    os.unlink(beside)  # of a run that was killed
                write(beside, file)
                made.append(path)
            for path in made:
                os.rename(f"{path}.new", path)
        except OSError as exc:
            raise EngineError(f"{self.folder}: the files cannot be written: {exc.strerror}") from None


def for_server(backends: Sequence[Backend], place: Place) -> list[Backend]:
    """What ProxySQL takes for a server: its own, of whichever users, else what is for all."""
    own = [one for one in backends if (one.hostname, one.port) == place]
    return own or [one for one in backends if not one.hostname]


def with_certificate(attempt: Attempt, backends: Sequence[Backend]) -> Attempt:
    """The same login with what ProxySQL would show there for this user."""
    found = for_server(backends, (attempt.hostname, attempt.port))
    mine = [one for one in found if one.username == attempt.user] or [
        one for one in found if not one.username
    ]
    return replace(attempt, certificate=mine[0].certificate, key=mine[0].key) if mine else attempt


def try_all(wanted: Iterable[tuple[Place, Backend]], timeout: float) -> tuple[list[str], list[str]]:
    """(refused, unknown): sentences that name the server. unknown: those that did not answer."""
    pairs = list(dict.fromkeys(wanted))
    with ThreadPoolExecutor(max_workers=32) as pool:
        seen = list(pool.map(lambda pair: _try(pair[0], pair[1], timeout), pairs))
    return [text for refused, text in seen if text and refused], [
        text for refused, text in seen if text and not refused
    ]


def _try(place: Place, one: Backend, timeout: float) -> tuple[bool, str]:
    where = f"{place[0]}:{place[1]}"
    try:
        if shown(*place, timeout, context(one)).certificate is None:
            return True, f"{where} offers no TLS"
    except ssl.SSLCertVerificationError as exc:
        return True, f"{where} shows a certificate that the CA did not sign: {exc.verify_message}"
    except ssl.SSLError as exc:
        return True, f"{where}: {exc.reason or exc}"
    except OSError as exc:
        return False, f"{where}: {exc}"
    return False, ""
