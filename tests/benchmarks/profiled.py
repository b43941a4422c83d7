"""Where each second of a playbook goes, as a table.

    python tests/benchmarks/profiled.py [--top 15] -- -i INVENTORY mysqlha.proxysql.site

What follows -- is given to ansible-playbook. Run it twice to see an unchanged run.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from checkout import tree

CALLBACKS = Path(__file__).with_name("callbacks")


Spent = list[tuple[str, float]]


def profiled(options: Sequence[str], settings: Mapping[str, str]) -> tuple[float, Spent, str]:
    """Seconds in all, those of each task, and what was said."""
    program = Path(sys.executable).with_name("ansible-playbook")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "spent.json"
        own = {
            "ANSIBLE_COLLECTIONS_PATH": str(tree()),
            "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
            "ANSIBLE_CALLBACKS_ENABLED": "where_time_goes",
            "ANSIBLE_NOCOLOR": "1",
            "WHERE_TIME_GOES": str(file),
            "WHERE_TIME_BEGAN": str(time.time()),
        }
        began = time.monotonic()
        done = subprocess.run(
            [str(program), *options],
            env={**os.environ, **own, **settings},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
        took = time.monotonic() - began
        if not file.exists():
            raise RuntimeError(done.stdout[-3000:] + done.stderr[-1000:])
        spent: dict[str, float] = {}
        for _play, task, seconds in json.loads(file.read_text(encoding="utf-8")):
            spent[task] = spent.get(task, 0.0) + seconds
    spent["what is after the last task"] = took - sum(spent.values())
    return took, sorted(spent.items(), key=lambda item: -item[1]), done.stdout


def table(took: float, spent: Spent, top: int) -> str:
    """The tasks that take longest, and all others together."""
    rows = [*spent[:top], (f"{len(spent) - top} others", sum(seconds for _task, seconds in spent[top:]))]
    lines = ["| Task | Seconds | Share |", "| --- | --- | --- |"]
    lines += [f"| {task} | {seconds:.2f} | {seconds / took:.0%} |" for task, seconds in rows if seconds]
    return "\n".join([*lines, f"| all | {took:.2f} | 100% |"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--top", type=int, default=15)
    parser.add_argument("options", nargs="+")
    given = parser.parse_args()
    took, spent, said = profiled(given.options, {})
    print(said.rpartition("PLAY RECAP")[2].strip(), table(took, spent, given.top), sep="\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
