"""The engine's own time against a script written by hand, in one process and without Ansible.

first: the engine on an empty table, against INSERT, LOAD and SAVE on one connection.
again: the engine where nothing is to be done, against reading memory and runtime once.
"""

from __future__ import annotations

import gc
import resource
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "emulator"), str(TESTS / "engine")]

import conftest  # noqa: E402, F401  makes the collection importable
import declared  # noqa: E402
from ansible_collections.mysqlha.proxysql.plugins.module_utils._catalog.tables import TABLES  # noqa: E402
from driver import run  # noqa: E402
from server import Server  # noqa: E402


@dataclass
class Timed:
    """Seconds, and what was sent."""

    seconds: float
    loads: int
    saves: int
    statements: int


gc.disable()  # as the modules do


def timed(work: Callable[[], list[str]]) -> Timed:
    gc.collect()
    began = time.perf_counter()
    sent = work()
    seconds = time.perf_counter() - began
    return Timed(
        seconds,
        sum(text.startswith("LOAD") for text in sent),
        sum(text.startswith("SAVE") for text in sent),
        len(sent),
    )


def median(runs: list[Timed]) -> Timed:
    return Timed(
        statistics.median(each.seconds for each in runs), runs[0].loads, runs[0].saves, runs[0].statements
    )


def engine(server: Server, table: str, rows: declared.Rows) -> list[str]:
    return [statement.sql for statement in run(server, {table: rows}, state="overridden").statements]


def quoted(value: Any) -> str:
    return str(int(value)) if isinstance(value, (int, bool)) else "'{}'".format(value.replace("'", "''"))


def by_hand(server: Server, table: str, rows: declared.Rows) -> list[str]:
    section = TABLES[table].section
    values = ", ".join("({})".format(", ".join(quoted(value) for value in row.values())) for row in rows)
    statements = [
        f"INSERT INTO {table} ({', '.join(rows[0])}) VALUES {values}",
        f"LOAD {section} TO RUNTIME",
        f"SAVE {section} TO DISK",
    ]
    connection = server.connect(ssl_disabled=True)
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    connection.close()
    return statements


def read_both(server: Server, table: str, _rows: declared.Rows) -> list[str]:
    connection = server.connect(ssl_disabled=True)
    with connection.cursor() as cursor:
        for source in (table, f"runtime_{table}"):
            cursor.execute(f"SELECT * FROM {source}")
            cursor.fetchall()
    connection.close()
    return []


def empty(server: Server, table: str) -> None:
    section = TABLES[table].section
    connection = server.connect(ssl_disabled=True)
    with connection.cursor() as cursor:
        for statement in (f"DELETE FROM {table}", f"LOAD {section} TO RUNTIME", f"SAVE {section} TO DISK"):
            cursor.execute(statement)
    connection.close()
    # The engine never LOADs in the second of the last LOAD; that wait is not what is measured.
    time.sleep(1.05)


def compare(server: Server, table: str, count: int, repeats: int) -> dict[str, Timed]:
    """Medians of `first`, `by hand`, `again` and `read`, in turns so that a slow moment hits all.

    Each of the two that write finds a server whose tables were filled, read and emptied: the real
    one is twice as quick then as in its first run.
    """
    rows = declared.rows(table, count)
    runs: dict[str, list[Timed]] = {"by hand": [], "first": [], "again": [], "read": []}
    for _ in range(repeats):
        empty(server, table)
        runs["by hand"].append(timed(lambda: by_hand(server, table, rows)))
        runs["read"].append(timed(lambda: read_both(server, table, rows)))
        empty(server, table)
        runs["first"].append(timed(lambda: engine(server, table, rows)))
        runs["again"].append(timed(lambda: engine(server, table, rows)))
    empty(server, table)
    assert runs["first"][0].statements and not runs["again"][0].statements
    return {name: median(each) for name, each in runs.items()}


def megabytes() -> float:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
