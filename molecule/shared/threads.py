"""Work of applications that goes on in threads until it is left."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any, Self


class Threads:
    """Each of the work runs in a thread of its own, and ends itself when ``over`` is set."""

    def __init__(self, work: Iterable[Callable[[], Any]]) -> None:
        self.over = threading.Event()
        self._threads = [threading.Thread(target=each, daemon=True) for each in work]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        for thread in self._threads:
            thread.join()
