"""What keeps nodes apart, one trouble after the other on the same hosts.

In each: what the playbook status says of it, one run of site.yml, after which every node is as
declared, and a second run that changes nothing. Where packages and services have no part in the
trouble, both runs are with --tags configuration, a third as long.
"""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from helpers import INVENTORY, Cluster, Node, changes, full, lab, play, poll

DATABASE = "/var/lib/proxysql/proxysql.db"
SECTIONS = (
    "admin_variables",
    "mysql_query_rules",
    "mysql_servers_v2",
    "mysql_users",
    "mysql_variables",
    "proxysql_servers",
)
SWITCHED = (
    "admin_variables",
    "mysql_query_rules",
    "mysql_servers",
    "mysql_users",
    "mysql_variables",
    "proxysql_servers",
)
RULE = "SELECT destination_hostgroup FROM {} WHERE rule_id = 10"
Measure = Callable[[str, object], None]


def stamps(node: Node) -> dict[str, tuple[Any, ...]]:
    rows = node.admin("SELECT name, version, epoch, checksum FROM runtime_checksums_values")
    return {row["name"]: (int(row["version"]), int(row["epoch"]), row["checksum"]) for row in rows}


def rule(node: Node, layer: str = "runtime_mysql_query_rules") -> list[str]:
    return [row["destination_hostgroup"] for row in node.admin(RULE.format(layer))]


def change(node: Node, hostgroup: int) -> None:
    """By hand, as an operator would."""
    node.admin(f"UPDATE mysql_query_rules SET destination_hostgroup = {hostgroup} WHERE rule_id = 10")
    node.admin("LOAD MYSQL QUERY RULES TO RUNTIME")
    node.admin("SAVE MYSQL QUERY RULES TO DISK")


def on_all(nodes: list[Node], command: str) -> None:
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda node: node.run(command), nodes))


def restart(nodes: list[Node]) -> None:
    on_all(nodes, "systemctl restart proxysql")
    for node in nodes:
        poll(f"{node} answers", node.serves)


def status(said: str | None = None) -> str:
    """The playbook status: with nothing said it must find all healthy, else it must say that."""
    code, output = play("status")
    if said is None:
        assert code == 0, output
        assert "healthy: " in output
    else:
        assert code != 0, output
        assert said in output, output
    return output


def apart(nodes: list[Node]) -> list[str]:
    """Every section in which a node does not agree with the first."""
    first, *others = ({name: stamps(node)[name][2] for name in SECTIONS} for node in nodes)
    return [
        f"{node} does not agree on {name}"
        for node, other in zip(nodes[1:], others)
        for name in SECTIONS
        if other[name] != first[name]
    ]


def wrong(nodes: list[Node]) -> list[str]:
    """Every place where a node is not as declared, or does not agree with the first."""
    found = apart(nodes)
    for node in nodes:
        for layer in ("main.{}", "runtime_{}", "disk.{}"):
            if rule(node, layer.format("mysql_query_rules")) != ["20"]:
                found.append(f"{node} {layer}: rule 10")
            inactive = node.admin(f"SELECT 1 FROM {layer.format('mysql_query_rules')} WHERE rule_id = 20")
            users = {
                row["username"] for row in node.admin(f"SELECT username FROM {layer.format('mysql_users')}")
            }
            runtime = layer.startswith("runtime")
            if bool(inactive) is runtime or users != {"app"} | (set() if runtime else {"retired"}):
                found.append(f"{node} {layer}: inactive rows; users {users}")
            servers = node.admin(f"SELECT hostname FROM {layer.format('mysql_servers')} ORDER BY 1")
            if [row["hostname"] for row in servers] != ["192.0.2.31", "192.0.2.32"]:
                found.append(f"{node} {layer}: servers {servers}")
    return found


CONFIGURATION = ("--tags", "configuration")


def cured(nodes: list[Node], *arguments: str) -> str:
    """One site.yml, all as declared, and a second one that changes nothing and stamps no epoch."""
    code, first = play("site", *arguments)
    assert code == 0, first[-6000:]
    assert wrong(nodes) == [], first[-6000:]
    before = [stamps(node) for node in nodes]
    code, second = play("site", *arguments)
    assert code == 0, second[-6000:]
    assert changes(second) == []
    assert [stamps(node) for node in nodes] == before
    return first


def test_as_converged(cluster: Cluster, record_property: Measure) -> None:
    assert wrong(cluster.nodes) == []
    began = time.monotonic()
    assert changes(play("site")[1]) == []
    record_property("site.yml again, four nodes", f"{time.monotonic() - began:.1f} s")
    began = time.monotonic()
    status()
    record_property("status.yml", f"{time.monotonic() - began:.1f} s")


@full
def test_four_nodes_that_start_with_four_different_disks(cluster: Cluster) -> None:
    on_all(cluster.nodes, "systemctl stop proxysql")
    for number, node in enumerate(cluster.nodes, start=1):
        script = (
            f"import sqlite3; database = sqlite3.connect('{DATABASE}');"
            f"database.execute('UPDATE mysql_query_rules SET destination_hostgroup = {60 + number}');"
            f"database.execute('UPDATE mysql_servers SET weight = {number}'); database.commit()"
        )
        node.run(f"python3 -c {shlex.quote(script)}")
    restart(cluster.nodes)
    assert [rule(node) for node in cluster.nodes] == [["61"], ["62"], ["63"], ["64"]]
    status("version 1 doesn't allow sync")
    cured(cluster.nodes, *CONFIGURATION)


@full
def test_a_satellite_joins_after_all_cores_restarted(cluster: Cluster) -> None:
    joining = cluster.satellites[1]
    joining.run("systemctl stop proxysql && rm -f /var/lib/proxysql/proxysql.db* && systemctl start proxysql")
    restart(cluster.cores)
    assert {stamps(node)["mysql_users"][0] for node in cluster.cores} == {1}
    status("sat2 does not agree with core1")
    cured(cluster.nodes, *CONFIGURATION)


def test_a_core_that_was_down_during_two_changes_follows(cluster: Cluster) -> None:
    active, backup = cluster.cores
    active.run("systemctl stop proxysql")
    for hostgroup in (71, 72):
        change(backup, hostgroup)
        time.sleep(1.1)
    status("core1 gives no answer")
    before = stamps(backup)["mysql_query_rules"]
    active.run("systemctl start proxysql")
    poll("core1 follows", lambda: rule(active) == ["72"])
    # Nothing was loaded on the core that stayed: the old disk has not won for a moment.
    assert stamps(backup)["mysql_query_rules"] == before
    status("differs from what is declared")
    cured(cluster.nodes, *CONFIGURATION)


@full
def test_a_run_with_a_dead_core_goes_on_and_says_so(cluster: Cluster) -> None:
    active, backup = cluster.cores
    change(backup, 73)
    lab("cut", "cluster", active.name)
    try:
        code, output = play("site", *CONFIGURATION)
        assert code != 0
        assert "could not be reached: core1" in output
        assert wrong(cluster.nodes[1:]) == []
    finally:
        lab("heal", "cluster", active.name)
    # By itself it gets what the cluster carries; the inactive rows are for the next run.
    poll("core1 catches up by itself", lambda: not apart(cluster.nodes), seconds=40)
    assert rule(active) == ["20"]
    cured(cluster.nodes, *CONFIGURATION)


def test_both_cores_changed_in_one_second(cluster: Cluster) -> None:
    for attempt in range(20):
        time.sleep(1.05 - time.time() % 1)
        with ThreadPoolExecutor() as pool:
            list(pool.map(change, cluster.cores, (81 + attempt * 2, 82 + attempt * 2)))
        time.sleep(1.5)
        first, second = (stamps(node)["mysql_query_rules"] for node in cluster.cores)
        if first[1] == second[1] and first[2] != second[2]:
            break
    else:
        pytest.fail("the two cores never had equal epochs")
    status("equal epochs")
    cured(cluster.nodes, *CONFIGURATION)


@full
def test_conflicting_edits_on_both_sides_of_a_partition(cluster: Cluster) -> None:
    active, backup = cluster.cores
    lab("cut", "cluster", backup.name)
    try:
        change(active, 91)
        edit = (
            "import pymysql; c = pymysql.connect(host='127.0.0.1', port=6032, user='radmin',"
            f" password='{cluster.credentials['proxysql_admin_password']}', autocommit=None).cursor();"
            "c.execute('UPDATE mysql_query_rules SET destination_hostgroup = 92 WHERE rule_id = 10');"
            "c.execute('LOAD MYSQL QUERY RULES TO RUNTIME'); c.execute('SAVE MYSQL QUERY RULES TO DISK')"
        )
        time.sleep(1.1)
        lab("exec", "cluster", backup.name, "python3", "-c", edit)
        status("core2 gives no answer")
    finally:
        lab("heal", "cluster", backup.name)
    poll("the later edit wins", lambda: rule(active) == ["92"], seconds=40)
    cured(cluster.nodes, *CONFIGURATION)


@full
def test_a_wrong_cluster_password_on_one_node(cluster: Cluster) -> None:
    satellite = cluster.satellites[0]
    satellite.admin(
        "UPDATE global_variables SET variable_value = 'wrong' WHERE variable_name = 'admin-cluster_password'"
    )
    satellite.admin("LOAD ADMIN VARIABLES TO RUNTIME")
    satellite.admin("SAVE ADMIN VARIABLES TO DISK")
    restart([satellite])
    time.sleep(1.1)
    change(cluster.cores[0], 75)
    poll("core2 follows", lambda: rule(cluster.cores[1]) == ["75"])
    said = status("wrong cluster credentials")
    assert "sat1 does not agree" in said
    cured(cluster.nodes, *CONFIGURATION)


@full
def test_a_satellite_edited_by_hand(cluster: Cluster) -> None:
    change(cluster.satellites[0], 76)
    time.sleep(1)
    status("sat1:6032 was loaded after the leader".replace("sat1", cluster.satellites[0].address))
    cured(cluster.nodes, *CONFIGURATION)


@full
def test_pushed_to_every_node_while_sync_is_off(cluster: Cluster) -> None:
    """Each node by itself; then on again, which takes a push too: who does not follow cannot be told so."""
    off = {f"admin-cluster_{name}_diffs_before_sync": 0 for name in SWITCHED}
    declared = {**cluster.declared["proxysql_global_variables"], **off}
    push = {"proxysql_cluster_mode": "push", "proxysql_global_variables": declared}
    cured(cluster.nodes, *CONFIGURATION, "-e", json.dumps(push))
    for number, node in enumerate(cluster.nodes):
        change(node, 41 + number)
    time.sleep(2)
    assert [rule(node) for node in cluster.nodes] == [["41"], ["42"], ["43"], ["44"]]
    cured(cluster.nodes, *CONFIGURATION, "-e", json.dumps(push))
    cured(cluster.nodes, *CONFIGURATION, "-e", "proxysql_cluster_mode=push")
    change(cluster.cores[0], 45)
    poll("they follow again", lambda: [rule(node) for node in cluster.nodes] == [["45"]] * 4)
    cured(cluster.nodes, *CONFIGURATION)


def nothing_done_in_check_mode(cluster: Cluster, leaving: Node) -> None:
    """Check mode of remove_node tells what would be done, and does none of it."""

    def members() -> list[object]:
        return [
            node.admin("SELECT * FROM runtime_proxysql_servers ORDER BY hostname") for node in cluster.nodes
        ]

    before = members()
    code, output = play("remove_node", "--check", "-e", f"proxysql_remove_node_host={leaving}")
    assert code == 0, output[-6000:]
    told = {change.rpartition(" : ")[2] for change in changes(output) if change.startswith(f"{leaving}: ")}
    assert {"Empty proxysql_servers on the node", "Stop ProxySQL, now and at boot"} <= told, told
    assert members() == before
    service = leaving.infra.service("proxysql")
    assert service.is_running and service.is_enabled


@full
def test_a_satellite_leaves_and_comes_back(cluster: Cluster, tmp_path: Path) -> None:
    leaving = cluster.satellites[1]
    nothing_done_in_check_mode(cluster, leaving)
    code, output = play("remove_node", "-e", f"proxysql_remove_node_host={leaving}")
    assert code == 0, output[-6000:]
    assert not leaving.infra.service("proxysql").is_running
    read = f"sqlite3.connect('{DATABASE}').execute('SELECT * FROM proxysql_servers').fetchall()"
    assert leaving.run(f"python3 -c {shlex.quote(f'import sqlite3; print({read})')}") == "[]"
    with inventory_with(tmp_path, without=leaving.name) as shorter:
        assert play("status", inventory=shorter)[0] == 0
    cured(cluster.nodes)
    status()


@contextmanager
def inventory_with(tmp_path: Path, without: str = "", moved: dict[str, str] | None = None) -> Iterator[Path]:
    """The inventory, less a host, or with hosts at other addresses."""
    copy = tmp_path / "inventory"
    copy.mkdir()
    for entry in INVENTORY.iterdir():
        (copy / entry.name).symlink_to(entry.resolve())
    (copy / "hosts.yml").unlink(missing_ok=True)
    (copy / "hosts").unlink(missing_ok=True)
    content = yaml.safe_load((Path(__file__).parents[1] / "inventory/hosts.yml").read_text())
    for group in content["all"]["children"].values():
        group["hosts"] = {name: entry for name, entry in group["hosts"].items() if name != without}
        for name in group["hosts"].keys() & (moved or {}).keys():
            group["hosts"][name]["ansible_host"] = (moved or {})[name]
    (copy / "hosts.yml").write_text(yaml.safe_dump(content))
    yield copy


@full
def test_a_core_leaves_and_is_replaced(cluster: Cluster, tmp_path: Path) -> None:
    leaving = cluster.cores[1]
    staying = [node for node in cluster.nodes if node is not leaving]
    nothing_done_in_check_mode(cluster, leaving)
    code, output = play("remove_node", "-e", f"proxysql_remove_node_host={leaving}")
    assert code == 0, output[-6000:]
    for node in staying:
        rows = node.admin("SELECT hostname FROM runtime_proxysql_servers")
        assert {row["hostname"] for row in rows} == {cluster.cores[0].address}, node
    assert not leaving.infra.service("proxysql").is_running
    with inventory_with(tmp_path, without=leaving.name) as shorter:
        # What a first start would read names the cores too.
        output = play("site", *CONFIGURATION, inventory=shorter)[1]
        tasks = {changed.partition(": ")[2] for changed in changes(output)}
        assert tasks == {"mysqlha.proxysql.proxysql : Write /etc/proxysql.cnf"}
        assert play("status", inventory=shorter)[0] == 0
    # Another host takes its place and its address: nothing of the old one is left.
    lab("remove", "cluster", leaving.name)
    lab("up", "--name", "cluster", *[f"{node}:{node.address}" for node in cluster.nodes])
    code, output = play("site")
    assert code == 0, output[-6000:]
    assert wrong(cluster.nodes) == []
    assert changes(play("site", *CONFIGURATION)[1]) == []
    for node in cluster.nodes:
        rows = node.admin("SELECT hostname FROM runtime_proxysql_servers")
        assert {row["hostname"] for row in rows} == {core.address for core in cluster.cores}, node
    status()


@full
def test_a_dead_core_leaves_and_another_takes_its_place_elsewhere(cluster: Cluster, tmp_path: Path) -> None:
    dead, staying = cluster.cores[0], cluster.nodes[1:]
    lab("kill", "cluster", dead.name)
    code, output = play("remove_node", "-e", f"proxysql_remove_node_host={dead}")
    assert code == 0, output[-6000:]
    for node in staying:
        rows = node.admin("SELECT hostname FROM runtime_proxysql_servers")
        assert {row["hostname"] for row in rows} == {cluster.cores[1].address}, node
    lab("remove", "cluster", dead.name)
    address = f"{cluster.net}.15"
    lab("up", "--name", "cluster", f"{dead}:{address}", *[f"{node}:{node.address}" for node in staying])
    with inventory_with(tmp_path, moved={dead.name: address}) as moved:
        code, output = play("site", inventory=moved)
        assert code == 0, output[-6000:]
        nodes = [Node(dead.name, address, cluster.credentials), *staying]
        assert wrong(nodes) == []
        assert changes(play("site", *CONFIGURATION, inventory=moved)[1]) == []
        for node in nodes:
            rows = node.admin("SELECT hostname FROM runtime_proxysql_servers")
            assert {row["hostname"] for row in rows} == {address, cluster.cores[1].address}, node
        code, output = play("status", inventory=moved)
        assert code == 0, output
