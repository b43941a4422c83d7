# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A timer of systemd that compares, without a controller, what a node holds with what was declared.

The engine is in one file, the declaration without its passwords and the login are in a file of root. It reads
only. What it finds are numbers for the node exporter, in a file that everybody may read.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Union

from .._catalog.tables import TABLES
from .._declared.errors import EngineError
from .._planning.layers import LAYERS, layers_of
from .._server.admin import Admin
from .._server.login import Login
from . import systemd
from .drift import Drift, drift_of
from .files import write_whole
from .program import packed
from .sealed import Declaration, seal, unsealed

FOLDER = "/var/lib/proxysql-drift"
UNIT = "proxysql-drift"
NUMBERS = "proxysql_drift.prom"
_SETTINGS, _PROGRAM = "settings.json", "drift.pyz"
_SERVICE = """\
[Unit]
Description=Compares what ProxySQL holds with what was declared
After=proxysql.service

[Service]
Type=oneshot
ExecStart={command}
TimeoutStartSec=120
Nice=10
# It reads, and writes its numbers.
CapabilityBoundingSet=CAP_DAC_OVERRIDE
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
NoNewPrivileges=true
ProtectSystem=strict
ReadWritePaths="{folder}"
ProtectHome=read-only
PrivateTmp=true
PrivateDevices=true
ProtectClock=true
ProtectHostname=true
ProtectKernelLogs=true
ProtectKernelTunables=true
ProtectKernelModules=true
ProtectControlGroups=true
ProtectProc=invisible
RestrictNamespaces=true
RestrictRealtime=true
RestrictSUIDSGID=true
LockPersonality=true
MemoryDenyWriteExecute=true
SystemCallArchitectures=native
SystemCallFilter=@system-service
"""
_TIMER = """\
[Unit]
Description=Compares what ProxySQL holds with what was declared

[Timer]
OnBootSec=1min
OnUnitActiveSec=5min
AccuracySec=10s

[Install]
WantedBy=timers.target
"""

_Numbers = Iterable[tuple[Mapping[str, str], Union[int, float]]]


class DriftTimer:
    """The timer of one node, in a folder of its own. Raises EngineError."""

    def __init__(self, folder: str = FOLDER) -> None:
        self.folder = folder
        self._units = {each: os.path.join(systemd.UNITS, f"{UNIT}.{each}") for each in ("service", "timer")}
        self._program = os.path.join(folder, _PROGRAM)
        self._settings = os.path.join(folder, _SETTINGS)

    def put(self, admin: Admin, login: Login, declared: Declaration, textfile: str, check: bool) -> list[str]:
        """Have it compared with this from now on, or in check mode see what that takes: the paths that
        are written or taken away. textfile: the folder of the node exporter's textfile collector."""
        before = self._read()
        if not os.path.isdir(textfile):
            raise EngineError(f"{textfile}: there is no such folder; is the node exporter installed?")
        settings = self._made(admin, login, declared, textfile, str(before.get("key") or ""))
        command = [sys.executable, "-B", self._program, self.folder]
        words = {"command": systemd.quoted(command), "folder": self.folder.replace("%", "%%")}
        files = {
            self._settings: (json.dumps(settings).encode(), 0o600),
            self._program: (packed(__name__), 0o644),
            self._units["service"]: (_SERVICE.format(**words).encode(), 0o644),
            self._units["timer"]: (_TIMER.encode(), 0o644),
        }
        due = [path for path, (content, mode) in files.items() if not _is(path, content, mode)]
        links = self._links(str(before.get("textfile") or ""), textfile)
        started = self._timer("is-enabled") and self._timer("is-active")
        changed = [*due, *links] or ([] if started else [self._units["timer"]])
        if changed and not check:
            try:
                os.makedirs(self.folder, exist_ok=True)
                os.chmod(self.folder, 0o755)  # whatever the umask: the node exporter is another user
                for path in due:
                    write_whole(path, *files[path])
                for path in links:
                    self._link(path, textfile)
            except OSError as exc:
                raise EngineError(f"{exc.filename or self.folder}: {exc.strerror or exc}") from None
            self._start()
        return changed

    def remove(self, check: bool) -> list[str]:
        """Take all of it away; the paths that are there."""
        files = [path for path in self._units.values() if os.path.lexists(path)]
        link = os.path.join(str(self._read().get("textfile") or ""), NUMBERS)
        files += [link] if self._is_ours(link) else []
        folder = [self.folder] if os.path.lexists(self.folder) else []
        if (files or folder) and not check:
            systemd.run("systemctl", "disable", "--now", f"{UNIT}.timer")
            systemd.run("systemctl", "stop", f"{UNIT}.service")
            try:
                for path in files:
                    os.unlink(path)
                for path in folder:
                    shutil.rmtree(path)
            except OSError as exc:
                raise EngineError(f"{exc.filename}: {exc.strerror or exc}") from None
            systemd.run("systemctl", "daemon-reload")
        return files + folder

    def _read(self) -> dict[str, Any]:
        with contextlib.suppress(OSError, ValueError), open(self._settings, encoding="ascii") as stream:
            found = json.load(stream)
            return found if isinstance(found, dict) else {}
        return {}

    def _made(
        self, admin: Admin, login: Login, declared: Declaration, textfile: str, key: str
    ) -> dict[str, Any]:
        # With another key all marks would be others, and each run would change the file.
        key = key or secrets.token_hex(32)
        return {
            "key": key,
            "textfile": textfile,
            "login": login.settings(),
            "declared": seal(admin, key, declared),
        }

    def _links(self, before: str, textfile: str) -> list[str]:
        """Links to be made or taken away."""
        new, old = os.path.join(textfile, NUMBERS), os.path.join(before, NUMBERS)
        return [
            *([] if self._is_ours(new) else [new]),
            *([old] if before and old != new and self._is_ours(old) else []),
        ]

    def _is_ours(self, link: str) -> bool:
        return os.path.islink(link) and os.readlink(link) == os.path.join(self.folder, NUMBERS)

    def _link(self, path: str, textfile: str) -> None:
        if os.path.lexists(path):
            os.unlink(path)
        if os.path.dirname(path) == textfile.rstrip("/"):
            os.symlink(os.path.join(self.folder, NUMBERS), path)

    @staticmethod
    def _timer(verb: str) -> bool:
        return systemd.run("systemctl", verb, "--quiet", f"{UNIT}.timer") == 0

    @staticmethod
    def _start() -> None:
        systemd.run("systemctl", "daemon-reload")
        if systemd.run("systemctl", "enable", f"{UNIT}.timer") or systemd.run(
            "systemctl", "restart", f"{UNIT}.timer"
        ):
            raise EngineError(f"systemd does not start {UNIT}.timer: see systemctl status {UNIT}.timer")


def _is(path: str, content: bytes, mode: int) -> bool:
    try:
        with open(path, "rb") as stream:
            return stream.read() == content and os.fstat(stream.fileno()).st_mode & 0o7777 == mode
    except OSError:
        return False


# -- the comparison ----------------------------------------------------------------------


def compare(admin: Admin, settings: Mapping[str, Any]) -> Drift:
    """Raises EngineError."""
    return drift_of(unsealed(admin, settings["key"], settings["declared"]))


def numbers(settings: Mapping[str, Any], found: Drift | None, seconds: float, now: float) -> str:
    """In Prometheus' text format. found: None where nothing could be compared."""
    return "".join(
        f"# HELP {name} {what}\n# TYPE {name} gauge\n"
        + "".join(f"{name}{_labels(labels)} {number:.12g}\n" for labels, number in values)
        for name, what, values in _all(settings["declared"], found, seconds, now)
    )


def _all(
    declared: Mapping[str, Any], found: Drift | None, seconds: float, now: float
) -> Iterator[tuple[str, str, _Numbers]]:
    if found is not None:
        rows = [
            ({"table": table, "layer": layer}, found.get(table, {}).get(layer, 0))
            for table, layer in _cells(declared)
        ]
        yield "proxysql_drift_rows", "Rows and variables that differ from what site has declared.", rows
    yield (
        "proxysql_drift_unknown",
        "Whether the node could not be compared with what is declared.",
        [({}, int(found is None))],
    )
    yield "proxysql_drift_compared_timestamp_seconds", "When that was.", [({}, int(now))]
    yield "proxysql_drift_duration_seconds", "How long it took.", [({}, round(seconds, 3))]


def _cells(declared: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in declared["tables"]:
        table = TABLES.get(name)
        for layer in LAYERS if table is None else layers_of(table):
            yield name, layer
    for layer in LAYERS if declared["variables"] else ():
        yield "global_variables", layer


def _labels(labels: Mapping[str, str]) -> str:
    # names of tables and layers: nothing in them has to be quoted
    return "{" + ",".join(f'{name}="{text}"' for name, text in labels.items()) + "}" if labels else ""


def main(folder: str) -> int:
    """What the timer starts. What is written to standard output is in the journal: nothing secret."""
    with open(os.path.join(folder, _SETTINGS), encoding="ascii") as stream:
        settings = json.load(stream)
    began, found, why = time.monotonic(), None, ""
    try:
        with Admin(Login(**settings["login"])) as admin:
            found = compare(admin, settings)
    except EngineError as exc:
        why = exc.message
    text = numbers(settings, found, time.monotonic() - began, time.time())
    write_whole(os.path.join(folder, NUMBERS), text.encode(), 0o644)
    if found is None:
        # The numbers say it; a unit that fails would say it again wherever a ProxySQL is restarted.
        sys.stdout.write(f"Not compared: {why}\n")
        return 0
    told = [f"{table} ({_counts(layers)})" for table, layers in found.items()]
    sys.stdout.write(f"Not as declared: {', '.join(told)}\n" if told else "As declared\n")
    return 0


def _counts(layers: Mapping[str, int]) -> str:
    return ", ".join(f"{layer}: {number}" for layer, number in layers.items())
