"""What the scenarios share is in molecule/shared."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "shared"))

from balanced import Balanced  # noqa: E402
from fixtures import pytest_terminal_summary  # noqa: E402, F401


@pytest.fixture(scope="session")
def cluster() -> Balanced:
    return Balanced()
