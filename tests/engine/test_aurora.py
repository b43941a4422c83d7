"""Aurora behind a real ProxySQL, simulated: a stand-in answers its monitor as Aurora would.

What no stand-in can show is Aurora itself: how long it takes to promote a reader, and what its connections
see meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import REAL, REAL_THREE
from databases import Database
from driver import sql
from proxysql_emulator.admin import Answer
from server import Server

# Instances are called INSTANCE + DOMAIN: with these all are addresses of this machine.
DOMAIN, INSTANCES = ".0.1", ("127.1", "127.2", "127.3")
ADDRESSES = [name + DOMAIN for name in INSTANCES]
COLUMNS = ["SERVER_ID", "SESSION_ID", "LAST_UPDATE_TIMESTAMP", "REPLICA_LAG_IN_MILLISECONDS", "CPU"]


class Aurora(Database):
    """All instances of a cluster. lag: milliseconds of each."""

    host = "0.0.0.0"

    def __init__(self) -> None:
        super().__init__()
        self.writer, self.lag = INSTANCES[0], dict.fromkeys(INSTANCES, 12)
        self.asked = 0

    def _answer(self, sql: bytes, user: str) -> Answer:
        if b"REPLICA_HOST_STATUS" not in sql.upper():
            return super()._answer(sql, user)
        self.asked += 1
        now = time.strftime("%Y-%m-%d %H:%M:%S")
        rows = [
            (name, "MASTER_SESSION_ID" if name == self.writer else f"session-{name}", now, self.lag[name], 1)
            for name in INSTANCES
            if name in self.lag
        ]
        return Answer(COLUMNS, rows)


@pytest.fixture
def aurora() -> Iterator[Aurora]:
    with Aurora() as made:
        yield made


@pytest.fixture(params=[REAL, REAL_THREE], ids=["2.7", "3.0"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """With a monitor."""
    if not request.param:
        pytest.skip("the emulator has no monitor, and no real one is named (PROXYSQL_BIN, PROXYSQL3_BIN)")
    made = Server(
        binary=request.param, mysql_variables={"monitor_username": "shop", "monitor_password": "old-word"}
    )
    text = made.cnf.read_text()
    made.cnf.write_text(text.replace("monitor_enabled=false", "monitor_enabled=true"))
    with made:
        yield made


def declared(aurora: Aurora) -> dict[str, list[dict[str, Any]]]:
    """One instance is declared, and the others are found by the monitor."""
    return {
        "mysql_servers": [{"hostgroup_id": 10, "hostname": ADDRESSES[0], "port": aurora.port}],
        "mysql_aws_aurora_hostgroups": [
            {
                "writer_hostgroup": 10, "reader_hostgroup": 20,
                "domain_name": DOMAIN, "aurora_port": aurora.port, "max_lag_ms": 1000,
                "check_interval_ms": 200, "check_timeout_ms": 180,
            }
        ],
    }  # fmt: skip


def placed(server: Server) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for group, name in sql(
        server, "SELECT hostgroup_id, hostname FROM runtime_mysql_servers WHERE status = 'ONLINE'"
    ):
        found.setdefault(str(group), set()).add(str(name))
    return found


def until(server: Server, wanted: dict[str, set[str]]) -> None:
    deadline = time.monotonic() + 20
    while placed(server) != wanted:
        assert time.monotonic() < deadline, placed(server)
        time.sleep(0.1)


def test_the_writer_changes_and_a_reader_lags(module: Any, server: Server, aurora: Aurora) -> None:
    one, two, three = ADDRESSES
    tables = declared(aurora)
    assert module("config", tables=tables)["changed"]
    until(server, {"10": {one}, "20": {two, three}})

    aurora.writer = INSTANCES[1]
    until(server, {"10": {two}, "20": {one, three}})
    # what the monitor has found is no drift
    assert not module("config", tables=tables, check=True)["changed"]
    assert not module("config", tables=tables)["changed"]
    until(server, {"10": {two}, "20": {one, three}})
    state = module("node_info")
    assert state["hostgroup_roles"] == {"10": "writer", "20": "reader"}
    assert two in {each["host"] for each in state["backends"] if each["hostgroup"] == "10"}

    aurora.lag[INSTANCES[2]] = 5000
    until(server, {"10": {two}, "20": {one}})
    aurora.lag[INSTANCES[2]] = 10
    until(server, {"10": {two}, "20": {one, three}})
