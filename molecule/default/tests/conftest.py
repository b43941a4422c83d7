"""The standing cluster, as the tests see it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "shared"))

from helpers import Cluster  # noqa: E402


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    return Cluster()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Figures that tests measured, in sight even when all passed."""
    rows = [value for report in terminalreporter.stats.get("passed", []) for value in report.user_properties]
    if rows:
        terminalreporter.section("measured")
    for name, value in rows:
        terminalreporter.write_line(f"{name}: {value}")
