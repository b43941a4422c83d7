"""What the benchmarks have measured, kept in one file, and the tables that they and the guides show of it.

A benchmark that is given --keep writes its part of figures.json. ``tests/tools/figures`` puts what is in it
into README and the guides, and a unit test holds them to it.
"""

from __future__ import annotations

import datetime
import json
import os
import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("figures.json")
MARKS = {"first": 2.0, "again": 1.5, "ping": 1.3, "handed": 1.25, "peer": 150.0, "site": 1.6}

#: With more processes that want to run, figures are those of a busy machine.
BUSY = 4.0

Rows = Sequence[dict[str, Any]]
# Names of columns, and what is in them.
Table = tuple[list[str], list[list[str]]]


def machine() -> str:
    """What figures of two runs have to have in common to be compared."""
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        if line.startswith("model name")
    ]
    model = models[0] if models else platform.machine()
    return f"{os.cpu_count()} processors ({model}), Python {platform.python_version()}"


def read(file: Path = FILE) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return found


def keep(part: str, rows: Rows, server: str, **more: Any) -> None:
    """Of a part all rows, which are of one run."""
    day = datetime.datetime.now(tz=datetime.timezone.utc).date().isoformat()
    figures = read()
    about = {"when": day, "machine": machine(), "load": round(os.getloadavg()[1], 1), "server": server}
    figures[part] = {**about, **more, "rows": list(rows)}
    FILE.write_text(json.dumps(dict(sorted(figures.items())), indent=1) + "\n", encoding="utf-8")


def seconds(value: float) -> str:
    if value < 0.95:
        return f"{value * 1000:.0f} ms"
    return f"{value:.2f} s" if value < 10 else f"{value:.1f} s" if value < 100 else f"{value:.0f} s"


def verdict(ratio: float, limit: float, more: bool = False) -> str:
    return "reached" if (ratio >= limit if more else ratio <= limit) else "not reached"


def ratio(value: float, limit: float, digits: int = 2) -> str:
    """With as many digits as it takes to tell it from its mark."""
    text = f"{value:.{digits}f}"
    return ratio(value, limit, digits + 1) if float(text) == limit != value and digits < 6 else text


# -- tables, by part


def _engine(rows: Rows) -> Table:
    names = {"first": "first run", "again": "nothing to do"}
    return (
        ["Table", "What", "The engine", "By hand", "Ratio", "Target", "Sent"],
        [
            [
                row["table"], names[row["what"]], seconds(row["ours"]), seconds(row["other"]),
                ratio(row["ours"] / row["other"], MARKS[row["what"]]),
                f"{MARKS[row['what']]:g}: {verdict(row['ours'] / row['other'], MARKS[row['what']])}",
                f"{row['statements']} statements, {row['loads']} LOAD, {row['saves']} SAVE",
            ]
            for row in rows
        ],
    )  # fmt: skip


def _large(rows: Rows) -> Table:
    return (
        ["Rows of fast routing", "What", "Time", "Peak memory"],
        [[f"{r['rows']:,}", r["what"], seconds(r["seconds"]), f"{r['megabytes']:.0f} MB"] for r in rows],
    )


def _plays(rows: Rows) -> Table:
    return (
        ["Rows", "Ours", "Ping", "Ratio", "At most 1.3", "Ping handed the rows", "Ratio", "At most 1.25"],
        [
            [
                f"{row['rows']:,}", seconds(row["ours"]),
                seconds(row["ping"]), ratio(row["ours"] / row["ping"], MARKS["ping"]),
                verdict(row["ours"] / row["ping"], MARKS["ping"]),
                seconds(row["handed"]), ratio(row["ours"] / row["handed"], MARKS["handed"]),
                verdict(row["ours"] / row["handed"], MARKS["handed"]),
            ]
            for row in rows
        ],
    )  # fmt: skip


def _counts(rows: Rows) -> Table:
    columns = ("apply", "whose", "statements", "writes", "loads", "saves", "epochs")
    head = ["Apply", "Whose", "Statements", "Of which write", "LOAD", "SAVE", "Epochs that a peer sees"]
    return head, [[str(row[name]) for name in columns] for row in rows]


def _peer(rows: Rows) -> Table:
    return (
        ["Apply", "Ours", "community.proxysql", "Of that", "Times faster", "At least 150"],
        [
            [
                row["apply"], seconds(row["ours"]), seconds(row["theirs"]), row["known"],
                ratio(row["theirs"] / row["ours"], MARKS["peer"], digits=0),
                verdict(row["theirs"] / row["ours"], MARKS["peer"], more=True),
            ]
            for row in rows
        ],
    )  # fmt: skip


def _cluster(rows: Rows) -> Table:
    return (
        ["Settings", "Nodes", "Median", "Maximum", "Queries a second, each core"],
        [
            [row["settings"], str(row["nodes"]), f"{row['median']:.2f} s", f"{row['maximum']:.2f} s",
             f"{row['queries']:.0f}"]
            for row in rows
        ],
    )  # fmt: skip


def _fleet(rows: Rows) -> Table:
    return (
        ["Nodes", "Playbook", "Wall", "Processor", "Largest process", "Fleet's processor", "Fleet's memory"],
        [
            [
                str(row["nodes"]), row["what"], f"{row['wall']:.1f} s", f"{row['processor']:.1f} s",
                f"{row['megabytes']} MB",
                f"{row['fleet_seconds']:.1f} s" if "fleet_seconds" in row else "",
                f"{row['fleet_megabytes']} MB" if "fleet_megabytes" in row else "",
            ]
            for row in rows
        ],
    )  # fmt: skip


def _followers(rows: Rows) -> Table:
    return (
        ["Followers", "A core", "Of a processor", "Memory", "Queries a second", "A satellite"],
        [
            [
                str(row["nodes"]), "worked out" if row.get("worked_out") else "measured",
                f"{row['core'] * 100:.1f} %", f"{row['megabytes']:.0f} MB", f"{row['queries']:.0f}",
                f"{row['satellite'] * 100:.1f} %" if row["satellite"] else "",
            ]
            for row in rows
        ],
    )  # fmt: skip


def _site(rows: Rows) -> Table:
    return (
        ["Way", "``site``", "Facts and pings", "Ratio", "At most 1.6"],
        [
            [
                row["way"], seconds(row["ours"]), seconds(row["pings"]),
                ratio(row["ours"] / row["pings"], MARKS["site"]),
                verdict(row["ours"] / row["pings"], MARKS["site"]),
            ]
            for row in rows
        ],
    )  # fmt: skip


TABLES: dict[str, Callable[[Rows], Table]] = {
    "engine": _engine, "large": _large, "plays": _plays, "counts": _counts, "peer": _peer,
    "cluster": _cluster, "followers": _followers, "fleet": _fleet, "site": _site,
}  # fmt: skip


def markdown(part: str, rows: Rows) -> str:
    head, body = TABLES[part](rows)
    return "\n".join("| " + " | ".join(line) + " |" for line in (head, ["---"] * len(head), *body))


def restructured(part: str, rows: Rows) -> str:
    """A simple table, whose first column must not be empty."""
    head, body = TABLES[part](rows)
    widths = [max(len(line[column]) for line in (head, *body)) for column in range(len(head))]
    rule = " ".join("=" * width for width in widths)
    lines = [" ".join(c.ljust(w) for c, w in zip(line, widths)).rstrip() for line in (head, *body)]
    return "\n".join([rule, lines[0], rule, *lines[1:], rule])


def conditions(part: dict[str, Any]) -> str:
    """Under which a part was measured, as a sentence."""
    day = datetime.date.fromisoformat(part["when"])
    on = f"Measured on {day.day} {day:%B %Y}: {part['server']}, {part['machine']}"
    load = float(part.get("load", 0))
    other = [f"others were at work on the machine, whose load was {load:.0f}"] if load > BUSY else []
    return "; ".join([on, *other, *([part["note"]] if part.get("note") else [])]) + "."
