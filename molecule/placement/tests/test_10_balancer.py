"""A load balancer in place of a virtual IP: planned work loses no login."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from balanced import Balanced, Logins
from helpers import changes, full, play, played, poll, site

Record = Callable[[str, object], None]


@pytest.fixture(autouse=True)
def calm(cluster: Balanced) -> None:
    cluster.settled()


def test_cores_answer_and_have_no_keepalived(cluster: Balanced) -> None:
    for core in cluster.cores:
        assert cluster.answer(core) == "200 up"
        assert core.run("dpkg-query -W -f '${Status}' keepalived 2>/dev/null || echo none").endswith("none")
        assert core.run("systemctl is-active proxysql-watch proxysql-health") == "active\nactive"
        assert not core.infra.file("/etc/keepalived/keepalived.conf").exists
    for node in cluster.satellites:
        assert not node.infra.file("/etc/keepalived").exists
    assert cluster.where() == "core1"


def test_a_second_run_changes_nothing(cluster: Balanced) -> None:
    assert changes(site()) == []


def test_switchover_and_back(cluster: Balanced, record_property: Record) -> None:
    with Logins(cluster) as logins:
        output = played("switchover", "-e", "proxysql_switchover_to=core2", "--check")
        assert cluster.where() == "core1", output
        played("switchover", "-e", "proxysql_switchover_to=core2")
        assert cluster.where() == "core2"
        assert cluster.answer(cluster.active) == "404 draining: switchover"
        # it is the one that is left
        code, output = play("maintenance", "-e", "proxysql_maintenance_host=core2")
        assert code and "No other core can take over from core2: core1: it is drained." in output
        # what somebody wished stays, with site too
        site()
        assert cluster.where() == "core2"
        played("switchover", "-e", "proxysql_switchover_to=core1")
        assert cluster.where() == "core1"
        assert cluster.answer(cluster.backup) == "200 up"
    record_property("switchover and back", logins)
    assert not logins.failed, logins


def test_maintenance(cluster: Balanced, record_property: Record) -> None:
    with Logins(cluster) as logins:
        output = played(
            "maintenance", "-e", "proxysql_maintenance_host=core1", "-e", "proxysql_maintenance_timeout=5"
        )
        assert f"core1 is drained: all who ask know: {cluster.balancer.address}" in output
        code, said = play("status")
        assert code and "core1 is drained: load balancers give it no connections: maintenance" in said
        assert "no other core could take over from core2" in said
        # those that satellites and monitors keep open, through the balancer; no client's is among them
        (left,) = re.findall(r"core1 is out\. (\d+) connections are left\. ([^\"]*)", output)
        peers = re.findall(r"([\d.]+)\]?:\d+", left[1])
        assert len(peers) == int(left[0]) and set(peers) <= {cluster.balancer.address}, left
        kept = cluster.active.admin("SELECT DISTINCT user, command FROM stats_mysql_processlist")
        assert {row["command"] for row in kept} <= {"Sleep"}, kept
        cluster.active.run("systemctl stop proxysql")
        poll("core2 alone", lambda: cluster.where() == "core2")
        cluster.active.run("systemctl start proxysql")
        played(
            "maintenance", "-e", "proxysql_maintenance_host=core1", "-e", "proxysql_maintenance_state=back"
        )
        poll("core1 again", lambda: cluster.where() == "core1")
        _code, said = play("status")
        assert "is drained" not in said and "take over" not in said and "no load balancer" not in said
    record_property("maintenance", logins)
    assert not logins.failed, logins


def test_rolling_restart(cluster: Balanced, record_property: Record) -> None:
    before = cluster.processes()
    with Logins(cluster) as logins:
        played("rolling_restart")
    assert all(old != new for old, new in zip(before, cluster.processes()))
    began = [core.run("systemctl show -P ActiveEnterTimestampMonotonic proxysql") for core in cluster.cores]
    assert int(began[0]) > int(began[1]), "core1, which is given all, is the last"
    record_property("rolling_restart", logins)
    assert not logins.failed, logins


def test_a_restart_by_hand_waits_for_the_balancer(cluster: Balanced, record_property: Record) -> None:
    with Logins(cluster) as logins:
        cluster.active.run("systemctl restart proxysql")
        poll("core1 again", lambda: cluster.where() == "core1")
    record_property("systemctl restart", logins)
    assert not logins.failed, logins


def test_a_core_that_dies(cluster: Balanced, record_property: Record) -> None:
    """Logins that are under way are lost with it; haproxy sends those that come next to the other one."""
    with Logins(cluster) as logins:
        cluster.active.run("systemctl kill --signal KILL proxysql")
        poll("core1 is given connections again", lambda: cluster.where() == "core1")
        cluster.settled()
    record_property("kill -9", logins)
    assert sum(logins.failed.values()) <= 4, logins
    assert logins.waited < 3, logins


@full
def test_a_core_that_is_removed(cluster: Balanced, record_property: Record) -> None:
    """It is drained before it stops to answer, and ``site`` puts it back."""
    with Logins(cluster) as logins:
        played("remove_node", "-e", "proxysql_remove_node_host=core1")
        assert cluster.where() == "core2"
        assert cluster.active.run("systemctl is-active proxysql proxysql-health || true").split() == [
            "inactive",
            "inactive",
        ]
        site()
        poll("core1 again", lambda: cluster.where() == "core1")
    record_property("remove_node", logins)
    assert not logins.failed, logins


@full
def test_a_virtual_ip_beside_it_comes_and_goes(cluster: Balanced) -> None:
    vip = f"{cluster.net}.100"
    given = ("-e", f'{{"keepalived_vips": ["{vip}/24"], "keepalived_interface": "eth0"}}')
    with Logins(cluster) as logins:
        site(*given)
        assert [node for node in cluster.nodes if vip in node.addresses()] == [cluster.active]
        assert cluster.ask("SELECT 1", vip) == (1,)
        assert changes(site(*given)) == []
        site()
        assert [node for node in cluster.nodes if vip in node.addresses()] == []
        for core in cluster.cores:
            assert core.run("systemctl is-active keepalived || true") == "inactive"
            assert not core.infra.file("/etc/keepalived/keepalived.conf").exists
            assert cluster.answer(core) == "200 up"
        assert changes(site()) == []
    assert not logins.failed, logins


@full
def test_the_answer_that_is_not_wanted_any_more_goes(cluster: Balanced) -> None:
    site("-e", "keepalived_health_port=0")
    for core in cluster.cores:
        left = core.run(
            "ls /etc/keepalived /etc/systemd/system /etc/systemd/system/proxysql.service.d"
        ).split()
        assert not {"proxysql-health.service", "proxysql-watch.service", "proxysql-state", "vip.conf"} & set(
            left
        )
        assert (
            core.run("systemctl is-active proxysql-health proxysql-watch || true").split() == ["inactive"] * 2
        )
        # nothing of it keeps a ProxySQL from being restarted
        core.run("systemctl restart proxysql")
    site()
    cluster.settled()
