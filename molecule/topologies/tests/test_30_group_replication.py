"""Group Replication of three MySQL, under writes: its primary is killed, and a member loses the others."""

from __future__ import annotations

from pathlib import Path

import pytest
from groups import (
    TLS,
    apart,
    change_each,
    fail_over_often,
    group_back,
    group_state,
    make_group,
    poll_roles,
    writer,
)
from helpers import Cluster, changes, full, poll, site
from kinds import MYSQL
from primary_change import Measured
from topology import behind, drawn, has_mysql

pytestmark = full


@pytest.fixture(scope="module", autouse=True)
def group(cluster: Cluster, real: None) -> None:
    if not has_mysql(cluster):
        pytest.skip("the hosts have no MySQL: Debian sid did not have it when they were made")
    if " 2." in cluster.active.run("proxysql --version"):
        pytest.skip("ProxySQL 2 reads groups of MySQL 8 alone: name a ProxySQL 3 in PROXYSQL_DEB")
    make_group(cluster)
    behind(cluster, "group_replication", proxysql_tls_backends=TLS)


def test_each_where_it_belongs(cluster: Cluster) -> None:
    first, *others = (node.address for node in cluster.databases)
    poll_roles(cluster, "the roles", {"10": {first}, "20": set(others), "30": set(), "40": set()})


def test_status_draws_it(cluster: Cluster, tmp_path: Path) -> None:
    places = [f"{node.address}:3306" for node in cluster.databases]
    drawn(tmp_path, dict(zip(places, ("writer", "reader", "reader"))))


def test_another_value_for_each_member(cluster: Cluster, record_property: Measured) -> None:
    change_each(cluster, "group_replication", record_property, proxysql_tls_backends=TLS)


def test_the_primary_dies(cluster: Cluster, record_property: Measured) -> None:
    writers = fail_over_often(cluster, MYSQL.die, group_back, record_property, "Group Replication")
    assert not writers.lost(MYSQL.sql(writer(cluster), "SELECT word FROM written"))
    assert changes(site()) == []


def test_a_member_without_a_majority(cluster: Cluster) -> None:
    lonely = next(node for node in cluster.databases if node is not writer(cluster))
    with apart(cluster, lonely):
        poll_roles(cluster, "offline without a majority", {"40": {lonely.address}}, 60)
        assert changes(site()) == []
    if "ERROR" in group_state(lonely) or group_state(lonely).count("ONLINE") < 3:
        # it may have been expelled, and then comes back by itself
        poll("a member again", lambda: group_state(lonely).count("ONLINE") == 3, 120)
    poll_roles(cluster, "back again", {"40": set()}, 60)
