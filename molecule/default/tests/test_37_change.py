"""The guards of a change, as far as they need no traffic; the scenario change has the rest of them."""

from __future__ import annotations

from changing import CONFIGURATION, as_declared, given, value, wanted
from helpers import Cluster, changes, played, poll, site


def test_what_would_go_wrong_is_refused_before_a_host_is_touched(cluster: Cluster) -> None:
    nowhere = {"rule_id": 15, "active": True, "destination_hostgroup": 99, "apply": True}
    before = [node.run("ls /var/lib/proxysql-restore 2>/dev/null || true") for node in cluster.nodes]
    output = played(
        "site",
        *CONFIGURATION,
        *given(
            proxysql_mysql_query_rules=[*cluster.declared["proxysql_mysql_query_rules"], nowhere],
            proxysql_admin_interfaces=["127.0.0.1:6032"],
        ),
        fails=True,
    )
    for told in ("rule_id=15", "99", "proxysql_admin_interfaces", "No host was touched"):
        assert told in output, output[-3000:]
    assert [node.run("ls /var/lib/proxysql-restore 2>/dev/null || true") for node in cluster.nodes] == before


def test_a_change_is_confirmed_and_rolled_back(cluster: Cluster) -> None:
    before = value(cluster.active)
    site(*CONFIGURATION, *wanted(cluster, 1111, proxysql_confirm=2))
    assert {value(node) for node in cluster.nodes} == {"1111"}
    assert "proxysql-" not in cluster.active.run("systemctl list-timers --all --no-legend 'proxysql*'")
    shown = played("rollback", "--check", "--diff")
    assert "1111" in shown and {value(node) for node in cluster.nodes} == {"1111"}
    played("rollback")
    for node in cluster.nodes:
        poll(f"{node} follows", lambda node=node: value(node) == before)  # type: ignore[misc]
    assert changes(played("rollback")) == []
    as_declared()


def test_the_other_nodes_go_back_no_further_than_the_leader(cluster: Cluster) -> None:
    """What the cluster does not carry is of an earlier run, in which the last one has no part."""

    def jobs() -> set[str | None]:
        rows = "SELECT group_concat(comment) AS found FROM runtime_scheduler"
        return {node.admin(rows)[0]["found"] for node in cluster.nodes}

    job = {"id": 7, "interval_ms": 60000, "filename": "/bin/true", "comment": "earlier"}
    table = {"proxysql_tables": {**cluster.declared.get("proxysql_tables", {}), "scheduler": [job]}}
    site(*CONFIGURATION, *given(**table))
    assert jobs() == {"earlier"}
    site(*CONFIGURATION, *wanted(cluster, 1112, **table))
    played("rollback")
    assert jobs() == {"earlier"}
    for node in cluster.nodes:
        for statement in ("DELETE FROM scheduler", "LOAD SCHEDULER TO RUNTIME", "SAVE SCHEDULER TO DISK"):
            node.admin(statement)
    as_declared()
