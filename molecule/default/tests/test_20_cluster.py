"""Every node has the declared configuration, in memory, runtime and on disk."""

from __future__ import annotations

from declared import LAYERS, checksums, differences, read
from helpers import Cluster, poll

SYNCED = ("mysql_query_rules", "mysql_servers_v2", "mysql_users", "mysql_variables", "proxysql_servers")


def test_declared_rows_on_every_node_in_every_layer(cluster: Cluster) -> None:
    poll("the declared configuration everywhere", lambda: not differences(cluster) or None, seconds=15)
    assert differences(cluster) == []


def test_no_variable_differs_between_memory_and_runtime(cluster: Cluster) -> None:
    for node in cluster.nodes:
        memory, runtime = (read(node, "global_variables", layer) for layer in list(LAYERS)[:2])
        # what 3.0.3 fills in when it starts, in runtime alone, unless it is declared
        apart = {row for row in memory ^ runtime if row[0] != "pgsql-interfaces"}
        assert not apart, f"{node}: {apart}"


def test_the_nodes_agree_on_every_section(cluster: Cluster) -> None:
    first = checksums(cluster.active)
    for node in cluster.nodes[1:]:
        other = checksums(node)
        assert {name: other[name][1] for name in SYNCED} == {name: first[name][1] for name in SYNCED}, node


def test_every_node_follows_the_cores_and_nobody_a_satellite(cluster: Cluster) -> None:
    cores = {node.address for node in cluster.cores}
    for node in cluster.nodes:
        rows = node.admin("SELECT DISTINCT hostname FROM stats_proxysql_servers_checksums")
        assert {row["hostname"] for row in rows} == cores, node


def test_backends_are_online(cluster: Cluster) -> None:
    for node in cluster.nodes:
        rows = node.admin("SELECT hostgroup_id, hostname, status FROM runtime_mysql_servers")
        assert {(row["hostgroup_id"], row["hostname"], row["status"]) for row in rows} == {
            ("10", cluster.primary.address, "ONLINE"),
            ("20", cluster.replica.address, "ONLINE"),
        }, node
