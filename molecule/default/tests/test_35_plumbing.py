"""What ties ProxySQL to the VIP may be missing, held or hang: ProxySQL comes and goes all the same.

On the backup core, where no client notices."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from helpers import Cluster, Node, poll

STATE = "/etc/keepalived/proxysql-state"
FILE = "/run/proxysql-vip/proxysql"


@pytest.fixture
def core(cluster: Cluster) -> Iterator[Node]:
    core = cluster.backup
    yield core
    core.run("[ ! -d /var/tmp/away ] || { rm -rf /etc/keepalived; mv /var/tmp/away /etc/keepalived; }")
    core.run(
        "systemctl stop lab-holder 2>/dev/null; systemctl restart proxysql; systemctl restart proxysql-watch"
    )
    poll("nothing speaks against it", lambda: core.run(f"{STATE} show").count('"value": 0') == 7)


def timed(node: Node, command: str) -> float:
    began = time.monotonic()
    node.run(command)
    return time.monotonic() - began


def restarts(node: Node) -> str:
    return node.run("systemctl show proxysql --property SubState,NRestarts --value").replace("\n", " ")


def test_nobody_can_hold_the_lock(core: Node) -> None:
    core.run("test -e /run/proxysql-vip/lock/lock")
    taken = core.infra.run("runuser -u nobody -- flock --nonblock /run/proxysql-vip/lock/lock true")
    assert taken.rc != 0 and "Permission denied" in taken.stderr, taken


def test_a_lock_that_is_held_stops_nothing(core: Node) -> None:
    core.run("systemd-run --quiet --unit lab-holder flock /run/proxysql-vip/lock/lock sleep 600")
    assert timed(core, "systemctl stop proxysql") < 8
    assert core.run(f"head -n 1 {FILE}") == "-254"
    assert timed(core, "systemctl start proxysql") < 8
    assert core.run(f"head -n 1 {FILE}") == "0"
    assert restarts(core) == "0 running"


@pytest.mark.parametrize("instead", ["missing", "exit 1", "sleep 600", "kill -9 $$"])
def test_a_script_that_is_missing_fails_or_hangs_stops_nothing(core: Node, instead: str) -> None:
    core.run("mv /etc/keepalived /var/tmp/away")
    if instead != "missing":
        core.run(f"mkdir /etc/keepalived; printf '#!/bin/sh\\n{instead}\\n' >{STATE}; chmod 755 {STATE}")
    before = core.run("systemctl show proxysql --property MainPID --value")
    assert timed(core, "systemctl restart proxysql") < 25
    after = core.run("systemctl show proxysql --property MainPID --value")
    assert before != after
    time.sleep(3)
    assert restarts(core) == "0 running"
    assert core.run("systemctl show proxysql --property MainPID --value") == after
    assert core.serves()


def test_the_collector_can_read_the_metrics_and_anybody_the_reasons(core: Node) -> None:
    core.run("runuser -u nobody -- cat /run/proxysql-vip/keepalived/proxysql_vip.prom")
    for purpose in ("preference", "maintenance", "switchover"):
        core.run(f"runuser -u nobody -- cat /var/lib/proxysql-vip/{purpose}")


def test_keepalived_is_restarted_with_its_limits(cluster: Cluster, core: Node) -> None:
    """It sets the address, tells the journal and runs scripts as another user."""
    core.run("systemctl restart keepalived")
    poll("it listens again", lambda: "BACKUP" in core.run(f"{STATE} show"))
    said = core.run("journalctl -q -t proxysql-vip -o cat -n 1")
    assert said.startswith("instance proxysql: "), said
    assert cluster.holders() == [cluster.active]
