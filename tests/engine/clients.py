"""Clients that log in again and again, and waiting for what they see."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pymysql
from server import Server


class Clients(threading.Thread):
    """Go through the same logins until they are ended."""

    def __init__(self, *logins: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self._logins = logins
        self._ended = threading.Event()
        self.good = 0
        self.failed: list[Exception] = []

    def run(self) -> None:
        while not self._ended.wait(0.01):
            for login in self._logins:
                try:
                    login()
                    self.good += 1
                except (pymysql.Error, OSError) as exc:
                    self.failed.append(exc)

    def end(self) -> None:
        self._ended.set()
        self.join()


def until(what: Callable[[], Any], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def as_shop(node: Server, password: str, **options: Any) -> pymysql.connections.Connection[Any]:
    """The application's user, at the port for applications."""
    return pymysql.connect(
        host=node.host,
        port=node.data_port,
        user="shop",
        password=password,
        autocommit=None,
        connect_timeout=5,
        **options,
    )
