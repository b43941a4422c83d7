# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Restore points: what was there before a run wrote, in files that nobody but their owner can read.

A point holds the sections that the run was about to write, and no more: it is made of what the run has read
anyway. Rows and values are kept in the very words, secrets as the server stores them.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

from .._declared.errors import DeclarationError, EngineError
from .._server.admin import Admin
from . import armed
from .files import UNFINISHED, write_private
from .section import SectionWork
from .tables import TableWork
from .variables import VariableWork

FORMAT = 1
# Why a point was made: something was going to be written, or put back, or a person wanted to keep it.
WRITTEN, ROLLBACK, KEPT = KINDS = ("written", "rollback", "kept")
_CLOCK = "%Y%m%dT%H%M%S.%fZ"
_NAME = re.compile(r"\d{8}T\d{6}\.\d{6}Z\Z")
_SUFFIX, _FORGOTTEN = ".json", "forgotten"
# In front of the JSON: a text that begins with a brace is made a dict of by Ansible's templates.
_HEAD = "# mysqlha.proxysql restore point\n"

# Where the label is, in the JSON that is written here, and in how many characters at the beginning.
_LABEL = re.compile(r'"label":("(?:[^"\\]|\\.)*")')
_BEGINNING = 4096

Content = dict[str, Any]


class Forgotten(NamedTuple):
    """A point that is kept no longer."""

    name: str
    label: str


@dataclass(frozen=True)
class Point:
    """A restore point. made: when, in UTC; what: its sections; label: as the run that made it was called.

    kind: one of KINDS.
    """

    name: str
    made: datetime
    label: str
    kind: str
    what: tuple[str, ...]
    server: str
    version: str
    content: Content

    @property
    def shown(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "made": self.made.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "label": self.label,
            "kind": self.kind,
            "sections": list(self.what),
            "server": self.server,
            "server_version": self.version,
        }


class RestorePoints:
    """The points of one server, in a folder of their own.

    keep: how many are kept. label, kind: kept with those that are made. Raises EngineError for what cannot be
    written or read, and for a folder or file that somebody else could have written.
    """

    def __init__(self, folder: str, keep: int = 20, label: str = "", kind: str = WRITTEN) -> None:
        self.folder = folder
        self._keep = keep
        self._label = label
        self._kind = kind

    # -- making --------------------------------------------------------------------------

    def make(self, admin: Admin, sections: Sequence[SectionWork], whole: bool = False) -> str:
        """Keep what the sections hold; the name of the point. whole: as of content_of."""
        content = {
            "format": FORMAT,
            "name": "",
            "label": self._label,
            "kind": self._kind,
            "server": admin.login.place,
            "server_version": admin.version,
            "sections": content_of(sections, whole),
        }
        try:
            self._own_folder(make=True)
            there = self.names()
            made = datetime.now(timezone.utc)
            if there and there[-1] > made.strftime(_CLOCK):
                # The clock was set back: the order of names is that of the writing all the same.
                made = made_at(there[-1]) + timedelta(microseconds=1)
            # Nothing but the time: a word in it could be somebody's password, which Ansible hides in results.
            name = content["name"] = made.strftime(_CLOCK)
            write_private(
                os.path.join(self.folder, name + _SUFFIX), _HEAD + json.dumps(content, separators=(",", ":"))
            )
            armed.learn(
                self.folder,
                (work.want for each in sections for work in each.works if isinstance(work, VariableWork)),
            )
            self._forget(there)
        except OSError as exc:
            raise EngineError(
                f"the restore point in {self.folder} could not be written: {exc.strerror or exc};"
                " nothing was changed",
                folder=self.folder,
            ) from None
        return name

    def _forget(self, there: Sequence[str]) -> None:
        """The oldest, so that there are as many as are kept, and what a run that was cut off left."""
        waiting = armed.settings_of(self.folder)
        too_many = there[: max(0, len(there) + 1 - self._keep)]
        # What waits to be confirmed goes back to these.
        forgotten = [name for name in too_many if waiting is None or name <= waiting["after"]]
        if forgotten:
            newest = Forgotten(forgotten[-1], self._label_of(forgotten[-1]))
            write_private(os.path.join(self.folder, _FORGOTTEN), json.dumps(newest._asdict()))
        old = [name + _SUFFIX for name in forgotten]
        last = there[-1] if there else ""
        for name in sorted(os.listdir(self.folder)):
            if name in old or (name.endswith(UNFINISHED) and name < last):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(os.path.join(self.folder, name))

    # -- reading -------------------------------------------------------------------------

    def names(self) -> list[str]:
        """The names of all points, oldest first."""
        try:
            found = os.listdir(self.folder)
        except FileNotFoundError:
            return []
        names = [name[: -len(_SUFFIX)] for name in found if name.endswith(_SUFFIX)]
        return sorted(name for name in names if _NAME.match(name))

    def forgotten(self) -> Forgotten | None:
        """The newest point that is kept no longer, if there is one."""
        try:
            with open(os.path.join(self.folder, _FORGOTTEN), encoding="ascii") as stream:
                told = json.load(stream)
                return Forgotten(told["name"], told["label"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, LookupError):
            raise EngineError(f"{self.folder}/{_FORGOTTEN} cannot be read", folder=self.folder) from None

    def read(self, name: str) -> Point:
        return parsed(self.text(name), name)

    def text(self, name: str) -> str:
        """All of a point, as it is kept: with secrets."""
        try:
            self._own_folder(make=False)
            handle = os.open(os.path.join(self.folder, name + _SUFFIX), os.O_RDONLY | os.O_NOFOLLOW)
            with os.fdopen(handle, encoding="ascii") as stream:
                return stream.read()
        except OSError as exc:
            raise EngineError(
                f"the restore point {name} in {self.folder} could not be read: {exc.strerror or exc}",
                folder=self.folder,
            ) from None

    def _label_of(self, name: str) -> str:
        """Without reading the whole. Empty where it is broken: a point that goes away stops nobody."""
        with open(os.path.join(self.folder, name + _SUFFIX), encoding="ascii", errors="replace") as stream:
            found = _LABEL.search(stream.read(_BEGINNING))
        return str(json.loads(found.group(1))) if found else ""

    def all(self) -> list[Point]:
        """Every point, oldest first."""
        try:
            return [self.read(name) for name in self.names()]
        except OSError as exc:
            raise EngineError(f"{self.folder}: {exc.strerror or exc}", folder=self.folder) from None

    def _own_folder(self, make: bool) -> None:
        """Nobody but root and this user may be able to put a file there, or read one."""
        if make:
            os.makedirs(self.folder, 0o700, exist_ok=True)
        found = os.lstat(self.folder)
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (0, os.geteuid()):
            raise OSError(0, f"not a folder of user {os.geteuid()}")
        if stat.S_IMODE(found.st_mode) & 0o077:
            os.chmod(self.folder, 0o700)


def content_of(sections: Iterable[SectionWork], whole: bool = False) -> Content:
    """What the sections hold.

    whole: whether all of their tables have been read, as is done anyway of sections that are loaded or saved.
    Then those that are not named are empty in every layer.
    """
    found: Content = {}
    for section in sections:
        kept: Content = {"whole": whole or section.loads or section.saves}
        for part in section.parts:
            if isinstance(part, TableWork):
                names, rows, edits = part.served()
                kept.setdefault("tables", {})[part.title] = {"columns": names, "rows": rows}
                if edits:
                    kept["tables"][part.title]["edits"] = edits
            else:
                kept["variables"] = part.served()
        found[section.section.name] = kept
    return found


def parsed(text: str, name: str = "") -> Point:
    """A point from the text of its file. Raises DeclarationError for what is none."""
    try:
        content = json.loads(text[len(_HEAD.rstrip()) :] if text.startswith(_HEAD.rstrip()) else text)
        name = name or content["name"]
        number = content["format"]
        if number == FORMAT:
            sections = content["sections"]
            return Point(
                name, made_at(name), str(content["label"]), str(content["kind"]), tuple(sections),
                str(content["server"]), str(content["server_version"]), sections,
            )  # fmt: skip
    except (ValueError, KeyError, TypeError):
        raise DeclarationError(f"{name or 'content'}: not a restore point, or not all of it") from None
    raise DeclarationError(f"{name}: a restore point of format {number}, this collection reads {FORMAT}")


def made_at(name: str) -> datetime:
    """When the point of that name was made."""
    return datetime.strptime(name, _CLOCK).replace(tzinfo=timezone.utc)
