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
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

from .._declared.errors import DeclarationError, EngineError, StatementError
from .._server.admin import Admin
from . import armed
from .files import UNFINISHED, own_folder, write_private
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
_THIS_HOST = "localhost"

Content = dict[str, Any]


class Forgotten(NamedTuple):
    """A point that is kept no longer."""

    name: str
    label: str


@dataclass(frozen=True)
class Point:
    """A restore point. made: when, in UTC; what: its sections; label: as the run that made it was called.

    kind: one of KINDS. server, database: where the ProxySQL answered, and its file on disk.
    """

    name: str
    made: datetime
    label: str
    kind: str
    what: tuple[str, ...]
    server: str
    version: str
    content: Content
    database: str = ""

    def of(self, admin: Admin) -> bool:
        """Whether it is of this ProxySQL, which may answer at several places of its own host."""
        now = _host_and_port(admin.login.place)
        then = _host_and_port(self.server)
        here = now[0] == then[0] == _THIS_HOST
        return now == then or (here and bool(self.database) and self.database == database_of(admin))

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
            "database": database_of(admin),
            "server_version": admin.version,
            "made": "",
            "sections": content_of(sections, whole),
        }
        try:
            own_folder(self.folder, make=True)
            there = self.names()
            # Nothing but the time: a word in it could be somebody's password, which Ansible hides in results.
            name = content["made"] = datetime.now(timezone.utc).strftime(_CLOCK)
            last = self.newest(than=name)
            if last is not None:
                # The clock was set back: the order of names is that of the writing all the same.
                name = (made_at(last.name) + timedelta(microseconds=1)).strftime(_CLOCK)
            content["name"] = name
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

    def remove(self, name: str) -> None:
        """Keep a point no longer that nothing came of."""
        with contextlib.suppress(OSError):
            os.unlink(self._path(name))

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
        return parsed(self.text(name), name, self._path(name))

    def newest(self, than: str = "") -> Point | None:
        """The last that can be read. than: only of those with a later name."""
        for name in reversed(self.names()):
            if name <= than:
                break
            with contextlib.suppress(EngineError):
                return self.read(name)
        return None

    def _path(self, name: str) -> str:
        return os.path.join(self.folder, name + _SUFFIX)

    def text(self, name: str) -> str:
        """All of a point, as it is kept: with secrets."""
        try:
            own_folder(self.folder, make=False)
            handle = os.open(self._path(name), os.O_RDONLY | os.O_NOFOLLOW)
            with os.fdopen(handle, encoding="ascii", errors="replace") as stream:
                return stream.read()
        except OSError as exc:
            raise EngineError(
                f"the restore point {name} in {self.folder} could not be read: {exc.strerror or exc}",
                folder=self.folder,
            ) from None

    def _label_of(self, name: str) -> str:
        """Without reading the whole. Empty where it is broken: a point that goes away stops nobody."""
        with open(self._path(name), encoding="ascii", errors="replace") as stream:
            found = _LABEL.search(stream.read(_BEGINNING))
        return str(json.loads(found.group(1))) if found else ""

    def all(self) -> tuple[list[Point], dict[str, EngineError]]:
        """Every point, oldest first, and what is wrong with those that cannot be read, by name."""
        found, broken = [], {}
        try:
            names = self.names()
            if names:
                own_folder(self.folder, make=False)
        except OSError as exc:
            raise EngineError(f"{self.folder}: {exc.strerror or exc}", folder=self.folder) from None
        for name in names:
            try:
                found.append(self.read(name))
            except EngineError as exc:
                broken[name] = exc
        return found, broken


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


def database_of(admin: Admin) -> str:
    """The path of the file of its layer disk."""
    try:
        return next(
            (str(path) for _number, name, path in admin.fetch("PRAGMA database_list")[1] if name == "disk"),
            "",
        )
    except StatementError:
        return ""


def _host_and_port(place: str) -> tuple[str, str]:
    if place.startswith("/"):
        return _THIS_HOST, place
    host, _colon, port = place.rpartition(":")
    here = host in (_THIS_HOST, "::1") or host.startswith("127.")
    return (_THIS_HOST if here else host), port


def parsed(text: str, name: str = "", path: str = "") -> Point:
    """A point from the text of its file. Raises DeclarationError for what is none."""
    shown = path or name or "content"
    try:
        content = json.loads(text[len(_HEAD.rstrip()) :] if text.startswith(_HEAD.rstrip()) else text)
        name = name or content["name"]
        number = content["format"]
        if number == FORMAT:
            sections = content["sections"]
            return Point(
                name, made_at(content.get("made") or name), str(content["label"]), str(content["kind"]),
                tuple(sections), str(content["server"]), str(content["server_version"]), sections,
                str(content.get("database", "")),
            )  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError):
        raise DeclarationError(f"{shown}: not a restore point, or not all of it") from None
    raise DeclarationError(f"{shown}: a restore point of format {number}, this collection reads {FORMAT}")


def made_at(name: str) -> datetime:
    """When the point of that name was made."""
    return datetime.strptime(name, _CLOCK).replace(tzinfo=timezone.utc)
