"""What the guide says of the query log, on the real server: the emulator has none."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pymysql
import pytest
from runner import Server
from test_replay import target_real

SIZE = 1024 * 1024
PRUNE = "ls -r {}/queries.log.* | tail -n +3 | xargs -r rm -f"


USERS = 'mysql_users=( { username="shop", password="shop", default_hostgroup=1 } )'


def logging_to(place: str) -> Server:
    logged = {"eventslog_filename": place, "eventslog_filesize": SIZE, "eventslog_default_log": 1}
    return Server(binary=target_real(), mysql_variables=logged, tables=USERS)


@pytest.fixture
def server() -> Iterator[Server]:
    with logging_to("queries.log") as started:
        yield started


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 MiB."""
    folder = tmp_path / "logs"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a file system of its own takes the rights of root")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


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


def schedule(server: Server, folder: Path) -> None:
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO scheduler(id, interval_ms, filename, arg1, arg2)"
            f" VALUES (1, 100, '/bin/sh', '-c', '{PRUNE.format(folder)}')"
        )
        cursor.execute("LOAD SCHEDULER TO RUNTIME")


def test_a_job_of_the_scheduler_bounds_them(server: Server) -> None:
    schedule(server, server.datadir)
    for _ in range(8):
        log_much(server, 2)
    assert len(names(server)) < 8 and names(server)[-1] > "queries.log.00000012"


def test_with_that_job_a_small_disk_is_written_many_times_over(small_disk: Path) -> None:
    with logging_to(f"{small_disk}/queries.log") as server:
        schedule(server, small_disk)
        for _ in range(24):
            log_much(server, 2)
        with server.connect() as connection, connection.cursor() as cursor:
            cursor.execute("PROXYSQL FLUSH LOGS")
        log_much(server, 1)
        kept = sorted(path.name for path in small_disk.iterdir())
        assert kept[-1] > "queries.log.00000040" and len(kept) < 12
        assert server.process and server.process.poll() is None


def test_without_it_proxysql_ends_itself_on_a_full_disk(small_disk: Path) -> None:
    """What the warning of the guide is about; an alert on the disk is there for it (ProxySQLDisk)."""
    with logging_to(f"{small_disk}/queries.log") as server:
        with pytest.raises(pymysql.Error):
            log_much(server, 20)
        deadline = time.monotonic() + 10
        while server.process and server.process.poll() is None:
            assert time.monotonic() < deadline, "it goes on"
            time.sleep(0.1)
