# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""SQL text for ProxySQL's Admin, which is SQLite behind the MySQL protocol.

Quoting is ours: quotes are doubled and nothing else is special. A driver's parameters can not
be used, since PyMySQL escapes with backslashes until the first OK packet and SQLite does not
know them. Statements are kept near 1 MB: above 16 MB Admin executes them and then breaks the
connection. (Both seen on 2.7.1.)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Callable, TypeVar

from ._catalog import Table, Value
from ._rows import HIDDEN, Key, Row

MAX_BYTES = 1000000

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Statement:
    """SQL to send, and the same with its secrets hidden."""

    sql: str
    shown: str


def plain(sql: str) -> Statement:
    return Statement(sql, sql)


def literal(value: Value) -> str:
    """A value as SQL. Bytes that are not clean text go as CAST(x'..' AS TEXT), never as a BLOB,
    which would compare unequal to the TEXT that LOAD makes of it."""
    if value is None:
        return "NULL"
    if isinstance(value, (bool, int)):
        return str(int(value))
    if value.isprintable() or all(char.isprintable() or char in "\t\r\n" for char in value):
        return "'{}'".format(value.replace("'", "''"))
    return "CAST(x'{}' AS TEXT)".format(value.encode("utf-8", "surrogateescape").hex().upper())


def replace_rows(table: Table, rows: Sequence[Row], target: str = "") -> list[Statement]:
    """REPLACE of whole rows. Rows with the same columns go together, so nearly always one statement."""
    return [
        statement
        for names, group in _same_columns(rows)
        for statement in _values(
            "REPLACE INTO {}{} ({}) VALUES ".format(target, table.name, ", ".join(names)), table, names, group
        )
    ]


def merge_rows(table: Table, rows: Sequence[Row]) -> list[Statement]:
    """INSERT that updates only the columns given: what `merged` means, with no row read."""
    statements: list[Statement] = []
    implied: Row = {column.name: column.default for column in table.columns if column.implied}
    for given, group in _same_columns(rows):
        names = (*given, *(name for name in implied if name not in given))
        group = [{**implied, **row} for row in group] if implied else group
        updates = ", ".join(f"{name} = excluded.{name}" for name in given if name not in table.key)
        tail = " ON CONFLICT ({}) DO {}".format(
            ", ".join(table.key),
            "UPDATE SET " + updates if updates else "NOTHING",
        )
        head = "INSERT INTO {} ({}) VALUES ".format(table.name, ", ".join(names))
        statements += _values(head, table, names, group, tail)
    return statements


def delete_rows(table: Table, keys: Sequence[Key], target: str = "") -> list[Statement]:
    """DELETE of rows by key."""
    head = f"DELETE FROM {target}{table.name} WHERE "
    if len(table.key) == 1:
        head, tail = head + f"{table.key[0]} IN (", ")"
        texts = [literal(key[0]) for key in keys]
    else:
        head, tail = head + "({}) IN (VALUES ".format(", ".join(table.key)), ")"
        texts = ["({})".format(", ".join(map(literal, key))) for key in keys]
    return [plain(head + ", ".join(part) + tail) for part in _chunks(texts, len)]


def replace_variables(values: Mapping[str, str], secrets: Iterable[str], target: str = "") -> list[Statement]:
    """REPLACE of variables. UPDATE and SET parse values in ways of their own; this does not."""
    hidden = frozenset(secrets)
    pairs = [
        (
            f"('{name}', {literal(value)})",
            "('{}', {})".format(name, f"'{HIDDEN}'" if name in hidden else literal(value)),
        )
        for name, value in values.items()
    ]
    head = f"REPLACE INTO {target}global_variables (variable_name, variable_value) VALUES "
    return [_join(head, part) for part in _chunks(pairs, _pair_size)]


def _same_columns(rows: Sequence[Row]) -> Iterator[tuple[tuple[str, ...], list[Row]]]:
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row), []).append(row)
    return iter(groups.items())


def _values(
    head: str, table: Table, names: Sequence[str], rows: Sequence[Row], tail: str = ""
) -> list[Statement]:
    secrets = frozenset(table.secrets)
    pairs: list[tuple[str, str]] = []
    for row in rows:
        texts = [literal(row[name]) for name in names]
        text = "({})".format(", ".join(texts))
        shown = text
        if secrets:
            hidden = f"'{HIDDEN}'"
            masked = [hidden if n in secrets and row[n] is not None else t for n, t in zip(names, texts)]
            shown = "({})".format(", ".join(masked))
        pairs.append((text, shown))
    return [_join(head, part, tail) for part in _chunks(pairs, _pair_size)]


def _pair_size(pair: tuple[str, str]) -> int:
    return len(pair[0])


def _join(head: str, pairs: Sequence[tuple[str, str]], tail: str = "") -> Statement:
    return Statement(
        head + ", ".join(text for text, _shown in pairs) + tail,
        head + ", ".join(shown for _text, shown in pairs) + tail,
    )


def _chunks(items: Sequence[_Item], size: Callable[[_Item], int]) -> Iterator[list[_Item]]:
    part: list[_Item] = []
    total = 0
    for item in items:
        length = size(item)
        if part and total + length > MAX_BYTES:
            yield part
            part, total = [], 0
        part.append(item)
        total += length
    if part:
        yield part
