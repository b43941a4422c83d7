"""The hosts of this scenario, and clients that log in through the load balancer."""

from __future__ import annotations

import contextlib
import csv
import threading
import time
from collections import Counter
from typing import Self

import pymysql
from helpers import Cluster, Node, poll
from threads import Threads

EVERY = 0.1  # seconds between two logins of one client


class Balanced(Cluster):
    def __init__(self) -> None:
        super().__init__()
        (self.balancer,) = self.group("load_balancer")
        self.vip = self.balancer.address

    def servers(self) -> dict[str, dict[str, str]]:
        """By core, what haproxy knows of it."""
        text = self.balancer.run("echo 'show stat' | socat - /run/haproxy.sock")
        rows = csv.DictReader(text.removeprefix("# ").splitlines())
        return {row["svname"]: row for row in rows if row["svname"].startswith("core")}

    def settled(self) -> None:
        """core1 is given connections, and core2 would be."""
        poll("both cores are up", lambda: all(row["status"] == "UP" for row in self.servers().values()))

    def where(self) -> str:
        """The core that a new connection gets to."""
        with self.app(self.balancer.address) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            for core in self.cores:
                # one may be down
                with contextlib.suppress(OSError, pymysql.OperationalError):
                    rows = core.admin(
                        "SELECT COUNT(*) AS n FROM stats_mysql_processlist"
                        f" WHERE user = '{self.credentials['lab_app_user']}'"
                    )
                    if int(rows[0]["n"] or 0):
                        return core.name
        return ""

    def answer(self, core: Node) -> str:
        """What a balancer is told, as the host itself asks."""
        asked = (
            "import http.client as h; c = h.HTTPConnection('127.0.0.1', 6034); c.request('GET', '/');"
            "r = c.getresponse(); print(r.status, r.read().decode().strip())"
        )
        return core.run(f'python3 -c "{asked}"')


class Logins(Threads):
    """Logs in, asks and says goodbye, again and again, until it is left.

    failed: texts of errors, with how often they came. waited: the longest of all, in seconds.
    """

    def __init__(self, cluster: Balanced, clients: int = 2) -> None:
        super().__init__([self._run] * clients)
        self._cluster = cluster
        self._lock = threading.Lock()
        self.good = 0
        self.failed: Counter[str] = Counter()
        self.waited = 0.0

    def __enter__(self) -> Self:
        super().__enter__()
        poll("logins", lambda: self.good > 20)
        return self

    def __str__(self) -> str:
        bad = sum(self.failed.values())
        return (
            f"{bad} of {self.good + bad} logins failed, the longest took {self.waited:.2f} s"
            f" {dict(self.failed.most_common(3)) or ''}"
        )

    def _run(self) -> None:
        while not self.over.wait(EVERY):
            began = time.monotonic()
            try:
                connection = self._cluster.app(self._cluster.balancer.address)
                with connection, connection.cursor() as cursor:
                    cursor.execute("SELECT 1")
            except (pymysql.Error, OSError) as exc:
                self._tell(str(exc.args[-1])[:80], began)
            else:
                self._tell("", began)

    def _tell(self, error: str, began: float) -> None:
        with self._lock:
            self.waited = max(self.waited, time.monotonic() - began)
            if error:
                self.failed[error] += 1
            else:
                self.good += 1
