"""Faults are made on hosts. Each alert is told within its time, and is gone when the fault is."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from helpers import Cluster, Node, changes, played, poll, site
from tower import Tower

# seconds beside an alert's own time: asking and evaluating every five, what ProxySQL itself needs to notice,
# and Alertmanager's word
BESIDE = 40
GONE = 150
INTERFACE = "eth0"

Told = tuple[str, dict[str, str], int]


def test_a_cluster_that_is_well_wakes_nobody(tower: Tower) -> None:
    time.sleep(60)
    assert tower.told() == []
    assert tower.query("proxysql_status_healthy")[0]["value"] == 1
    assert [each["value"] for each in tower.query("sum(proxysql_vip_state{state='MASTER'})")] == [1]


def wakes(tower: Tower, record: Callable[[str, object], None], began: float, expected: list[Told]) -> None:
    """Each alert within its own seconds and BESIDE."""
    for alert, labels, seconds in sorted(expected, key=lambda each: each[2]):
        left = began + seconds + BESIDE - time.monotonic()
        poll(f"{alert} {labels}", lambda a=alert, w=labels: tower.tells(a, **w), left, every=1)  # type: ignore[misc]
        record(alert, f"told after {time.monotonic() - began:.0f} s (its own time: {seconds} s)")


def is_quiet(tower: Tower, record: Callable[[str, object], None], what: str) -> None:
    """No alert is left, but for one that is about the last quarter of an hour: the faults were moves, too."""
    began = time.monotonic()

    def left() -> set[str]:
        return {each["alertname"] for each in tower.told()} - {"ProxySQLVipMoves"}

    poll("nobody to be told anything", lambda: not left(), GONE, every=1)
    record(what, f"all alerts gone {time.monotonic() - began:.0f} s after it was mended")


def mended(stack: ExitStack, node: Node, fault: str, mending: str) -> None:
    stack.callback(node.run, mending)
    node.run(fault)


def test_servers_and_services(cluster: Cluster, tower: Tower, record_property: Any) -> None:
    satellite, backup = cluster.satellites[0], cluster.backup
    primary = f"{cluster.primary.address}:3306"
    began = time.monotonic()
    with ExitStack() as stack:
        mended(stack, satellite, "systemctl stop proxysql", "systemctl start proxysql")
        mended(stack, backup, "systemctl stop proxysql-watch", "systemctl start proxysql-watch")
        mended(stack, cluster.primary, "systemctl stop mariadb", "systemctl start mariadb")
        wakes(
            tower,
            record_property,
            began,
            [
                ("ProxySQLHostgroupEmpty", {"node": "core1", "hostgroup": "10"}, 30),
                ("ProxySQLDown", {"node": "sat1"}, 60),
                ("ProxySQLUnitNotRunning", {"node": "sat1", "name": "proxysql.service"}, 60),
                ("ProxySQLUnitNotRunning", {"node": "core2", "name": "proxysql-watch.service"}, 60),
                ("ProxySQLBackendShunned", {"node": "core1", "endpoint": primary}, 120),
            ],
        )
        assert not tower.tells("ProxySQLDown", node="core1") and not tower.tells("ProxySQLVipNowhere")
    is_quiet(tower, record_property, "servers and services")


def test_a_virtual_ip_that_nobody_holds(cluster: Cluster, tower: Tower, record_property: Any) -> None:
    began = time.monotonic()
    with ExitStack() as stack:
        for core in reversed(cluster.cores):
            mended(stack, core, "systemctl stop keepalived", "systemctl start keepalived")
        wakes(
            tower,
            record_property,
            began,
            [
                ("ProxySQLVipNowhere", {"vrrp_instance": "proxysql"}, 30),
                ("ProxySQLUnitNotRunning", {"node": "core1", "name": "keepalived.service"}, 60),
            ],
        )
    is_quiet(tower, record_property, "no holder")


def test_a_virtual_ip_that_two_hold(cluster: Cluster, tower: Tower, record_property: Any) -> None:
    """The cores do not reach each other any more, and everybody else reaches both."""
    began = time.monotonic()
    with ExitStack() as stack:
        for core, other in zip(cluster.cores, reversed(cluster.cores)):
            # Nobody has that hardware address. A route would not do: keepalived goes past it.
            nobody = f"lladdr 02:00:00:00:00:99 nud permanent dev {INTERFACE}"
            mended(
                stack,
                core,
                f"ip neighbour replace {other.address} {nobody}",
                f"ip neighbour delete {other.address} dev {INTERFACE}",
            )
        poll("both cores to hold the virtual IP", lambda: len(cluster.holders()) == 2)
        wakes(tower, record_property, began, [("ProxySQLVipTwice", {"vrrp_instance": "proxysql"}, 30)])
        assert not tower.tells("ProxySQLDown")
    poll("one core to hold the virtual IP", lambda: cluster.holders() == [cluster.active])
    is_quiet(tower, record_property, "two holders")


def test_drift_is_seen_and_told_later(cluster: Cluster, tower: Tower) -> None:
    """Its quarter of an hour is not waited for: it is pending, and no longer once the drift is gone."""
    satellite = cluster.satellites[0]
    satellite.admin("UPDATE mysql_servers SET weight = 7")
    tower.status()
    poll("the drift to be pending", lambda: ("ProxySQLDrift", "sat1") in tower.pending(), 30, every=1)
    satellite.admin("LOAD MYSQL SERVERS FROM DISK")
    tower.status()
    poll("the drift to be gone", lambda: not tower.pending(), 30, every=1)


def test_a_core_sees_its_drift_by_itself_and_without_passwords(cluster: Cluster, tower: Tower) -> None:
    core, told = cluster.backup, "journalctl --unit proxysql-drift --output cat --lines 20"
    assert [each["value"] for each in tower.query("sum by (node) (proxysql_drift_rows)")] == [0, 0]
    assert core.run("systemctl is-active proxysql-drift.timer") == "active"
    assert core.run("stat -c %U:%a /var/lib/proxysql-drift/settings.json") == "root:600"
    of_the_admin = cluster.credentials["proxysql_admin_password"]
    for word in {*cluster.secrets().values()} - {of_the_admin}:
        assert not core.infra.run(f"grep -rl {word} /var/lib/proxysql-drift").stdout
    # in memory alone, so that nobody follows; the timer need not be waited for
    core.admin("UPDATE mysql_users SET password = 'of somebody else' WHERE username = 'app'")
    core.run("systemctl start proxysql-drift")
    assert "Not as declared: mysql_users (memory: 1)" in core.run(told)
    poll("the drift to be pending", lambda: tower.pending() == {("ProxySQLDrift", core.name)}, 30, every=1)
    core.admin("LOAD MYSQL USERS FROM DISK")
    core.run("systemctl start proxysql-drift")
    poll("the drift to be gone", lambda: not tower.pending(), 30, every=1)


def test_the_watchers_own_numbers(tower: Tower) -> None:
    assert [each["node"] for each in tower.query("proxysql_watch_checks_total > 100")] == ["core1", "core2"]
    assert all(each["value"] < 1 for each in tower.query("proxysql_watch_check_duration_seconds"))


def test_restarts_in_a_row(cluster: Cluster, tower: Tower, record_property: Any) -> None:
    satellite = cluster.satellites[0]
    began = time.monotonic()
    for _ in range(3):
        satellite.run("systemctl restart proxysql")
        poll("ProxySQL to serve", satellite.serves)
        # longer than it is asked, so that each start is seen
        time.sleep(12)
    wakes(tower, record_property, began, [("ProxySQLRestarts", {"node": "sat1"}, 45)])


PLACES = "/var/lib/proxysql-drift /etc/systemd/system/proxysql-drift.* /var/lib/prometheus/*/*drift*"


def test_a_core_that_leaves_takes_its_timer_with_it(cluster: Cluster, tower: Tower) -> None:
    leaving = cluster.backup
    played("remove_node", "-e", f"proxysql_remove_node_host={leaving}")
    assert leaving.infra.run(f"ls -d {PLACES}").stdout == ""
    assert leaving.infra.run("systemctl is-active proxysql-drift.timer").stdout.strip() == "inactive"
    site()
    assert leaving.run("systemctl is-active proxysql-drift.timer") == "active"


def test_a_timer_that_is_no_longer_declared_is_taken_away(cluster: Cluster, tower: Tower) -> None:
    assert changes(site()) == []
    away = ("-e", "proxysql_drift_textfile_dir=")
    told = changes(site("--check", *away))
    assert sorted(line.partition(":")[0] for line in told) == [core.name for core in cluster.cores]
    assert all(line.endswith("Remove the timer that compares the node with the inventory") for line in told)
    assert cluster.active.infra.file("/var/lib/proxysql-drift/settings.json").exists
    site(*away)
    for core in cluster.cores:
        assert core.infra.run(f"ls -d {PLACES}").stdout == ""
    poll("its numbers to be gone", lambda: tower.query("proxysql_drift_rows") == [], 30, every=1)
