"""The standing cluster, as the tests see it."""

from __future__ import annotations

import pytest
from helpers import Cluster


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
