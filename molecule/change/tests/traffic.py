"""Applications at the virtual IP while something changes: what they asked, and what failed."""

from __future__ import annotations

import threading
import time
from collections import Counter
from functools import partial
from typing import Any, Self

import pymysql
from helpers import Cluster, poll
from threads import Threads

EVERY = 0.05  # seconds, between the rounds of each client
REPORT = "SELECT id FROM reports WHERE id = 1"
STATEMENTS = ("SELECT 1", REPORT, "INSERT INTO carts VALUES (NULL)")


class Traffic(Threads):
    """A client with a login for each round, and one that keeps its connection, until closed.

    failed: texts of the errors, with how often they came.
    """

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(partial(self._run, keeps) for keeps in (True, False))
        self._cluster = cluster
        self.asked = 0
        self.failed: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        for table in (
            "reports (id INT PRIMARY KEY)",
            "carts (id BIGINT AUTO_INCREMENT PRIMARY KEY)",
        ):
            self._cluster.primary.run(f"mariadb app --execute 'CREATE TABLE IF NOT EXISTS {table}'")
        poll("the tables on the replica", lambda: self._cluster.ask("SELECT COUNT(*) FROM reports") != ())
        super().__enter__()
        poll("answers to applications", lambda: self.asked > 60)
        assert not self.failed, self.failed
        return self

    def __str__(self) -> str:
        worst = "".join(f"; {number} times {text}" for text, number in self.failed.most_common(3))
        return f"{sum(self.failed.values())} of {self.asked} statements failed{worst}"

    def recovered(self) -> bool:
        """Whether a while has passed without an error."""
        before = sum(self.failed.values())
        time.sleep(1)
        return sum(self.failed.values()) == before

    def _run(self, keeps: bool) -> None:
        connection: Any = None
        while not self.over.wait(EVERY):
            for statement in STATEMENTS:
                error = ""
                try:
                    connection = connection or self._cluster.app(self._cluster.vip)
                    with connection.cursor() as cursor:
                        cursor.execute(statement)
                except (pymysql.Error, OSError) as exc:
                    error = str(exc.args[-1] if exc.args else exc)[:60]
                with self._lock:
                    self.asked += 1
                    if error:
                        self.failed[error] += 1
                if connection and (error or not keeps):
                    connection.close()
                    connection = None
