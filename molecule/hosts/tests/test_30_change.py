"""A change taken back on real hosts: by the playbook, and by the leader itself without a controller."""

from __future__ import annotations

import json
import os
import signal
import subprocess

from helpers import CHECKOUT, INVENTORY, SCENARIO, Cluster, Node, changes, full, played, poll, site

NAME = "mysql-max_connections"
CONFIGURATION = ("--tags", "configuration")


def value(node: Node) -> str | None:
    statement = f"SELECT variable_value FROM runtime_global_variables WHERE variable_name = '{NAME}'"
    return node.admin(statement)[0]["variable_value"]


def as_declared() -> None:
    """Nothing is left to do but the file for a first start, which is no part of a rollback."""
    left = changes(site(*CONFIGURATION))
    assert all(change.endswith("Write /etc/proxysql.cnf") for change in left), left
    assert changes(site(*CONFIGURATION)) == []


def wanted(number: int, **more: object) -> tuple[str, str]:
    variables = {"mysql-monitor_enabled": False, NAME: number}
    return "-e", json.dumps({"proxysql_global_variables": variables, **more})


def test_the_last_run_is_taken_back_on_all_nodes(cluster: Cluster) -> None:
    before = value(cluster.active)
    site(*CONFIGURATION, *wanted(1111))
    assert {value(node) for node in cluster.nodes} == {"1111"}
    shown = played("rollback", "--check", "--diff")
    assert "1111" in shown and {value(node) for node in cluster.nodes} == {"1111"}
    played("rollback")
    for node in cluster.nodes:
        poll(f"{node} follows", lambda node=node: value(node) == before)  # type: ignore[misc]
    assert changes(played("rollback")) == []
    as_declared()


def test_restore_points_are_for_root_alone(cluster: Cluster) -> None:
    found = cluster.active.run("find /var/lib/proxysql-restore -printf '%u %m %y\\n' | sort -u").splitlines()
    assert found == ["root 600 f", "root 700 d"]


@full
def test_a_change_that_is_confirmed_stays(cluster: Cluster) -> None:
    site(*CONFIGURATION, *wanted(2222, proxysql_confirm=5))
    assert {value(node) for node in cluster.nodes} == {"2222"}
    assert "proxysql-" not in cluster.active.run("systemctl list-timers --all --no-legend 'proxysql*'")
    site(*CONFIGURATION)


@full
def test_a_controller_that_dies_before_it_has_confirmed(cluster: Cluster) -> None:
    before = value(cluster.active)
    command = ["ansible-playbook", "--inventory", str(INVENTORY), *CONFIGURATION]
    command += [
        *wanted(3333, proxysql_confirm=60, proxysql_sync_timeout=10),
        str(CHECKOUT / "playbooks/site.yml"),
    ]
    run = subprocess.Popen(
        command, cwd=SCENARIO, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        poll("the change on all nodes", lambda: all(value(node) == "3333" for node in cluster.nodes), 120)
    finally:
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
    poll("taken back by the leader itself", lambda: value(cluster.active) == before, 300, every=2)
    for node in cluster.nodes:
        poll(f"{node} follows", lambda node=node: value(node) == before)  # type: ignore[misc]
    as_declared()
