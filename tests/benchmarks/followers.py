"""What a satellite costs the cores: processor time of a core with more and more nodes that follow it.

    PROXYSQL_BIN=... python tests/benchmarks/followers.py [--nodes 0,8,16] [--seconds 20] [--keep]

Each node is a process of its own on a loopback port, with the role's settings. Only the first is a core: each
core is asked by every satellite, so it would be the same with two. What more cost is worked out of the last.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "emulator")]

import figures  # noqa: E402
from cluster import settings  # noqa: E402
from server import Server  # noqa: E402

BEYOND = (100, 1000)


def spent(server: Server) -> float:
    """Processor seconds of all of its processes."""
    assert server.process is not None
    fields = Path(f"/proc/{server.process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(server: Server) -> int:
    assert server.process is not None
    text = Path(f"/proc/{server.process.pid}/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmRSS"))


def measure(count: int, seconds: float) -> dict[str, Any]:
    variables = settings()["this role's"]
    with ExitStack() as stack:
        core = Server(admin_variables=variables)
        tables = f'proxysql_servers=({{hostname="{core.host}" port={core.admin_port}}})\n'
        nodes = [core, *(Server(admin_variables=variables) for _number in range(count))]
        for server in nodes:
            server.cnf.write_text(server.cnf.read_text() + tables)
            stack.enter_context(server)
        time.sleep(5)
        before = [spent(server) for server in nodes]
        began = time.monotonic()
        time.sleep(seconds)
        took = time.monotonic() - began
        after = [spent(server) for server in nodes]
        used = [(last - first) / took for first, last in zip(before, after)]
        each = 1000 / variables["cluster_check_interval_ms"] * 1.1
        return {
            "nodes": count, "core": used[0], "satellite": sum(used[1:]) / count if count else 0.0,
            "queries": count * each, "megabytes": memory(core) // 1024,
        }  # fmt: skip


def beyond(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """More followers, by what each of the last took more than none."""
    first, last = rows[0], rows[-1]
    more = []
    for count in BEYOND:
        row: dict[str, Any] = {"nodes": count, "satellite": last["satellite"], "worked_out": True}
        for what in ("core", "queries", "megabytes"):
            row[what] = first[what] + (last[what] - first[what]) * count / last["nodes"]
        more.append(row)
    return more


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nodes", default="0,8,16")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--keep", action="store_true", help="for README and guides")
    given = parser.parse_args()
    rows = [measure(count, given.seconds) for count in map(int, given.nodes.split(","))]
    rows += beyond(rows)
    print(figures.markdown("followers", rows))
    if given.keep:
        real = os.environ.get("PROXYSQL_BIN")
        figures.keep("followers", rows, "the real ProxySQL 2.7.1" if real else "the emulator of ProxySQL")


if __name__ == "__main__":
    main()
