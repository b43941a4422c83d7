"""Tasks in processes of their own, each of which is killed before or in the middle of its nth statement.

A line of JSON on standard input is a task: login, tables, variables, state, at, middle. A line on
standard output is how its process ended, as in subprocess.Popen.returncode. This process makes one for
each task by forking, so that not every one has to import everything anew.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
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


def run(task: dict[str, Any]) -> None:
    with DoomedAdmin(Login(**task.pop("login"))) as admin:
        admin.at, admin.middle = task.pop("at"), task.pop("middle")
        perform(admin, **task)


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if not child:
            try:
                run(json.loads(line))
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
