"""What people change later: each run ends with the VIP where it belongs, and a second one changes nothing."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from helpers import INVENTORY, Cluster, Node, changes, end, full, play, poll, site

Groups = dict[str, dict[str, dict[str, Any]]]


def inventory(folder: Path, change: Callable[[Groups], None]) -> Path:
    """The scenario's inventory with other groups. change: given group -> host -> its variables."""
    made = folder / "inventory"
    shutil.copytree(INVENTORY, made)
    path = made / "hosts"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    groups = {name: dict(group["hosts"]) for name, group in content["all"]["children"].items()}
    change(groups)
    content["all"]["children"] = {name: {"hosts": hosts} for name, hosts in groups.items()}
    path.unlink()
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return made


def settles(*arguments: str, place: Path = INVENTORY) -> None:
    for _run in range(2):
        code, output = play("site", *arguments, inventory=place)
        assert code == 0, end(output)
    assert changes(output) == [], end(output)


def holders(cluster: Cluster, vip: str | None = None) -> list[Node]:
    return [node for node in cluster.nodes if (vip or cluster.vip) in node.addresses()]


def extra(**variables: Any) -> tuple[str, str]:
    return "-e", json.dumps(variables)


def open_ports(node: Node) -> set[str]:
    return set(node.run("ss -Hltn | awk '{print $4}' | sed 's/.*://'").split())


def test_as_converged(cluster: Cluster) -> None:
    assert changes(site()) == []
    assert holders(cluster) == [cluster.active]


@pytest.mark.parametrize(
    ("option", "port", "usual"),
    [("proxysql_admin_port", "7032", "6032"), ("proxysql_mysql_port", "7033", "6033")],
)
def test_another_port(cluster: Cluster, option: str, port: str, usual: str) -> None:
    # check mode looks where the nodes listen now
    output = site("--check", "--diff", *extra(**{option: int(port)}))
    assert any("core1: " in change for change in changes(output)) and port in output, end(output)
    assert all(port not in open_ports(node) for node in cluster.nodes)
    settles(*extra(**{option: int(port)}))
    assert holders(cluster) == [cluster.active]
    for node in cluster.nodes:
        assert port in open_ports(node) and usual not in open_ports(node)
    site()
    assert all(port not in open_ports(node) and usual in open_ports(node) for node in cluster.nodes)
    assert holders(cluster) == [cluster.active]


@full
def test_a_diff_shows_how_keepalived_changes_and_not_its_password(cluster: Cluster) -> None:
    given = {
        "keepalived_version": 2,
        "keepalived_profile": "standard",
        "keepalived_auth_password": "Vrrp-lab",
    }
    output = site("--check", "--diff", *extra(**given))
    assert "auth_pass ********" in output and "+    version 2" in output, end(output)
    assert "Vrrp-lab" not in output


@full
def test_a_virtual_ip_that_a_stranger_has(cluster: Cluster) -> None:
    """Refused by its MAC, in check mode too, and the address of before stays where it is."""
    other = f"{cluster.net}.102"
    route = ["ip", "-j", "route", "get", cluster.active.address]
    bridge = json.loads(subprocess.run(route, check=True, capture_output=True, text=True).stdout)[0]["dev"]
    mac = Path(f"/sys/class/net/{bridge}/address").read_text(encoding="utf-8").strip()
    subprocess.run(["ip", "address", "add", f"{other}/32", "dev", bridge], check=True)
    given = extra(keepalived_vips=[f"{other}/24"])
    try:
        for arguments in (("--check",), ()):
            code, output = play("site", *arguments, *given)
            said = f"the virtual IP {other} is in use by a host that is not in the inventory: {mac} answers"
            assert code != 0 and said in output, end(output)
            assert holders(cluster) == [cluster.active]
            assert other not in cluster.active.run("cat /etc/keepalived/keepalived.conf")
    finally:
        subprocess.run(["ip", "address", "del", f"{other}/32", "dev", bridge], check=True)
    settles(*given)
    assert holders(cluster, other) == [cluster.active]
    site()
    assert holders(cluster) == [cluster.active]


@full
def test_another_vip_and_router_id(cluster: Cluster) -> None:
    other = f"{cluster.net}.101"
    settles(*extra(keepalived_vips=[f"{other}/24"], keepalived_virtual_router_id=77))
    assert holders(cluster, other) == [cluster.active] and holders(cluster) == []
    site()
    assert holders(cluster) == [cluster.active] and holders(cluster, other) == []


@full
def test_cores_in_another_order(cluster: Cluster, tmp_path: Path) -> None:
    def turned(groups: Groups) -> None:
        groups["proxysql_core"] = dict(reversed(groups["proxysql_core"].items()))

    settles(place=inventory(tmp_path, turned))
    assert holders(cluster) == [cluster.backup]
    site()
    assert holders(cluster) == [cluster.active]


@full
def test_a_host_of_another_name(cluster: Cluster, tmp_path: Path) -> None:
    def renamed(groups: Groups) -> None:
        groups["proxysql_core"]["another"] = groups["proxysql_core"].pop("core2")

    settles(place=inventory(tmp_path, renamed))
    assert holders(cluster) == [cluster.active]
    comments = {row["comment"] for row in cluster.active.admin("SELECT comment FROM proxysql_servers")}
    assert comments == {"core1", "another"}
    site()


def test_a_core_becomes_a_satellite_and_a_satellite_a_core(cluster: Cluster, tmp_path: Path) -> None:
    """The holder leaves: the address goes with the role, and what served it is taken away."""

    def swapped(groups: Groups) -> None:
        cores, satellites = groups["proxysql_core"], groups["proxysql_satellite"]
        satellites["core1"], cores["sat1"] = cores.pop("core1"), satellites.pop("sat1")

    settles(place=inventory(tmp_path, swapped))
    assert holders(cluster) == [cluster.backup]
    assert not cluster.active.infra.service("keepalived").is_running
    assert not cluster.active.infra.file("/etc/keepalived/keepalived.conf").exists
    site()
    assert holders(cluster) == [cluster.active]
    assert not cluster.satellites[0].infra.service("keepalived").is_running


@full
def test_a_cluster_without_a_vip_and_with_one_again(cluster: Cluster) -> None:
    settles(*extra(keepalived_vips=[]))
    assert holders(cluster) == []
    assert not any(core.infra.service("keepalived").is_running for core in cluster.cores)
    site()
    poll("the VIP is back", lambda: holders(cluster) == [cluster.active])
