"""What the scenarios share is in molecule/shared."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "shared"), str(HERE.parents[2] / "tests/engine")]

from fixtures import cluster, pytest_terminal_summary  # noqa: E402, F401
from helpers import Cluster  # noqa: E402
from leaks import Processes  # noqa: E402
from vault import Vault  # noqa: E402


@pytest.fixture(scope="session")
def is_real(cluster: Cluster) -> bool:  # noqa: F811
    return cluster.active.is_real


@pytest.fixture(scope="session")
def vault(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vault]:  # noqa: F811
    """The inventory's secrets as they change. All process lists are watched meanwhile."""
    mysqls = cluster.group("mysql_source") + cluster.group("mysql_replicas")
    with Processes([*cluster.hosts, *mysqls]) as processes:
        yield Vault(cluster, tmp_path_factory.mktemp("vault"), processes)
