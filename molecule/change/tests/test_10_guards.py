"""What would go wrong is found before anything is written, and applications notice nothing."""

from __future__ import annotations

from typing import Any

import pytest
from changing import CONFIGURATION, given
from helpers import Cluster, picture, played
from traffic import Traffic

# Accepted by ProxySQL, and wrong: every report would go to the primary.
SHADOWING = {
    "rule_id": 15,
    "active": True,
    "match_digest": "^SELECT .* FROM rep",
    "destination_hostgroup": 10,
    "apply": True,
}
# Applications would be sent to a hostgroup without a server.
NOWHERE = {**SHADOWING, "destination_hostgroup": 99}
ROUTING = [
    {"user": "app", "schema": "app", "query": "SELECT id FROM reports WHERE id = 1", "hostgroup": 20},
    {"user": "app", "schema": "app", "query": "SELECT 1 FOR UPDATE", "hostgroup": 10},
]


def rules(cluster: Cluster, *more: dict[str, Any]) -> list[dict[str, Any]]:
    return [*cluster.declared["proxysql_mysql_query_rules"], *more]


def standing(cluster: Cluster) -> list[Any]:
    """What every node has of rules, users and variables, its file and its restore points."""
    return [
        [node.admin(f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables]
        + [node.admin("SELECT * FROM runtime_global_variables ORDER BY 1")]
        + [node.run("sha256sum /etc/proxysql.cnf; ls /var/lib/proxysql-restore 2>/dev/null || true")]
        for node in cluster.nodes
        for tables in [
            [f"{layer}{name}" for layer in ("", "runtime_") for name in ("mysql_query_rules", "mysql_users")]
        ]
    ]


@pytest.mark.parametrize(
    "mode", [(), ("--check",), given(proxysql_cluster_mode="push")], ids=["run", "check", "push"]
)
def test_a_query_that_would_go_elsewhere_stops_the_run(cluster: Cluster, mode: tuple[str, ...]) -> None:
    before = standing(cluster)
    with Traffic(cluster) as traffic:
        output = played(
            "site",
            *CONFIGURATION,
            *mode,
            *given(
                proxysql_mysql_query_rules=rules(cluster, SHADOWING),
                proxysql_routing=ROUTING,
                proxysql_lint_threshold="never",
                # which each node writes for itself, before the leader is written to
                proxysql_global_variables={
                    **cluster.declared["proxysql_global_variables"],
                    "admin-web_port": 6099,
                },
            ),
            fails=True,
        )
    assert "SELECT id FROM reports" in output and "hostgroup 10" in output, output[-3000:]
    assert standing(cluster) == before
    assert not traffic.failed, traffic
    if not mode:
        picture("change-rehearsed", "ansible-playbook -i production mysqlha.proxysql.site", output)


def test_what_lint_finds_stops_the_run_before_a_host_is_touched(cluster: Cluster) -> None:
    before = standing(cluster)
    output = played(
        "site", *CONFIGURATION, *given(proxysql_mysql_query_rules=rules(cluster, NOWHERE)), fails=True
    )
    assert "rule_id=15" in output and "99" in output, output[-3000:]
    assert "No host was touched" in output
    assert standing(cluster) == before


def test_interfaces_that_would_lock_the_controller_out_are_refused(cluster: Cluster) -> None:
    before = standing(cluster)
    for variables in (
        {"proxysql_admin_interfaces": ["127.0.0.1:6032"]},
        {"proxysql_global_variables": {"admin-mysql_ifaces": "127.0.0.1:6032"}},
    ):
        output = played("site", *CONFIGURATION, *given(**variables), fails=True)
        assert "No host was touched" in output, output[-3000:]
    assert standing(cluster) == before
