"""Applications that log in at the virtual IP all the time, and how long a node does not follow."""

from __future__ import annotations

import ssl
import threading
import time
from collections import Counter
from typing import Any, Self

import pymysql
from helpers import Cluster, Node, poll
from threads import Threads

EVERY = 0.05  # seconds between the logins of one client
CLIENTS = 2


class Logins(Threads):
    """Logs in and asks something, again and again, until it is left. Each client keeps one connection.

    failed: texts of the errors, with how often they came. good, bad: when a login was let in, or was not, in
    seconds. lost: connections that were kept and are gone.
    """

    def __init__(
        self,
        cluster: Cluster,
        password: str = "",
        tls: ssl.SSLContext | None = None,
        statement: str = "SELECT 1",
        user: str = "",
    ) -> None:
        super().__init__([self._run] * CLIENTS)
        self._target = cluster.application(cluster.vip)
        if user:
            self._target["user"] = user
        if password:
            self._target["password"] = password
        self._tls, self._statement = tls, statement
        self._lock = threading.Lock()
        self.good: list[float] = []
        self.bad: list[float] = []
        self.failed: Counter[str] = Counter()
        self.lost = 0
        self._began = self._took = 0.0

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        super().__enter__()
        poll("logins", lambda: len(self.good) + len(self.bad) > 20)
        return self

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self._took = time.monotonic() - self._began

    def __str__(self) -> str:
        took = self._took or time.monotonic() - self._began
        tried = len(self.good) + len(self.bad)
        worst = "".join(f"; {number} times {text}" for text, number in self.failed.most_common(3))
        return (
            f"{len(self.bad)} of {tried} logins failed in {took:.0f} s ({tried / took:.0f} a second), "
            f"{self.lost} connections lost{worst}"
        )

    __repr__ = __str__

    def connect(self) -> Any:
        secure: dict[str, Any] = {"ssl": self._tls} if self._tls else {"ssl_disabled": True}
        return pymysql.connect(
            port=6033, connect_timeout=5, read_timeout=5, autocommit=None, **secure, **self._target
        )

    def _run(self) -> None:
        kept = None
        number = 0
        while not self.over.wait(EVERY):
            try:
                connection = self.connect()
                self._ask(connection)
            except (pymysql.Error, OSError) as exc:
                with self._lock:
                    self.bad.append(time.monotonic())
                    self.failed[str(exc.args[-1] if exc.args else exc)[:80]] += 1
            else:
                with self._lock:
                    self.good.append(time.monotonic())
                if kept is None:
                    kept = connection
                else:
                    connection.close()
            number += 1
            if kept is not None and number % 10 == 0:
                try:
                    self._ask(kept)
                except (pymysql.Error, OSError):
                    self.lost += 1
                    kept = None

    def _ask(self, connection: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(self._statement)
            cursor.fetchall()


class Following:
    """Changes a variable that nobody declares on the first core, once a second, until it is left.

    slowest: seconds that the slowest change took to be in the runtime of all nodes.
    """

    NAME = "mysql-long_query_time"

    def __init__(self, nodes: list[Node]) -> None:
        # connected before: it is the nodes that have to log in to each other
        self._admins = {node: node.admin_connection() for node in nodes}
        self._leader = nodes[0]
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.slowest, self.changes, self.missed = 0.0, 0, ""
        self._over = False

    def __enter__(self) -> Following:
        self._thread.start()
        poll("a change that has arrived", lambda: self.changes > 0)
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        for admin in self._admins.values():
            admin.close()
        assert self._over, "the watch ended before it was told to"

    def __str__(self) -> str:
        return f"{self.changes} changes, the slowest on all nodes after {self.slowest:.2f} s{self.missed}"

    def _run(self) -> None:
        number = 2000
        while not self._ended.is_set():
            time.sleep(1.05)  # two LOADs in one second would have one epoch
            number += 1
            began = time.monotonic()
            with self._admins[self._leader].cursor() as cursor:
                cursor.execute(f"SET {self.NAME} = {number}")
                cursor.execute("LOAD MYSQL VARIABLES TO RUNTIME")
            late = self._late(number, began + 15)
            if late:
                self.missed += f"; {number} never came to {', '.join(map(str, late))}"
            self.slowest = max(self.slowest, time.monotonic() - began)
            self.changes += 1
        self._over = True

    def _late(self, number: int, deadline: float) -> list[Node]:
        waiting = list(self._admins)
        while waiting and time.monotonic() < deadline:
            waiting = [node for node in waiting if self._value(node) != str(number)]
            time.sleep(0.02)
        return waiting

    def _value(self, node: Node) -> str:
        with self._admins[node].cursor() as cursor:
            cursor.execute(
                f"SELECT variable_value FROM runtime_global_variables WHERE variable_name = '{self.NAME}'"
            )
            row = cursor.fetchone()
        # none while the server writes that table anew for somebody else
        return "" if row is None else row[0].decode() if isinstance(row[0], bytes) else str(row[0])
