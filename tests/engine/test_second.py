"""The second ProxySQL of a rehearsal: what it leaves behind, and who gets in."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._server.second import (
    RehearsalError,
    Second,
)
from driver import program
from server import Server


@pytest.fixture(autouse=True)
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where it puts its private folder: nowhere that others put theirs, and with a short path."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


HOLD = """
import sys, time
sys.path[:0] = {path!r}
from ansible_collections.mysqlha.proxysql.plugins.module_utils._server.second import Second
with Second({program!r}) as second:
    print(second.folder, second.pid, flush=True)
    time.sleep(60)
"""


def test_a_killed_task_leaves_nothing(server: Server) -> None:
    script = HOLD.format(path=sys.path, program=program(server))
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as task:
        assert task.stdout is not None
        folder, number = task.stdout.readline().split()
        assert Path(folder).is_dir()
        task.send_signal(signal.SIGKILL)
        task.wait()
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline and (
            Path(folder).exists() or Path("/proc", number, "exe").exists()
        ):
            time.sleep(0.05)
    assert not Path(folder).exists()
    assert not os.path.exists(f"/proc/{number}/exe")


@pytest.mark.parametrize("wait", [0, 0.02, 0.08, 0.3])
def test_a_task_killed_while_it_starts_leaves_nothing(server: Server, temporary: Path, wait: float) -> None:
    script = HOLD.format(path=sys.path, program=program(server))
    environment = {**os.environ, "TMPDIR": str(temporary)}
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.DEVNULL, env=environment) as task:
        deadline = time.monotonic() + 60
        seen: list[Path] = []
        while time.monotonic() < deadline and not seen:
            assert task.poll() is None
            time.sleep(0.001)
            seen = left(temporary)
        assert seen
        time.sleep(wait)
        task.kill()
        task.wait()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and left(temporary):
        time.sleep(0.05)
    time.sleep(0.2)
    assert not left(temporary)


def test_it_listens_on_no_port_and_is_nobody_elses(server: Server) -> None:
    with Second(program(server)) as second:
        assert second.folder.stat().st_mode & 0o777 == 0o700
        status = Path(f"/proc/{second.pid}/net/tcp").read_text().splitlines()
        own = Path("/proc/self/net/tcp").read_text().splitlines()
        inodes = sockets_of(second.pid)
        listening = [line.split()[9] for line in {*status, *own} if line.split()[3] == "0A"]
        assert not inodes.intersection(listening)
        assert os.getpriority(os.PRIO_PROCESS, second.pid) > os.getpriority(os.PRIO_PROCESS, 0)
    assert not second.folder.exists()


def left(temporary: Path) -> list[Path]:
    """What a second server left. Python itself tries with a file of its own whether it may write there."""
    return list(temporary.glob("proxysql-rehearsal-*"))


def sockets_of(pid: int) -> set[str]:
    found = set()
    for path in Path(f"/proc/{pid}/fd").iterdir():
        target = os.readlink(path)
        if target.startswith("socket:["):
            found.add(target[8:-1])
    return found


CRASHES = """#!/bin/sh
echo crashed >> {marks}
[ $(wc -l < {marks}) -gt {often} ] || kill -SEGV $$
exec {program} "$@"
"""


def crashing(folder: Path, server: Server, often: int) -> str:
    """A program that crashes so many times before it starts."""
    path = folder / "crashing"
    path.write_text(CRASHES.format(marks=folder / "marks", often=often, program=program(server)))
    path.chmod(0o755)
    return str(path)


def test_a_crash_at_the_start_is_tried_again(server: Server, temporary: Path) -> None:
    with Second(crashing(temporary, server, 1)) as second:
        assert Path(f"/proc/{second.pid}").is_dir() and [second.folder] == left(temporary)
    assert not left(temporary)


def test_a_second_crash_is_told(server: Server, temporary: Path) -> None:
    with pytest.raises(RehearsalError, match="was ended by SIGSEGV before it answered, twice"):
        Second(crashing(temporary, server, 9)).__enter__()
    assert len((temporary / "marks").read_text().splitlines()) == 2
    assert not left(temporary)
