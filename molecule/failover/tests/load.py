#!/usr/bin/env python3
"""Clients of the VIP, on a host of their own. Each thing that happens is a line:

    KIND MOMENT OK NUMBER

login: every 20 ms a fresh login and a query, none waiting for another
long: one connection that asks every 20 ms, and comes back when it is lost
write: inserts of ascending numbers; OK only when the database acknowledged the row

MOMENT is the kernel's monotonic clock, which all hosts of a lab share. Standard input gives
host, user, password, schema and the first number as JSON, and its end ends the program.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from typing import Any

import pymysql

EVERY = 0.02
PATIENCE = 0.25
LONG_PATIENCE = 3


def tell(kind: str, good: bool, number: int = 0) -> None:
    # one write a line: threads share the pipe
    os.write(1, f"{kind} {time.monotonic():.4f} {int(good)} {number}\n".encode())


def connect(target: dict[str, Any], patience: float) -> pymysql.connections.Connection:
    # TLS would make each login cost fifty times as much here, and slow what is measured
    return pymysql.connect(
        port=6033,
        connect_timeout=patience,
        read_timeout=patience,
        write_timeout=patience,
        autocommit=None,
        ssl_disabled=True,
        **target,
    )


def ask(connection: Any, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def login(target: dict[str, Any]) -> None:
    try:
        connection = connect(target, PATIENCE)
        ask(connection, "SELECT 1")
        tell("login", True)
        connection.close()
    except (pymysql.Error, OSError, AttributeError):
        tell("login", False)


def long(target: dict[str, Any], ended: threading.Event) -> None:
    connection: Any = None
    while not ended.wait(EVERY):
        try:
            connection = connection or connect(target, LONG_PATIENCE)
            ask(connection, "SELECT 1")
            tell("long", True)
        except (pymysql.Error, OSError, AttributeError):
            tell("long", False)
            connection = None


def write(target: dict[str, Any], ended: threading.Event, number: int) -> None:
    connection: Any = None
    while not ended.wait(EVERY):
        number += 1
        try:
            if connection is None:
                connection = connect(target, 1)
                ask(connection, "SET autocommit = 1")
            ask(connection, f"INSERT INTO acknowledged VALUES ({number})")
            tell("write", True, number)
        except (pymysql.Error, OSError, AttributeError):
            tell("write", False, number)
            connection = None


def main() -> None:
    target = json.loads(sys.stdin.readline())
    number = target.pop("first")
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    threading.Thread(target=long, args=(target, ended), daemon=True).start()
    threading.Thread(target=write, args=(target, ended, number), daemon=True).start()
    begun = time.monotonic()
    count = 0
    while not ended.wait(max(0.0, begun + count * EVERY - time.monotonic())):
        threading.Thread(target=login, args=(target,), daemon=True).start()
        count += 1


if __name__ == "__main__":
    main()
