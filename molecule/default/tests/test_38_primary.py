"""The primary changes under load, there and back. The scenario topologies has more of it."""

from __future__ import annotations

from typing import Any

import primary_change
from helpers import Cluster, changes, site
from kinds import MARIADB, MYSQL
from primary_change import Measured


def test_the_primary_changes_and_no_statement_fails(cluster: Cluster, record_property: Measured) -> None:
    kind = MYSQL if cluster.primary.infra.file(MYSQL.client).exists else MARIADB
    before: Any = cluster.ask("SELECT @@hostname")
    primary_change.make_tables(cluster, kind)
    # Not at the virtual IP: on a busy machine it may move, and whoever is there loses the connection. How
    # long statements wait is for the scenario topologies to measure.
    primary_change.back_and_forth(cluster, kind, record_property, cluster.active.address)
    # an even number of times: it is as declared
    assert changes(site("--tags", "configuration")) == []
    assert cluster.ask("SELECT @@hostname") == before == ("db1",)
