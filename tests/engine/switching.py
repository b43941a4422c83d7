"""The module primary_switchover in a process of its own: its options as JSON on standard input.

die_at: the step after which it is killed, as if by the kernel; alone: its guardian is killed with it.
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
from ansible_collections.mysqlha.proxysql.plugins.module_utils._cluster import guardian, switch  # noqa: E402
from ansible_collections.mysqlha.proxysql.plugins.modules import primary_switchover  # noqa: E402
from arguments import patch_module_args  # noqa: E402


def doomed(at: str, alone: bool) -> None:
    past, enter = switch.Switch._past, guardian.Guardian.__enter__
    guards: list[Any] = []
    own = os.getpid()  # and not the guardian's

    def entered(self: Any) -> Any:
        guards.append(self)
        return enter(self)

    def die(self: Any, name: str) -> None:
        past(self, name)
        if name == at and os.getpid() == own:
            if alone:
                os.kill(guards[0]._child, signal.SIGKILL)
            os.kill(os.getpid(), signal.SIGKILL)

    guardian.Guardian.__enter__ = entered  # type: ignore[method-assign]
    switch.Switch._past = die  # type: ignore[method-assign]


def main() -> None:
    options = json.load(sys.stdin)
    at, alone = options.pop("die_at", ""), options.pop("alone", False)
    if at:
        doomed(at, alone)
    with patch_module_args(options):
        primary_switchover.main()


if __name__ == "__main__":
    main()
