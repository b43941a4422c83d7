"""The engine on a running server: the emulator always, the real one when PROXYSQL_BIN is set."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "emulator")]

from driver import wipe  # noqa: E402
from server import Server  # noqa: E402

REAL = os.environ.get("PROXYSQL_BIN", "")
KINDS = ["emulator", "real"] if REAL else ["emulator"]


def pytest_report_header() -> str:
    return f"engine: emulator, and the real ProxySQL ({REAL or 'not run: PROXYSQL_BIN is not set'})"


@pytest.fixture(scope="session", params=KINDS)
def running(request: pytest.FixtureRequest) -> Iterator[Server]:
    with Server(binary=REAL if request.param == "real" else "") as server:
        yield server


@pytest.fixture(scope="session")
def running_three() -> Iterator[Server]:
    with Server(binary="", release="3.0") as server:
        yield server


@pytest.fixture
def three(running_three: Server) -> Server:
    """The emulator with the tables of ProxySQL 3, of which no real one can be had here."""
    wipe(running_three)
    return running_three


@pytest.fixture
def server(running: Server) -> Server:
    """A running server whose tables are empty in every layer, its variables as on a fresh start."""
    wipe(running)
    return running
