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
from driver import TABLES, sql, tables_of, wipe  # noqa: E402
from server import Server  # noqa: E402

REAL = os.environ.get("PROXYSQL_BIN", "")
KINDS = ["emulator", "real"] if REAL else ["emulator"]
# Of the tables that only ProxySQL 3 has; both can be named at once.
REAL_THREE = os.environ.get("PROXYSQL3_BIN", "")


def pytest_report_header() -> str:
    return (
        f"engine: emulator, and the real ProxySQL ({REAL or 'not run: PROXYSQL_BIN is not set'};"
        f" of release 3: {REAL_THREE or 'not run: PROXYSQL3_BIN is not set'})"
    )


@pytest.fixture(scope="session", params=KINDS)
def running(request: pytest.FixtureRequest) -> Iterator[Server]:
    with Server(binary=REAL if request.param == "real" else "") as server:
        yield server


@pytest.fixture(scope="session", params=["emulator", "real3"] if REAL_THREE else ["emulator"])
def running_three(request: pytest.FixtureRequest) -> Iterator[Server]:
    with Server(binary=REAL_THREE if request.param == "real3" else "", release="3.0") as server:
        yield server


@pytest.fixture
def three(running_three: Server, request: pytest.FixtureRequest) -> Server:
    """A running ProxySQL 3, whose tables are empty in every layer."""
    skip_without_table(running_three, request)
    wipe(running_three)
    return running_three


def skip_without_table(server: Server, request: pytest.FixtureRequest) -> None:
    """Of the tables of the newest 3.0.x, as the emulator has them, an older one lacks some."""
    name = getattr(request.node, "callspec", None) and request.node.callspec.params.get("name")
    if name in TABLES and name not in tables_of(server):
        (version,) = sql(server, "SELECT version()")
        pytest.skip(f"ProxySQL {version[0]} has no table {name}")


@pytest.fixture
def server(running: Server) -> Server:
    """A running server whose tables are empty in every layer, its variables as on a fresh start."""
    wipe(running)
    return running


MODULES = "ansible_collections.mysqlha.proxysql.plugins.modules"


@pytest.fixture
def module(
    server: Server, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., dict[str, Any]]:
    """Runs a module on the server; its result as a dict, with the whole text kept in `text`, and what would
    be in the journal in `journal`."""

    def log(_self: Any, message: str, log_args: Any = None) -> None:
        call.journal += f"{message} {log_args}"  # type: ignore[attr-defined]

    monkeypatch.setattr("ansible.module_utils.basic.AnsibleModule.log", log)

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
        call.journal = ""  # type: ignore[attr-defined]
        # Each task is a process of its own: nothing may be left of the one before.
        for loaded in [each for each in sys.modules if each.startswith(MODULES)]:
            del sys.modules[loaded]
        warnings._global_warnings.clear()
        # Set by whoever imports a part of the controller, and then a module's warnings go to a terminal.
        if "ansible.module_utils._internal" in sys.modules:
            sys.modules["ansible.module_utils._internal"].is_controller = False  # type: ignore[attr-defined]
        with patch_module_args(arguments), pytest.raises(SystemExit):
            importlib.import_module(f"{MODULES}.{name}").main()
        call.text = capsys.readouterr().out  # type: ignore[attr-defined]
        result: dict[str, Any] = json.loads(call.text)  # type: ignore[attr-defined]
        return result

    return call


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of restore points."""
    return tmp_path / "points"


@pytest.fixture
def write(module: Callable[..., dict[str, Any]], folder: Path) -> Callable[..., dict[str, Any]]:
    def call(**options: Any) -> dict[str, Any]:
        result = module("config", restore_points=str(folder), **options)
        assert not result.get("failed"), result
        return result

    return call


@pytest.fixture
def back(module: Callable[..., dict[str, Any]], folder: Path) -> Callable[..., dict[str, Any]]:
    def call(**options: Any) -> dict[str, Any]:
        return module("rollback", restore_points=str(folder), **options)

    return call
