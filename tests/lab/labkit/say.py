"""What the lab tells a person: one line a step, with the time it took."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Refused(Exception):
    """Something cannot be done here; the text says what and why, for a person."""


_start = time.monotonic()


def _colour(code: str, text: str) -> str:
    if sys.stderr.isatty() and "NO_COLOR" not in os.environ:
        return f"\033[{code}m{text}\033[0m"
    return text


def line(text: str) -> None:
    print(f"{_colour('2', f'{time.monotonic() - _start:6.1f} s')}  {text}", file=sys.stderr, flush=True)


def progress(text: str) -> None:
    """What is being done just now, on one line that is written over; only on a terminal."""
    if sys.stderr.isatty():
        width = shutil.get_terminal_size().columns - 12
        print(
            f"\r\033[K          {text[:width]}" if text else "\r\033[K", end="", file=sys.stderr, flush=True
        )


@contextmanager
def step(text: str) -> Iterator[None]:
    """Names a piece of work before it starts, and says how long it took."""
    line(f"{text} ...")
    before = time.monotonic()
    yield
    done(text, before)


def done(text: str, since: float, detail: str = "") -> None:
    line(f"{text}: {_colour('32', 'done')} in {time.monotonic() - since:.1f} s{detail}")


def warn(text: str) -> None:
    line(_colour("33", "warning: ") + text)


def refuse(error: Refused) -> None:
    print(_colour("31", "lab: ") + str(error), file=sys.stderr)
