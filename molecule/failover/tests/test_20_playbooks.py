"""The playbooks for planned work, under the same load.

No login may fail, but one that is half done in the very millisecond in which the VIP moves: what it
says next comes to a host that knows nothing of it. With 50 logins a second few moves meet one.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

import pytest
from chaos import Chaos
from faults import holders, inside, settled
from helpers import NAME, Node, changes, full, lab, played, poll


@pytest.fixture
def calm(chaos: Chaos) -> Iterator[Chaos]:
    settled(chaos.cluster, chaos.clients)
    yield chaos
    for core in chaos.cluster.cores:
        for purpose in ("", "maintenance", "switchover", "restart"):
            inside(core, f"/etc/keepalived/proxysql-state prefer 0 test {purpose}")
    settled(chaos.cluster, chaos.clients)


@pytest.mark.parametrize("number", [1, *(pytest.param(number, marks=full) for number in range(2, 6))])
def test_switchover_and_back(
    calm: Chaos, number: int, record_property: Callable[[str, object], None]
) -> None:
    cluster, begin = calm.cluster, time.monotonic()
    output = played("switchover")
    assert holders(cluster) == [cluster.backup]
    assert changes(output) == [f"{cluster.active}: Lower the priority of this host"] or any(
        "Lower the priority of this host" in change for change in changes(output)
    )
    played("switchover", "-e", f"proxysql_switchover_to={cluster.active}")
    poll("the VIP back", lambda: holders(cluster) == [cluster.active])
    seen = calm.clients.seen(begin, time.monotonic())
    record_property("switchover and back", seen)
    # a move that is not a planned one takes longer; a busy machine is let off
    assert seen.failed <= 1 and seen.gap < 1, seen


@full
def test_planned_work_needs_no_database(calm: Chaos) -> None:
    """Nor a user on the databases: the watcher's, as in the shipped example, is ProxySQL's alone."""
    cluster = calm.cluster
    databases = [cluster.primary, cluster.replica]
    for database in databases:
        lab("cut", NAME, database.name)
    try:
        played("switchover")
        assert holders(cluster) == [cluster.backup]
        played("switchover", "-e", f"proxysql_switchover_to={cluster.active}")
        assert holders(cluster) == [cluster.active]
        played(
            "maintenance",
            "-e",
            f"proxysql_maintenance_host={cluster.active}",
            "-e",
            "proxysql_maintenance_timeout=1",
        )
        assert holders(cluster) == [cluster.backup]
        played(
            "maintenance",
            "-e",
            f"proxysql_maintenance_host={cluster.active}",
            "-e",
            "proxysql_maintenance_state=back",
        )
        assert holders(cluster) == [cluster.active]
    finally:
        for database in databases:
            lab("heal", NAME, database.name)


@full
def test_check_mode_says_what_would_be_done_and_does_nothing(calm: Chaos) -> None:
    cluster, before = calm.cluster, calm.cluster.processes()
    aside = f"{cluster.active}: Lower the priority of this host"
    out = ("-e", f"proxysql_maintenance_host={cluster.active}")
    for name, *arguments in (
        ("switchover",),
        ("maintenance", *out),
        ("rolling_restart",),
        ("rolling_upgrade",),
    ):
        output = played(name, "--check", *arguments)
        found = [change.rpartition(": ")[2] for change in changes(output)]
        assert (aside.rpartition(": ")[2] in found) == (name != "rolling_upgrade"), (name, found)
        assert f"{cluster.vip} is on {cluster.active}" in output, name
    back = played("maintenance", "--check", *out, "-e", "proxysql_maintenance_state=back")
    assert changes(back) == []
    assert cluster.processes() == before
    assert numbers(cluster.active) == numbers(cluster.backup) == {}
    assert holders(cluster) == [cluster.active]


def numbers(core: Node) -> dict[str, int]:
    """What speaks against it."""
    files = json.loads(inside(core, "/etc/keepalived/proxysql-state show"))["files"]
    return {name: file["value"] for name, file in files.items() if file["value"]}


@full
def test_what_somebody_wished_outlives_a_rolling_restart(calm: Chaos) -> None:
    cluster = calm.cluster
    played("switchover", "-e", f"proxysql_switchover_to={cluster.backup}")
    wished = numbers(cluster.active)
    assert list(wished) == ["switchover"]
    played("rolling_restart")
    assert numbers(cluster.active) == wished and numbers(cluster.backup) == {}
    assert holders(cluster) == [cluster.backup]
    # the other one is in maintenance then, and there is nobody who could take over
    played("maintenance", "-e", f"proxysql_maintenance_host={cluster.active}")
    before = cluster.processes()
    output = played("rolling_restart", fails=True)
    assert f"{cluster.backup} holds the virtual IP, and no other core can take it" in output
    assert f"{cluster.active}: maintenance" in output
    assert cluster.processes() == before
    assert numbers(cluster.active) == {"maintenance": -254, **wished}
    played(
        "maintenance",
        "-e",
        f"proxysql_maintenance_host={cluster.active}",
        "-e",
        "proxysql_maintenance_state=back",
    )
    assert numbers(cluster.active) == wished
    played("switchover", "-e", f"proxysql_switchover_to={cluster.active}")
    assert numbers(cluster.active) == numbers(cluster.backup) == {}


@full
def test_switchover_to_a_sick_core_is_refused(calm: Chaos) -> None:
    cluster = calm.cluster
    inside(cluster.backup, "systemctl stop proxysql")
    begin = time.monotonic()
    output = played("switchover", "-e", f"proxysql_switchover_to={cluster.backup}", fails=True)
    assert "is not healthy: ProxySQL is not running" in output
    assert holders(cluster) == [cluster.active]
    assert calm.clients.seen(begin, time.monotonic()).failed == 0
    inside(cluster.backup, "systemctl start proxysql")


@full
def test_a_second_switchover_changes_nothing(calm: Chaos) -> None:
    cluster = calm.cluster
    played("switchover", "-e", f"proxysql_switchover_to={cluster.backup}")
    assert changes(played("switchover", "-e", f"proxysql_switchover_to={cluster.backup}")) == []
    assert holders(cluster) == [cluster.backup]


@full
def test_maintenance(calm: Chaos) -> None:
    cluster, begin = calm.cluster, time.monotonic()
    output = played("maintenance", "-e", f"proxysql_maintenance_host={cluster.active}")
    assert f"{cluster.active} is out. 0 connections are left" in output
    assert holders(cluster) == [cluster.backup]
    # the other one has nobody to give it to
    output = played("maintenance", "-e", f"proxysql_maintenance_host={cluster.backup}", fails=True)
    assert "No other core can take the virtual IP" in output
    played(
        "maintenance",
        "-e",
        f"proxysql_maintenance_host={cluster.active}",
        "-e",
        "proxysql_maintenance_state=back",
    )
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
    # a move that is not a planned one takes longer; a busy machine is let off
    assert seen.failed <= 1 and seen.gap < 1, seen
    assert calm.clients.lost(cluster.primary) == []
