"""Whatever is typed into any column of any table ends in a clear error or exactly in the table.

An error names table and column, is short, shows no secret, and leaves the server as it was.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._catalog.tables import REQUIRED, TABLES
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.errors import DeclarationError
from cases import FIRST, PGSQL_FIRST
from driver import FULL, HastyAdmin, everything, layers, login, perform, run
from test_apply import NOTHING

INJECTION = "'); DELETE FROM mysql_users; --"
# Text that has to arrive in every column for free text, to the letter.
TEXTS = {
    "plain": "x",
    "quote": "it's ''",
    "double quote": 'say "hi"',
    "backslash": "a\\b\\'\\",
    "lines": "a\nb\r\n\tc ",
    "percent": "50% %s {} {{ x }}",
    "four bytes": "日本 😀 \U0010ffff",
    "no text": "\udcff\udc80",
    "invisible": "\u200b\x01\x1a\x7f",
    "injection": INJECTION,
    "injection 2": '"; LOAD MYSQL SERVERS TO RUNTIME; /*',
    "a megabyte": "é" * 500000,
    "number": "0x10",
    "word": "NULL",
}
NUMBERS = {
    "zero": 0,
    "one": 1,
    "negative": -1,
    "2**31": 2**31,
    "2**32": 2**32,
    "2**63": 2**63,
    "10**5000": 10**5000,
    "text of a number": " 007 ",
}
# Refused in every column.
NEVER = {
    "list": [1],
    "decimal": 1.5,
    "NUL": "a\0b",
    "half a pair": "\ud83d",
    "too long": "x" * 4000001,
}
OTHERS = {"null": None, "empty": "", "true": True, "dict": {"a": 1}, "json": '{"a" : [1, null]}'}
VALUES: dict[str, Any] = {**TEXTS, **NUMBERS, **NEVER, **OTHERS}
# One text is as good as another where no text can be right.
FOR_NUMBERS = {key: each for key, each in VALUES.items() if key not in TEXTS} | {"injection": INJECTION}
ROWS = {**FIRST, **PGSQL_FIRST}

# Free text that a rule of its own restricts.
RESTRICTED = {"domain_name", "filename", "uri", "script", "password", "restapi_routes.comment"} | {
    f"arg{n}" for n in range(1, 6)
}


def base_row(name: str, column: str) -> dict[str, Any]:
    """A row that is right, and whatever else the column needs."""
    row = {key: value for key, value in ROWS[name][0].items() if not key.startswith("arg")}
    if column == "replace_pattern":
        row["match_pattern"] = "x"
    if column.startswith("arg"):
        row.update((f"arg{number}", "x") for number in range(1, int(column[3:])))
    return row


def stored(admin: HastyAdmin, name: str, column: str) -> list[bytes | None]:
    rows = admin.fetch(f"SELECT HEX(CAST(`{column}` AS TEXT)), `{column}` IS NULL FROM main.{name}")[1]
    return [None if null == "1" else bytes.fromhex(text or "") for text, null in rows]


def is_exact(kind: str, declared: Any, found: bytes | None) -> bool:
    """Whether this is what was declared, in the words of the column."""
    if declared is None or found is None:
        return declared is None and found is None
    if kind in ("int", "bool"):
        return int(found) == int(declared)
    if kind in ("json", "json_list"):
        given = json.loads(declared) if declared and isinstance(declared, str) else declared
        return found == b"" if declared == "" else bool(json.loads(found) == given)
    text = str(declared).encode("utf-8", "surrogateescape")
    if kind == "digest":
        return int(found, 16) == int(text, 16)
    if kind == "modifiers":
        return set(found.upper().split(b",")) == set(text.upper().split(b","))
    return found.upper() == text.upper() if kind == "enum" else found == text


def check_columns(server: Any, name: str) -> None:
    before = everything(server)
    with HastyAdmin(login(server)) as admin:
        wrong, accepted = taken_wrongly(admin, name)
    assert not wrong, "\n".join(wrong)
    assert accepted >= len(TABLES[name].columns) // (1 if FULL else 3)
    assert everything(server) == before


def taken_wrongly(admin: HastyAdmin, name: str) -> tuple[list[str], int]:
    """What is wrong with the answers, and how many values were taken."""
    table = TABLES[name]
    wrong: list[str] = []
    accepted = 0
    for at, column in enumerate(table.columns):
        base = base_row(name, column.name)
        free = column.kind == "text" and not {column.name, f"{name}.{column.name}"} & RESTRICTED
        values = list((FOR_NUMBERS if column.kind in ("int", "bool") else VALUES).items())
        # each of them somewhere in the table; in each column in the long round
        for word, value in values if FULL else values[at % 3 :: 3]:
            place = f"{name}.{column.name}, {word}"
            try:
                perform(admin, {name: [{**base, column.name: value}]}, load=False, save=False)
            except DeclarationError as exc:
                message = exc.message
                if name not in message or f"column {column.name}" not in message or len(message) > 700:
                    wrong.append(f"{place}: unclear: {message[:300]}")
                if column.secret and isinstance(value, str) and len(value) > 8 and value in message:
                    wrong.append(f"{place}: shows a secret")
                if free and word in TEXTS:
                    wrong.append(f"{place}: refused: {message[:300]}")
                if admin.value(f"SELECT COUNT(*) FROM {name}") != "0":
                    wrong.append(f"{place}: refused, and written all the same")
                continue
            accepted += 1
            found = stored(admin, name, column.name)
            admin.fetch(f"DELETE FROM {name}")
            blank = column.blank and value == ""
            if len(found) != 1 or not is_exact(column.kind, None if blank else value, found[0]):
                wrong.append(f"{place}: became {[each and each[:80] for each in found]}")
            if word in NEVER and (word, column.kind) != ("list", "json_list"):
                wrong.append(f"{place}: was taken")
    return wrong, accepted


@pytest.mark.parametrize("name", FIRST)
def test_any_value_in_any_column(server: Any, name: str) -> None:
    check_columns(server, name)


@pytest.mark.parametrize("name", PGSQL_FIRST)
def test_any_value_in_any_column_for_postgresql(three: Any, name: str) -> None:
    check_columns(three, name)


# What a rule's condition or an address may hold without LOAD leaving the row out.
HARMLESS = {key: value for key, value in TEXTS.items() if key not in ("percent", "a megabyte", "no text")}


@pytest.mark.parametrize("name", FIRST)
def test_any_text_reaches_every_layer(server: Any, name: str) -> None:
    """In all columns for free text at once; a second run changes nothing."""
    table = TABLES[name]
    free = [column for column in table.columns if column.kind == "text" and column.name != "password"]
    rows = []
    for number, text in enumerate(HARMLESS.values(), 1000):
        # No two routes for one request, where a text cannot be in it.
        own = {"uri": str(number)} if name == "restapi_routes" else {}
        row = {
            **base_row(name, ""),
            **own,
            **{c.name: text for c in free if not any(f in text for f in c.forbids)},
        }
        row.update((c.name, "." + text) for c in free if c.name == "domain_name")
        # Each row with numbers of its own where it must be the only one that has them.
        for at, column in enumerate(table.columns):
            unique = column.name in table.key or "hostgroup" in column.name
            if column.kind == "int" and unique and column.name != "flagIN" and column.high > 65535:
                row[column.name] = number * 10 + at
        rows.append(row)
    run(server, {name: rows}, state="overridden")
    assert run(server, {name: rows}, state="overridden").layers == NOTHING
    assert len(layers(server, name)["runtime"]) == len(rows)


@pytest.mark.parametrize("name", FIRST)
def test_a_row_without_a_key_twice_or_with_an_unknown_column(server: Any, name: str) -> None:
    table, row = TABLES[name], ROWS[name][0]
    before = everything(server)
    for column in table.key:
        if table.default(column) is None:
            with pytest.raises(DeclarationError, match=f"{name}, row .*column {column}: .*must be given"):
                run(server, {name: [{key: value for key, value in row.items() if key != column}]})
        with pytest.raises(DeclarationError, match=f"{name}, row .*column {column}: NULL is not allowed"):
            run(server, {name: [{**row, column: None}]})
    with pytest.raises(DeclarationError, match=f"{name}, row .*: declared twice, as rows 1 and 2"):
        run(server, {name: [row, row]})
    for unknown in ("nope", "", "x; DROP TABLE mysql_users", "comment ", 7, "é" * 1000):
        with pytest.raises(DeclarationError, match=f"{name}, row .*has no such column"):
            run(server, {name: [{**row, unknown: 1}]})
    for rows in ("text", {"a": 1}, [1], [None], [[]], 5):
        with pytest.raises(DeclarationError, match=f"{name}.*: expected a "):
            run(server, {name: rows})
    needed = [c.name for c in table.columns if c.default is REQUIRED and c.name not in table.key]
    for column in needed:
        with pytest.raises(DeclarationError, match=f"column {column}: must be given for a new"):
            run(server, {name: [{key: value for key, value in row.items() if key != column}]})
    assert everything(server) == before


def test_an_injection_changes_nothing_else(server: Any) -> None:
    """Sent everywhere at once, beside rows that it would like to remove."""
    run(server, FIRST, state="overridden")
    before = everything(server)
    users = [{"username": INJECTION, "comment": INJECTION, "attributes": {INJECTION: INJECTION}}]
    run(server, {"mysql_users": users})
    run(server, {"mysql_users": [{"username": INJECTION}]}, state="deleted")
    assert everything(server) == before
