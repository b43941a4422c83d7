"""How long until every node has a change: ProxySQL's defaults and this collection's, 2 to 16 nodes.

    python tests/benchmarks/cluster.py [--nodes 2,4,8,16] [--changes 20] [--keep]

On the emulator, or on the real server when PROXYSQL_BIN names it. Each node is a process of its
own on a loopback port; the first two are cores, the others satellites. The first is changed and
LOADed, and all others are asked until they have it. Queries are what each node sends: one a core
and check, and one more on every tenth.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from contextlib import ExitStack
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "emulator")]

import figures  # noqa: E402
import yaml  # noqa: E402
from server import Server  # noqa: E402

ROLE = TESTS.parent / "roles/proxysql/defaults/main.yml"
QUERY = "SELECT destination_hostgroup FROM runtime_mysql_query_rules"


def settings() -> dict[str, dict[str, int]]:
    """admin-cluster_* variables by name of the setting."""
    base = yaml.safe_load(ROLE.read_text(encoding="utf-8"))["proxysql_base_variables"]
    ours = {name[6:]: value for name, value in base.items() if name.startswith("admin-cluster_")}
    return {"ProxySQL's defaults": {"cluster_mysql_servers_sync_algorithm": 2}, "this role's": ours}


def measure(count: int, variables: dict[str, int], changes: int) -> list[float]:
    """Seconds from the LOAD on the first node until the last has it, one for each change."""
    with ExitStack() as stack:
        servers = [Server(admin_variables=variables) for _number in range(count)]
        cores = ",".join(f'{{hostname="{s.host}" port={s.admin_port}}}' for s in servers[:2])
        for server in servers:
            rule = "{rule_id=1 active=1 destination_hostgroup=1}"
            tables = f"proxysql_servers=({cores})\nmysql_query_rules=({rule})\n"
            server.cnf.write_text(server.cnf.read_text() + tables)
            stack.enter_context(server)
        links = [stack.enter_context(server.connect(ssl_disabled=True)) for server in servers]
        first, *others = [link.cursor() for link in links]
        found = []
        for number in range(changes + 1):
            # Never two LOADs in one second, and not in step with the checks.
            time.sleep(1.1 + number * 0.037 % 0.2)
            wanted = str(100 + number)
            first.execute(f"UPDATE mysql_query_rules SET destination_hostgroup = {wanted}")
            first.execute("LOAD MYSQL QUERY RULES TO RUNTIME")
            began = time.monotonic()
            waiting = list(others)
            while waiting:
                if time.monotonic() - began > 30:
                    raise RuntimeError(f"{len(waiting)} of {count} nodes did not follow within 30 s")
                waiting = [cursor for cursor in waiting if _has(cursor) != wanted]
                time.sleep(0.005)
            found.append(time.monotonic() - began)
    # The first ends version 1 and finds the links not yet made.
    return found[1:]


def _has(cursor: object) -> str:
    cursor.execute(QUERY)  # type: ignore[attr-defined]
    return str(cursor.fetchall()[0][0])  # type: ignore[attr-defined]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nodes", default="2,4,8,16")
    parser.add_argument("--changes", type=int, default=20)
    parser.add_argument("--keep", action="store_true", help="for README and guides")
    given = parser.parse_args()
    rows = []
    for name, variables in settings().items():
        each = 1000 / variables.get("cluster_check_interval_ms", 1000)
        for count in map(int, given.nodes.split(",")):
            times = measure(count, variables, given.changes)
            row = {"settings": name, "nodes": count, "median": statistics.median(times)}
            rows.append({**row, "maximum": max(times), "queries": count * each * 1.1})
            print(rows[-1], flush=True)
    print(figures.markdown("cluster", rows))
    if given.keep:
        real = os.environ.get("PROXYSQL_BIN")
        note = f"medians of {given.changes} changes"
        figures.keep("cluster", rows, "the real ProxySQL" if real else "the emulator", note=note)


if __name__ == "__main__":
    main()
