"""Which servers the transcripts are replayed on."""

from __future__ import annotations

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "emulator")]

REAL = os.environ.get("PROXYSQL_BIN", "")


def pytest_report_header() -> str:
    real = REAL or "not replayed: PROXYSQL_BIN is not set"
    return f"conformance: emulator, and the real ProxySQL ({real})"
