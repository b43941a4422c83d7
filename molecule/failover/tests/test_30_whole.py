"""What befalls all cores at once, more than one VIP, and a core that leaves while it holds it."""

from __future__ import annotations

import json
import time

from chaos import Chaos
from faults import SIGNAL, holders, inside, settled
from helpers import Cluster, changes, full, lab, played, poll

pytestmark = full

NET6 = "fd00:90:31::"


def has(cluster: Cluster, address: str) -> list[str]:
    """The cores that have it."""
    return [
        core.name
        for core in cluster.cores
        if f" {address}/" in inside(core, "ip -o address show dev eth0", check=False)
    ]


def test_one_core_keeps_the_vip_when_all_hang(chaos: Chaos) -> None:
    cluster = chaos.cluster
    settled(cluster, chaos.clients)
    for core in cluster.cores:
        inside(core, SIGNAL.format("STOP"))
    try:
        time.sleep(3)
        found = [poll("a holder", lambda: holders(cluster), 10, 0.3) for _ in range(5)]
        assert all(each == [cluster.active] for each in found), found
    finally:
        for core in cluster.cores:
            inside(core, SIGNAL.format("CONT"))
    settled(cluster, chaos.clients)


def test_the_vip_stays_when_no_database_can_be_reached(chaos: Chaos) -> None:
    cluster = chaos.cluster
    settled(cluster, chaos.clients)
    since = inside(cluster.active, "date +%s").strip()
    databases = [cluster.primary, cluster.replica]
    for database in databases:
        lab("cut", "failover", database.name)
    try:
        for _ in range(10):
            assert holders(cluster) == [cluster.active]
            time.sleep(0.5)
    finally:
        for database in databases:
            lab("heal", "failover", database.name)
    settled(cluster, chaos.clients)
    for core in cluster.cores:
        said = inside(core, f"journalctl -q -t proxysql-vip --since @{since} -o cat")
        assert said == "", said


def test_an_ipv6_vip_a_second_instance_and_a_sync_group(chaos: Chaos) -> None:
    """By multicast, in step, beside the first one by unicast; the VIPs of the first are untouched."""
    cluster = chaos.cluster
    settled(cluster, chaos.clients)
    begin = time.monotonic()
    pair = {"mode": "multicast", "sync_group": "pair"}
    wanted = {
        "keepalived_instances": [
            {"name": "four", "vips": [f"{cluster.net}.101/24"], "virtual_router_id": 52, **pair},
            {"name": "six", "vips": [f"{NET6}101/64"], "virtual_router_id": 53, **pair},
        ],
        "keepalived_vips": [f"{cluster.vip}/24", f"{NET6}100/64"],
    }
    extra = ("-e", json.dumps(wanted))
    output = played("site", *extra)
    assert f"{NET6}101 is on core1" in output
    vips = [cluster.vip, f"{cluster.net}.101", f"{NET6}100", f"{NET6}101"]
    assert [has(cluster, vip) for vip in vips] == [["core1"]] * 4
    assert changes(played("site", *extra)) == []
    assert chaos.clients.seen(begin, time.monotonic()).failed == 0
    # one that cannot be reached takes its whole group along
    inside(cluster.active, "systemctl stop proxysql")
    poll("all at core2", lambda: [has(cluster, vip) for vip in vips] == [["core2"]] * 4)
    inside(cluster.active, "systemctl start proxysql")
    poll("all at core1", lambda: [has(cluster, vip) for vip in vips] == [["core1"]] * 4)
    begin = time.monotonic()
    played("site")
    assert [has(cluster, vip) for vip in vips] == [["core1"], [], [], []]
    assert chaos.clients.seen(begin, time.monotonic()).failed == 0


def test_a_core_leaves_while_it_holds_the_vip(chaos: Chaos) -> None:
    cluster = chaos.cluster
    settled(cluster, chaos.clients)
    begin = time.monotonic()
    played("remove_node", "-e", f"proxysql_remove_node_host={cluster.active}")
    assert holders(cluster) == [cluster.backup]
    assert not cluster.active.infra.service("proxysql").is_running
    left = inside(cluster.active, "ls -A /etc/keepalived /etc/systemd/system")
    assert "proxysql-watch" not in left and "proxysql_ping.py" not in left, left
    assert "active" not in inside(cluster.active, "systemctl is-active proxysql-watch", check=False).split()
    seen = chaos.clients.seen(begin, time.monotonic())
    assert seen.gap < 0.4, seen
    assert chaos.clients.lost(cluster.primary) == []
    played("site")
    settled(cluster, chaos.clients)


def test_a_core_that_sees_fewer_writers_yields(chaos: Chaos) -> None:
    cluster = chaos.cluster
    settled(cluster, chaos.clients)
    extra = ("-e", json.dumps({"keepalived_backends": [10]}))
    played("site", *extra)
    assert changes(played("site", *extra)) == []
    route = f"ip route {{}} unreachable {cluster.primary.address}/32"
    inside(cluster.active, route.format("add"))
    try:
        poll("the VIP where the writer is seen", lambda: holders(cluster) == [cluster.backup], 60)
        poll("clients are served there", chaos.clients.steady, 10)
        # Now nobody sees it: then moving would help nobody.
        inside(cluster.backup, route.format("add"))
        state = "/etc/keepalived/proxysql-state show"
        poll("both know", lambda: all("writers" in inside(core, state) for core in cluster.cores), 60)
        for _ in range(10):
            assert holders(cluster) == [cluster.backup]
            time.sleep(0.5)
    finally:
        for core in cluster.cores:
            inside(core, route.format("del"), check=False)
    settled(cluster, chaos.clients, 60)
    assert chaos.clients.lost(cluster.primary) == []
    played("site")


def test_the_vip_stays_with_who_has_it_where_nobody_preempts(chaos: Chaos) -> None:
    cluster = chaos.cluster
    settled(cluster, chaos.clients)
    extra = ("-e", json.dumps({"keepalived_preempt": False}))
    begin = time.monotonic()
    played("site", *extra)
    assert holders(cluster) == [cluster.active]
    assert chaos.clients.seen(begin, time.monotonic()).failed == 0
    inside(cluster.active, "systemctl stop proxysql")
    poll("the VIP at the other", lambda: holders(cluster) == [cluster.backup], 5)
    inside(cluster.active, "systemctl start proxysql")
    begin = time.monotonic()
    for _ in range(12):
        assert holders(cluster) == [cluster.backup]
        time.sleep(0.5)
    assert changes(played("site", *extra)) == []
    assert chaos.clients.seen(begin, time.monotonic()).failed == 0
    # One who is asked to does take it.
    begin = time.monotonic()
    played("switchover", "-e", f"proxysql_switchover_to={cluster.active}", *extra)
    assert holders(cluster) == [cluster.active]
    assert chaos.clients.seen(begin, time.monotonic()).gap < 0.5
    played("site")
    settled(cluster, chaos.clients)


def test_an_instance_that_was_renamed_leaves_nothing_behind(chaos: Chaos) -> None:
    """keepalived goes on without a word of it: what the new name is in is known all the same."""
    cluster = chaos.cluster
    settled(cluster, chaos.clients)
    extra = ("-e", json.dumps({"keepalived_instance": "other"}))
    begin = time.monotonic()
    played("site", *extra)
    for core, state in ((cluster.active, "MASTER"), (cluster.backup, "BACKUP")):
        shown = json.loads(inside(core, "/etc/keepalived/proxysql-state show"))
        assert shown["instances"] == {"other": state}, core
        metrics = inside(core, "cat /run/proxysql-vip/keepalived/proxysql_vip.prom")
        assert 'vrrp_instance="proxysql"' not in metrics
        assert f'proxysql_vip_state{{vrrp_instance="other",state="{state}"}} 1' in metrics
    played("switchover", *extra)
    assert holders(cluster) == [cluster.backup]
    played("switchover", "-e", f"proxysql_switchover_to={cluster.active}", *extra)
    played("site")
    assert holders(cluster) == [cluster.active]
    assert chaos.clients.seen(begin, time.monotonic()).failed <= 1
