"""Who goes on where a change of the primary is cut off, and the file for the next run."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._cluster.guardian import Guardian, Record
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.errors import EngineError

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


def test_what_ends_as_it_should_needs_nobody(tmp_path: Path) -> None:
    told = tmp_path / "told"
    # A shell that starts the tests in the background has it ignored.
    before = signal.getsignal(signal.SIGINT)
    with Guardian(told.touch):
        # as the end of a connection, or Ctrl-C, would
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
            os.kill(os.getpid(), number)
    with pytest.raises(EngineError), Guardian(told.touch):
        raise EngineError("taken back already")
    assert not told.exists()
    assert signal.getsignal(signal.SIGINT) is before


def test_what_nobody_foresaw_is_gone_on_with(tmp_path: Path) -> None:
    told = tmp_path / "told"
    with pytest.raises(ZeroDivisionError), Guardian(told.touch):
        raise ZeroDivisionError
    assert told.exists()


def test_one_that_is_killed_is_gone_on_with(tmp_path: Path) -> None:
    told = tmp_path / "told"
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        with Guardian(lambda: told.write_text(str(os.getsid(0)))):
            os.kill(os.getpid(), signal.SIGKILL)
    os.close(theirs)
    os.waitpid(child, 0)
    # the guardian has closed all but its own
    assert os.read(ours, 1) == b""
    for _number in range(200):
        if told.exists() and told.read_text():
            break
        time.sleep(0.05)
    assert int(told.read_text()) != os.getsid(0)


def test_the_record_is_the_owners_alone(tmp_path: Path) -> None:
    record = Record(str(tmp_path / "points" / "record.json"))
    assert record.read() is None
    record.write({"old": ["a", 1]})
    path = tmp_path / "points" / "record.json"
    assert path.stat().st_mode & 0o777 == 0o600 and path.parent.stat().st_mode & 0o777 == 0o700
    found = record.read()
    assert found and found["task"] == {"old": ["a", 1]}
    path.write_text("[]")
    with pytest.raises(EngineError, match="cannot be read: look at what stands"):
        record.read()
    record.remove()
    record.remove()
    assert record.read() is None
