"""The same for many, in threads of a few processes."""

from __future__ import annotations

import os
import threading
import time
from typing import Any

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._cluster.at_once import AT_ONCE, at_once


def who(number: int) -> dict[str, Any]:
    return {"number": number, "process": os.getpid(), "thread": threading.get_ident()}


@pytest.mark.parametrize("processes", [1, 2, 3])
@pytest.mark.parametrize("items", [1, 2, 7, 100])
def test_each_is_done_once_and_in_order(processes: int, items: int) -> None:
    found = at_once(who, list(range(items)), processes)
    assert [one["number"] for one in found] == list(range(items))
    used = {one["process"] for one in found}
    assert len(used) == min(processes, items)
    assert (os.getpid() in used) == (processes == 1)


def test_nothing_to_do() -> None:
    assert at_once(who, []) == []


def test_few_are_not_worth_a_process() -> None:
    assert {one["process"] for one in at_once(who, list(range(20)))} == {os.getpid()}


def test_those_that_take_long_are_waited_for_together() -> None:
    def slow(number: int) -> dict[str, Any]:
        time.sleep(0.3)
        return {}

    began = time.monotonic()
    at_once(slow, list(range(AT_ONCE)), 2)
    assert time.monotonic() - began < 1.5


def test_bytes_that_are_no_text_come_through() -> None:
    assert at_once(lambda number: {"text": "\udce9"}, [1, 2], 2) == [{"text": "\udce9"}] * 2


def test_a_process_that_dies_is_said_of_its_own() -> None:
    def dies(number: int) -> dict[str, Any]:
        if number == 1:
            os._exit(1)
        return {"number": number}

    assert at_once(dies, [0, 1, 2, 3], 2) == [
        {"number": 0},
        {"msg": "the process that asked it has ended"},
        {"number": 2},
        {"msg": "the process that asked it has ended"},
    ]


def test_what_is_raised_in_a_child_ends_it_and_nothing_else() -> None:
    def raises(number: int) -> dict[str, Any]:
        raise ValueError(number)

    assert [one["msg"] for one in at_once(raises, [0, 1], 2)] == ["the process that asked it has ended"] * 2
