"""A change that is confirmed, and taken back later; the scenario change has the rest of the guards."""

from __future__ import annotations

from changing import CONFIGURATION, as_declared, value, wanted
from helpers import Cluster, changes, full, played, poll, site


@full
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
