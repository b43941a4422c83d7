"""A task in a process of its own, which is killed before or in the middle of its nth statement.

The task comes on standard input, as JSON: login, tables, variables, state, at, middle.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE), str(HERE.parent / "emulator")]

import conftest  # noqa: E402, F401  makes the collection importable
from driver import HastyAdmin, Login, perform  # noqa: E402


class DoomedAdmin(HastyAdmin):
    at: int = -1
    middle: bool = False

    def write(self, statement: Any) -> None:
        if self.at == len(self.sent):
            if self.middle:
                # All of it is on its way, and nobody will read the answer.
                self._connection._execute_command(3, statement.sql)
            os.kill(os.getpid(), signal.SIGKILL)
        super().write(statement)


def main() -> None:
    task = json.load(sys.stdin)
    with DoomedAdmin(Login(**task.pop("login"))) as admin:
        admin.at, admin.middle = task.pop("at"), task.pop("middle")
        perform(admin, **task)


if __name__ == "__main__":
    main()
