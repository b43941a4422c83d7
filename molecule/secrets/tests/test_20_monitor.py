"""The monitor's password and its user: tried at every database first, from the nodes themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from databases import alter, followed, identified, sql
from helpers import Cluster, Node, full, poll
from load import Logins
from vault import Vault

Record = Callable[[str, Any], None]
RUNTIME = (
    "SELECT variable_name, variable_value FROM runtime_global_variables"
    " WHERE variable_name LIKE 'mysql-monitor_username' OR variable_name LIKE 'mysql-monitor_password'"
)
SERVERS = "SELECT hostgroup_id, hostname, status FROM runtime_mysql_servers ORDER BY 1, 2"
LOG = "SELECT hostname, error FROM monitor.mysql_server_read_only_log ORDER BY time_start_us DESC LIMIT 2"


def standing(cluster: Cluster) -> list[Any]:
    files = "ls /var/lib/proxysql-restore 2>/dev/null; sha256sum /etc/proxysql.cnf"
    return [(node.admin(RUNTIME), node.admin(SERVERS), node.run(files)) for node in cluster.nodes]


def monitored(cluster: Cluster, is_real: bool) -> None:
    """Every node asks every database, and gets an answer."""

    def good(node: Node) -> bool:
        rows = node.admin(LOG)
        return {row["hostname"] for row in rows} == {
            cluster.primary.address,
            cluster.replica.address,
        } and not any(row["error"] for row in rows)

    for node in cluster.nodes if is_real else ():
        poll(f"{node} is let in by the databases", lambda node=node: good(node))  # type: ignore[misc]


def test_one_database_that_refuses_stops_the_run_by_name(
    cluster: Cluster, vault: Vault, record_property: Record, is_real: bool
) -> None:
    old, new = cluster.credentials["proxysql_monitor_password"], "M0nitor-second"
    vault.set(proxysql_monitor_password=new)
    alter(cluster.primary, "monitor", new, old)
    followed(cluster.primary, cluster.replica)
    alter(cluster.replica, "monitor", old, here_only=True)
    before = standing(cluster)
    with Logins(cluster) as logins:
        output = vault.configure(fails=True)
        assert f"{cluster.replica.address}:3306 as 'monitor': Access denied" in output, output[-4000:]
        assert f"{cluster.primary.address}:3306 as" not in output and "Nothing was written" in output
        assert standing(cluster) == before
        alter(cluster.replica, "monitor", new, old, here_only=True)
        vault.configure()
    record_property("clients while the monitor's password changes, once refused", str(logins))
    assert not logins.bad and not logins.lost, logins
    for node, (_monitor, servers, _files) in zip(cluster.nodes, before):
        assert new in str(node.admin(RUNTIME)), node
        assert node.admin(SERVERS) == servers, node
    alter(cluster.primary, "monitor", new)
    followed(cluster.primary, cluster.replica)
    monitored(cluster, is_real)


@full
def test_another_user(cluster: Cluster, vault: Vault, record_property: Record, is_real: bool) -> None:
    vault.set(proxysql_monitor_user="watcher", proxysql_monitor_password="W4tcher-first")
    output = vault.configure(fails=True)
    for database in (cluster.primary, cluster.replica):
        assert f"{database.address}:3306 as 'watcher': Access denied" in output, output[-4000:]
    sql(
        cluster.primary,
        f"CREATE USER watcher@'%' {identified('W4tcher-first')}",
        "GRANT REPLICATION CLIENT, SLAVE MONITOR ON *.* TO watcher@'%'",
    )
    followed(cluster.primary, cluster.replica)
    servers = [node.admin(SERVERS) for node in cluster.nodes]
    with Logins(cluster) as logins:
        vault.configure()
        sql(cluster.primary, "DROP USER monitor@'%'")
        followed(cluster.primary, cluster.replica)
        monitored(cluster, is_real)
    record_property("clients while the monitor's user changes", str(logins))
    assert not logins.bad and not logins.lost, logins
    assert [node.admin(SERVERS) for node in cluster.nodes] == servers


@full
def test_a_database_that_is_down_stops_nobody(cluster: Cluster, vault: Vault, is_real: bool) -> None:
    vault.set(proxysql_monitor_password="W4tcher-second")
    cluster.replica.run("systemctl stop mariadb")
    try:
        alter(cluster.primary, "watcher", "W4tcher-second", "W4tcher-first")
        # a warning is broken into lines
        output = " ".join(vault.configure().split())
        assert f"new logins could not be tried at the database {cluster.replica.address}:3306" in output
    finally:
        cluster.replica.run("systemctl start mariadb")
    followed(cluster.primary, cluster.replica)
    monitored(cluster, is_real)
