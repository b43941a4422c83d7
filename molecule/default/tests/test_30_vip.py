"""The VIP: who holds it, what flows through it, and what happens when its holder goes."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from declared import differences
from helpers import Cluster, Node, poll

# Debian 13's client believes no certificate that a server made for itself.
CLIENT = "mariadb --defaults-group-suffix=-app --batch --skip-column-names --skip-ssl"


class Probe:
    """Clients at the VIP: probe.py in the background, and what it has seen."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self.good: list[float] = []
        self.failed = 0
        self.began = 0.0

    def __enter__(self) -> Probe:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("probe.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        assert self._process.stdin
        target = self._cluster.application(self._cluster.vip)
        print(json.dumps(target), file=self._process.stdin, flush=True)
        poll("queries flow before the test", lambda: len(self.good) > 10)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()
        self._reader.join()

    def _read(self) -> None:
        for row in self._process.stdout or []:
            moment, answered = row.split()
            if answered == "1":
                self.good.append(float(moment))
            else:
                self.failed += 1

    def gap(self) -> float:
        """The longest time between two answers since the fault."""
        times = sorted(moment for moment in self.good if moment >= self.began - 0.5)
        return max(after - before for before, after in zip(times, times[1:]))

    def __str__(self) -> str:
        return f"{self.gap():.2f} s ({self.failed} of {self.failed + len(self.good)} logins failed)"


def move(cluster: Cluster, act: Callable[[], Any], to: Node) -> Probe:
    """Do something that moves the VIP, and watch clients until it stood at its new holder for a second."""
    with Probe(cluster) as probe:
        probe.began = time.monotonic()
        act()
        # asking the hosts costs more than the probe itself; seldom is often enough
        poll(f"the VIP at {to}", lambda: cluster.holders() == [to], every=0.5)
        held = time.monotonic()
        poll("queries flow again", lambda: sum(moment > held + 1 for moment in probe.good) > 5)
    return probe


def test_the_active_core_alone_holds_the_vip(cluster: Cluster) -> None:
    assert poll("a VIP holder", cluster.holders) == [cluster.active]


def test_a_query_from_another_host_reaches_the_primary(cluster: Cluster) -> None:
    answer = cluster.replica.run(f"{CLIENT} --host {cluster.vip} --port 6033 --execute 'SELECT @@hostname'")
    assert answer == "db1"


def test_a_query_through_every_node_reaches_the_primary(cluster: Cluster) -> None:
    for node in cluster.nodes:
        assert cluster.ask("SELECT @@hostname", node.address) == ("db1",), node


def test_a_write_lands_on_the_primary_and_is_replicated(cluster: Cluster) -> None:
    token = uuid.uuid4().hex
    with cluster.app(cluster.vip) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS written (token CHAR(32) PRIMARY KEY)")
        cursor.execute("INSERT INTO written VALUES (%s)", (token,))
    for host in (cluster.primary, cluster.replica):

        def there(address: str = host.address) -> bool:
            with cluster.app(address, port=3306) as connection, connection.cursor() as cursor:
                cursor.execute("SELECT COUNT(*) FROM written WHERE token = %s", (token,))
                return cursor.fetchone() == (1,)

        poll(f"the row on {host}", there, seconds=10)


def test_the_backup_takes_over_and_hands_back(
    cluster: Cluster, record_property: Callable[[str, object], None]
) -> None:
    stopped = move(cluster, lambda: cluster.active.run("systemctl stop proxysql"), cluster.backup)
    record_property("ProxySQL stopped on the active core: no answer through the VIP for", stopped)
    assert not cluster.active.infra.service("proxysql").is_running
    assert cluster.ask("SELECT @@hostname") == ("db1",)
    assert stopped.gap() < 5

    started = move(cluster, lambda: cluster.active.run("systemctl start proxysql"), cluster.active)
    record_property("ProxySQL started there again: no answer through the VIP for", started)
    assert started.gap() < 5
    assert cluster.ask("SELECT @@hostname") == ("db1",)
    poll("the declared configuration everywhere", lambda: not differences(cluster), seconds=30)


@pytest.mark.parametrize("port", [6032, 6033])
def test_both_ports_answer_on_every_node(cluster: Cluster, port: int) -> None:
    for node in cluster.nodes:
        assert cluster.active.infra.addr(node.address).port(port).is_reachable, node
