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
from typing import Callable, TypeVar, cast

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
    if isinstance(value, int):
        return str(int(value))
    if value.isprintable() or all(char.isprintable() or char in "\t\r\n" for char in value):
        return f"""'{value.replace("'", "''")}'"""
    return "CAST(x'{}' AS TEXT)".format(value.encode("utf-8", "surrogateescape").hex().upper())


def replace_rows(
    table: Table, rows: Sequence[Row], target: str = "", defaults: Mapping[str, Value] | None = None
) -> list[Statement]:
    """REPLACE of whole rows. Rows with the same columns go together, so nearly always one statement.

    defaults: the server's own. A column that has its default in all of the rows is left out.
    """
    statements: list[Statement] = []
    for given, group in _same_columns(rows):
        columns = {name: [row[name] for row in group] for name in given}
        for name, default in (defaults or {}).items():
            if name not in table.key and columns.get(name, []).count(default) == len(group):
                del columns[name]
        head = "REPLACE INTO {}{} ({}) VALUES ".format(target, table.name, ", ".join(columns))
        statements += _values(head, table, columns)
    return statements


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
        statements += _values(head, table, {name: [row[name] for row in group] for name in names}, tail)
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


def _same_columns(rows: Sequence[Row]) -> Iterable[tuple[tuple[str, ...], Sequence[Row]]]:
    if len(set(map(tuple, rows))) == 1:
        return [(tuple(rows[0]), rows)]
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row), []).append(row)
    return groups.items()


class _Literals(dict[Value, str]):
    """Values -> SQL. Most values of a column repeat."""

    def __missing__(self, value: Value) -> str:
        text = self[value] = literal(value)
        return text


def _literals(values: Sequence[Value]) -> list[str]:
    """The values of a column as SQL, by a look at all of them together where they are alike."""
    kinds = set(map(type, values))
    if kinds == {int}:
        return list(map(str, values))
    if kinds == {str}:
        texts = cast("Sequence[str]", values)
        together = "".join(texts)
        if together.isprintable() and "'" not in together:
            return [f"'{text}'" for text in texts]
    return list(map(_Literals().__getitem__, values))


def _values(
    head: str, table: Table, columns: Mapping[str, Sequence[Value]], tail: str = ""
) -> list[Statement]:
    literals = {name: _literals(values) for name, values in columns.items()}
    shown = [
        ["NULL" if text == "NULL" else f"'{HIDDEN}'" for text in texts] if name in table.secrets else texts
        for name, texts in literals.items()
    ]
    texts = _tuples(list(literals.values()))
    pairs = list(zip(texts, _tuples(shown) if table.secrets else texts))
    return [_join(head, part, tail) for part in _chunks(pairs, _pair_size)]


def _tuples(columns: Sequence[Sequence[str]]) -> list[str]:
    return [f"({', '.join(texts)})" for texts in zip(*columns)]


def _pair_size(pair: tuple[str, str]) -> int:
    return len(pair[0])


def _join(head: str, pairs: Sequence[tuple[str, str]], tail: str = "") -> Statement:
    texts, shown = zip(*pairs)
    return Statement(head + ", ".join(texts) + tail, head + ", ".join(shown) + tail)


def _chunks(items: Sequence[_Item], size: Callable[[_Item], int]) -> Iterator[Sequence[_Item]]:
    sizes = list(map(size, items))
    start, total = 0, 0
    for number, length in enumerate(sizes if sum(sizes) > MAX_BYTES else ()):
        if number > start and total + length > MAX_BYTES:
            yield items[start:number]
            start, total = number, 0
        total += length
    if items:
        yield items[start:]
