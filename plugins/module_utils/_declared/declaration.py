# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What was declared, as typed in YAML, to canonical rows; and everything that can be wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, Callable

from .._catalog.tables import REQUIRED, Column, Table, Value
from .errors import DeclarationError, together, where
from .meant import did_you_mean
from .objects import NOT_SHOWN, json_text
from .passwords import from_hex
from .rows import (
    HEX,
    HIDDEN,
    INT,
    Row,
    brief,
    canonical_digest,
    canonical_modifiers,
    is_huge,
    keys_of,
    kind_of,
    names_in,
    show_key,
)

TRUE_WORDS = frozenset(("1", "true", "yes", "on"))
FALSE_WORDS = frozenset(("0", "false", "no", "off"))

# Bytes. Above 16 MB Admin executes a statement and then breaks the connection (seen on 2.7.1), and
# a value may be sent as hexadecimal.
MAX_TEXT = 4000000


def declared_rows(
    table: Table, config: Any, columns: Sequence[str] | None = None, server: str = "the connected server"
) -> list[Row]:
    """The rows of a ``config`` list, canonical, with only the columns given and the key.

    columns: those of the table on ``server``, where they are known; any other is refused.
    Raises DeclarationError naming table, row and column.
    """
    if not isinstance(config, (list, tuple)):
        raise DeclarationError(
            f"{table.name}: expected a list of rows, got {kind_of(config)}", table=table.name
        )
    reading = _Columns(table)
    rows = _all_at_once(table, reading, config)
    if rows is None:
        rows, wrong = [], []
        for number, raw in enumerate(config, 1):
            try:
                rows.append(_declared_row(table, reading, raw, number))
            except DeclarationError as exc:
                wrong.append(exc)
        if wrong:
            raise together(wrong)
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
    if known.issuperset(names_in(rows)):
        return
    wrong = []
    strangers = [(row, name) for row in rows for name in row if name not in known]
    for row, name in strangers:
        place = where(table.name, show_key(table, row), name)
        wrong.append(
            DeclarationError(
                f"{place}: {server} has no such column{did_you_mean(name, columns)}",
                table=table.name,
                key=show_key(table, row),
                column=name,
            )
        )
    if wrong:
        raise together(wrong)


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


def _all_at_once(table: Table, reading: _Columns, config: Sequence[Any]) -> list[Row] | None:
    """The rows, column by column, which is several times faster where there are thousands of them.

    None if they do not all have the same columns, or if anything is wrong: row by row it is found out what.
    """
    if len(config) < 2 or set(map(type, config)) != {dict}:
        return None
    first = tuple(config[0])
    missing = {name: table.default(name) for name in table.key if name not in first}
    if None in missing.values() or set(map(tuple, config)) != {first}:
        return None
    columns: dict[str, Iterable[Value]] = {}
    read = False
    for given, values in zip(first, zip(*(raw.values() for raw in config))):
        types = set(map(type, values))
        name, _canonical, remembered = reading[given]
        if len(types) == 1 and _are_simple(table.by_name.get(name), types.pop(), values):
            columns[name] = values
        elif _PLAIN.issuperset(map(type, values)):
            read = True
            try:
                columns[name] = list(map(remembered, values))
            except ValueError:
                return None
        else:
            return None
    if tuple(columns) == first and not read:
        return [{**raw, **missing} for raw in config]
    if len(columns) < len(first):
        return None
    columns.update((name, [default] * len(config)) for name, default in missing.items())
    return [dict(zip(columns, values)) for values in zip(*columns.values())]


def _are_simple(column: Column | None, kind: type, values: Sequence[Any]) -> bool:
    """Whether these values of one type are canonical as they are, by a look at all of them together."""
    if column is None or column.forbids:
        return False
    if kind is bool:
        return column.kind == "bool"
    if kind is int:
        return column.kind == "int" and column.low <= min(values) and max(values) <= column.high
    if kind is not str or column.kind != "text":
        return False
    together = "".join(values)
    if not together.isascii() or "\0" in together or len(max(values, key=len)) > MAX_TEXT:
        return False
    # A password may be a hash, or none.
    return not (column.secret or column.blank) or all(text and text[0] not in "*0" for text in values)


def _declared_row(table: Table, reading: _Columns, raw: Any, number: int) -> Row:
    if not isinstance(raw, (dict, Mapping)):
        raise DeclarationError(
            f"{table.name}, row {number}: expected a dict of columns, got {kind_of(raw)}", table=table.name
        )
    row: Row = {}
    wrong: list[DeclarationError] = []

    def read(name: str, value: Callable[[], Value]) -> None:
        try:
            row[name] = value()
        except ValueError as exc:
            place = _place(table, raw, number)
            text = f"{where(table.name, place, name)}: {exc}"
            wrong.append(DeclarationError(text, table=table.name, key=place, column=name))

    for given, value in raw.items():
        name, canonical, remembered = reading[given]
        read(name, partial(remembered if type(value) in _PLAIN else canonical, value))
    for name in table.key:
        if name not in row and name not in [error.fields["column"] for error in wrong]:
            read(name, partial(_key_default, table, name))
    if wrong:
        raise together(wrong)
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
    if column.kind == "any" and isinstance(value, (bool, int)) and not is_huge(value):
        return str(int(value))
    if not isinstance(value, str):
        # YAML makes numbers of 0x00123A, 0123456 and 1e3; what was typed is gone by then.
        raise ValueError(f"expected text, got {kind_of(value)}{_quote_hint(value)}")
    text = _clean(value)
    if column.secret and text == HIDDEN:
        raise ValueError(NOT_SHOWN)
    if column.secret == "mysql":
        text = from_hex(text)
    if column.blank and not text:
        return None
    for char in column.forbids:
        if char in text:
            raise ValueError(f"cannot hold the character {char} (ProxySQL would lose it in runtime)")
    if column.kind == "enum":
        return _declared_choice(column, text)
    if column.kind == "hex" and not (text[:2] in ("0x", "0X") and HEX.match(text)):
        raise ValueError(f"expected a number such as 0x1234567890ABCDEF, got {_shown(column, text)}")
    if column.kind == "client_addr" and "%" in text[:-1]:
        raise ValueError("the wildcard % can only be the last character (ProxySQL would leave the rule out)")
    if column.kind == "digest":
        if not HEX.match(text) or not 0 < int(text, 16) < 2**64 - 1:
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
    if column.secret == "pgsql" and re.match(r"md5[0-9a-f]{32}\Z", text):
        raise ValueError(
            "is a hash (ProxySQL would take it for the password itself; give the clear password)"
        )
    if column.secret == "mysql" and text.startswith("*") and not re.match(r"\*[0-9A-Fa-f]{40}\Z", text):
        raise ValueError(
            "begins with '*' but is no mysql_native_password hash; ProxySQL takes it for one and refuses"
            " every login"
        )
    return text


def _declared_number(column: Column, value: Any) -> int:
    return int(value) if isinstance(value, bool) else _declared_int(column, value)


def _declared_int(column: Column, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise ValueError(f"expected a whole number, got {kind_of(value)}")
    if isinstance(value, str) and not INT.match(value.strip()):
        raise ValueError(f"expected a whole number, got {_shown(column, value)}")
    if is_huge(value):
        raise ValueError(f"a huge number is out of range ({column.low} to {column.high})")
    number = int(value)
    if not column.low <= number <= column.high:
        raise ValueError(f"{number} is out of range ({column.low} to {column.high})")
    return number


def is_true(value: Any) -> bool:
    """Of a row that is not read yet: whether it is one of the words that mean it."""
    return str(value).strip().lower() in TRUE_WORDS


def _declared_bool(_column: Column, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = brief(value).strip().lower()
    if isinstance(value, (int, str)) and text in TRUE_WORDS | FALSE_WORDS:
        return text in TRUE_WORDS
    shown = repr(text[:80]) if isinstance(value, (int, str)) else kind_of(value)
    raise ValueError(f"expected true or false, got {shown}")


def _declared_choice(column: Column, text: str) -> str:
    for choice in column.choices:
        if choice.lower() == text.strip().lower():
            return choice
    raise ValueError("{!r} is not one of {}".format(text[:80], ", ".join(column.choices)))


def _declared_json(column: Column, value: Any) -> str:
    return _clean(json_text(column, value))


def _clean(text: str) -> str:
    """Text as it will come back from the server. Raises ValueError for what cannot be sent."""
    if "\0" in text:
        raise ValueError("a NUL character cannot be sent to ProxySQL")
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


# -- for messages ------------------------------------------------------------------------


def _place(table: Table, raw: Mapping[Any, Any], number: int) -> str:
    return (
        show_key(table, {k: v for k, v in raw.items() if isinstance(v, (str, int))})
        or f"{number} of the list"
    )


def _quote_hint(value: Any) -> str:
    return " (put it in quotes)" if isinstance(value, (bool, int, float)) else ""


def _shown(column: Column, value: str) -> str:
    return "a secret" if column.secret else repr(value[:80])
