# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""systemd, as far as programs of this collection are started by it."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

# Ansible's own run_command waits for what a program starts; none of these leaves anything behind.
subprocess: Any = importlib.import_module("subprocess")

#: There where systemd runs the host.
RUNS = "/run/systemd/system"
#: Where it finds the units that the administrator has written.
UNITS = "/etc/systemd/system"


def run(*command: str) -> int:
    """The exit code of a command, 127 where it cannot be run or does not end."""
    try:
        done = subprocess.run(
            list(command), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            timeout=30, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return 127
    return int(done.returncode)


def quoted(program: Sequence[str]) -> str:
    """A command as units are written."""
    words = [
        each.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
        for each in program
    ]
    return " ".join(f'"{each}"' for each in words)
