"""Addresses and ranks that change: of single cores, of the interfaces, and hosts with IPv6 alone."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymysql
import pytest
from helpers import Cluster, Node, end, full, play, played, poll, site
from test_10_later_changes import Groups, extra, holders, inventory, open_ports, settles

SIX = "fd90:6033::"


def listening(node: Node, port: int) -> set[str]:
    return set(node.run(f"ss -Hltn 'sport = :{port}' | awk '{{print $4}}'").split())


def core2(tmp_path: Path, **variables: Any) -> Path:
    """The scenario's inventory, in which core2 has more variables."""

    def more(groups: Groups) -> None:
        groups["proxysql_core"]["core2"] = {**groups["proxysql_core"]["core2"], **variables}

    return inventory(tmp_path, more)


@full
def test_a_core_that_comes_first_by_its_priority(cluster: Cluster, tmp_path: Path) -> None:
    settles(place=core2(tmp_path, keepalived_priority=254))
    assert holders(cluster) == [cluster.backup]
    site()
    assert holders(cluster) == [cluster.active]


@full
def test_who_was_set_back_stays_behind_when_priorities_change(cluster: Cluster, tmp_path: Path) -> None:
    """What was enough with the old ones would not be with the new ones."""
    played("switchover", *extra(proxysql_switchover_to="core2"))
    try:
        place = core2(tmp_path, keepalived_priority=102)
        settles(place=place)
        assert holders(cluster) == [cluster.backup]
    finally:
        played("switchover", *extra(proxysql_switchover_to="core1"))
        site()
    assert holders(cluster) == [cluster.active]


@full
def test_keepalived_off_a_core(cluster: Cluster, tmp_path: Path) -> None:
    """First off the one that does not hold the address; the other one is then alone."""
    place = core2(tmp_path, keepalived_vips=[])
    settles(place=place)
    assert holders(cluster) == [cluster.active]
    assert not cluster.backup.infra.service("keepalived").is_running
    assert not cluster.backup.infra.file("/etc/keepalived/keepalived.conf").exists
    assert not cluster.backup.infra.file("/etc/systemd/system/proxysql-watch.service").exists
    code, output = play("switchover", inventory=place)
    assert code != 0 and "core2 is not healthy: keepalived is not set up on it" in output, end(output)
    site()
    assert holders(cluster) == [cluster.active]
    played("switchover", *extra(proxysql_switchover_to="core2", proxysql_switchover_keep=False))


@full
def test_keepalived_off_the_core_that_holds_the_address(cluster: Cluster, tmp_path: Path) -> None:
    def off(groups: Groups) -> None:
        first = groups["proxysql_core"]["core1"]
        groups["proxysql_core"]["core1"] = {**first, "keepalived_vips": []}

    settles(place=inventory(tmp_path, off))
    assert holders(cluster) == [cluster.backup]
    site()
    assert holders(cluster) == [cluster.active]


@full
def test_an_address_of_a_core(cluster: Cluster, tmp_path: Path) -> None:
    moved, node = f"{cluster.net}.22", cluster.backup
    node.run(f"ip address add {moved}/24 dev eth0 noprefixroute")
    try:
        settles(place=core2(tmp_path, ansible_host=moved))
        assert holders(cluster) == [cluster.active]
        assert listening(node, 6032) == {"127.0.0.1:6032", f"{moved}:6032"}
        assert moved in cluster.active.run("cat /etc/keepalived/keepalived.conf")
        followed = {row["hostname"] for row in cluster.active.admin("SELECT hostname FROM proxysql_servers")}
        assert followed == {cluster.active.address, moved}
        assert "healthy: " in play("status", inventory=tmp_path / "inventory")[1]
        site()
    finally:
        node.run(f"ip address del {moved}/24 dev eth0")
    assert holders(cluster) == [cluster.active]


@full
def test_other_interfaces(cluster: Cluster) -> None:
    """Both as the inventory has them; the second port is one more for clients."""
    given = extra(
        proxysql_admin_interfaces=["0.0.0.0:6032"],
        proxysql_mysql_interfaces=["0.0.0.0:6033", "0.0.0.0:3306", "/tmp/proxysql.sock"],
    )
    settles(*given)
    assert holders(cluster) == [cluster.active]
    for node in cluster.nodes:
        assert listening(node, 6032) == {"0.0.0.0:6032"}
        assert "3306" in open_ports(node) and node.infra.file("/tmp/proxysql.sock").is_socket
    site()
    for node in cluster.nodes:
        assert listening(node, 6032) == {"127.0.0.1:6032", f"{node.address}:6032"}
        assert "3306" not in open_ports(node)
    assert holders(cluster) == [cluster.active]


def states(node: Node) -> set[str]:
    return set(node.run("ls /run/proxysql-vip/keepalived").split())


@full
def test_an_instance_that_is_renamed_one_more_and_one_less(cluster: Cluster) -> None:
    """Their files go with them, or rolling playbooks and the metrics would believe what they said last."""
    settles(*extra(keepalived_instance="front"))
    assert holders(cluster) == [cluster.active]
    assert all(
        "front.state" in states(core) and "proxysql.state" not in states(core) for core in cluster.cores
    )
    other = f"{cluster.net}.101"
    two = [
        {"name": "front", "vips": [f"{cluster.vip}/24"]},
        {"name": "back", "vips": [f"{other}/24"], "virtual_router_id": 52, "order": ["core2", "core1"]},
    ]
    settles(*extra(keepalived_vips=[], keepalived_instances=two))
    assert holders(cluster) == [cluster.active] and holders(cluster, other) == [cluster.backup]
    site()
    assert holders(cluster) == [cluster.active] and holders(cluster, other) == []
    for core in cluster.cores:
        assert {name for name in states(core) if name.endswith(".state")} == {"proxysql.state"}
        metrics = core.run("cat /run/proxysql-vip/keepalived/proxysql_vip.prom")
        assert "front" not in metrics and "back" not in metrics


@full
def test_a_watcher_that_is_switched_off(cluster: Cluster) -> None:
    """It goes, and what it said last counts no more."""
    cluster.active.run("printf -- '-56\\n' >/run/proxysql-vip/watch/network")
    poll("the VIP leaves the core that is cut off", lambda: holders(cluster) == [cluster.backup])
    settles(*extra(keepalived_watch=False, keepalived_isolation=False))
    assert holders(cluster) == [cluster.active]
    for core in cluster.cores:
        assert not core.infra.service("proxysql-watch").is_running
        assert not core.infra.file("/etc/keepalived/proxysql-watch.json").exists
    site()
    assert all(core.infra.service("proxysql-watch").is_running for core in cluster.cores)
    assert holders(cluster) == [cluster.active]


# -- IPv6 alone


def ip(*arguments: str) -> str:
    return subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True).stdout


@pytest.fixture
def six(cluster: Cluster) -> Iterator[list[Node]]:
    """The nodes, by addresses of IPv6; those of IPv4 are gone."""
    bridge = json.loads(ip("-j", "route", "get", cluster.active.address))[0]["dev"]
    ip("-6", "address", "replace", f"{SIX}1/64", "dev", bridge, "nodad")
    made = []
    for number, node in enumerate(cluster.nodes, 11):
        node.run(f"ip -6 address replace {SIX}{number}/64 dev eth0 nodad")
        made.append(Node(node.name, f"{SIX}{number}", cluster.credentials))
    try:
        for node in made:
            node.run("ip -4 address flush dev eth0")
        yield made
    finally:
        for node, before in zip(made, cluster.nodes):
            node.run(
                f"ip address replace {before.address}/24 brd + dev eth0;"
                f" ip route replace default via {cluster.net}.1"
            )
        site()
        for before in cluster.nodes:
            before.run(f"ip -6 address flush dev eth0 to {SIX}/64")
        ip("-6", "address", "del", f"{SIX}1/64", "dev", bridge)


@full
def test_hosts_with_ipv6_alone(cluster: Cluster, six: list[Node], tmp_path: Path) -> None:
    def addresses(groups: Groups) -> None:
        for group in groups.values():
            for node in six:
                if node.name in group:
                    group[node.name] = {"ansible_host": node.address}

    vip = f"{SIX}100"
    place = inventory(tmp_path, addresses)
    given = extra(keepalived_vips=[f"{vip}/64"])
    settles(*given, place=place)
    active, backup, satellite = six
    assert [node for node in six if vip in node.addresses()] == [active]
    for node in six:
        assert listening(node, 6032) == {"127.0.0.1:6032", f"[{node.address}]:6032"}
        assert "[::]:6033" in listening(node, 6033)
    rows = satellite.admin("SELECT hostname FROM runtime_proxysql_servers")
    assert {row["hostname"] for row in rows} == {active.address, backup.address}

    def login() -> bool:
        with pymysql.connect(
            host=vip, port=6033, user="check", password=cluster.credentials["lab_check_password"]
        ) as connection:
            return connection.open

    assert login()
    moved = ("-e", "proxysql_switchover_to=core2", "-e", "proxysql_switchover_keep=false")
    for name, arguments in (("status", ()), ("switchover", moved), ("rolling_restart", ())):
        code, output = play(name, *given, *arguments, inventory=place)
        assert code == 0, end(output)
    poll("the VIP is where it was", lambda: vip in active.addresses() and login())
