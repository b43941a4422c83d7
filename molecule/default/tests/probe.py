"""A client of the VIP in a process of its own, so that the tests' work does not slow it.

Every 50 ms a fresh login and a query, none waiting for another. Standard input gives
host, user, password and schema as JSON, and its end ends the probe. Each attempt is a
line: when it was answered or given up, and whether it was answered.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from typing import Any

import pymysql

EVERY = 0.05
PATIENCE = 1


def attempt(target: dict[str, Any]) -> None:
    try:
        # TLS would make each login cost fifty times as much here, and slow what is measured
        connection = pymysql.connect(
            port=6033, connect_timeout=PATIENCE, read_timeout=PATIENCE, ssl_disabled=True, **target
        )
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        answered = 1
    except (pymysql.Error, OSError):
        answered = 0
    # one write a line: threads share the pipe
    os.write(1, f"{time.monotonic()} {answered}\n".encode())


def main() -> None:
    target = json.loads(sys.stdin.readline())
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    begun = time.monotonic()
    number = 0
    while not ended.wait(max(0.0, begun + number * EVERY - time.monotonic())):
        threading.Thread(target=attempt, args=(target,), daemon=True).start()
        number += 1


main()
