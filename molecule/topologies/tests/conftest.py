"""What the scenarios share is in molecule/shared."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "shared"), str(HERE.parents[2] / "tests/engine")]

from fixtures import cluster, pytest_terminal_summary  # noqa: E402, F401
from helpers import Cluster  # noqa: E402


@pytest.fixture(scope="module")
def real(cluster: Cluster) -> None:  # noqa: F811
    if not cluster.active.is_real:
        pytest.skip(
            "the emulator has no TLS to databases, no monitor of groups and no port for PostgreSQL: name the"
            " package of a real ProxySQL in PROXYSQL_DEB"
        )
