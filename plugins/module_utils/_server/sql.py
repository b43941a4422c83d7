# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""SQL text for ProxySQL's Admin, which is SQLite behind the MySQL protocol.

Quoting is ours: quotes are doubled and nothing else is special. A driver's parameters cannot
be used, since PyMySQL escapes with backslashes until the first OK packet and SQLite does not
know them. Statements are kept near 1 MB: above 16 MB Admin executes them and then breaks the
connection. (Both seen on 2.7.1.)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional, cast

from .._catalog.tables import Table, Value
from .._declared.rows import HIDDEN, Key, Row, hide_members

MAX_BYTES = 1000000


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
        columns = dict(zip(given, zip(*(row.values() for row in group))))
        for name, default in (defaults or {}).items():
            if name not in table.key and columns.get(name, ()).count(default) == len(group):
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


def update_rows(table: Table, changes: Sequence[tuple[Row, Sequence[str]]]) -> list[Statement]:
    """UPDATE of the columns named, of rows that are there: other columns keep what they have by then."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row, names in changes:
        groups.setdefault(tuple(names), []).append(row)
    statements: list[Statement] = []
    for names, rows in groups.items():
        order = (*table.key, *names)
        places = {name: f"column{number}" for number, name in enumerate(order, 1)}
        head = "UPDATE {} SET {} FROM (VALUES ".format(
            table.name, ", ".join(f"{name} = given.{places[name]}" for name in names)
        )
        tail = ") AS given WHERE " + " AND ".join(
            f"{table.name}.{name} = given.{places[name]}" for name in table.key
        )
        statements += _values(head, table, {name: [row[name] for row in rows] for name in order}, tail)
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
    return _joined(head, texts, texts, tail)


def replace_variables(values: Mapping[str, str], secrets: Iterable[str], target: str = "") -> list[Statement]:
    """REPLACE of variables. UPDATE and SET parse values in ways of their own; this does not."""
    hidden = frozenset(secrets)
    texts = [f"('{name}', {literal(value)})" for name, value in values.items()]
    shown = [f"('{name}', '{HIDDEN}')" if name in hidden else text for name, text in zip(values, texts)]
    head = f"REPLACE INTO {target}global_variables (variable_name, variable_value) VALUES "
    return _joined(head, texts, shown)


def delete_variables(names: Sequence[str], target: str = "") -> list[Statement]:
    """DELETE of variables by name."""
    texts = list(map(literal, names))
    return _joined(f"DELETE FROM {target}global_variables WHERE variable_name IN (", texts, texts, ")")


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


# A format, and what goes into it for each row; nothing where it is the same for all of them.
_Column = tuple[str, Optional[Sequence[Any]]]


def _column(values: Sequence[Value]) -> _Column:
    """A column as a format and what goes into it, by a look at all values together where they are alike."""
    kinds = set(map(type, values))
    if kinds == {int}:
        return "%s", values
    if kinds == {str}:
        together = "".join(cast("Sequence[str]", values))
        if together.isprintable() and "'" not in together:
            return "'%s'", values
    return "%s", list(map(_Literals().__getitem__, values))


def _hidden(values: Sequence[Value]) -> _Column:
    if None not in values:
        return f"'{HIDDEN}'", None
    return "%s", ["NULL" if value is None else f"'{HIDDEN}'" for value in values]


def _tuples(columns: Sequence[_Column]) -> list[str]:
    template = "({})".format(", ".join(form for form, _values in columns))
    return list(map(template.__mod__, zip(*(values for _form, values in columns if values is not None))))


def _values(
    head: str, table: Table, columns: Mapping[str, Sequence[Value]], tail: str = ""
) -> list[Statement]:
    given = {name: _column(values) for name, values in columns.items()}
    texts = shown = _tuples(list(given.values()))
    hidden = {name: _hidden(columns[name]) for name in table.secrets if name in columns}
    for name in table.json:
        if name in columns:
            values = [hide_members(value) if isinstance(value, str) else value for value in columns[name]]
            if values != list(columns[name]):
                hidden[name] = _column(values)
    if hidden:
        given.update(hidden)
        shown = _tuples(list(given.values()))
    return _joined(head, texts, shown, tail)


def _joined(head: str, texts: Sequence[str], shown: Sequence[str], tail: str = "") -> list[Statement]:
    statements = []
    for part in _parts(list(map(len, texts))):
        sql = head + ", ".join(texts[part]) + tail
        statements.append(
            plain(sql) if shown is texts else Statement(sql, head + ", ".join(shown[part]) + tail)
        )
    return statements


def _parts(sizes: Sequence[int]) -> Iterator[slice]:
    start, total = 0, 0
    for number, size in enumerate(sizes if sum(sizes) > MAX_BYTES else ()):
        if number > start and total + size > MAX_BYTES:
            yield slice(start, number)
            start, total = number, 0
        total += size
    if sizes:
        yield slice(start, None)
