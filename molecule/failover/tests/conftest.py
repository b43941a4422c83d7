"""The standing cluster, and the clients that feel what happens to it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "shared"))

from chaos import Chaos  # noqa: E402


@pytest.fixture(scope="session")
def chaos() -> Iterator[Chaos]:
    with Chaos() as made:
        yield made


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Figures that tests measured, in sight even when all passed."""
    rows = [value for report in terminalreporter.stats.get("passed", []) for value in report.user_properties]
    if rows:
        terminalreporter.section("measured")
    for name, value in rows:
        terminalreporter.write_line(f"{name}: {value}")
