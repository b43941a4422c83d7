"""A change that only live traffic shows to be bad is taken back by itself, everywhere."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from typing import Any

from changing import CONFIGURATION, as_declared, given, value, wanted
from helpers import CHECKOUT, INVENTORY, NAME, SCENARIO, Cluster, full, lab, picture, played, poll, site
from test_10_guards import SHADOWING, rules
from traffic import Traffic

TIMERS = "systemctl list-timers --all --no-legend 'proxysql*'"


def test_a_server_that_nobody_answers_at(
    cluster: Cluster, record_property: Callable[[str, Any], None]
) -> None:
    first, second = cluster.declared["proxysql_mysql_servers"]
    moved = [
        {**row, "hostname": row["hostname"].replace("{{ lab_net }}", cluster.net)} for row in (first, second)
    ]
    moved[1]["port"] = 3307
    with Traffic(cluster) as traffic:
        output = played(
            "site",
            *CONFIGURATION,
            *given(proxysql_mysql_servers=moved, proxysql_confirm=20, proxysql_rehearsal=False),
            fails=True,
        )
        assert "After the change" in output, output[-3000:]
        poll("applications are served again", traffic.recovered)
    record_property("a replica's wrong port, confirmed for 20 s, taken back", str(traffic))
    for node in cluster.nodes:
        poll(
            f"{node} follows",
            lambda node=node: not node.admin("SELECT 1 FROM runtime_mysql_servers WHERE port = 3307"),  # type: ignore[misc]
        )
    assert "proxysql-" not in cluster.active.run(TIMERS)
    as_declared()


@full
def test_queries_that_go_elsewhere_are_seen_on_live_traffic(
    cluster: Cluster, record_property: Callable[[str, Any], None]
) -> None:
    with Traffic(cluster) as traffic:
        output = played(
            "site",
            *CONFIGURATION,
            *given(
                proxysql_mysql_query_rules=rules(cluster, SHADOWING),
                proxysql_lint_threshold="never",
                proxysql_confirm=20,
                proxysql_confirm_queries=[{"digest": "from reports", "hostgroup": 20}],
            ),
            fails=True,
        )
    assert "went to hostgroup 10, not to 20" in output, output[-3000:]
    picture(
        "change-confirmed",
        "ansible-playbook -i production mysqlha.proxysql.site -e proxysql_confirm=20",
        output,
    )
    assert not traffic.failed, traffic
    record_property("reports sent to the primary, taken back", str(traffic))
    for node in cluster.nodes:
        rows = node.admin("SELECT rule_id FROM runtime_mysql_query_rules")
        assert {row["rule_id"] for row in rows} == {"10", "20"}, node
    as_declared()


@full
def test_a_change_that_locks_applications_out(cluster: Cluster) -> None:
    """The login at the virtual IP is tried, too."""
    texts = {f"{{{{ {name} }}}}": text for name, text in cluster.credentials.items()}
    users = [
        {name: texts.get(cell, cell) for name, cell in row.items()}
        for row in cluster.declared["proxysql_mysql_users"]
    ]
    for row in users:
        row["active"] = row["username"] != cluster.credentials["lab_check_user"]
    output = played(
        "site",
        *CONFIGURATION,
        *given(proxysql_mysql_users=users, proxysql_confirm=20, proxysql_lint_threshold="never"),
        fails=True,
    )
    assert "login failed" in output or "logins failed" in output, output[-3000:]
    assert cluster.credentials["lab_check_password"] not in output
    poll("the VIP is where it was", lambda: cluster.holders() == [cluster.active])
    as_declared()


@full
def test_a_change_that_is_confirmed_stays(cluster: Cluster) -> None:
    with Traffic(cluster) as traffic:
        site(*CONFIGURATION, *wanted(cluster, 2222, proxysql_confirm=5))
    assert not traffic.failed, traffic
    assert {value(node) for node in cluster.nodes} == {"2222"}
    assert "proxysql-" not in cluster.active.run(TIMERS)
    site(*CONFIGURATION)


def begun(cluster: Cluster, number: int) -> None:
    """A change that the controller makes and, for it is killed, never confirms."""
    command = ["ansible-playbook", "--inventory", str(INVENTORY), *CONFIGURATION]
    command += [
        *wanted(cluster, number, proxysql_confirm=60, proxysql_sync_timeout=10),
        str(CHECKOUT / "playbooks/site.yml"),
    ]
    run = subprocess.Popen(
        command, cwd=SCENARIO, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        poll(
            "the change on all nodes",
            lambda: all(value(node) == str(number) for node in cluster.nodes),
            120,
        )
    finally:
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()


@full
def test_a_controller_that_dies_before_it_has_confirmed(cluster: Cluster) -> None:
    before = value(cluster.active)
    begun(cluster, 3333)
    poll("taken back by the leader itself", lambda: value(cluster.active) == before, 300, every=2)
    for node in cluster.nodes:
        poll(f"{node} follows", lambda node=node: value(node) == before)  # type: ignore[misc]
    as_declared()


@full
def test_a_leader_that_loses_its_power_before_it_is_confirmed(cluster: Cluster) -> None:
    """The timer is gone with it; a unit takes the change back when the host is up again."""
    leader = cluster.active
    before = value(leader)
    begun(cluster, 4444)
    lab("kill", NAME, leader.name)
    poll("the backup has the VIP", lambda: cluster.vip in cluster.backup.addresses())
    # longer than the timer would have run
    time.sleep(60)
    assert {value(node) for node in cluster.nodes if node is not leader} == {"4444"}
    lab("start", NAME, leader.name)
    for node in cluster.nodes:
        poll(f"{node} has what was there", lambda node=node: value(node) == before, 60)  # type: ignore[misc]
    assert "proxysql-" not in leader.run(TIMERS)
    assert "No such file" in leader.run("ls /etc/systemd/system/proxysql-confirm-boot.service 2>&1 || true")
    poll("the VIP is back", lambda: cluster.holders() == [leader], 60)
    as_declared()
