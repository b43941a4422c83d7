"""The primary changes while applications use it, and no statement fails."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable

from applications import Load
from helpers import Cluster, Node, played, poll
from kinds import Kind

SWITCHES = 10 if os.environ.get("FULL") else 2
TO = "proxysql_primary_switchover_to"

Measured = Callable[[str, object], None]


def primary(cluster: Cluster, kind: Kind) -> Node:
    (found,) = [node for node in cluster.databases if kind.is_primary(node)]
    return found


def make_tables(cluster: Cluster, kind: Kind) -> None:
    first = primary(cluster, kind)
    kind.sql(first, "CREATE TABLE IF NOT EXISTS acknowledged (id BIGINT PRIMARY KEY, times INT NOT NULL)")
    kind.sql(first, "CREATE TABLE IF NOT EXISTS carts (id BIGINT AUTO_INCREMENT PRIMARY KEY)")
    for node in cluster.databases:
        poll("the tables everywhere", lambda node=node: kind.sql(node, "SHOW TABLES LIKE 'carts'") == "carts")


def back_and_forth(cluster: Cluster, kind: Kind, record_property: Measured, address: str = "") -> list[float]:
    """Of each change, for how many seconds the slowest statement has waited.

    address: where applications log in, the virtual IP unless told otherwise.
    """
    slowest, names = [], [node.address for node in cluster.databases]
    with Load(cluster, address) as load:
        time.sleep(3)
        start, asked_before, written_before = time.monotonic(), load.asked, len(load.written)
        for number in range(SWITCHES):
            new = names[(names.index(primary(cluster, kind).address) + 1) % len(names)]
            load.slowest, asked, began = 0.0, load.asked, time.monotonic()
            output = played("primary_switchover", "-e", f"{TO}={new}")
            assert f"{new}:3306 is the primary instead of" in output, output
            slowest.append(load.slowest)
            rate = round((load.asked - asked) / (time.monotonic() - began))
            print(f"{number}: {new}, slowest {load.slowest:.3f} s, {rate} statements a second")
            assert not load.failed, load.failed[:5]
            assert primary(cluster, kind).address == new
        took = time.monotonic() - start
        record_property("statements a second", round((load.asked - asked_before) / took))
        record_property("rows written a second", round((len(load.written) - written_before) / took))
    assert not load.failed, load.failed[:5]
    there = kind.sql(primary(cluster, kind), "SELECT id FROM acknowledged").split()
    doubled = kind.sql(primary(cluster, kind), "SELECT COUNT(*) FROM acknowledged WHERE times > 1")
    assert not set(load.written) - set(map(int, there)) and doubled == "0"
    record_property("statements", load.asked)
    record_property("changes of the primary", len(slowest))
    record_property("slowest statement, median", round(statistics.median(slowest), 3))
    record_property("slowest statement, most", round(max(slowest), 3))
    return slowest
