# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Canonical rows: what is typed in YAML and what the server sends become comparable values.

A row is a dict of column name to int, str, bool or None (NULL). Bytes that are not UTF-8 (the
salt of a caching_sha2 password) live in str as surrogate escapes, so nothing is lost.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, Callable, Optional

from .._catalog.tables import Column, Table, Value

Row = dict[str, Value]
Key = tuple[Value, ...]
Rows = dict[Key, Row]

HIDDEN = "********"

_SECRET_WORDS = "passw(or)?d|secret|token|credential|key"
_SECRET = re.compile(_SECRET_WORDS, re.IGNORECASE)
# In a text without these there is no such member, whatever its blanks; letters may be escaped.
_MAY_HOLD_SECRET = re.compile(rf"{_SECRET_WORDS}|\\", re.IGNORECASE)


def is_secret_name(name: str) -> bool:
    """Whether something that nobody here knows is a secret by its name."""
    return _SECRET.search(name) is not None


def hide_members(text: str) -> str:
    """A JSON text without the values of members that are secrets by their name."""
    if not _MAY_HOLD_SECRET.search(text):
        return text
    hidden: list[str] = []

    def without(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        # all pairs, for of those of the same name the dict keeps but one
        secret = [name for name, value in pairs if value is not None and is_secret_name(name)]
        hidden.extend(secret)
        return {**dict(pairs), **dict.fromkeys(secret, HIDDEN)}

    try:
        shown = canonical_json(json.loads(text, object_pairs_hook=without))
    except (ValueError, RecursionError):
        return HIDDEN
    return shown if hidden else text


INT = re.compile(r"[+-]?[0-9]{1,20}\Z")
HEX = re.compile(r"(0[xX])?[0-9a-fA-F]{1,16}\Z")


# -- values sent by the server -----------------------------------------------------------


def server_value(column: Column | None, value: str | None) -> Value:
    """The canonical form of what the server sent. Never raises: what it cannot read stays text."""
    if value is None or column is None:
        return value
    if column.kind in ("int", "number") and INT.match(value):
        return int(value)
    if column.kind == "bool" and value in ("0", "1"):
        return value == "1"
    if column.kind == "enum":
        return next((choice for choice in column.choices if choice.lower() == value.lower()), value)
    if column.kind in ("json", "json_list") and value:
        try:
            return canonical_json(json.loads(value))
        except (ValueError, RecursionError):
            return value
    if column.blank and not value:
        return None
    if column.kind == "digest":
        # What is no digest to LOAD is not what it looks like.
        return f"0x{_strtoull(value):016X}" if is_digest(value) else value
    if column.kind == "modifiers":
        return canonical_modifiers(value)
    return value


def text_of(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "surrogateescape")


def raw_of(row: Iterable[str | None]) -> tuple[bytes | None, ...]:
    """A row of texts as it was sent."""
    return tuple(None if value is None else value.encode("utf-8", "surrogateescape") for value in row)


class _Canonical(dict[Optional[bytes], Value]):
    """Values of one column as sent -> canonical. Most values of a column repeat, or are few."""

    def __init__(self, column: Column | None) -> None:
        super().__init__()
        self.column = column

    def __missing__(self, value: bytes | None) -> Value:
        found = self[value] = server_value(self.column, text_of(value))
        return found


def server_rows(table: Table, names: Sequence[str], fetched: Sequence[Sequence[bytes | None]]) -> list[Row]:
    """Rows as fetched (every value bytes or None) to canonical rows."""
    columns = [
        map(_Canonical(table.by_name.get(name)).__getitem__, values)
        for name, values in zip(names, zip(*fetched))
    ]
    return [dict(zip(names, values)) for values in zip(*columns)]


def is_digest(text: str) -> bool:
    """Whether LOAD takes it for a digest: 0 and the largest number are none (transcript "rule_values")."""
    return 0 < _strtoull(text) < 2**64 - 1


def _strtoull(text: str) -> int:
    """A number as C reads it with base 0, as far as it goes."""
    match = re.match(r"\s*\+?(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9][0-9]*))", text)
    if not match:
        return 0
    hexadecimal, octal, decimal = match.groups()
    number = int(hexadecimal, 16) if hexadecimal else int(octal, 8) if octal else int(decimal)
    return min(number, 2**64 - 1)


def kind_of(value: Any) -> str:
    """What was given, in words."""
    names: dict[Any, str] = {
        dict: "a dict",
        (list, tuple): "a list",
        bool: "a boolean",
        float: "a decimal number",
        int: "a number",
        str: "text",
    }
    # Ansible's own kinds of them, too; a boolean is a number as well.
    fitting = (words for kind, words in names.items() if isinstance(value, kind))
    return next(fitting, "nothing" if value is None else type(value).__name__)


def canonical_json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical_digest(text: str) -> str:
    return f"0x{int(text, 16):016X}"


def canonical_modifiers(text: str) -> str:
    """In the order in which ProxySQL writes them; unknown ones are dropped, as LOAD does."""
    words = {word.strip().upper() for word in text.split(",")}
    return ",".join(word for word in ("CASELESS", "GLOBAL") if word in words)


# -- keys, and rows for people ------------------------------------------------------------


@lru_cache(maxsize=64)
def _key_getter(names: tuple[str, ...]) -> Callable[[Mapping[str, Value]], Any]:
    get = itemgetter(*names)
    return get if len(names) > 1 else lambda row: (get(row),)


def key_of(table: Table, row: Mapping[str, Value]) -> Key:
    key: Key = _key_getter(table.key)(row)
    return key


def keys_of(table: Table, rows: Iterable[Row]) -> list[Key]:
    return list(map(_key_getter(table.key), rows))


def names_in(rows: Iterable[Row]) -> set[str]:
    """Every column that any of the rows has."""
    return set[str]().union(*rows)


def by_key(table: Table, rows: Iterable[Row]) -> Rows:
    get = _key_getter(table.key)
    return {get(row): row for row in rows}


def show_key(table: Table, row: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={brief(row[name])}" for name in table.key if name in row)


def is_huge(value: Any) -> bool:
    """Python does not write numbers of more than 4300 digits."""
    return isinstance(value, int) and value.bit_length() > 1000


def brief(value: Any) -> str:
    text = "a huge number" if is_huge(value) else str(value)
    text = text if len(text) <= 80 else text[:80] + "..."
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def show_row(
    table: Table, row: Mapping[str, Value], others: Sequence[str] = (), changed: Sequence[str] = ()
) -> Row:
    """A row as results show it: key first, secrets hidden, unreadable bytes escaped.

    changed: names of columns that change; a hidden one says so, or its diff would be empty.
    """
    shown = {name: row[name] for name in table.key if name in row}
    shown.update((name, value) for name, value in row.items() if name not in others)
    for name, value in shown.items():
        if isinstance(value, str) and not value.isascii():
            shown[name] = value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    for name in table.secrets:
        if shown.get(name) is not None:
            shown[name] = f"{HIDDEN} (new)" if name in changed else HIDDEN
    for name in table.json:
        value = shown.get(name)
        if isinstance(value, str) and value:
            shown[name] = hide_members(value)
            if name in changed and shown[name] != value:
                shown[name] = f"{shown[name]} (new)"
    return shown
