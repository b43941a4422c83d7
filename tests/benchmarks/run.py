"""Prints how fast the collection is, as a table of ratios from one run.

make bench                      on the emulator
PROXYSQL_BIN=... make bench     on the real server
make bench ARGS='--quick'       fewer rows and repeats for community.proxysql, which takes an hour
make bench ARGS='--only engine plays'
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "emulator"), str(TESTS / "engine")]

import declared  # noqa: E402
import engine  # noqa: E402
import plays  # noqa: E402
from server import Server  # noqa: E402

PARTS = ("engine", "large", "plays", "counts", "peer")
MARKS = {"first": 2.0, "again": 1.5, "ping": 1.3, "peer": 150.0}


def say(text: str = "") -> None:
    print(text, flush=True)


def row(*cells: str) -> None:
    say("| " + " | ".join(cells) + " |")


def mark(ratio: float, limit: float, more: bool = False) -> str:
    return "reached" if (ratio >= limit if more else ratio <= limit) else "**not reached**"


def seconds(value: float) -> str:
    return f"{value * 1000:.0f} ms" if value < 10 else f"{value:.0f} s"


def run_engine(repeats: int) -> None:
    say("\nThe engine, 10,000 rows of each table, in one process without Ansible:\n")
    row("table", "what", "the engine", "by hand", "ratio", "mark", "sent")
    row(*["---"] * 7)
    for table in declared.TABLES:
        with Server() as server:
            found = engine.compare(server, table, 10000, repeats)
        for what, other in (("first", "by hand"), ("again", "read")):
            ours, theirs = found[what], found[other]
            ratio = ours.seconds / theirs.seconds
            name = (
                "first run; INSERT, LOAD, SAVE"
                if what == "first"
                else "nothing to do; reading both layers once"
            )
            sent = f"{ours.statements} statements, {ours.loads} LOAD, {ours.saves} SAVE"
            row(table, name, seconds(ours.seconds), seconds(theirs.seconds), f"{ratio:.2f}",
                f"at most {MARKS[what]:g}: {mark(ratio, MARKS[what])}", sent)  # fmt: skip


def run_large() -> None:
    say("\nFast routing rows, one run in a process of its own each:\n")
    row("rows", "what", "seconds", "peak memory")
    row(*["---"] * 4)
    for count in (10000, 100000):
        for what in ("engine", "play"):
            # A process of its own, so that the memory is that of this alone.
            done = subprocess.run(
                [sys.executable, __file__, "--large", what, str(count)],
                stdout=subprocess.PIPE, text=True, check=True,
            )  # fmt: skip
            for line in done.stdout.splitlines():
                row(f"{count:,}", *line.split("\t"))


def large(what: str, count: int) -> None:
    table = "mysql_query_rules_fast_routing"
    rows = declared.rows(table, count)
    with Server() as server:
        time.sleep(1.1)
        for name in ("first run", "nothing to do"):
            if what == "engine":
                took = engine.timed(lambda: engine.engine(server, table, rows)).seconds
                memory = engine.megabytes()
            else:
                played = plays.Player(plays.OURS, server.admin_port).ours(
                    {"mysql_query_rules_fast_routing": rows}
                )
                took, memory = played.seconds, played.megabytes
            print(f"{what}, {name}\t{took:.2f}\t{memory:.0f} MB")


def run_plays(repeats: int) -> None:
    with Server() as server:
        time.sleep(1.1)
        player = plays.Player(plays.OURS, server.admin_port)
        tables = {
            "mysql_servers": declared.rows("mysql_servers", 334),
            "mysql_users": declared.rows("mysql_users", 333),
            "mysql_query_rules": declared.rows("mysql_query_rules", 333),
        }
        player.ours(tables)
        ours, pings, handed = [], [], []
        for _ in range(repeats):
            pings.append(player.ping().seconds)
            handed.append(player.ping(tables).seconds)
            played = player.ours(tables)
            assert not played.changed
            ours.append(played.seconds)
    ratio = statistics.median(ours) / statistics.median(pings)
    say("\nA play of one task with 1,000 rows and nothing to do, against one of ansible.builtin.ping:\n")
    row("ours", "ping", "ratio", f"mark: at most {MARKS['ping']:g}", "ping that is handed the same rows")
    row(*["---"] * 5)
    row(
        seconds(statistics.median(ours)),
        seconds(statistics.median(pings)),
        f"{ratio:.2f}",
        mark(ratio, MARKS["ping"]),
        seconds(statistics.median(handed)),
    )


SIDES = {"ours": plays.OURS, "community.proxysql": plays.PEER}


def run_counts(each: int) -> None:
    tables = plays.mixed(each)
    say(f"\n{each} servers, users and rules each: what is sent, and what a peer in the cluster sees:\n")
    row("apply", "whose", "statements", "of which write", "LOAD", "SAVE", "epochs that a peer sees")
    row(*["---"] * 7)
    for name, programs in SIDES.items():
        with Server() as server:
            counts = plays.counted(server, programs, tables)
        for what, count in zip(("first", "second"), counts):
            numbers = (count.statements, count.writes, count.loads, count.saves, count.epochs)
            row(what, name, *map(str, numbers))


def run_peer(repeats: int, each: int) -> None:
    tables = plays.mixed(each)
    times: dict[str, list[float]] = {}
    for number in range(repeats):
        # Ours takes seconds and theirs minutes: before and after, so that a slow moment hits both.
        for name in ("ours", "community.proxysql", "ours"):
            with Server() as server:
                time.sleep(1.1)
                player = plays.Player(SIDES[name], server.admin_port)
                for what in ("first", "second"):
                    played = (player.ours if name == "ours" else player.theirs)(tables)
                    assert (played.changed > 0) == (what == "first"), (
                        f"{name}, {what}: changed={played.changed}"
                    )
                    times.setdefault(f"{name} {what}", []).append(played.seconds)
                    # It takes an hour: what is known already, for who looks.
                    print(f"{number + 1}: {name} {what} {played.seconds:.2f} s", file=sys.stderr, flush=True)
    say(f"\n{each} servers, users and rules each; ours in one task, community.proxysql in three loops."
        f" Medians of {2 * repeats} and {repeats}:\n")  # fmt: skip
    row("apply", "ours", "community.proxysql", "times faster", f"mark: at least {MARKS['peer']:g}")
    row(*["---"] * 5)
    for what in ("first", "second"):
        ours, theirs = (statistics.median(times[f"{name} {what}"]) for name in ("ours", "community.proxysql"))
        ratio = theirs / ours
        row(what, seconds(ours), seconds(theirs), f"{ratio:.0f}", mark(ratio, MARKS["peer"], more=True))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="*", choices=PARTS, default=[])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--large", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.large:
        large(given.large[0], int(given.large[1]))
        return
    binary = os.environ.get("PROXYSQL_BIN", "")
    with Server() as server:
        version = server.connect(ssl_disabled=True)
        with version.cursor() as cursor:
            cursor.execute("SELECT @@version")
            found = cursor.fetchone()
    wanted = given.only or PARTS
    say(f"ProxySQL {found[0] if found else ''}: {'the real server' if binary else 'the emulator'}. Medians of"
        f" {given.repeats}. {os.cpu_count()} processors, Python {platform.python_version()}.")  # fmt: skip
    if "engine" in wanted:
        run_engine(given.repeats)
    if "large" in wanted:
        run_large()
    if "plays" in wanted:
        run_plays(given.repeats)
    repeats, each = (1, 20) if given.quick else (given.repeats, 200)
    if "counts" in wanted:
        run_counts(each)
    if "peer" in wanted:
        run_peer(repeats, each)


if __name__ == "__main__":
    main()
