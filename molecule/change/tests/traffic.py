"""Applications at the virtual IP while something changes: what they asked, and what failed."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import Any

import pymysql
from helpers import Cluster, poll

EVERY = 0.05  # seconds, between the rounds of each client
REPORT = "SELECT id FROM reports WHERE id = 1"
STATEMENTS = ("SELECT 1", REPORT, "INSERT INTO carts VALUES (NULL)")


class Traffic:
    """A client with a login for each round, and one that keeps its connection, until closed.

    failed: texts of the errors, with how often they came.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._ended = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(keeps,), daemon=True) for keeps in (True, False)
        ]
        self.asked = 0
        self.failed: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __enter__(self) -> Traffic:
        for table in (
            "reports (id INT PRIMARY KEY)",
            "carts (id BIGINT AUTO_INCREMENT PRIMARY KEY)",
        ):
            self._cluster.primary.run(f"mariadb app --execute 'CREATE TABLE IF NOT EXISTS {table}'")
        poll("the tables on the replica", lambda: self._cluster.ask("SELECT COUNT(*) FROM reports") != ())
        for thread in self._threads:
            thread.start()
        poll("answers to applications", lambda: self.asked > 60)
        assert not self.failed, self.failed
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

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
        while not self._ended.wait(EVERY):
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
