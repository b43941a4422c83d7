"""Applications, with connections that last and others that do not."""

from __future__ import annotations

import itertools
import random
import time
from functools import partial
from typing import Any

import pymysql
from helpers import Cluster
from threads import Threads

WRITERS, TRANSACTIONS, READERS = 8, 3, 10
EVERY = 0.05  # seconds, between what each client does


class Load(Threads):
    """At the virtual IP, or at another address of a node.

    failed: texts of errors. slowest: seconds, since it was set to 0. written: acknowledged keys.
    """

    def __init__(self, cluster: Cluster, address: str = "") -> None:
        work = [self._write] * WRITERS + [self._transact] * TRANSACTIONS + [self._read] * READERS
        super().__init__(partial(self._run, each, number % 2 == 0) for number, each in enumerate(work))
        self._cluster, self._address = cluster, address or cluster.vip
        self._keys = itertools.count(random.randrange(10**9, 10**15))
        self.failed: list[str] = []
        self.written: list[int] = []
        self.slowest, self.asked = 0.0, 0

    def _run(self, work: Any, short: bool) -> None:
        connection: Any = None
        while not self.over.wait(EVERY):
            try:
                connection = connection or self._cluster.app(self._address)
                work(connection)
            except (pymysql.Error, OSError) as exc:
                self.failed.append(f"{work.__name__}: {exc}")
                connection = None
            if connection and short:
                connection.close()
                connection = None

    def _do(self, connection: Any, *statements: str) -> None:
        with connection.cursor() as cursor:
            for statement in statements:
                began = time.monotonic()
                cursor.execute(statement)
                self.slowest = max(self.slowest, time.monotonic() - began)
                self.asked += 1

    def _write(self, connection: Any) -> None:
        key = next(self._keys)
        # done twice, it would be seen
        again = "ON DUPLICATE KEY UPDATE times = times + 1"
        self._do(connection, f"INSERT INTO acknowledged VALUES ({key}, 1) {again}")
        self.written.append(key)

    def _transact(self, connection: Any) -> None:
        keys = [next(self._keys), next(self._keys)]
        self._do(connection, "BEGIN", "INSERT INTO carts VALUES (NULL)")
        self._do(connection, f"INSERT INTO acknowledged VALUES ({keys[0]}, 1)")
        time.sleep(random.random() / 10)
        self._do(connection, f"INSERT INTO acknowledged VALUES ({keys[1]}, 1)", "COMMIT")
        self.written += keys

    def _read(self, connection: Any) -> None:
        self._do(connection, "SELECT COUNT(*) FROM carts WHERE id < 100")
