"""The clients on their host, as the tests see them: what was answered when."""

from __future__ import annotations

import json
import statistics
import subprocess
import threading
import time
from dataclasses import dataclass

from helpers import SSH_OPTIONS, Cluster, Node, poll


@dataclass
class Seen:
    """One stretch of time as clients saw it. Seconds; failed: logins that got no answer."""

    gap: float
    failed: int
    long_gap: float
    write_gap: float

    def __str__(self) -> str:
        return f"{self.failed} logins failed, gap {self.gap:.2f} s, writes {self.write_gap:.2f} s"


class Clients:
    def __init__(self, cluster: Cluster, key: str) -> None:
        self._cluster, self._key = cluster, key
        self.good: dict[str, list[float]] = {"login": [], "long": [], "write": []}
        self.bad: dict[str, list[float]] = {"login": [], "long": [], "write": []}
        self.acknowledged: list[int] = []
        self._checked = 0

    def __enter__(self) -> Clients:
        (host,) = self._cluster.clients
        self._prepare(self._cluster.primary)
        self._process = subprocess.Popen(
            ["ssh", "-i", self._key, *SSH_OPTIONS.split(), f"ansible@{host.address}", "load"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdin
        target = {**self._cluster.application(self._cluster.vip), "first": time.time_ns() // 1000}
        print(json.dumps(target), file=self._process.stdin, flush=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        poll("answers before the first fault", lambda: all(len(each) > 20 for each in self.good.values()))
        return self

    def _prepare(self, primary: Node) -> None:
        primary.run(
            "mariadb app --execute 'CREATE TABLE IF NOT EXISTS acknowledged (number BIGINT PRIMARY KEY)'"
        )

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()

    def _read(self) -> None:
        for row in self._process.stdout or []:
            kind, moment, good, number = row.split()
            (self.good if good == "1" else self.bad)[kind].append(float(moment))
            if kind == "write" and good == "1":
                self.acknowledged.append(int(number))

    def seen(self, begin: float, end: float) -> Seen:
        # What they tell may be on its way for longer than what they do.
        poll(f"what clients saw until {end:.1f}", lambda: self._latest() >= end, 20)

        def gap(kind: str) -> float:
            inside = sorted(moment for moment in list(self.good[kind]) if begin - 0.3 <= moment <= end)
            moments = [max(begin - 0.3, inside[0]) if inside else begin, *inside, end]
            return max(after - before for before, after in zip(moments, moments[1:]))

        failed = sum(begin - 0.3 <= moment <= end for moment in list(self.bad["login"]))
        return Seen(gap("login"), failed, gap("long"), gap("write"))

    def _latest(self) -> float:
        return max([*self.good["login"][-50:], *self.bad["login"][-50:]])

    def steady(self, seconds: float = 0.6) -> bool:
        """Have logins been answered, and none failed, for a while?"""
        since = time.monotonic() - seconds
        good = [moment for moment in self.good["login"][-200:] if moment >= since]
        bad = [moment for moment in self.bad["login"][-200:] if moment >= since]
        writes = [moment for moment in self.good["write"][-50:] if moment >= since]
        return len(good) > seconds / 0.02 * 0.4 and not bad and bool(writes)

    def lost(self, primary: Node) -> list[int]:
        """Acknowledged writes that the database does not have. Each is looked for once."""
        numbers = self.acknowledged[self._checked :]
        self._checked += len(numbers)
        missing: list[int] = []
        for start in range(0, len(numbers), 2000):
            part = numbers[start : start + 2000]
            text = ",".join(map(str, part))
            there = primary.run(
                "mariadb app --batch --skip-column-names --execute"
                f" 'SELECT number FROM acknowledged WHERE number IN ({text})'"
            )
            missing += set(part) - set(map(int, there.split()))
        return missing


def median(values: list[float]) -> float:
    return statistics.median(values) if values else float("nan")
