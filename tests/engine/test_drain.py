"""Backends taken out and put back, on a running server."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._catalog.tables import TABLES
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.errors import DeclarationError
from ansible_collections.mysqlha.proxysql.plugins.module_utils._section.apply import How, Outcome, apply
from ansible_collections.mysqlha.proxysql.plugins.module_utils._section.tables import TableWork, want_table
from ansible_collections.mysqlha.proxysql.plugins.module_utils._server.admin import Admin
from ansible_collections.mysqlha.proxysql.plugins.module_utils._tasks.run_drain import STATUS, matching, wait
from driver import layers, login, run, sql
from server import Server

ROWS = [
    {"hostgroup_id": 10, "hostname": "127.0.0.1", "port": 3301, "comment": "one"},
    {"hostgroup_id": 20, "hostname": "127.0.0.1", "port": 3301, "comment": "one, reading"},
    {"hostgroup_id": 20, "hostname": "127.0.0.1", "port": 3302, "weight": 7},
]


def drain(server: Server, state: str, **which: Any) -> Outcome:
    with Admin(login(server)) as admin:
        rows = matching(admin, [{"hostname": "127.0.0.1", **which}], STATUS[state])
        work = TableWork(admin, want_table(TABLES["mysql_servers"], rows, "merged", None), rows)
        return apply(admin, [work], How())


def statuses(server: Server, layer: str) -> dict[tuple[int, int], str]:
    return {(key[0], key[2]): row["status"] for key, row in layers(server, "mysql_servers")[layer].items()}


def test_drained_in_every_layer_and_back(server: Server) -> None:
    run(server, {"mysql_servers": ROWS})
    before = layers(server, "mysql_servers")
    assert drain(server, "drained", port=3301).changed
    for layer in ("memory", "runtime", "disk"):
        assert statuses(server, layer) == {
            (10, 3301): "OFFLINE_SOFT",
            (20, 3301): "OFFLINE_SOFT",
            (20, 3302): "ONLINE",
        }, layer
    assert not drain(server, "drained", port=3301).changed
    assert drain(server, "online", port=3301).changed
    assert layers(server, "mysql_servers") == before


def test_one_hostgroup_only(server: Server) -> None:
    run(server, {"mysql_servers": ROWS})
    drain(server, "drained", port=3301, hostgroup_id=20)
    assert statuses(server, "runtime")[(10, 3301)] == "ONLINE"
    assert statuses(server, "runtime")[(20, 3301)] == "OFFLINE_SOFT"


@pytest.mark.parametrize("which", [{"port": 3399}, {"port": 3302, "hostgroup_id": 10}])
def test_an_unknown_server_is_an_error_and_nothing_is_written(server: Server, which: dict[str, int]) -> None:
    run(server, {"mysql_servers": ROWS})
    before = layers(server, "mysql_servers")
    with pytest.raises(DeclarationError, match=r"there is no row 127\.0\.0\.1:33"):
        drain(server, "drained", **which)
    assert layers(server, "mysql_servers") == before


def test_waits_until_the_pool_says_so(server: Server) -> None:
    run(server, {"mysql_servers": ROWS})
    one = [("127.0.0.1", 3301)]
    with Admin(login(server)) as admin:
        left = wait([admin], one, "OFFLINE_SOFT", time.monotonic() + 0.3)
        assert {(row["hostgroup_id"], row["status"]) for row in left} == {(10, "ONLINE"), (20, "ONLINE")}
        later = threading.Timer(0.5, drain, (server, "drained"), {"port": 3301})
        later.start()
        began = time.monotonic()
        assert wait([admin], one, "OFFLINE_SOFT", time.monotonic() + 10) == []
        assert 0.4 < time.monotonic() - began < 8
        later.join()
    assert sql(server, "SELECT COUNT(*) FROM mysql_servers WHERE status = 'OFFLINE_SOFT'") in (
        [("2",)],
        [(2,)],
    )
