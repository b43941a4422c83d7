"""What is done to the cluster, and how it is undone."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pymysql
from helpers import CHECKOUT, INVENTORY, NAME, SCENARIO, Cluster, Node, lab, poll


def inside(node: Node, command: str, check: bool = True) -> str:
    """As root in the host, by a way that needs no network of it."""
    return lab("exec", NAME, node.name, "sh", "-c", command, check=check)


@dataclass
class Fault:
    """inject and heal get the cluster and the active core. moves: the VIP goes to another host.

    two_holders: while it lasts two hosts may hold the VIP. silent: nobody can serve while it lasts.
    """

    name: str
    inject: Callable[[Cluster, Node], Any]
    heal: Callable[[Cluster, Node], Any] = lambda cluster, node: None
    moves: bool = True
    two_holders: bool = False
    silent: bool = False
    before: Callable[[Cluster, Node], Any] = lambda cluster, node: None
    after: Callable[[Cluster, Node], Any] = lambda cluster, node: None
    lasts: float = 2.0


def shell(command: str) -> Callable[[Cluster, Node], Any]:
    return lambda cluster, node: inside(node, command)


def on_lab(command: str) -> Callable[[Cluster, Node], Any]:
    return lambda cluster, node: lab(command, NAME, node.name)


def admin(statement: str) -> Callable[[Cluster, Node], Any]:
    return lambda cluster, node: node.admin(statement)


# -- a full disk: the data folder on a small file system of its own

DATA = "/var/lib/proxysql"


def small_disk(cluster: Cluster, node: Node) -> None:
    inside(
        node,
        f"systemctl stop proxysql && cp -a {DATA} {DATA}.kept && mount -t tmpfs -o size=24m tmpfs {DATA}"
        f" && cp -a {DATA}.kept/. {DATA}/ && chown proxysql:proxysql {DATA} && systemctl start proxysql",
    )


def fill_disk(cluster: Cluster, node: Node) -> None:
    inside(node, f"dd if=/dev/zero of={DATA}/filler bs=64k 2>/dev/null; test $(stat -f -c %a {DATA}) = 0")
    # it may well say that the disk is full
    with contextlib.suppress(pymysql.Error):
        node.admin("SAVE MYSQL SERVERS TO DISK")


def usual_disk(cluster: Cluster, node: Node) -> None:
    inside(
        node,
        f"systemctl stop proxysql && cp -a {DATA}/. {DATA}.kept/ && umount {DATA}"
        f" && cp -a {DATA}.kept/. {DATA}/ && rm -r {DATA}.kept && systemctl start proxysql",
    )


# -- both cores down


def both_down(cluster: Cluster, node: Node) -> None:
    for core in cluster.cores:
        inside(core, "systemctl stop proxysql")
    time.sleep(1)
    inside(cluster.backup, "systemctl start proxysql")


# -- the primary moves behind the proxy while the playbook runs


def sql(node: Node, statement: str) -> str:
    return node.run(f"mariadb --batch --skip-column-names --execute {quoted(statement)}")


def quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def switch_primary(cluster: Cluster, node: Node) -> None:
    """read_only on, the replica catches up, read_only off there, the roles swapped."""
    playbook = subprocess.Popen(
        ["ansible-playbook", "--inventory", str(INVENTORY), str(CHECKOUT / "playbooks" / "site.yml")],
        cwd=SCENARIO,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    time.sleep(5)
    old, new = cluster.primary, cluster.replica
    secret = cluster.credentials["lab_repl_password"]
    sql(old, "SET GLOBAL read_only = 1")
    position = sql(old, "SELECT @@global.gtid_binlog_pos")
    assert sql(new, f"SELECT MASTER_GTID_WAIT('{position}', 20)") == "0", "the replica did not catch up"
    sql(new, "STOP SLAVE; RESET SLAVE ALL; SET GLOBAL read_only = 0")
    sql(
        old,
        f"SET GLOBAL gtid_slave_pos = '{position}'; CHANGE MASTER TO MASTER_HOST = '{new.address}',"
        f" MASTER_USER = 'repl', MASTER_PASSWORD = '{secret}', MASTER_USE_GTID = slave_pos,"
        " MASTER_CONNECT_RETRY = 1; START SLAVE",
    )
    cluster.primary, cluster.replica = new, old
    printed = playbook.communicate(timeout=300)[0]
    assert playbook.returncode == 0, f"site.yml failed while the primary moved:\n{printed[-4000:]}"


KILL = "kill -9 $(pidof {})"
# whatever its processes are called: the emulator's are python3
SIGNAL = "systemctl kill --signal={} proxysql"
FAULTS = [
    # back by itself, and with it the VIP, before one has looked
    Fault(
        "worker killed",
        shell("kill -9 $(pgrep -x -n proxysql || systemctl show -P MainPID proxysql)"),
        moves=False,
    ),
    Fault(
        "all of ProxySQL killed",
        shell(SIGNAL.format("KILL")),
        shell("systemctl start proxysql"),
        moves=False,
    ),
    Fault("service stopped", shell("systemctl stop proxysql"), shell("systemctl start proxysql")),
    Fault("hang (SIGSTOP)", shell(SIGNAL.format("STOP")), shell(SIGNAL.format("CONT"))),
    # 2.7.1 that was busy does not come back from RESUME: some of its threads stay deaf
    Fault("PROXYSQL PAUSE", admin("PROXYSQL PAUSE"), shell("systemctl restart proxysql")),
    Fault("host killed", on_lab("kill"), on_lab("start")),
    Fault("network cut", on_lab("cut"), on_lab("heal"), two_holders=True),
    Fault(
        "keepalived killed",
        shell(KILL.format("keepalived")),
        shell("systemctl start keepalived"),
        moves=False,
    ),
    Fault("keepalived stopped", shell("systemctl stop keepalived"), shell("systemctl start keepalived")),
    Fault(
        "disk full",
        fill_disk,
        shell(f"rm {DATA}/filler"),
        moves=False,
        before=small_disk,
        after=usual_disk,
    ),
    Fault("both down then one back", both_down, shell("systemctl start proxysql"), silent=True),
    Fault("primary switched during site.yml", switch_primary, moves=False),
]
BY_NAME = {fault.name: fault for fault in FAULTS}


def holders(cluster: Cluster) -> list[Node]:
    """Hosts that have the VIP now, those asked that are cut off too."""
    found = []
    for node in cluster.cores:
        if f" {cluster.vip}/" in inside(node, "ip -4 -o address show dev eth0", check=False):
            found.append(node)
    return found


def settled(cluster: Cluster, clients: Any, seconds: float = 40) -> None:
    """The preferred core holds the VIP again, alone, and clients are served."""
    poll(f"the VIP at {cluster.active}", lambda: holders(cluster) == [cluster.active], seconds, 0.3)
    poll("steady answers", clients.steady, seconds)
