"""A task that is killed between any two statements, or while one is under way.

Its process gets SIGKILL: nothing is tidied up, nothing is put back. The next run says that it
changed something, and then everything is as declared.
"""

from __future__ import annotations

import dataclasses
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._catalog.tables import SECTIONS, TABLES
from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning.layers import expected
from cases import FIRST, SECOND
from driver import FULL, HastyAdmin, layers, login, perform, variable
from server import Server

PROGRAM = Path(__file__).resolve().parent / "killed.py"
BEFORE: dict[str, Any] = {
    "tables": SECOND,
    "variables": {"mysql-max_connections": 600},
    "state": "overridden",
}
TASK: dict[str, Any] = {"tables": FIRST, "variables": {"mysql-max_connections": 500}, "state": "overridden"}
# The statements are shared out to so many tests, for they are many and each takes a process.
PARTS = 4


def do(server: Server, task: dict[str, Any], check: bool = False) -> Any:
    with HastyAdmin(login(server)) as admin:
        return perform(admin, **task, check=check)


@pytest.fixture(scope="module")
def killer() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process


def killed(killer: subprocess.Popen[str], server: Server, at: int, middle: bool) -> int:
    task = {**TASK, "login": dataclasses.asdict(login(server)), "at": at, "middle": middle}
    assert killer.stdin and killer.stdout
    killer.stdin.write(json.dumps(task) + "\n")
    killer.stdin.flush()
    return int(killer.stdout.readline())


def assert_as_declared(server: Server) -> None:
    for name in FIRST:
        seen = layers(server, name)
        assert len(seen["memory"]) == len(FIRST[name])
        assert seen["runtime"] == expected(TABLES[name], "runtime", seen["memory"])
        if SECTIONS[TABLES[name].section].disk:
            assert seen["disk"] == seen["memory"]
    assert set(variable(server, "mysql-max_connections").values()) == {"500"}


@pytest.mark.parametrize(
    "part, middle",
    # Before each statement in the long round, else before every fourth; once more in the middle of one.
    [(part, False) for part in (range(PARTS) if FULL else (1,))] + [(1, True)],
)
def test_the_next_run_puts_it_right(
    server: Server, killer: subprocess.Popen[str], part: int, middle: bool
) -> None:
    do(server, BEFORE)
    total = len(do(server, TASK, check=True).statements)
    assert total > len(FIRST)
    for at in range(part, total, PARTS):
        do(server, BEFORE)
        assert killed(killer, server, at, middle) == -signal.SIGKILL, f"statement {at} of {total}"
        if not (middle and at == total - 1):
            # The last statement was sent whole; the server may have done all of it.
            assert do(server, TASK).changed, f"killed at statement {at} of {total}"
        do(server, TASK)
        assert not do(server, TASK).changed
        assert_as_declared(server)
