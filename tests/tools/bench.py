"""How long the engine takes: first run, a second run with nothing to do, one changed row.

On the emulator, or on the real server when PROXYSQL_BIN names it.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "emulator"), str(TESTS / "engine")]

import conftest  # noqa: E402, F401  makes the collection importable
from driver import run  # noqa: E402
from server import Server  # noqa: E402

Rows = list[dict[str, Any]]


def servers(count: int) -> Rows:
    return [{"hostgroup_id": n % 50, "hostname": f"db{n}.example.com", "weight": n % 9} for n in range(count)]


def rules(count: int) -> Rows:
    return [
        {"rule_id": n, "active": True, "match_digest": f"^SELECT .* t{n}", "destination_hostgroup": n % 50}
        for n in range(count)
    ]


def users(count: int) -> Rows:
    return [{"username": f"app{n}", "password": f"pw{n}", "default_hostgroup": n % 50} for n in range(count)]


CASES = (
    ("mysql_servers", "weight", servers(10)),
    ("mysql_servers", "weight", servers(1000)),
    ("mysql_users", "max_connections", users(1000)),
    ("mysql_query_rules", "cache_ttl", rules(1000)),
    ("mysql_query_rules", "cache_ttl", rules(10000)),
)


def timed(server: Server, table: str, rows: Rows) -> tuple[float, int]:
    """Seconds and statements of one run that makes the table exactly these rows."""
    began = time.monotonic()
    outcome = run(server, {table: rows}, state="overridden")
    return time.monotonic() - began, len(outcome.statements)


def main() -> None:
    print("seconds and statements on", os.environ.get("PROXYSQL_BIN") or "the emulator")
    print(f"{'table':<20} {'rows':>6}  {'first':>8}  {'nothing to do':>13}  {'one row':>8}")
    for table, column, rows in CASES:
        with Server() as server:
            # A LOAD waits for the second after the last one: here not, the server is older.
            time.sleep(1.1)
            times = [timed(server, table, rows), timed(server, table, rows)]
            time.sleep(1.1)
            times.append(timed(server, table, [{**rows[0], column: 77}, *rows[1:]]))
        shown = [f"{seconds:.2f} {statements:>2}" for seconds, statements in times]
        print(f"{table:<20} {len(rows):>6}  {shown[0]:>8}  {shown[1]:>13}  {shown[2]:>8}", flush=True)


if __name__ == "__main__":
    main()
