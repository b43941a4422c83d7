"""The playbooks for planned work, under the same load.

No login may fail, but one that is half done in the very millisecond in which the VIP moves: what it
says next comes to a host that knows nothing of it. With 50 logins a second few moves meet one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from chaos import Chaos
from faults import holders, inside, settled
from helpers import changes, full, played, poll


@pytest.fixture
def calm(chaos: Chaos) -> Iterator[Chaos]:
    settled(chaos.cluster, chaos.clients)
    yield chaos
    for core in chaos.cluster.cores:
        inside(core, "/etc/keepalived/proxysql-state prefer 0 test")
    settled(chaos.cluster, chaos.clients)


@pytest.mark.parametrize("number", [1, *(pytest.param(number, marks=full) for number in range(2, 6))])
def test_switchover_and_back(
    calm: Chaos, number: int, record_property: Callable[[str, object], None]
) -> None:
    cluster, begin = calm.cluster, time.monotonic()
    output = played("switchover")
    assert holders(cluster) == [cluster.backup]
    assert changes(output) == [f"{cluster.active}: Set this host back"] or any(
        "Set this host back" in change for change in changes(output)
    )
    played("switchover", "-e", f"switchover_to={cluster.active}")
    poll("the VIP back", lambda: holders(cluster) == [cluster.active])
    seen = calm.clients.seen(begin, time.monotonic())
    record_property("switchover and back", seen)
    assert seen.failed <= 1 and seen.gap < 0.1, seen


@full
def test_switchover_to_a_sick_core_is_refused(calm: Chaos) -> None:
    cluster = calm.cluster
    inside(cluster.backup, "systemctl stop proxysql")
    begin = time.monotonic()
    output = played("switchover", "-e", f"switchover_to={cluster.backup}", fails=True)
    assert "is not healthy: ProxySQL is not running" in output
    assert holders(cluster) == [cluster.active]
    assert calm.clients.seen(begin, time.monotonic()).failed == 0
    inside(cluster.backup, "systemctl start proxysql")


@full
def test_a_second_switchover_changes_nothing(calm: Chaos) -> None:
    cluster = calm.cluster
    played("switchover", "-e", f"switchover_to={cluster.backup}")
    assert changes(played("switchover", "-e", f"switchover_to={cluster.backup}")) == []
    assert holders(cluster) == [cluster.backup]


@full
def test_maintenance(calm: Chaos) -> None:
    cluster, begin = calm.cluster, time.monotonic()
    output = played("maintenance", "-e", f"maintenance_host={cluster.active}")
    assert f"{cluster.active} is out. 0 connections are left" in output
    assert holders(cluster) == [cluster.backup]
    # the other one has nobody to give it to
    output = played("maintenance", "-e", f"maintenance_host={cluster.backup}", fails=True)
    assert "No other host of proxysql_core can take the virtual IP" in output
    played("maintenance", "-e", f"maintenance_host={cluster.active}", "-e", "maintenance=back")
    assert holders(cluster) == [cluster.active]
    assert calm.clients.seen(begin, time.monotonic()).gap < 0.5


@full
def test_rolling_restart(calm: Chaos, record_property: Callable[[str, object], None]) -> None:
    cluster, begin = calm.cluster, time.monotonic()
    before = cluster.processes()
    played("rolling_restart")
    assert all(new != old for new, old in zip(cluster.processes(), before))
    seen = calm.clients.seen(begin, time.monotonic())
    record_property("rolling restart", seen)
    assert seen.failed <= 1 and seen.gap < 0.1, seen
    assert calm.clients.lost(cluster.primary) == []
