"""The passwords of admin, statistics and cluster change: nobody stops following, nobody notices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pymysql
import pytest
from helpers import NAME, Cluster, Node, changes, full, lab, poll, same
from load import Following, Logins
from vault import Vault, recap

# Seconds for which a node may miss a change of a section.
MARK = 2.0
CREDENTIALS = "SELECT variable_value FROM runtime_global_variables WHERE variable_name = 'admin-{}'"

Record = Callable[[str, Any], None]


def before(cluster: Cluster) -> list[str]:
    """What are going to be the previous passwords."""
    return [cluster.credentials[f"proxysql_{name}_password"] for name in ("admin", "cluster")]


def lets_in(vault: Vault, node: Node, user: str, password: str) -> bool:
    try:
        return bool(vault.admin(node, "SELECT 1", user=user, password=password))
    except pymysql.err.OperationalError as exc:
        assert exc.args[0] == 1045, exc
        return False


def agree(cluster: Cluster) -> bool:
    """The sections that the cluster carries, of all nodes."""
    rows = [node.admin("SELECT name, checksum FROM runtime_checksums_values") for node in cluster.nodes]
    return same(sorted((row["name"], row["checksum"]) for row in each) for each in rows)


def test_an_unchanged_run_asks_no_database(cluster: Cluster, vault: Vault) -> None:
    output = vault.run()
    assert changes(output) == []
    assert output.count('"tried": []') == len(cluster.nodes), output[-3000:]


def test_all_three_at_once_interrupted_midway(
    cluster: Cluster, vault: Vault, record_property: Record, is_real: bool
) -> None:
    old = before(cluster)
    vault.set(
        proxysql_admin_password="Adm1n-second'q%3",
        proxysql_cluster_password="Clust3r-second'q$HOME",
        proxysql_stats_password="Stat5-second'q",
        proxysql_previous_passwords=old,
    )
    admins = {node: node.admin_connection() for node in cluster.nodes}

    def in_between() -> list[Node]:
        """Nodes that let the second user of the cluster in."""
        found = []
        for node, admin in admins.items():
            with admin.cursor() as cursor:
                cursor.execute(CREDENTIALS.format("admin_credentials"))
                found += [node] if "cluster_rotating:" in str(cursor.fetchone()) else []
        return found

    processes = cluster.processes()
    with Logins(cluster) as logins, Following(cluster.nodes) as following:
        vault.interrupted(in_between)
        for node in cluster.nodes:
            poll(f"{node} takes commands again", lambda node=node: node.infra.run("true").rc == 0)  # type: ignore[misc]
        assert in_between(), "the run was over before it was interrupted"
        held = cluster.holders()
        output = vault.run()
    for admin in admins.values():
        admin.close()
    record_property("clients while admin, statistics and cluster passwords change", str(logins))
    record_property("nodes meanwhile", str(following))
    assert not logins.bad and not logins.lost, logins
    assert not following.missed, following
    if is_real:
        assert following.slowest < MARK, following
    assert held == cluster.holders() == [cluster.active]
    assert cluster.processes() == processes, "nobody was restarted"
    for node in cluster.nodes:
        (row,) = node.admin(CREDENTIALS.format("admin_credentials"))
        assert "cluster_rotating" not in str(row["variable_value"]), node
        # who may log in from the node itself alone
        (row,) = node.admin(CREDENTIALS.format("stats_credentials"))
        assert row["variable_value"] == f"stats:{vault.values['proxysql_stats_password']}", node
        for user, password in zip(("radmin", "cluster"), old):
            assert not lets_in(vault, node, user, password), (node, user)
        assert lets_in(vault, node, "cluster", vault.values["proxysql_cluster_password"]), node
    assert any("Change the logins of the nodes" in one for one in changes(output)), changes(output)
    assert changes(vault.run()) == []


@full
def test_a_satellite_that_was_away_comes_back(
    cluster: Cluster, vault: Vault, record_property: Record
) -> None:
    (satellite,) = cluster.satellites
    old = before(cluster)
    vault.set(
        proxysql_admin_password="Adm1n-third'q%3",
        proxysql_cluster_password="Clust3r-third'q$HOME",
        proxysql_previous_passwords=old,
    )
    with Logins(cluster) as logins:
        lab("cut", NAME, satellite.name)
        try:
            output = vault.run(fails=True)
        finally:
            lab("heal", NAME, satellite.name)
        counts = recap(output)
        assert counts[satellite.name]["unreachable"] == 1, output[-3000:]
        assert all(counts[core.name]["failed"] == 0 for core in cluster.cores), output[-3000:]
        poll("the satellite", lambda: lets_in(vault, satellite, "radmin", old[0]))
        vault.run()
    assert not logins.bad, logins
    record_property("clients while a satellite was away and came back", str(logins))
    assert not lets_in(vault, satellite, "radmin", old[0])
    poll("all agree", lambda: agree(cluster))
    assert changes(vault.run()) == []


@pytest.fixture(scope="module", autouse=True)
def no_previous_ones(vault: Vault) -> Any:
    """They are taken out of the inventory when all nodes have the new ones."""
    yield
    vault.set(proxysql_previous_passwords=[])
