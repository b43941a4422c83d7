"""Prometheus' own tool, where it is: on PATH, or as tests/tools/promtool brings it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
PROGRAM = shutil.which("promtool") or shutil.which("promtool", path=str(CHECKOUT / ".cache/promtool"))

needed = pytest.mark.skipif(PROGRAM is None, reason="there is no promtool; tests/tools/promtool brings it")


def promtool(*arguments: str, given: str = "", folder: Path = CHECKOUT) -> str:
    """What it says. It must find no fault."""
    assert PROGRAM
    done = subprocess.run(
        [PROGRAM, *arguments], cwd=folder, input=given, capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said
