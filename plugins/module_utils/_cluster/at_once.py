# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The same work for many nodes at once, in threads of a few processes: threads of one share one processor."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Callable, TypeVar

Item = TypeVar("Item")
Work = Callable[[Item], dict[str, Any]]

# So many are waited for at a time: the silent ones cost their deadline once, not one after the other.
AT_ONCE = 64
# With fewer to do, a process of its own is not worth it; more than so many would be too much of a core.
_WORTH_IT = 30
_PROCESSES = 4


def at_once(work: Work[Item], items: Sequence[Item], processes: int = 0) -> list[dict[str, Any]]:
    """What the work finds, in the order of the items: what JSON can say. It must raise nothing."""
    number = processes or max(1, min(_PROCESSES, os.cpu_count() or 1, len(items) // _WORTH_IT))
    threads = max(1, AT_ONCE // number)
    if number == 1:
        return _in_threads(work, items, threads)
    parts = [items[first::number] for first in range(number)]
    children = [_started(partial(_in_threads, work, part, threads)) for part in parts]
    found: list[dict[str, Any]] = [{} for _item in items]
    for first, (part, child) in enumerate(zip(parts, children)):
        found[first::number] = _result(child) or [
            {"msg": "the process that asked it has ended"} for _item in part
        ]
    return found


def _in_threads(work: Work[Item], items: Sequence[Item], threads: int) -> list[dict[str, Any]]:
    with ThreadPoolExecutor(max_workers=threads) as pool:
        return list(pool.map(work, items))


def _started(work: Callable[[], Any]) -> tuple[int, int]:
    """A child that writes what it found to the pipe; its number and the end to read from."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    try:
        with open(writing, "w", encoding="ascii") as stream:
            json.dump(work(), stream)
    finally:
        # nothing of the parent's is ended, flushed or answered twice
        os._exit(0)


def _result(child: tuple[int, int]) -> list[dict[str, Any]]:
    number, reading = child
    with open(reading, encoding="ascii") as stream:
        text = stream.read()
    os.waitpid(number, 0)
    try:
        found: list[dict[str, Any]] = json.loads(text)
    except ValueError:
        return []
    return found
