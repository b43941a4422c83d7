"""The engine on a running server: the emulator always, the real one when PROXYSQL_BIN is set."""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible.module_utils.common import warnings

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "emulator")]

from arguments import patch_module_args  # noqa: E402
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


MODULES = "ansible_collections.mysqlha.proxysql.plugins.modules"


@pytest.fixture
def module(server: Server, capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    """Runs a module on the server; its result as a dict, with the whole text kept in `text`."""

    def call(name: str, *, check: bool = False, diff: bool = False, **options: Any) -> dict[str, Any]:
        arguments = {
            "login_host": server.host,
            "login_port": server.admin_port,
            "login_user": "admin",
            "login_password": "admin",
            "_ansible_check_mode": check,
            "_ansible_diff": diff,
            **options,
        }
        # As if it had not been given.
        arguments = {name: value for name, value in arguments.items() if value is not None}
        capsys.readouterr()
        # Each task is a process of its own: nothing may be left of the one before.
        for loaded in [each for each in sys.modules if each.startswith(MODULES)]:
            del sys.modules[loaded]
        warnings._global_warnings.clear()
        with patch_module_args(arguments), pytest.raises(SystemExit):
            importlib.import_module(f"{MODULES}.{name}").main()
        call.text = capsys.readouterr().out  # type: ignore[attr-defined]
        result: dict[str, Any] = json.loads(call.text)  # type: ignore[attr-defined]
        return result

    return call
