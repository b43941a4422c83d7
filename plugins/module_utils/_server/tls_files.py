# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The three files that ProxySQL has its certificate from, written as a set, and taken back as one.

ProxySQL does not start with files that do not fit each other. So they are checked before, written beside the
old ones, and then renamed one right after the other.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass

from .._declared.errors import DeclarationError, EngineError, RefusedError, StatementError
from .admin import Admin
from .certificates import TlsSet, certificates_of
from .handshake import Shown, shown
from .sql import plain

#: File -> its mode. The key comes last, for it alone would fit neither the old nor the new certificate.
MODES = {"proxysql-ca.pem": 0o644, "proxysql-cert.pem": 0o644, "proxysql-key.pem": 0o600}
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
        self.before = {name: self._seen(name) for name in MODES}

    def _seen(self, name: str) -> File:
        path = os.path.join(self.folder, name)
        try:
            found = os.stat(path)
            with open(path, encoding="utf-8", errors="replace") as stream:
                content = stream.read()
        except FileNotFoundError:
            return File(None, 0, (-1, -1))
        except OSError as exc:
            raise DeclarationError(f"{path} cannot be read: {exc.strerror}") from None
        return File(content, stat.S_IMODE(found.st_mode), (found.st_uid, found.st_gid))

    def due(self) -> dict[str, File]:
        """Those that are not as they should be, as they should be."""
        should = {
            name: File(getattr(self.wanted, _PARTS[name]), mode, self.owner) for name, mode in MODES.items()
        }
        return {name: file for name, file in should.items() if file != self.before[name]}

    def put(self, files: Mapping[str, File]) -> None:
        """All or none, but for a power cut between two renames. Raises EngineError."""
        made: dict[str, str] = {}
        try:
            for name, file in files.items():
                if file.content is not None:
                    made[name] = self._beside(name, file)
            for name, path in made.items():
                os.rename(path, os.path.join(self.folder, name))
        except OSError as exc:
            raise EngineError(f"{self.folder}: the files cannot be written: {exc.strerror}") from None
        finally:
            for path in made.values():
                if os.path.exists(path):
                    os.unlink(path)
        for name, file in files.items():
            if file.content is None:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(os.path.join(self.folder, name))

    def _beside(self, name: str, file: File) -> str:
        path = os.path.join(self.folder, f".{name}.new")
        if os.path.lexists(path):
            os.unlink(path)  # of a run that was killed
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(number, "w", encoding="utf-8") as stream:
            stream.write(file.content or "")
            stream.flush()
            os.fchown(number, *file.owner)
            os.fchmod(number, file.mode)
            os.fsync(number)
        return path


def bring(admin: Admin, files: TlsFiles) -> None:
    """Files in place, loaded and shown; or as they were before. Raises RefusedError."""
    due = files.due()
    try:
        files.put(due)
        _load(admin)
        seen = served(admin)
        (own,) = certificates_of(files.wanted.certificate)
        if seen.certificate is not None and seen.certificate != own:
            raise RefusedError(f"ProxySQL goes on showing the certificate {seen.certificate.serial}")
    except EngineError as exc:
        files.put({name: files.before[name] for name in due})
        if isinstance(exc, (RefusedError, StatementError)):
            _load(admin, again=True)
        raise RefusedError(f"{exc}. The files are as they were before", **exc.fields) from None


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
