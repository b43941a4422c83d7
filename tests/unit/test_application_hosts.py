"""ProxySQL on the hosts of an application: the plan of it, and of inventories that are shipped."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.vars.manager import VariableManager
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._site.declaration import declaration
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._site.plan import Asked, plan
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._site.spread import (
    check_interval,
    checks,
    intervals,
)
from test_site import EVERY, GROUPS, planned
from test_site_tls import ROOT

INVENTORIES = Path(__file__).resolve().parents[2] / "playbooks/inventory"
SOCKET = "/run/proxysql/mysql.sock"


def test_a_socket_is_one_more_place_to_listen() -> None:
    found = planned(hosts={"sat1": {"proxysql_mysql_socket": SOCKET}})
    assert found["problems"] == []
    assert found["hosts"]["sat1"]["proxysql"]["mysql_interfaces"] == ["0.0.0.0:6033", SOCKET]
    assert found["hosts"]["core1"]["proxysql"]["mysql_interfaces"] == ["0.0.0.0:6033"]
    alone = {"proxysql_mysql_socket": SOCKET, "proxysql_mysql_interfaces": ["127.0.0.1:6033"]}
    found = planned(hosts={"sat1": alone})
    assert found["problems"] == []
    assert found["hosts"]["sat1"]["proxysql"]["mysql_interfaces"] == ["127.0.0.1:6033", SOCKET]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"proxysql_mysql_socket": "run/sock"}, "proxysql_mysql_socket is 'run/sock'; it is the path"),
        ({"proxysql_mysql_socket": "/run/a;b"}, "without spaces and semicolons"),
        ({"proxysql_mysql_socket": "/" + "x" * 107}, "at most 107 letters"),
        ({"proxysql_start_before": ["shop"]}, "proxysql_start_before has 'shop'; it is the whole name"),
        ({"proxysql_start_before": ["a.service\nExecStart=/bin/x"]}, "it is the whole name of a unit"),
        ({"proxysql_monitor_checks": -1}, "proxysql_monitor_checks must be 0 or more"),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, Any], said: str) -> None:
    assert any(said in line for line in planned(**given)["problems"])
    assert planned(proxysql_start_before=["shop@1.service", "shops.target"])["problems"] == []


def variables(found: dict[str, Any], host: str) -> dict[str, Any]:
    options = found["hosts"][host]["proxysql"]
    made: dict[str, Any] = declaration(options, None, {}, [])["variables"]
    return made


def test_monitors_ask_no_more_often_than_they_may() -> None:
    assert intervals(1000, 0) == intervals(3, 50) == {}
    made = intervals(102, 50)
    asked = sum(
        102 * 1000 / made[f"mysql-monitor_{name}_interval"]
        for name in ("connect", "ping", "read_only", "replication_lag")
    )
    assert checks(102) == pytest.approx(125.8, abs=0.1)
    assert asked == pytest.approx(50, abs=0.1)
    assert made["mysql-monitor_read_only_interval"] == 2516
    # whoever asks a cluster of another kind asks it as seldom
    assert made["mysql-monitor_galera_healthcheck_interval"] == 5 * made["mysql-monitor_read_only_interval"]


def test_intervals_are_the_same_on_all_nodes_and_given_ones_go_before() -> None:
    found = planned(proxysql_monitor_checks=1)
    read_only = {host: variables(found, host)["mysql-monitor_read_only_interval"] for host in found["hosts"]}
    assert len(set(read_only.values())) == 1 and read_only["core1"] == 3700
    own = {"mysql-monitor_read_only_interval": 1500}
    given = variables(planned(proxysql_monitor_checks=1, proxysql_global_variables=own), "sat1")
    assert given["mysql-monitor_read_only_interval"] == 1500
    assert given["mysql-monitor_ping_interval"] == 8 * 3700
    assert "mysql-monitor_read_only_interval" not in variables(planned(), "core1")
    # what a core asks of satellites is the same
    asked = {"hosts": ["core1", "core2", "sat1"]}
    over = plan(
        {host: {**EVERY, "ansible_host": f"192.0.2.{number}", "proxysql_monitor_checks": 1,
                "proxysql_status_over_ssh": "cores"}
         for number, host in enumerate(GROUPS["all"], 1)},
        GROUPS, Asked(playbook="status", **asked), "core1",
    )  # fmt: skip
    (declared,) = over["questions"]["declarations"]
    assert declared["variables"]["mysql-monitor_read_only_interval"] == 3700


def test_of_very_many_nodes_each_asks_the_cores_less_often() -> None:
    usual = {"admin-cluster_check_interval_ms": 150}
    assert check_interval(100, usual, usual) == {}
    assert check_interval(1000, usual, usual) == {"admin-cluster_check_interval_ms": 1500}
    assert check_interval(1000, {"admin-cluster_check_interval_ms": 200}, usual) == {}, "somebody's choice"
    assert check_interval(1000, {}, usual) == {}
    many = Inventory("application_hosts")
    assert variables(many.plan(), "shop001")["admin-cluster_check_interval_ms"] == 153
    assert variables(planned(), "sat1")["admin-cluster_check_interval_ms"] == 150


class Inventory:
    """One that is shipped, with passwords in place of those that are refused."""

    def __init__(self, name: str) -> None:
        loader = DataLoader()
        inventory = InventoryManager(loader, [str(INVENTORIES / name)])
        manager = VariableManager(loader, inventory)
        self.groups = {name: [str(host) for host in hosts] for name, hosts in _groups(inventory).items()}
        self.hostvars = {str(host): _filled(manager.get_vars(host=host)) for host in inventory.get_hosts()}

    def plan(self, playbook: str = "site") -> dict[str, Any]:
        asked = Asked(playbook=playbook, hosts=list(self.hostvars))
        return plan(self.hostvars, self.groups, asked, self.groups["proxysql_core"][0])


def _groups(inventory: InventoryManager) -> dict[str, list[Any]]:
    return {name: group.get_hosts() for name, group in inventory.groups.items()}


def _filled(value: Any) -> Any:
    """vault_x becomes a password."""
    if isinstance(value, dict):
        return {str(name): _filled(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_filled(each) for each in value]
    return re.sub(r"\{\{ vault_(\w+) \}\}", r"Secret-of-\1", value) if isinstance(value, str) else value


@pytest.mark.parametrize("name", sorted(each.parent.name for each in INVENTORIES.glob("*/hosts.yml")))
def test_every_inventory_that_is_shipped_can_be_planned(name: str) -> None:
    found = Inventory(name).plan()
    assert (found["problems"], found["warnings"]) == ([], [])
    assert found["cores"] == ["core1", "core2"]
    assert found["vips"] == ([] if name == "load_balancer" else ["192.0.2.100"])
    assert all(found["hosts"][core]["led"] for core in found["cores"])


@pytest.mark.parametrize("path", sorted(INVENTORIES.glob("databases/*.yml")), ids=lambda path: path.stem)
def test_every_example_of_databases_can_be_declared(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "databases-ca.pem").write_text(ROOT.pem)
    given = _filled(yaml.safe_load(path.read_text(encoding="utf-8")))
    found = planned(**given)
    assert given and found["problems"] == []
    assert not any("tls-without-ca" in each for each in found["warnings"])


def test_the_inventory_of_application_hosts() -> None:
    found = Inventory("application_hosts").plan()
    assert len(found["satellites"]) == 100
    shop, core = found["hosts"]["shop001"]["proxysql"], found["hosts"]["core1"]["proxysql"]
    assert shop["mysql_interfaces"] == ["127.0.0.1:6033", SOCKET]
    assert shop["start_before"] == ["shop.service"] and core["start_before"] == []
    assert core["mysql_interfaces"] == ["0.0.0.0:6033"]
    # cores are not in the path: of the databases a satellite has what a core has
    assert variables(found, "shop001")["mysql-monitor_read_only_interval"] == 2516
    assert Inventory("application_hosts").plan("status")["questions"]["nodes"][99]["login_host"] == "shop100"
