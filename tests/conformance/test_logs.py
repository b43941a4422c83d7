"""What the guide says of the query log, on the real server: the emulator has none."""

from __future__ import annotations

from collections.abc import Iterator

import pymysql
import pytest
from runner import Server
from test_replay import target_real

SIZE = 1024 * 1024
PRUNE = "ls -r {}/queries.log.* | tail -n +3 | xargs -r rm -f"


@pytest.fixture
def server() -> Iterator[Server]:
    users = 'mysql_users=( { username="shop", password="shop", default_hostgroup=1 } )'
    logged = {"eventslog_filename": "queries.log", "eventslog_filesize": SIZE, "eventslog_default_log": 1}
    with Server(binary=target_real(), mysql_variables=logged, tables=users) as started:
        yield started


def names(server: Server) -> list[str]:
    return sorted(path.name for path in server.datadir.glob("queries.log.*"))


def log_much(server: Server, files: int) -> None:
    """So many files' worth of a statement that ProxySQL answers by itself."""
    client = pymysql.connect(
        host=server.host, port=server.data_port, user="shop", password="shop", autocommit=None
    )
    with client, client.cursor() as cursor:
        for _ in range(files * SIZE // 4000):
            cursor.execute(f"SET NAMES utf8mb4 /* {'x' * 4000} */")


def test_files_of_the_query_log_are_numbered_and_kept_for_ever(server: Server) -> None:
    log_much(server, 6)
    found = names(server)
    assert found[0] == "queries.log.00000001" and len(found) > 5
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("PROXYSQL FLUSH LOGS")
    assert len(names(server)) == len(found) + 1


def test_a_job_of_the_scheduler_bounds_them(server: Server) -> None:
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO scheduler(id, interval_ms, filename, arg1, arg2)"
            f" VALUES (1, 100, '/bin/sh', '-c', '{PRUNE.format(server.datadir)}')"
        )
        cursor.execute("LOAD SCHEDULER TO RUNTIME")
    for _ in range(8):
        log_much(server, 2)
    assert len(names(server)) < 8 and names(server)[-1] > "queries.log.00000012"
