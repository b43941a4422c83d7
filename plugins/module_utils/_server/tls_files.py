# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The three files that ProxySQL has its certificate from, put in place as a set, and taken back as one.

ProxySQL does not start with files that do not fit each other. So each set has a folder of its own, the files
are links into ``tls/current``, and that is a link to the folder in use. Another set is in place by one
rename: whenever the host loses its power, there is the old one or the new one.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .._declared.errors import DeclarationError, EngineError, RefusedError, StatementError
from .admin import Admin
from .certificates import TlsSet, certificates_of
from .handshake import Shown, shown
from .sql import plain

#: File -> its mode.
MODES = {"proxysql-ca.pem": 0o644, "proxysql-cert.pem": 0o644, "proxysql-key.pem": 0o600}
_SET = "set-"
_PARTS = {"proxysql-ca.pem": "ca", "proxysql-cert.pem": "certificate", "proxysql-key.pem": "key"}


@dataclass(frozen=True)
class File:
    """content: None where there is no such file."""

    content: str | None
    mode: int
    owner: tuple[int, int]


class TlsFiles:
    """Those of one data folder. They belong to whom the folder belongs to."""

    def __init__(self, folder: str, wanted: TlsSet) -> None:
        self.folder, self.wanted = folder, wanted
        try:
            found = os.stat(folder)
        except OSError as exc:
            raise DeclarationError(f"folder: {folder}: {exc.strerror}") from None
        self.owner = (found.st_uid, found.st_gid)
        self.before = {name: seen(self._path(name)) for name in MODES}
        self._old = ""

    def due(self) -> list[str]:
        """Those that are not as they should be."""
        return [name for name, file in self._wanted().items() if file != self.before[name]]

    def _wanted(self) -> dict[str, File]:
        return {
            name: File(getattr(self.wanted, _PARTS[name]), mode, self.owner) for name, mode in MODES.items()
        }

    def put(self) -> None:
        """The wanted ones in place of those that are there. Raises EngineError."""
        with self._writing():
            if not os.path.lexists(self._path("tls")):
                make_folder(self._path("tls"))
            if not all(self._is_link(name) for name in MODES):
                self._use(self._set(self.before))
                for name in MODES:
                    self._link(os.path.join("tls", "current", name), name)
            self._old = os.readlink(self._path("tls", "current"))
            self._use(self._set(self._wanted()))

    def take_back(self) -> None:
        """Those in place that were there before ``put``, if it came so far. Raises EngineError."""
        with self._writing():
            if self._old:
                self._use(self._old)

    def tidy(self) -> None:
        """Sets that are not in use go, those of runs that were killed as well."""
        with contextlib.suppress(OSError):
            used = os.readlink(self._path("tls", "current"))
            for name in os.listdir(self._path("tls")):
                if name.startswith(_SET) and name != used:
                    shutil.rmtree(self._path("tls", name), ignore_errors=True)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as exc:
            raise EngineError(f"{self.folder}: the files cannot be written: {exc.strerror}") from None

    def _path(self, *names: str) -> str:
        return os.path.join(self.folder, *names)

    def _is_link(self, name: str) -> bool:
        path = self._path(name)
        return os.path.islink(path) and os.readlink(path) == os.path.join("tls", "current", name)

    def _set(self, files: Mapping[str, File]) -> str:
        """A folder with these; its name. All of it is on the disk when this returns."""
        path = tempfile.mkdtemp(dir=self._path("tls"), prefix=_SET)
        for name, file in files.items():
            if file.content is not None:
                write(os.path.join(path, name), file)
        _flush(path, 0o755)
        return os.path.basename(path)

    def _use(self, name: str) -> None:
        self._link(name, os.path.join("tls", "current"))

    def _link(self, target: str, name: str) -> None:
        """In one step, whatever was there."""
        path = self._path(name)
        beside = f"{path}.new"
        if os.path.lexists(beside):
            os.unlink(beside)  # of a run that was killed
        os.symlink(target, beside)
        os.rename(beside, path)
        _flush(os.path.dirname(path))


def seen(path: str) -> File:
    """Raises DeclarationError."""
    try:
        found = os.stat(path)
        with open(path, encoding="utf-8", errors="replace") as stream:
            content = stream.read()
    except FileNotFoundError:
        return File(None, 0, (-1, -1))
    except OSError as exc:
        raise DeclarationError(f"{path} cannot be read: {exc.strerror}") from None
    return File(content, stat.S_IMODE(found.st_mode), (found.st_uid, found.st_gid))


def write(path: str, file: File) -> None:
    """A new file, on the disk when this returns, at no time readable by others. Raises OSError."""
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(number, "w", encoding="utf-8") as stream:
        stream.write(file.content or "")
        stream.flush()
        os.fchown(number, *file.owner)
        os.fchmod(number, file.mode)
        os.fsync(number)


def make_folder(path: str) -> None:
    """Of root's or whoever runs this, and ProxySQL may look into it. Raises OSError."""
    os.mkdir(path, 0o700)
    _flush(path, 0o755)


def _flush(folder: str, mode: int = 0) -> None:
    """What was made or renamed in it is on the disk. mode: of one that was made; a link is not followed."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | (os.O_NOFOLLOW if mode else 0))
    try:
        if mode:
            os.fchmod(number, mode)
        os.fsync(number)
    finally:
        os.close(number)


def bring(admin: Admin, files: TlsFiles) -> None:
    """Files in place, loaded and shown; or as they were before. Raises RefusedError."""
    try:
        if files.due():
            files.put()
        _load(admin)
        seen = served(admin)
        (own,) = certificates_of(files.wanted.certificate)
        if seen.certificate is not None and seen.certificate != own:
            raise RefusedError(f"ProxySQL goes on showing the certificate {seen.certificate.serial}")
    except EngineError as exc:
        files.take_back()
        if isinstance(exc, (RefusedError, StatementError)):
            _load(admin, again=True)
        raise RefusedError(f"{exc}. The files are as they were before", **exc.fields) from None
    finally:
        files.tidy()


def _load(admin: Admin, again: bool = False) -> None:
    try:
        admin.write(plain("PROXYSQL RELOAD TLS"))
    except StatementError:
        if not again:
            raise


def served(admin: Admin) -> Shown:
    """What Admin shows, which is what clients are shown: there is one set for both."""
    login = admin.login
    if login.unix_socket:
        return Shown()
    try:
        return shown(login.host, login.port, login.connect_timeout)
    except OSError as exc:
        raise RefusedError(f"TLS with {login.place} fails: {exc}") from None
