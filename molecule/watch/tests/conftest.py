"""What the scenarios share is in molecule/shared."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "shared"))

from fixtures import pytest_terminal_summary  # noqa: E402, F401
from helpers import Cluster  # noqa: E402
from tower import Tower  # noqa: E402


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    made = Cluster()
    if not made.active.is_real:
        pytest.skip("the emulator has no exporter: name the package of a real ProxySQL in PROXYSQL_DEB")
    return made


@pytest.fixture(scope="session")
def tower(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Tower:
    """Prometheus, with what the playbook has written for this cluster."""
    (node,) = cluster.group("tower")
    made = Tower(node, tmp_path_factory.mktemp("monitoring"))
    made.set_up()
    return made
