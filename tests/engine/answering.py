"""Waiting for a database that was started."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pymysql


def until_it_answers(run: Callable[[str], object], process: subprocess.Popen[bytes], log: Path) -> None:
    """run: a statement as root. Raises RuntimeError with the end of the log if it ends or stays silent."""
    deadline = time.monotonic() + 60
    while True:
        try:
            run("SELECT 1")
            return
        except pymysql.err.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(log.read_text()[-3000:]) from None
            time.sleep(0.05)
