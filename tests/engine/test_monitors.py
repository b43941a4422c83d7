"""How often a monitor asks a database is what the plan reckons with. The emulator has no monitor."""

from __future__ import annotations

import os
import time
from collections import Counter

import pytest
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._site.spread import checks, intervals
from databases import Database
from proxysql_emulator.admin import Answer
from server import Server

pytestmark = pytest.mark.skipif(
    not os.environ.get("PROXYSQL_BIN"), reason="needs the real ProxySQL: the emulator has no monitor"
)
SECONDS = 16


class _Counting(Database):
    def __init__(self) -> None:
        super().__init__()
        self.asked: Counter[str] = Counter()

    def _answer(self, sql: bytes, user: str) -> Answer:
        self.asked["read_only" if b"read_only" in sql else "other"] += 1
        return super()._answer(sql, user)


def asked(variables: dict[str, int]) -> tuple[Counter[str], int]:
    """Statements of the monitor of one node, and its pings, which are none."""
    monitor = {"monitor_username": "shop", "monitor_password": "old-word"}
    monitor.update({name.removeprefix("mysql-"): value for name, value in variables.items()})
    with _Counting() as database:
        place = f'address="{database.host}" port={database.port}'
        server = Server(
            mysql_variables=monitor,
            tables=f"mysql_servers=({{{place} hostgroup=10 max_replication_lag=10}})\n"
            "mysql_replication_hostgroups=({writer_hostgroup=10 reader_hostgroup=20})\n",
        )
        text = server.cnf.read_text()
        server.cnf.write_text(text.replace("monitor_enabled=false", "monitor_enabled=true"))
        with server:
            time.sleep(2)
            database.asked.clear()
            time.sleep(SECONDS)
            with server.connect(ssl_disabled=True) as link, link.cursor() as cursor:
                cursor.execute("SELECT COUNT(*) FROM monitor.mysql_server_ping_log")
                return database.asked, int(cursor.fetchall()[0][0])


def test_a_monitor_asks_as_often_as_the_plan_reckons() -> None:
    found, pings = asked({})
    assert found["read_only"] == pytest.approx(SECONDS, abs=2)
    assert found["other"] == pytest.approx(SECONDS / 10, abs=1)
    assert pings == pytest.approx(SECONDS / 8, abs=1)
    assert checks(1) == pytest.approx(1 + 1 / 8 + 1 / 10 + 1 / 120)


def test_with_longer_intervals_it_asks_less() -> None:
    found, pings = asked(intervals(100, 31))
    # four times as long
    assert found["read_only"] == pytest.approx(SECONDS / 4, abs=1)
    assert found["other"] <= 1 and pings <= 1
