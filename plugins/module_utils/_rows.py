# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Canonical rows: what is typed in YAML and what the server sends become comparable values.

A row is a dict of column name to int, str, bool or None (NULL). Bytes that are not UTF-8 (the
salt of a caching_sha2 password) live in str as surrogate escapes, so nothing is lost.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any, Callable, Optional

from ._catalog import REQUIRED, Column, Table, Value
from ._errors import DeclarationError, where
from ._passwords import from_hex

Row = dict[str, Value]
Key = tuple[Value, ...]
Rows = dict[Key, Row]

HIDDEN = "********"

_TRUE = frozenset(("1", "true", "yes", "on"))
_FALSE = frozenset(("0", "false", "no", "off"))
_INT = re.compile(r"[+-]?[0-9]{1,20}\Z")
_HEX = re.compile(r"(0x)?[0-9a-fA-F]{1,16}\Z")

# Bytes. Above 16 MB Admin executes a statement and then breaks the connection (seen on 2.7.1), and
# a value may be sent as hexadecimal.
MAX_TEXT = 4000000


# -- values declared by people ------------------------------------------------------------


def declared_rows(
    table: Table, config: Any, columns: Sequence[str] | None = None, server: str = "the connected server"
) -> list[Row]:
    """The rows of a ``config`` list, canonical, with only the columns given and the key.

    columns: those of the table on ``server``, where they are known; any other is refused.
    Raises DeclarationError naming table, row and column.
    """
    if not isinstance(config, (list, tuple)):
        raise DeclarationError(
            f"{table.name}: expected a list of rows, got {_kind_of(config)}", table=table.name
        )
    reading = _Columns(table)
    rows = [_declared_row(table, reading, raw, number) for number, raw in enumerate(config, 1)]
    keys = keys_of(table, rows)
    if len(set(keys)) < len(keys):
        second = next(number for number, key in enumerate(keys) if key in keys[:number])
        shown = show_key(table, rows[second])
        raise DeclarationError(
            f"{where(table.name, shown)}: declared twice, as rows {keys.index(keys[second]) + 1} and"
            f" {second + 1} of the list",
            table=table.name,
            key=shown,
        )
    if columns is not None:
        check_columns(table, rows, columns, server)
    return rows


def check_columns(table: Table, rows: Iterable[Row], columns: Sequence[str], server: str) -> None:
    """Refuse a column that the server does not have. Raises DeclarationError naming it."""
    known = frozenset(columns)
    for row in rows:
        if known.issuperset(row):
            continue
        name = next(name for name in row if name not in known)
        near = difflib.get_close_matches(name, columns, 1)
        hint = f", did you mean {near[0]}?" if near else ""
        place = where(table.name, show_key(table, row), name)
        raise DeclarationError(
            f"{place}: {server} has no such column{hint}",
            table=table.name,
            key=show_key(table, row),
            column=name,
        )


_PLAIN = frozenset((str, int, bool, type(None)))


class _Columns(dict[Any, tuple[str, Callable[[Any], Value], Callable[[Any], Value]]]):
    """Column names as given -> name, what makes a declared value canonical, the same with a memory."""

    def __init__(self, table: Table) -> None:
        super().__init__()
        self.table = table

    def __missing__(self, given: Any) -> tuple[str, Callable[[Any], Value], Callable[[Any], Value]]:
        name = str(given)
        # A column that only a newer server has is passed on as text; the server's own list of
        # columns is checked once it is known.
        column = self.table.by_name.get(name) or Column(name, "any", None, nullable=True)
        canonical = partial(declared_value, column)
        # By type, for True and 1 are one key to a dict.
        self[given] = name, canonical, lru_cache(maxsize=None, typed=True)(canonical)
        return self[given]


def _declared_row(table: Table, reading: _Columns, raw: Any, number: int) -> Row:
    if not isinstance(raw, (dict, Mapping)):
        raise DeclarationError(
            f"{table.name}, row {number}: expected a dict of columns, got {_kind_of(raw)}", table=table.name
        )
    row: Row = {}
    name = ""
    try:
        for given, value in raw.items():
            name, canonical, remembered = reading[given]
            row[name] = remembered(value) if type(value) in _PLAIN else canonical(value)
        for name in table.key:
            if name not in row:
                row[name] = _key_default(table, name)
    except ValueError as exc:
        place = _place(table, raw, number)
        raise DeclarationError(
            f"{where(table.name, place, name)}: {exc}", table=table.name, key=place, column=name
        ) from None
    return row


def _key_default(table: Table, name: str) -> Value:
    default: Any = table.by_name[name].default
    if default is REQUIRED:
        raise ValueError("this key column must be given")
    value: Value = default
    return value


def declared_value(column: Column, value: Any) -> Value:
    """The canonical form of a declared value. Raises ValueError with what is wrong."""
    if value is None:
        if column.nullable:
            return None
        raise ValueError("NULL is not allowed here (leave the column out to have its default)")
    reader = _READERS.get(column.kind)
    return reader(column, value) if reader else _declared_text(column, value)


def _declared_text(column: Column, value: Any) -> Value:
    free = column.kind == "text" and not (column.forbids or column.secret or column.blank)
    if free and value.__class__ is str and value.isascii() and "\0" not in value and len(value) <= MAX_TEXT:
        return value  # most texts there are
    if column.kind == "any" and isinstance(value, bool):
        return str(int(value))
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise ValueError(f"expected text, got {_kind_of(value)}{_quote_hint(value)}")
    if _is_huge(value):
        raise ValueError("expected text, got a huge number")
    text = _clean(str(value))
    if column.secret == "mysql":
        text = from_hex(text)
    if column.blank and not text:
        return None
    for char in column.forbids:
        if char in text:
            raise ValueError(f"can not hold the character {char} (ProxySQL would lose it in runtime)")
    if column.kind == "enum":
        return _declared_choice(column, text)
    if column.kind == "hex" and not (text[:2] in ("0x", "0X") and _HEX.match(text)):
        raise ValueError(f"expected a number such as 0x1234567890ABCDEF, got {_shown(column, text)}")
    if column.kind == "digest":
        if not _HEX.match(text):
            raise ValueError(
                "expected a digest such as 0x1234567890ABCDEF (ProxySQL takes any other for no digest)"
            )
        return canonical_digest(text)
    if column.kind == "modifiers":
        words = [word.strip().upper() for word in text.split(",") if word.strip()]
        unknown = [word for word in words if word not in ("CASELESS", "GLOBAL")]
        if unknown:
            raise ValueError(
                f"{unknown[0][:80]!r} is not a modifier (CASELESS, GLOBAL or both, with a comma)"
            )
        return canonical_modifiers(text)
    if column.secret == "mysql" and text.startswith("*") and not re.match(r"\*[0-9A-Fa-f]{40}\Z", text):
        raise ValueError(
            "begins with '*' but is no mysql_native_password hash; ProxySQL takes it for one and refuses"
            " every login"
        )
    return text


def _is_huge(value: Any) -> bool:
    """Python does not write numbers of more than 4300 digits."""
    return isinstance(value, int) and value.bit_length() > 1000


def _declared_number(column: Column, value: Any) -> int:
    return int(value) if isinstance(value, bool) else _declared_int(column, value)


def _declared_int(column: Column, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise ValueError(f"expected a whole number, got {_kind_of(value)}")
    if isinstance(value, str) and not _INT.match(value.strip()):
        raise ValueError(f"expected a whole number, got {_shown(column, value)}")
    if _is_huge(value):
        raise ValueError(f"a huge number is out of range ({column.low} to {column.high})")
    number = int(value)
    if not column.low <= number <= column.high:
        raise ValueError(f"{number} is out of range ({column.low} to {column.high})")
    return number


def _declared_bool(_column: Column, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = _brief(value).strip().lower()
    if isinstance(value, (int, str)) and text in _TRUE | _FALSE:
        return text in _TRUE
    shown = repr(text[:80]) if isinstance(value, (int, str)) else _kind_of(value)
    raise ValueError(f"expected true or false, got {shown}")


def _declared_choice(column: Column, text: str) -> str:
    for choice in column.choices:
        if choice.lower() == text.strip().lower():
            return choice
    raise ValueError("{!r} is not one of {}".format(text[:80], ", ".join(column.choices)))


def _declared_json(column: Column, value: Any) -> str:
    return _clean(_json_text(column, value))


def _json_text(column: Column, value: Any) -> str:
    if isinstance(value, str):
        if not value:
            return ""
        try:
            value = json.loads(value, parse_constant=_no_constant)
        except (ValueError, RecursionError) as exc:
            raise ValueError(f"not valid JSON: {exc}") from None
    if column.kind == "json_list" and not isinstance(value, list):
        raise ValueError(f"expected a JSON list, got {_kind_of(value)}")
    if column.kind == "json" and not isinstance(value, dict):
        raise ValueError(f"expected a JSON object, got {_kind_of(value)}")
    for member, low, high in column.members:
        number = value.get(member, low) if isinstance(value, dict) else low
        if isinstance(number, bool) or not isinstance(number, int) or not low <= number <= high:
            limits = f"a whole number from {low} to {high}"
            raise ValueError(f"{member}: expected {limits} (ProxySQL would ignore it)")
    try:
        return canonical_json(value)
    except ValueError:
        raise ValueError("not valid JSON: a number is not finite") from None


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is no number")


def _clean(text: str) -> str:
    """Text as it will come back from the server. Raises ValueError for what can not be sent."""
    if "\0" in text:
        raise ValueError("a NUL character can not be sent to ProxySQL")
    if len(text) > MAX_TEXT or (len(text) * 4 > MAX_TEXT and len(_bytes(text)) > MAX_TEXT):
        raise ValueError(f"longer than {MAX_TEXT} bytes")
    # Escaped bytes that make up a character are that character.
    return text if text.isascii() else _bytes(text).decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise ValueError("holds half of a surrogate pair, which is no character") from None


_READERS: dict[str, Callable[[Column, Any], Value]] = {
    "int": _declared_int,
    "number": _declared_number,
    "bool": _declared_bool,
    "json": _declared_json,
    "json_list": _declared_json,
}


# -- values sent by the server -----------------------------------------------------------


def server_value(column: Column | None, value: str | None) -> Value:
    """The canonical form of what the server sent. Never raises: what it can not read stays text."""
    if value is None or column is None:
        return value
    if column.kind in ("int", "number") and _INT.match(value):
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
        return canonical_digest(value) if _HEX.match(value) else value
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


def by_key(table: Table, rows: Iterable[Row]) -> Rows:
    get = _key_getter(table.key)
    return {get(row): row for row in rows}


def show_key(table: Table, row: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={_brief(row[name])}" for name in table.key if name in row)


def _brief(value: Any) -> str:
    text = "a huge number" if _is_huge(value) else str(value)
    text = text if len(text) <= 80 else text[:80] + "..."
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def show_row(
    table: Table, row: Mapping[str, Value], others: Sequence[str] = (), changed: Sequence[str] = ()
) -> Row:
    """A row as results show it: key first, secrets hidden, unreadable bytes escaped.

    changed: names of columns that change; a hidden one says so, or its diff would be empty.
    """
    order = [name for name in table.key if name in row]
    order += [name for name in row if name not in order and name not in others]
    shown: Row = {}
    for name in order:
        value = row[name]
        column = table.by_name.get(name)
        if column is not None and column.secret and value is not None:
            value = f"{HIDDEN} (new)" if name in changed else HIDDEN
        elif isinstance(value, str):
            value = value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        shown[name] = value
    return shown


def _place(table: Table, raw: Mapping[Any, Any], number: int) -> str:
    return (
        show_key(table, {k: v for k, v in raw.items() if isinstance(v, (str, int))})
        or f"{number} of the list"
    )


def _kind_of(value: Any) -> str:
    names = {
        dict: "a dict",
        list: "a list",
        bool: "a boolean",
        float: "a decimal number",
        int: "a number",
        str: "text",
    }
    return names.get(type(value), "nothing" if value is None else type(value).__name__)


def _quote_hint(value: Any) -> str:
    return " (put it in quotes)" if isinstance(value, (bool, float)) else ""


def _shown(column: Column, value: str) -> str:
    return "a secret" if column.secret else repr(value[:80])
