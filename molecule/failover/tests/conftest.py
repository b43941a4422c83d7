"""The standing cluster, and the clients that feel what happens to it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "shared"))

from chaos import Chaos  # noqa: E402
from fixtures import pytest_terminal_summary  # noqa: E402, F401


@pytest.fixture(scope="session")
def chaos() -> Iterator[Chaos]:
    with Chaos() as made:
        yield made
