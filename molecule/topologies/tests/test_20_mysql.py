"""The same with MySQL of Debian sid: TLS only, and no user with mysql_native_password."""

from __future__ import annotations

from pathlib import Path

import primaries
import primary_change
import pytest
from groups import TLS, empty_mysql, poll_roles
from helpers import CHECKOUT, Cluster, full
from kinds import MYSQL
from primary_change import Measured
from topology import behind, has_mysql, plays

pytestmark = full


@pytest.fixture(scope="module", autouse=True)
def mysql(cluster: Cluster, real: None) -> None:
    if not has_mysql(cluster):
        pytest.skip("the hosts have no MySQL: Debian sid did not have it when they were made")
    for node in cluster.databases:
        empty_mysql(node)
    plays(CHECKOUT / "tests/lab/mysql.yml")
    behind(cluster, "mysql", proxysql_tls_backends=TLS)
    primary_change.make_tables(cluster, MYSQL)


def test_nobody_has_the_old_plugin(cluster: Cluster) -> None:
    assert MYSQL.sql(cluster.primary, "SELECT DISTINCT plugin FROM mysql.user") == "caching_sha2_password"
    assert cluster.ask("SHOW STATUS LIKE 'Ssl_version'")[1].startswith("TLS")
    first, *others = (node.address for node in cluster.databases)
    poll_roles(cluster, "the roles", {"10": {first}, "20": set(others)})
    for node in cluster.nodes:
        errors = node.admin("SELECT * FROM monitor.mysql_server_connect_log WHERE connect_error IS NOT NULL")
        assert [row for row in errors if "caching_sha2" in str(row)] == []


def test_back_and_forth_under_load(cluster: Cluster, record_property: Measured) -> None:
    primaries.back_and_forth(cluster, MYSQL, record_property)


def test_status_draws_it(cluster: Cluster, tmp_path: Path) -> None:
    primaries.is_drawn(cluster, MYSQL, tmp_path)


def test_the_inventory_stays_as_it_is(cluster: Cluster) -> None:
    primaries.stays(cluster, MYSQL)


def test_the_controller_dies(cluster: Cluster) -> None:
    primaries.the_controller_dies(cluster, MYSQL)


def test_a_dead_primary(cluster: Cluster, record_property: Measured) -> None:
    primaries.dead_primary(cluster, MYSQL, record_property)
