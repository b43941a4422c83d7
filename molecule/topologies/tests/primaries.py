"""The primary of three servers changes while applications use them: the same for MariaDB and MySQL."""

from __future__ import annotations

import os
import signal
import statistics
import time
from pathlib import Path

import primary_change
from applications import Load
from groups import poll_roles
from helpers import Cluster, changes, played, poll, site, started
from kinds import Kind
from primary_change import TO, Measured, primary
from topology import drawn, roles

DEATHS = 5 if os.environ.get("FULL") else 1
EMERGENCY = ("-e", "proxysql_primary_switchover_emergency=true")


def back_and_forth(cluster: Cluster, kind: Kind, record_property: Measured) -> None:
    slowest = primary_change.back_and_forth(cluster, kind, record_property)
    # how long it takes is the real server's affair
    assert not cluster.active.is_real or (statistics.median(slowest) <= 0.6 and max(slowest) <= 1.5)


def is_drawn(cluster: Cluster, kind: Kind, folder: Path) -> None:
    first = primary(cluster, kind)
    drawn(
        folder,
        {
            f"{node.address}:3306": "writer" if node.address == first.address else "reader"
            for node in cluster.databases
        },
    )


def stays(cluster: Cluster, kind: Kind) -> None:
    new = next(node.address for node in cluster.databases if not kind.is_primary(node))
    played("primary_switchover", "-e", f"{TO}={new}")
    assert changes(site("--check")) == []
    assert changes(site()) == []
    assert primary(cluster, kind).address == new


def the_controller_dies(cluster: Cluster, kind: Kind) -> None:
    """While statements are held. What was begun is finished, or taken back, and no statement fails."""
    old = primary(cluster, kind)
    new = next(node for node in cluster.databases if node is not old)
    held = "SELECT 1 FROM runtime_mysql_servers WHERE hostgroup_id = 10 AND status = 'OFFLINE_SOFT'"
    with Load(cluster) as load:
        time.sleep(1)
        run = started("primary_switchover", "-e", f"{TO}={new.address}")
        poll("statements wait", lambda: cluster.active.admin(held), 60, every=0)
        os.killpg(run.pid, signal.SIGKILL)
        run.communicate()
        poll("nobody waits any more", lambda: not cluster.active.admin(held), 30)
        time.sleep(3)
    assert not load.failed, load.failed[:5]
    there = kind.sql(primary(cluster, kind), "SELECT id FROM acknowledged").split()
    assert not set(load.written) - set(map(int, there))
    now = primary(cluster, kind)
    assert now in (old, new)
    assert changes(site()) == []
    played("primary_switchover", "-e", f"{TO}={(old if now is new else new).address}")


def dead_primary(cluster: Cluster, kind: Kind, record_property: Measured) -> None:
    gaps = []
    for number in range(DEATHS):
        gaps.append(_dies(cluster, kind))
        print(f"{number}: {gaps[-1]:.1f} s from a death to writes")
    record_property("seconds from a death to writes, median", round(statistics.median(gaps), 1))
    record_property("seconds from a death to writes, most", round(max(gaps), 1))


def _dies(cluster: Cluster, kind: Kind) -> float:
    """Seconds until writes flow again, with both runs of the playbook. The dead one becomes a replica."""
    dead = primary(cluster, kind)
    kind.die(dead)
    began = time.monotonic()
    asked = played("primary_switchover", *EMERGENCY, fails=True)
    word = asked.partition("Say confirm: ")[2].split()[0]
    played("primary_switchover", *EMERGENCY, "-e", f"proxysql_primary_switchover_confirm={word}")
    poll("a write", lambda: cluster.ask("INSERT INTO carts VALUES (NULL)") == ())
    gap = time.monotonic() - began
    alive = [node for node in cluster.databases if node is not dead]
    (new,) = [node for node in alive if kind.is_primary(node)]
    assert word == f"{new.address}:3306"
    # it comes back as its file says, and is not written to
    dead.run(f"systemctl start {kind.service}")
    time.sleep(3)
    assert [roles(node).get("10") for node in cluster.nodes] == [{new.address}] * len(cluster.nodes)
    kind.rejoin(dead, new, cluster.credentials["lab_repl_password"])
    count = "SELECT COUNT(*) FROM carts"
    poll("it has what was written", lambda: kind.sql(dead, count) == kind.sql(new, count))
    # as it is declared again
    site("--tags", "configuration")
    poll_roles(cluster, "a replica again", {"10": {new.address}})
    return gap
