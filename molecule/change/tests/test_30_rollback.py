"""What was written is taken back by a playbook, and a cluster that was lost comes back from a backup."""

from __future__ import annotations

from pathlib import Path

from changing import CONFIGURATION, as_declared, given, value, wanted
from helpers import Cluster, changes, full, picture, played, poll, site
from traffic import Traffic


def test_the_last_run_is_taken_back_on_all_nodes(cluster: Cluster) -> None:
    before = value(cluster.active)
    site(*CONFIGURATION, *wanted(cluster, 1111))
    assert {value(node) for node in cluster.nodes} == {"1111"}
    shown = played("rollback", "--check", "--diff")
    assert "1111" in shown and {value(node) for node in cluster.nodes} == {"1111"}
    picture(
        "change-rolled-back", "ansible-playbook -i production mysqlha.proxysql.rollback --check --diff", shown
    )
    with Traffic(cluster) as traffic:
        played("rollback")
        for node in cluster.nodes:
            poll(f"{node} follows", lambda node=node: value(node) == before)  # type: ignore[misc]
    assert not traffic.failed, traffic
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


def test_restore_points_are_for_root_alone(cluster: Cluster) -> None:
    found = cluster.active.run("find /var/lib/proxysql-restore -printf '%u %m %y\\n' | sort -u").splitlines()
    assert found == ["root 600 f", "root 700 d"]


@full
def test_a_cluster_that_was_lost(cluster: Cluster, tmp_path: Path) -> None:
    """What nobody declares, and was on it, is there again: that is what site alone cannot do."""
    row = "SELECT comment FROM {}mysql_query_rules WHERE rule_id = 777"
    cluster.active.admin(
        "INSERT INTO mysql_query_rules (rule_id, active, match_digest, destination_hostgroup, apply, comment)"
        " VALUES (777, 1, '^CALL', 10, 1, 'by hand')"
    )
    for statement in ("LOAD MYSQL QUERY RULES TO RUNTIME", "SAVE MYSQL QUERY RULES TO DISK"):
        cluster.active.admin(statement)
    for node in cluster.nodes:
        poll(f"{node} follows", lambda node=node: node.admin(row.format("runtime_")))  # type: ignore[misc]
    secret = ("-e", "proxysql_backup_password=Backup-q")
    played("backup", "-e", f"proxysql_backup_folder={tmp_path}", *secret)
    (backup,) = sorted((tmp_path / "core1").iterdir())
    assert b"by hand" not in backup.read_bytes()
    for node in cluster.nodes:
        node.run("systemctl stop proxysql && rm -rf /var/lib/proxysql/*.db /var/lib/proxysql-restore")
    site()
    assert not cluster.active.admin(row.format(""))
    restore = ("restore", "-e", f"proxysql_backup_file={backup}", *secret)
    assert "by hand" in played(*restore, "--check", "--diff")
    played(*restore)
    for node in cluster.nodes:
        for layer in ("", "runtime_", "disk."):
            poll(
                f"{node} has it in {layer or 'memory'}",
                lambda node=node, layer=layer: node.admin(row.format(layer)) == [{"comment": "by hand"}],  # type: ignore[misc]
            )
    assert changes(played(*restore)) == []
    for statement in (
        "DELETE FROM mysql_query_rules WHERE rule_id = 777",
        "LOAD MYSQL QUERY RULES TO RUNTIME",
        "SAVE MYSQL QUERY RULES TO DISK",
    ):
        cluster.active.admin(statement)
    as_declared()
