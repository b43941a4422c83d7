"""Faults in random order under load, and a table of what clients saw.

    chaos.py [--faults 50] [--seed N] [--only NAME,...] [--title TEXT] [--patience SECONDS]

Needs the standing hosts of the scenario; `make chaos` makes them.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "shared"))

from clients import Clients, Seen, median  # noqa: E402
from faults import BY_NAME, FAULTS, Fault, holders, settled  # noqa: E402
from helpers import Cluster, Node  # noqa: E402


@dataclass
class Trial:
    fault: str
    seen: Seen
    healed: Seen
    lost: int
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"gap {self.seen.gap:.2f} s, {self.seen.failed} logins failed, long-lived connection"
            f" {self.seen.long_gap:.2f} s, writes {self.seen.write_gap:.2f} s; healed: gap"
            f" {self.healed.gap:.2f} s, {self.healed.failed} failed; {self.lost} acknowledged writes lost"
            + "".join(f"; {problem}" for problem in self.problems)
        )


class Chaos:
    """patience: for how long the VIP may stay where it cannot be, before the fault is healed.

    prefers: whether the preferred core gets the VIP back by itself.
    """

    def __init__(self, patience: float = 6.0, strict: bool = True) -> None:
        self.cluster = Cluster()
        self.clients = Clients(self.cluster, os.environ["LAB_KEY"])
        self.patience, self.strict = patience, strict

    def __enter__(self) -> Chaos:
        self.clients.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.clients.__exit__()

    def run(self, fault: Fault) -> Trial:
        cluster, node = self.cluster, self.cluster.active
        settled(cluster, self.clients)
        fault.before(cluster, node)
        settled(cluster, self.clients)
        problems = []
        begin = time.monotonic()
        fault.inject(cluster, node)
        self._moved(fault, begin)
        time.sleep(max(0.0, begin + fault.lasts - time.monotonic()))
        found = holders(cluster)
        if not self._right(fault, found):
            # The hosts are asked one after the other: it may have been on its way.
            time.sleep(1)
            found = holders(cluster)
        if not self._right(fault, found):
            problems.append(f"the VIP is on {found or 'no host'}")
        elif fault.moves and cluster.backup not in found:
            problems.append("the VIP did not move")
        end = time.monotonic()
        seen = self.clients.seen(begin, end)
        begin = time.monotonic()
        fault.heal(cluster, node)
        settled(cluster, self.clients, 60)
        time.sleep(0.3)
        healed = self.clients.seen(begin, time.monotonic())
        fault.after(cluster, node)
        settled(cluster, self.clients)
        lost = self.clients.lost(cluster.primary)
        return Trial(fault.name, seen, healed, len(lost), problems)

    @staticmethod
    def _right(fault: Fault, found: list[Node]) -> bool:
        return len(found) == 1 or (fault.two_holders and len(found) == 2)

    def _moved(self, fault: Fault, begin: float) -> None:
        """Wait until clients are served, for as long as patience goes."""
        while time.monotonic() < begin + self.patience:
            if self.clients.steady(0.4) and (not fault.moves or time.monotonic() > begin + 1.5):
                return
            time.sleep(0.1)


def order(count: int, names: list[str], seed: int) -> list[Fault]:
    """Each fault about equally often, shuffled; the slow one twice, unless there are few of them."""
    dice = random.Random(seed)
    chosen: list[str] = []
    slow = set() if len(names) < len(FAULTS) else {name for name in names if "site.yml" in name}
    while len(chosen) < count:
        bag = [name for name in names if name not in slow or chosen.count(name) < 2]
        dice.shuffle(bag)
        chosen += bag
    return [BY_NAME[name] for name in chosen[:count]]


def table(trials: list[Trial], title: str) -> str:
    rows = [
        f"{title}: seconds, median (maximum)",
        f"{'fault':<34}{'n':>3}  {'gap of logins':<16}{'failed':>7}  {'long-lived':<15}{'writes':<15}"
        f"{'gap on return':<15}{'lost':>4}",
    ]
    for name in [fault.name for fault in FAULTS]:
        mine = [trial for trial in trials if trial.fault == name]
        if not mine:
            continue

        def both(values: list[float]) -> str:
            return f"{median(values):.2f} ({max(values):.2f})"

        rows.append(
            f"{name:<34}{len(mine):>3}  {both([t.seen.gap for t in mine]):<16}"
            f"{median([t.seen.failed for t in mine]):>7.0f}  {both([t.seen.long_gap for t in mine]):<15}"
            f"{both([t.seen.write_gap for t in mine]):<15}{both([t.healed.gap for t in mine]):<15}"
            f"{sum(t.lost for t in mine):>4}"
        )
    wrong = [f"{trial.fault}: {problem}" for trial in trials for problem in trial.problems]
    for text in sorted(set(wrong)):
        rows.append(f"  {wrong.count(text)} x {text}")
    return "\n".join(rows)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--faults", type=int, default=50)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--only", default="")
    parser.add_argument("--title", default="This collection")
    parser.add_argument("--patience", type=float, default=6.0)
    parser.add_argument("--compare", action="store_true", help="what goes wrong is shown, not a failure")
    given = parser.parse_args()
    names = [name.strip() for name in given.only.split(",") if name.strip()] or list(BY_NAME)
    trials: list[Trial] = []
    print(
        f"{given.faults} faults, seed {given.seed}, load of this machine {os.getloadavg()[0]:.1f}", flush=True
    )
    with Chaos(given.patience) as chaos:
        for number, fault in enumerate(order(given.faults, names, given.seed), start=1):
            try:
                trials.append(chaos.run(fault))
            except AssertionError:
                print(table(trials, given.title))
                raise
            print(f"{number:>3} {fault.name}: {trials[-1]}", flush=True)
    print()
    print(table(trials, given.title))
    print(f"load of this machine at the end: {os.getloadavg()[0]:.1f}")
    bad = [trial for trial in trials if trial.problems or trial.lost]
    return 1 if bad and not given.compare else 0


if __name__ == "__main__":
    sys.exit(main())
