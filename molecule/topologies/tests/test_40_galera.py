"""Galera of three MariaDB, under writes: its writer is killed, one is a donor, and one loses the others."""

from __future__ import annotations

from pathlib import Path

import pytest
from groups import (
    apart,
    change_each,
    fail_over_often,
    galera_back,
    galera_state,
    make_galera,
    poll_roles,
    writer,
)
from helpers import Cluster, changes, full, poll, site
from kinds import MARIADB
from primary_change import Measured
from topology import behind, drawn

pytestmark = full


@pytest.fixture(scope="module", autouse=True)
def galera(cluster: Cluster, real: None) -> None:
    make_galera(cluster)
    behind(cluster, "galera")


def test_one_writer_of_three(cluster: Cluster) -> None:
    addresses = {node.address for node in cluster.databases}
    one = {writer(cluster).address}
    poll_roles(cluster, "the roles", {"10": one, "30": addresses - one, "40": set()})


def test_status_draws_it(cluster: Cluster, tmp_path: Path) -> None:
    one = writer(cluster)
    drawn(
        tmp_path,
        {
            f"{node.address}:3306": "writer" if node.address == one.address else "backup writer"
            for node in cluster.databases
        },
    )


def test_another_value_for_each_member(cluster: Cluster, record_property: Measured) -> None:
    change_each(cluster, "galera", record_property)


def test_the_writer_dies(cluster: Cluster, record_property: Measured) -> None:
    writers = fail_over_often(cluster, MARIADB.die, galera_back, record_property, "Galera")
    # the last second of a killed server may be lost to it, and not to the other two
    assert not writers.lost(MARIADB.sql(writer(cluster), "SELECT word FROM written"))
    assert changes(site()) == []


def test_a_donor_is_left_alone(cluster: Cluster) -> None:
    donor = next(node for node in cluster.databases if node is not writer(cluster))
    MARIADB.sql(donor, "SET GLOBAL wsrep_desync = ON", "")
    poll_roles(cluster, "offline while it is desynced", {"40": {donor.address}})
    assert changes(site()) == []
    MARIADB.sql(donor, "SET GLOBAL wsrep_desync = OFF", "")
    poll_roles(cluster, "back again", {"40": set()})


def test_a_partition(cluster: Cluster) -> None:
    lonely = writer(cluster)
    with apart(cluster, lonely):
        poll_roles(cluster, "offline without a majority", {"40": {lonely.address}}, 60)
        assert writer(cluster) is not lonely
        poll("a write", lambda: cluster.ask("INSERT INTO written (word) VALUES (1)") == ())
        assert changes(site()) == []
    poll("a member again", lambda: galera_state(lonely) == "Synced", 120)
    poll_roles(cluster, "back again", {"40": set()}, 60)
