"""Random rows for any table of the catalog, as somebody declares them and as a server holds them.

A declared value is a pair: as it may be typed in YAML, and what it means (see model.py). The
pools are small on purpose, so that what is declared often meets what is there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import Any

from ansible_collections.mysqlha.proxysql.plugins.module_utils._catalog.tables import REQUIRED, Column, Table
from hypothesis import strategies as st
from model import NATIVE_OF_PW1, SHA2_OF_PW1, meaning

TEXTS = (
    "", "a", "A", ".b", "it's", 'quo"te', "back\\slash\\'", "日本 🐬", "%s; -- x", " pad ", "line\nbreak\t",
    "x'41'", "NULL", "0", "1e5", "db1", "db2", "/* c */",
)  # fmt: skip
KEY_TEXTS = ("db1", "DB1", "it's", ".日本")
JSONS: tuple[Any, ...] = ("", {}, {"b": 1, "a": [1, "it's", None]}, {"a": {"日": 0.5}})
JSON_LISTS: tuple[Any, ...] = ("", [], [1, "it's", None], '[1, "it\'s",null ]')
DIGESTS = ("0xABC", "0x0000000000000abc", "123456789abcdef0")
MODIFIERS = ("", "CASELESS", "global", "GLOBAL,caseless", "CASELESS,GLOBAL")
PASSWORDS = ("", "pw1", "it's", NATIVE_OF_PW1, SHA2_OF_PW1)


def _ints(column: Column, key: bool) -> list[int]:
    wanted = [1, 2, 3, 10] if key else [0, 1, 2, 77, column.low, column.high, 1000]
    return [number for number in dict.fromkeys(wanted) if column.low <= number <= column.high] or [column.low]


def _typed_values(column: Column, key: bool) -> list[Any]:
    """Ways to type values of a column, NULL where it may be."""
    values: list[Any]
    if column.secret:
        values = list(PASSWORDS)
    elif column.kind in ("int", "number"):
        values = [*_ints(column, key), str(_ints(column, key)[-1])]
    elif column.kind == "bool":
        values = [True, False, "yes", 0, 1, "off"]
    elif column.kind == "enum":
        values = [*column.choices, column.choices[-1].swapcase(), column.choices[0].title()]
    elif column.kind == "json_list":
        values = list(JSON_LISTS)
    elif column.kind == "hex":
        values = list(DIGESTS[:1])
    elif column.kind == "json":
        values = [*JSONS, '{"b" : 1,  "a": [1, "it\'s", null]}']
    elif column.kind == "digest":
        values = list(DIGESTS)
    elif column.kind == "modifiers":
        values = list(MODIFIERS)
    else:
        values = list(KEY_TEXTS if key else TEXTS)
        if isinstance(column.default, str):
            values.append(column.default)
    return values + ([None] if column.nullable else [])


def _stored_texts(column: Column, key: bool) -> list[Any]:
    """What a server may hold in a column: text or None, in spellings of its own too."""
    values: list[Any] = []
    for typed in _typed_values(column, key):
        if isinstance(typed, (dict, list)):
            values += [json.dumps(typed), json.dumps(typed, ensure_ascii=False, indent=1)]
        elif column.kind == "bool":
            values.append(meaning(column, "1" if typed in (True, "yes") else "0"))
        else:
            values.append(typed)
    if column.kind == "digest":
        values.append("no digest")
    if column.kind == "modifiers":
        values.append("bogus,global")
    return values


def literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        if value.isprintable():
            return "'{}'".format(value.replace("'", "''"))
        data = value.encode("utf-8", "surrogateescape")
        return f"CAST(x'{data.hex()}' AS TEXT)"
    return str(int(value))


def _default(column: Column) -> Any:
    if column.default is REQUIRED or column.default is None:
        return None if column.nullable else _stored_texts(column, True)[0]
    return column.default


@dataclass(frozen=True)
class Case:
    """A table as it is in each layer, and what is declared for it."""

    table: Table
    memory: str
    runtime: str
    disk: str
    config: list[dict[str, Any]]
    state: str
    scope: dict[str, Any] | None
    load: bool
    save: bool

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        """As Hypothesis shows it: a failing case can be read and done by hand."""
        shown = {
            "table": self.table.name,
            **{each.name: getattr(self, each.name) for each in fields(self)[1:]},
        }
        printer.text("\n".join(f"  {name}: {value!r}" for name, value in shown.items()))


def _insert(target: str, table: Table, rows: list[dict[str, Any]]) -> str:
    """One statement for all rows; those that the table's CHECKs or keys refuse are left out."""
    if not rows:
        return ""
    # Columns that are the same in every row would only hide what a failing case is about.
    names = [
        n for n, c in table.by_name.items() if n in table.key or any(row[n] != c.default for row in rows)
    ]
    texts = ["({})".format(", ".join(literal(value) for value in map(row.get, names))) for row in rows]
    return f"INSERT OR IGNORE INTO {target}.{table.name} ({', '.join(names)}) VALUES {', '.join(texts)}"


@st.composite
def _present_row(draw: st.DrawFn, table: Table) -> dict[str, Any]:
    row = {column.name: _default(column) for column in table.columns}
    special = draw(st.lists(st.sampled_from(table.columns), max_size=4, unique_by=lambda c: c.name))
    keys = [table.by_name[name] for name in (*table.key, *(n for names in table.unique for n in names))]
    required = [column for column in table.columns if column.default is REQUIRED and not column.nullable]
    for column in {c.name: c for c in (*keys, *required, *special)}.values():
        key = column.name in table.key
        row[column.name] = draw(st.sampled_from(_stored_texts(column, key)))
    if "active" in row and draw(st.integers(0, 3)):
        row["active"] = 1
    return row


@st.composite
def _layer(draw: st.DrawFn, table: Table, base: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The base rows, or some of them, some changed, and some more."""
    if draw(st.booleans()):
        return base
    rows = [dict(row) for row in base if draw(st.integers(0, 3))]
    if rows and draw(st.booleans()):
        row = draw(st.sampled_from(rows))
        column = draw(st.sampled_from(table.columns))
        row[column.name] = draw(st.sampled_from(_stored_texts(column, column.name in table.key)))
    return rows + draw(st.lists(_present_row(table), max_size=1))


@st.composite
def _declared(draw: st.DrawFn, table: Table, state: str) -> list[dict[str, Any]]:
    rows = draw(st.lists(_declared_row(table, state), max_size=4))
    seen: dict[Any, dict[str, Any]] = {}
    for row in rows:
        seen.setdefault(_typed_key(table, row), row)
    return list(seen.values())


def _typed_key(table: Table, row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(
        meaning(table.by_name[name], row[name]) if name in row else table.default(name) for name in table.key
    )


@st.composite
def _declared_row(draw: st.DrawFn, table: Table, state: str) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name in table.key:
        column = table.by_name[name]
        if column.default is REQUIRED or draw(st.booleans()):
            row[name] = draw(st.sampled_from(_typed_values(column, True)))
    if state == "deleted":
        return row
    needed = [c for c in table.columns if c.default is REQUIRED and c.name not in table.key]
    others = [c for c in table.columns if c.name not in table.key]
    chosen = draw(st.lists(st.sampled_from(others), max_size=5, unique_by=lambda c: c.name)) if others else []
    # Nearly always all a new row needs; without it, the error is the point.
    if draw(st.integers(0, 9)):
        chosen = list({c.name: c for c in (*needed, *chosen)}.values())
    for column in chosen:
        row[column.name] = draw(st.sampled_from(_typed_values(column, False)))
    if "active" in table.by_name and draw(st.integers(0, 3)):
        row["active"] = True
    return row


@st.composite
def _scope(draw: st.DrawFn, table: Table) -> dict[str, Any] | None:
    column = table.by_name[draw(st.sampled_from(table.key))]
    if column.kind == "int":
        return {column.name: draw(st.sampled_from(["1-2", 3, [1, "3-10"], "0-100000"]))}
    return {column.name: draw(st.sampled_from([list(_typed_values(column, True)[:2])]))}


@st.composite
def cases(draw: st.DrawFn, table: Table) -> Case:
    state = draw(st.sampled_from(("merged", "replaced", "overridden", "deleted")))
    base = draw(st.lists(_present_row(table), max_size=4))
    layers = {name: _insert("disk" if name == "disk" else "main", table, draw(_layer(table, base)))
              for name in ("runtime", "memory", "disk")}  # fmt: skip
    return Case(
        table,
        config=draw(_declared(table, state)),
        state=state,
        scope=draw(_scope(table)) if draw(st.integers(0, 3)) == 0 else None,
        load=draw(st.integers(0, 7)) > 0,
        save=draw(st.integers(0, 7)) > 0,
        **layers,
    )
