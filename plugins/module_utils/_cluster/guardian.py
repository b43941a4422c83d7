# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Somebody who goes on where a change of the primary is cut off: a process of its own, and a file for the
next run.

The death of the controller does not end the module, which hears no hangup. If the module itself is killed,
the guardian sees its pipe close, and finishes the change or takes it back. What it needs to log in it has in
memory; the file, which only its owner reads, has nothing secret. It stays if both are gone, and the next run
begins with it.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from typing import Any, Callable

from .._declared.errors import EngineError
from .._section.files import write_private

_FORMAT = 1
_SIGNALS: tuple[int, ...] = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
# Files that a process may have open, more than a module ever has.
_FILES = 4096


class Record:
    """The file of a change under way. path: in a folder that is made for it, if need be."""

    def __init__(self, path: str) -> None:
        self.path = path

    def read(self) -> dict[str, Any] | None:
        """None where no change was cut off. Raises EngineError for what cannot be read."""
        try:
            with open(self.path, encoding="ascii") as stream:
                found = json.load(stream)
            if found["format"] == _FORMAT:
                return dict(found)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, LookupError, TypeError):
            pass
        raise EngineError(
            f"{self.path} tells of a change of the primary that was cut off, and cannot be read: look at"
            " what stands, and then remove it"
        )

    def write(self, task: dict[str, Any], outcome: str = "") -> None:
        try:
            os.makedirs(os.path.dirname(self.path), 0o700, exist_ok=True)
            write_private(self.path, json.dumps({"format": _FORMAT, "task": task, "outcome": outcome}))
        except OSError as exc:
            raise EngineError(f"{self.path}: {exc.strerror or exc}") from None

    def remove(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)


class Guardian:
    """Use as a context manager around a change. go_on: what is done if this process ends within it."""

    def __init__(self, go_on: Callable[[], None]) -> None:
        self._go_on = go_on
        self._pipe = self._child = -1
        self._heard: dict[int, Any] = {}

    def __enter__(self) -> Guardian:
        ours, pipe = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(pipe)
            self._guard(ours)
        os.close(ours)
        self._pipe, self._child = pipe, child
        # The end of a connection from the controller, or its user's Ctrl-C, is none of the change.
        self._heard = {number: signal.signal(number, signal.SIG_IGN) for number in _SIGNALS}
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        # What nobody has foreseen, nobody has taken back either.
        if kind is None or issubclass(kind, EngineError):
            os.write(self._pipe, b".")
        os.close(self._pipe)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._child, 0)
        for number, handler in self._heard.items():
            signal.signal(number, handler)

    def _guard(self, pipe: int) -> None:
        """In the new process, which ends here."""
        code = 1
        try:
            os.setsid()
            for number in _SIGNALS:
                signal.signal(number, signal.SIG_IGN)
            # Connections of the module are not this one's to close, and who waits for its output is not to
            # wait.
            null = os.open(os.devnull, os.O_RDWR)
            for standard in range(3):
                os.dup2(null, standard)
            for number in range(3, _FILES):
                if number != pipe:
                    with contextlib.suppress(OSError):
                        os.close(number)
            if not os.read(pipe, 1):
                time.sleep(0.1)
                self._go_on()
            code = 0
        finally:
            os._exit(code)
