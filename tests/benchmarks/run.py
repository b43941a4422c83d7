"""Prints how fast the collection is, as tables of ratios, each from one run.

make bench                                  on the emulator, all parts
PROXYSQL_BIN=... make bench                 on the real server
make bench ARGS='--only engine plays'       some parts; none takes ten minutes
make bench ARGS='--only peer --whole'       one more run of community.proxysql with all rows, 6 minutes
make bench ARGS='--keep'                    what is measured becomes what README and guides say

community.proxysql takes minutes for what others do in seconds. What it has taken is kept in .cache, by
machine and server. Where nothing is yet, its loops run with a few rows, and the time for all is worked out.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "emulator"), str(TESTS / "engine")]

import declared  # noqa: E402
import engine  # noqa: E402
import figures  # noqa: E402
import plays  # noqa: E402
from server import Server  # noqa: E402

PARTS = ("engine", "large", "plays", "counts", "peer")
EACH = 200
# With so many rows of each table, it is seen what a row takes.
FEW = (5, 25)
KNOWN = plays.CHECKOUT / ".cache/benchmarks/peer.json"
TITLES = {
    "engine": "The engine, 10,000 rows of each table, in one process without Ansible:",
    "large": "Fast routing rows, one run in a process of its own each:",
    "plays": "A play of one task with nothing to do, against one of ansible.builtin.ping:",
    "counts": f"{EACH} servers, users and rules each: what is sent, and what a peer in the cluster sees:",
    "peer": f"{EACH} servers, users and rules each; ours in one task, community.proxysql in three loops:",
}

Rows = list[dict[str, Any]]


def run_engine(repeats: int) -> Rows:
    rows: Rows = []
    for table in declared.TABLES:
        with Server() as server:
            found = engine.compare(server, table, 10000, repeats)
        for what, other in (("first", "by hand"), ("again", "read")):
            ours = found[what]
            row = {"table": table, "what": what, "ours": ours.seconds, "other": found[other].seconds}
            rows.append({**row, "statements": ours.statements, "loads": ours.loads, "saves": ours.saves})
    return rows


def run_large(_repeats: int) -> Rows:
    rows: Rows = []
    for count in (10000, 100000):
        for what in ("engine", "play"):
            # A process of its own, so that the memory is that of this alone.
            done = subprocess.run(
                [sys.executable, __file__, "--large", what, str(count)],
                stdout=subprocess.PIPE, text=True, check=True,
            )  # fmt: skip
            rows += json.loads(done.stdout)
    return rows


def large(what: str, count: int) -> Rows:
    table = "mysql_query_rules_fast_routing"
    rows = declared.rows(table, count)
    found: Rows = []
    with Server() as server:
        time.sleep(1.1)
        for name in ("first run", "nothing to do"):
            if what == "engine":
                took = engine.timed(lambda: engine.engine(server, table, rows)).seconds
                memory = engine.megabytes()
            else:
                played = plays.Player(plays.OURS, server.admin_port).ours({table: rows})
                took, memory = played.seconds, played.megabytes
            found.append({"rows": count, "what": f"{what}, {name}", "seconds": took, "megabytes": memory})
    return found


def run_plays(repeats: int) -> Rows:
    rows: Rows = []
    for count in (1000, 10000):
        with Server() as server:
            time.sleep(1.1)
            player = plays.Player(plays.OURS, server.admin_port)
            tables = plays.mixed(-(-count // 3))
            player.ours(tables)
            took: dict[str, list[float]] = {"ours": [], "ping": [], "handed": []}
            for _ in range(repeats):
                took["ping"].append(player.ping().seconds)
                took["handed"].append(player.ping(tables).seconds)
                played = player.ours(tables)
                assert not played.changed
                took["ours"].append(played.seconds)
        rows.append({"rows": count, **{name: statistics.median(each) for name, each in took.items()}})
    return rows


SIDES = {"ours": plays.OURS, "community.proxysql": plays.PEER}


def run_counts(whole: bool) -> Rows:
    """Theirs as it was kept: it differs by no machine, and takes ten minutes."""
    rows: Rows = []
    kept = figures.read().get("counts", {}).get("rows", [])
    for name, programs in SIDES.items():
        known = [row for row in kept if row["whose"] == name]
        if known and name != "ours" and not whole:
            rows += known
            continue
        with Server() as server:
            counts = plays.counted(server, programs, plays.mixed(EACH))
        for what, count in zip(("first", "second"), counts):
            rows.append({"apply": what, "whose": name, **vars(count)})
    return rows


def once(name: str, each: int) -> dict[str, float]:
    """Seconds of a first and a second apply on a new server."""
    found = {}
    with Server() as server:
        time.sleep(1.1)
        player = plays.Player(SIDES[name], server.admin_port)
        for what in ("first", "second"):
            played = (player.ours if name == "ours" else player.theirs)(plays.mixed(each))
            assert (played.changed > 0) == (what == "first"), f"{name}, {what}: changed={played.changed}"
            found[what] = played.seconds
            print(f"{name}, {each} rows of each, {what}: {played.seconds:.2f} s", file=sys.stderr, flush=True)
    return found


def known_runs(server: str) -> tuple[dict[str, Any], Rows]:
    """Of community.proxysql on any machine, and on this one with this server."""
    everything: dict[str, Any] = json.loads(KNOWN.read_text()) if KNOWN.exists() else {}
    return everything, everything.setdefault(f"{server} on {figures.machine()}", [])


def run_peer(repeats: int, server: str, whole: bool) -> Rows:
    everything, known = known_runs(server)
    ours = [once("ours", EACH) for _ in range(repeats)]
    there = {run["each"] for run in known}
    wanted = (EACH,) if whole else () if EACH in there else tuple(each for each in FEW if each not in there)
    for each in wanted:
        known.append({"each": each, **once("community.proxysql", each)})
        KNOWN.parent.mkdir(parents=True, exist_ok=True)
        KNOWN.write_text(json.dumps(everything, indent=1))
    if whole:
        # before and after, so that a slow moment hits both
        ours += [once("ours", EACH) for _ in range(repeats)]
    rows: Rows = []
    for what in ("first", "second"):
        theirs, known_by = peers(known, what)
        row = {"apply": what, "ours": statistics.median(run[what] for run in ours), "theirs": theirs}
        rows.append({**row, "known": known_by})
    return rows


def peers(known: Rows, what: str) -> tuple[float, str]:
    """Seconds that community.proxysql takes for all rows, and whence that is known."""
    whole = [run[what] for run in known if run["each"] == EACH]
    if whole:
        return statistics.median(whole), f"{len(whole)} run{'s' if len(whole) > 1 else ''} measured"
    less, more = (statistics.median(run[what] for run in known if run["each"] == each) for each in FEW)
    a_row = (more - less) / (FEW[1] - FEW[0])
    return less + a_row * (EACH - FEW[0]), f"worked out of {FEW[0]} and {FEW[1]} rows of each"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="*", choices=PARTS, default=[])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--large", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.large:
        print(json.dumps(large(given.large[0], int(given.large[1]))))
        return
    with Server() as server, server.connect(ssl_disabled=True) as link, link.cursor() as cursor:
        cursor.execute("SELECT @@version")
        version = str((cursor.fetchone() or ("",))[0]).partition("-")[0]
    name = f"the {'real' if os.environ.get('PROXYSQL_BIN') else 'emulator of'} ProxySQL {version}"
    print(f"{name}. Medians of {given.repeats}. {figures.machine()}.", flush=True)
    runs = {
        "engine": lambda: run_engine(given.repeats),
        "large": lambda: run_large(given.repeats),
        "plays": lambda: run_plays(given.repeats),
        "counts": lambda: run_counts(given.whole),
        "peer": lambda: run_peer(given.repeats, name, given.whole),
    }
    for part in given.only or PARTS:
        began = time.monotonic()
        rows = runs[part]()
        took = time.monotonic() - began
        print(f"\n{TITLES[part]}\n\n{figures.markdown(part, rows)}\n\n({part}: {took:.0f} s)", flush=True)
        if given.keep:
            figures.keep(part, rows, name, repeats=given.repeats, took=round(took))


if __name__ == "__main__":
    main()
