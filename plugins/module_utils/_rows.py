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

Row = dict[str, Value]
Key = tuple[Value, ...]
Rows = dict[Key, Row]

HIDDEN = "********"

_TRUE = frozenset(("1", "true", "yes", "on"))
_FALSE = frozenset(("0", "false", "no", "off"))
_INT = re.compile(r"[+-]?[0-9]+\Z")
_HEX = re.compile(r"(0x)?[0-9a-fA-F]{1,16}\Z")


# -- values declared by people ------------------------------------------------------------


def declared_rows(table: Table, config: Any) -> list[Row]:
    """The rows of a ``config`` list, canonical, with only the columns given and the key.

    Raises DeclarationError naming table, row and column.
    """
    if not isinstance(config, (list, tuple)):
        raise DeclarationError(
            f"{table.name}: expected a list of rows, got {_kind_of(config)}", table=table.name
        )
    rows: list[Row] = []
    seen: dict[Key, int] = {}
    columns = _Columns(table)
    for number, raw in enumerate(config, 1):
        if not isinstance(raw, Mapping):
            raise DeclarationError(
                f"{table.name}, row {number}: expected a dict of columns, got {_kind_of(raw)}",
                table=table.name,
            )
        row = _declared_row(table, columns, raw, number)
        key = key_of(table, row)
        if key in seen:
            raise DeclarationError(
                f"{where(table.name, show_key(table, row))}: declared twice,"
                f" as rows {seen[key]} and {number} of the list",
                table=table.name,
                key=show_key(table, row),
            )
        seen[key] = number
        rows.append(row)
    return rows


def check_columns(table: Table, rows: Sequence[Row], columns: Sequence[str], server: str) -> None:
    """Refuse a column that the table does not have on ``server``. Raises DeclarationError."""
    unknown = {name for row in rows for name in row}.difference(columns)
    for row in rows if unknown else ():
        for name in row:
            if name in unknown:
                raise _no_such_column(table, row, name, columns, server)


def _no_such_column(
    table: Table, row: Row, name: str, columns: Sequence[str], server: str
) -> DeclarationError:
    near = difflib.get_close_matches(name, columns, 1)
    hint = f", did you mean {near[0]}?" if near else ""
    place = where(table.name, show_key(table, row), name)
    message = f"{place}: {server} has no such column{hint}"
    return DeclarationError(message, table=table.name, key=show_key(table, row), column=name)


class _Columns(dict[Any, Callable[[Any], Value]]):
    """Column names -> what makes their declared values canonical, remembering what it has seen."""

    def __init__(self, table: Table) -> None:
        self.table = table

    def __missing__(self, name: Any) -> Callable[[Any], Value]:
        # A column that only a newer server has is passed on as text; the server's own list of
        # columns is checked once it is known.
        column = self.table.by_name.get(name) or Column(str(name), "text", None, nullable=True)
        known = lru_cache(maxsize=1024, typed=True)(partial(declared_value, column))

        def canonical(value: Any) -> Value:
            # By type, for True and 1 are the same to a dict; and what is no plain value is not hashable.
            return known(value) if type(value) in _PLAIN else declared_value(column, value)

        self[name] = canonical
        return canonical


_PLAIN = (str, int, bool, type(None))


def _declared_row(table: Table, columns: _Columns, raw: Mapping[Any, Any], number: int) -> Row:
    row: Row = {}
    for name, value in raw.items():
        try:
            row[name] = columns[name](value)
        except ValueError as exc:
            place = _place(table, raw, number)
            raise DeclarationError(
                f"{where(table.name, place, name)}: {exc}", table=table.name, key=place, column=name
            ) from None
    for name in table.key:
        if name not in row:
            default = table.by_name[name].default
            if default is REQUIRED:
                place = _place(table, raw, number)
                raise DeclarationError(
                    f"{where(table.name, place, name)}: this key column must be given",
                    table=table.name,
                    key=place,
                    column=name,
                )
            row[name] = default
    return row


def declared_value(column: Column, value: Any) -> Value:
    """The canonical form of a declared value. Raises ValueError with what is wrong."""
    if value is None:
        if column.nullable:
            return None
        raise ValueError("NULL is not allowed here (leave the column out to have its default)")
    if column.kind == "int":
        return _declared_int(column, value)
    if column.kind == "bool":
        return _declared_bool(value)
    if column.kind == "json":
        return _declared_json(value)
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise ValueError(f"expected text, got {_kind_of(value)}{_quote_hint(value)}")
    text = str(value)
    if "\0" in text:
        raise ValueError("a NUL character can not be sent to ProxySQL")
    if column.kind == "enum":
        return _declared_choice(column, text)
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
            raise ValueError(f"{unknown[0]!r} is not a modifier (CASELESS, GLOBAL or both, with a comma)")
        return canonical_modifiers(text)
    if column.secret and text.startswith("*") and not re.match(r"\*[0-9A-Fa-f]{40}\Z", text):
        raise ValueError(
            "begins with '*' but is no mysql_native_password hash; ProxySQL takes it for one and refuses"
            " every login"
        )
    return text


def _declared_int(column: Column, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise ValueError(f"expected a whole number, got {_kind_of(value)}")
    if isinstance(value, str) and not _INT.match(value.strip()):
        raise ValueError(f"expected a whole number, got {_shown(column, value)}")
    number = int(value)
    if not column.low <= number <= column.high:
        raise ValueError(f"{number} is out of range ({column.low} to {column.high})")
    return number


def _declared_bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if isinstance(value, (int, str)) and text in _TRUE | _FALSE:
        return text in _TRUE
    raise ValueError(
        "expected true or false, got %s" % (repr(value) if isinstance(value, (int, str)) else _kind_of(value))
    )


def _declared_choice(column: Column, text: str) -> str:
    for choice in column.choices:
        if choice.lower() == text.strip().lower():
            return choice
    raise ValueError("{!r} is not one of {}".format(text, ", ".join(column.choices)))


def _declared_json(value: Any) -> str:
    if isinstance(value, str):
        if not value:
            return ""
        try:
            value = json.loads(value)
        except ValueError as exc:
            raise ValueError(f"not valid JSON: {exc}") from None
    if not isinstance(value, dict):
        raise ValueError(f"expected a JSON object, got {_kind_of(value)}")
    return canonical_json(value)


# -- values sent by the server -----------------------------------------------------------


def server_value(column: Column | None, value: str | None) -> Value:
    """The canonical form of what the server sent. Never raises: what it can not read stays text."""
    if value is None or column is None:
        return value
    if column.kind == "int" and _INT.match(value):
        return int(value)
    if column.kind == "bool" and value in ("0", "1"):
        return value == "1"
    if column.kind == "enum":
        return next((choice for choice in column.choices if choice.lower() == value.lower()), value)
    if column.kind == "json" and value:
        try:
            return canonical_json(json.loads(value))
        except ValueError:
            return value
    if column.kind == "digest":
        return canonical_digest(value) if _HEX.match(value) else value
    if column.kind == "modifiers":
        return canonical_modifiers(value)
    return value


def text_of(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "surrogateescape")


class _Canonical(dict[Optional[bytes], Value]):
    """Values of one column as sent -> canonical. Most values of a column repeat, or are few."""

    def __init__(self, column: Column | None) -> None:
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
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


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


def by_key(table: Table, rows: Iterable[Row]) -> Rows:
    get = _key_getter(table.key)
    return {get(row): row for row in rows}


def show_key(table: Table, row: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={row[name]}" for name in table.key if name in row)


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
