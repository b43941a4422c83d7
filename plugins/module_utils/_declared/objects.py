# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Columns that hold JSON: what may be declared of their members."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from .._catalog.tables import Column, Table
from .errors import where
from .meant import did_you_mean
from .rows import HIDDEN, Row, brief, canonical_json, is_secret_name, kind_of, show_key

_ISOLATION = "default-transaction_isolation"
_LEVELS = ("READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")
_SECOND = "additional_password"
_BYTES = re.compile(r"([0-9a-fA-F]{2})+\Z")

#: What is wrong with a value that was taken from where results have it.
NOT_SHOWN = (
    f"{HIDDEN} stands for a secret that is not shown, and is none; give the secret itself, or leave it out"
)


def json_text(column: Column, value: Any) -> str:
    """What was given, as text or as YAML's own, in canonical form. Raises ValueError."""
    if isinstance(value, str):
        if not value:
            return ""
        try:
            value = json.loads(value, parse_constant=_no_constant)
        except (ValueError, RecursionError) as exc:
            raise ValueError(f"not valid JSON: {exc}") from None
    if column.kind == "json_list" and not isinstance(value, list):
        raise ValueError(f"expected a JSON list, got {kind_of(value)}")
    if column.kind == "json" and not isinstance(value, dict):
        raise ValueError(f"expected a JSON object, got {kind_of(value)}")
    if isinstance(value, dict) and _ISOLATION in value:
        value = {**value, _ISOLATION: _isolation(value[_ISOLATION])}
    if hides_something(value):
        raise ValueError(NOT_SHOWN)
    if isinstance(value, dict) and _SECOND in column.known_members:
        _check_second(value.get(_SECOND))
    for member, low, high in column.members:
        number = value.get(member, low) if isinstance(value, dict) else low
        if isinstance(number, bool) or not isinstance(number, int) or not low <= number <= high:
            limits = f"a whole number from {low} to {high}"
            raise ValueError(f"{member}: expected {limits} (ProxySQL would ignore it)")
    try:
        return canonical_json(value)
    except ValueError:
        raise ValueError("not valid JSON: a number is not finite") from None


def _isolation(level: Any) -> str:
    """As ProxySQL keeps it (MySQL_Authentication::add in lib/MySQL_Authentication.cpp, 2.7.1)."""
    text = str(level).replace("-", " ")
    if text.upper() not in _LEVELS:
        raise ValueError(f"{_ISOLATION}: {brief(level)!r} is not one of {', '.join(_LEVELS)}")
    return text


def hides_something(value: Any) -> bool:
    """Whether a member that is a secret by its name has what results show in its place."""
    if isinstance(value, dict):
        return any(
            is_secret_name(str(name)) if each == HIDDEN else hides_something(each)
            for name, each in value.items()
        )
    return isinstance(value, list) and any(map(hides_something, value))


def _check_second(value: Any) -> None:
    """ProxySQL 3 lets nobody in with anything else (3.0.3)."""
    if value is not None and not (isinstance(value, str) and _BYTES.match(value)):
        raise ValueError(
            f"{_SECOND}: expected its bytes in hexadecimal, as the filter mysqlha.proxysql.hex gives them"
            " (nobody could log in with this)"
        )


def unknown_members(table: Table, rows: Iterable[Row]) -> list[str]:
    """Sentences about members of JSON columns that ProxySQL does not know, and so would ignore."""
    found = []
    columns = [column for column in table.columns if column.known_members]
    for column in columns:
        for row in [row for row in rows if row.get(column.name)]:
            for name in json.loads(str(row[column.name])):
                hint = did_you_mean(name, column.known_members, 0.8)
                if name in column.known_members or (column.open and not hint):
                    continue
                place = where(table.name, show_key(table, row), column.name)
                found.append(f"{place}: ProxySQL knows no {brief(name)} here and ignores it{hint}")
    return found


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is no number")
