# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A rollback that a node does by itself: the engine in one file, its settings, and a timer of systemd.

Armed before a change is written, it fires unless it is disarmed in time, whether or not there is still a
controller. A timer does not outlive the host's going down, so a second unit rolls back when it comes up. What
it needs to log in is in a file of root; nothing secret is in arguments or in the units.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import time
from collections.abc import Iterable
from typing import Any

from .._declared.errors import ConnectError, EngineError
from .._server.admin import Admin
from .._server.login import Login
from . import systemd
from .apply import How, Outcome, apply
from .armed import FOLDER, SETTINGS, settings_of
from .files import write_private, write_whole
from .program import packed
from .restore_points import ROLLBACK, RestorePoints
from .restoring import put_together, works_back

UNIT = "proxysql-confirm"
_PROGRAM, _OUTCOME = "rollback.pyz", "outcome.json"
_BOOT = """\
[Unit]
Description=Roll ProxySQL back, since the host went down before a change was confirmed
After=proxysql.service network.target
ConditionPathExists={settings}

[Service]
ExecStart={command}

[Install]
WantedBy=multi-user.target
"""
# Seconds between attempts to reach a ProxySQL that is just being restarted.
_PAUSES = (2, 5, 10, 30)
# And for how long to wait for one that is at work.
_PATIENCE = 300


class Unattended:
    """The armed rollback of one server, in a folder beside its restore points. Raises EngineError."""

    def __init__(self, points: str, unit: str = UNIT) -> None:
        self.points = points
        self.unit = unit
        self.folder = os.path.join(points, FOLDER)

    @property
    def armed(self) -> bool:
        """Whether somebody will roll back, or is at it."""
        units = (f"{self.unit}.timer", f"{self.unit}-boot.service")
        return any(systemd.run("systemctl", "is-active", "--quiet", unit) == 0 for unit in units)

    @property
    def waits(self) -> bool:
        """Whether a change waits to be confirmed."""
        return settings_of(self.points) is not None

    def arm(self, login: Login, seconds: float, keep: int, label: str) -> list[str]:
        """Roll back in so many seconds what is written from now on. Returns what is not guarded."""
        if self.armed:
            raise EngineError(
                f"{self.unit}.timer is running: another change waits to be confirmed, or to be rolled back"
            )
        points = RestorePoints(self.points)
        last = points.newest()
        after = last.name if last else ""
        settings = {
            "points": self.points,
            "after": after,
            "broken": [name for name in points.names() if name > after],
            "keep": keep,
            "label": label,
            "boot": self._boot_unit(),
            "login": login.settings(),
        }
        try:
            shutil.rmtree(self.folder, ignore_errors=True)
            os.makedirs(self.points, 0o700, exist_ok=True)
            os.mkdir(self.folder, 0o700)
            write_whole(os.path.join(self.folder, _PROGRAM), packed(__name__), 0o600)
            write_private(os.path.join(self.folder, SETTINGS), json.dumps(settings))
        except OSError as exc:
            raise EngineError(f"{self.folder}: {exc.strerror or exc}; nothing was changed") from None
        program = [sys.executable, "-B", os.path.join(self.folder, _PROGRAM), self.folder]
        code = systemd.run(
            "systemd-run", "--quiet", "--collect", f"--unit={self.unit}", f"--on-active={seconds:.0f}s",
            "--timer-property=AccuracySec=100ms", "--description=Roll ProxySQL back", *program,
        )  # fmt: skip
        if code:
            self.forget()
            raise EngineError(
                f"systemd-run could not set the timer {self.unit} ({code}); nothing was changed"
            )
        try:
            self._guard_the_boot(program)
        except OSError as exc:
            return [
                f"{systemd.UNITS}: {exc.strerror or exc}; if the host goes down, nobody takes the change back"
            ]
        return []

    def _guard_the_boot(self, program: list[str]) -> None:
        if not os.path.isdir(systemd.RUNS):
            return
        unit, link = self._boot_unit()
        os.makedirs(os.path.dirname(link), exist_ok=True)
        words = {
            "settings": os.path.join(self.folder, SETTINGS).replace("%", "%%"),
            "command": systemd.quoted(program),
        }
        write_whole(unit, _BOOT.format(**words).encode(), 0o644)
        os.symlink(unit, link)

    def _boot_unit(self) -> tuple[str, str]:
        name = f"{self.unit}-boot.service"
        return os.path.join(systemd.UNITS, name), os.path.join(systemd.UNITS, "multi-user.target.wants", name)

    def disarm(self) -> dict[str, Any] | None:
        """Take the timer away; what the rollback found, if it fired before."""
        systemd.run("systemctl", "stop", f"{self.unit}.timer")
        # One that is at work is waited for: cut off half way it would leave a half behind.
        patience = time.monotonic() + _PATIENCE
        services = (f"{self.unit}.service", f"{self.unit}-boot.service")
        while systemd.run("systemctl", "is-active", "--quiet", *services) == 0:
            if time.monotonic() > patience:
                raise EngineError(f"{self.unit}.service has been rolling back for {_PATIENCE} s")
            time.sleep(0.2)
        outcome = self.outcome()
        self.forget()
        return outcome

    def outcome(self) -> dict[str, Any] | None:
        try:
            with open(os.path.join(self.folder, _OUTCOME), encoding="utf-8") as stream:
                found: dict[str, Any] = json.load(stream)
                return found
        except (OSError, ValueError):
            return None

    def settings(self) -> dict[str, Any]:
        found = settings_of(self.points)
        if found is None:
            raise EngineError(f"{self.folder}: nothing is armed that could be rolled back")
        return found

    def forget(self) -> None:
        _remove(self._boot_unit())
        shutil.rmtree(self.folder, ignore_errors=True)


def _remove(paths: Iterable[str]) -> None:
    for path in paths:
        with contextlib.suppress(OSError):
            os.unlink(path)


def put_back(admin: Admin, settings: dict[str, Any], check: bool) -> tuple[Outcome, list[str]]:
    """What was written since the rollback was armed is put back, also who gets in. The points undone, too."""
    points = RestorePoints(settings["points"], settings["keep"], settings["label"], ROLLBACK)
    # Those that could not be read before anything was written are of no run that waits.
    names = [name for name in points.names() if name > settings["after"] and name not in settings["broken"]]
    written = [point for point in map(points.read, names) if point.of(admin)]
    works, _left = works_back(admin, put_together(written), None, access=True)
    done = apply(admin, works, How(check=check, open_edits="publish", points=points))
    return done, [point.name for point in written]


def roll_back(settings: dict[str, Any]) -> dict[str, Any]:
    with Admin(Login(**settings["login"])) as admin:
        done, undone = put_back(admin, settings, check=False)
    return {
        "changed": done.changed,
        "undone": undone,
        "statements": [statement.shown for statement in done.statements],
        "restore_point": done.restore_point,
    }


def main(folder: str) -> int:
    """What the timer starts. What is written to standard output is in the journal: nothing secret."""
    with open(os.path.join(folder, SETTINGS), encoding="ascii") as stream:
        settings = json.load(stream)
    outcome: dict[str, Any] = {}
    for pause in (*_PAUSES, 0):
        try:
            outcome = roll_back(settings)
            break
        except ConnectError as exc:
            outcome = {"failed": True, "msg": exc.message}
            time.sleep(pause)
        except EngineError as exc:
            outcome = {"failed": True, "msg": exc.message}
            break
    with contextlib.suppress(FileNotFoundError):
        # The login is not needed any more.
        os.unlink(os.path.join(folder, SETTINGS))
    _remove(settings["boot"])
    write_private(os.path.join(folder, _OUTCOME), json.dumps(outcome))
    sys.stdout.write(json.dumps({name: outcome[name] for name in outcome if name != "statements"}) + "\n")
    return 1 if outcome.get("failed") else 0
