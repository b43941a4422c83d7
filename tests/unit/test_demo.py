"""What `make demo-kill` says of a failover, of logins that are scripted here."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "tests/lab"))

from labkit import view  # noqa: E402
from labkit.hosts import Host  # noqa: E402

CORES = [Host("demo", "core1", "192.0.2.11"), Host("demo", "core2", "192.0.2.12")]


def play(monkeypatch: pytest.MonkeyPatch, answers: str, moves: bool = True) -> tuple[int, list[str]]:
    """answers: of the logins one after the other, a dot for one that failed; the last goes on for ever."""
    killed: list[str] = []
    clock = itertools.count()
    script = iter(answers)
    last = answers[-1]
    monkeypatch.setattr(view, "kill", lambda host: killed.append(host.name))
    monkeypatch.setattr(view, "_holds", lambda host, vip: (host.name == "core2") is bool(killed and moves))
    monkeypatch.setattr(view, "_serves", lambda vip, login: next(script, last) != ".")
    monkeypatch.setattr(view.time, "monotonic", lambda: next(clock) * 0.1)
    monkeypatch.setattr(view.time, "sleep", lambda seconds: None)
    return view.failover(CORES, "192.0.2.10"), killed


def test_a_failover_is_measured(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    status, killed = play(monkeypatch, "++++....+++")
    output = capsys.readouterr().out
    assert (status, killed) == (0, ["core1"])
    assert "core2 holds it now" in output and "4 failed logins" in output
    assert "lab start demo core1" in output


def test_one_that_does_not_happen_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert play(monkeypatch, "+.", moves=False)[0] == 1
    assert "core2 does not hold it" in capsys.readouterr().out


def test_nothing_is_killed_where_nothing_answers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert play(monkeypatch, ".") == (1, [])
    assert "before anything was done" in capsys.readouterr().out
