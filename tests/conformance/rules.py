"""Volatile values: what may differ between two runs, and how it is written down.

Nothing is dropped. A value is replaced by a name, and equal values of one section get equal
names: so a transcript still says whether a checksum or an epoch moved.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# Column -> the word that stands for its values.
NUMBERED = {"checksum": "checksum", "epoch": "epoch"}
# Columns whose values say nothing but that they are there.
ANY = {
    "changed_at": "<time>", "updated_at": "<time>", "last_seen_at": "<time>",
    "uuid": "<uuid>", "Uptime_s": "<number>", "response_time_ms": "<number>",
    "last_check_ms": "<number>",
}  # fmt: skip
VERSION = re.compile(r"(?<![0-9.])(?:2\.7\.1|3\.0(?:\.3)?)(?:-[-0-9a-z]+)?(?![0-9.])")
# How long a statement has waited, which is a little more than it had to.
WAITED = re.compile(r"(?<=after )\d+ms")
_NOT_VOLATILE = ("0", "", "0x0000000000000000", None)


class Rules:
    """One run's names for its volatile values."""

    def __init__(self, places: Mapping[str, str]) -> None:
        # Literal text of this run (ports, directories) -> its name in every run.
        self.places = dict(sorted(places.items(), key=lambda item: -len(item[0])))
        self.numbers: dict[tuple[str, str], dict[str, int]] = {}

    def text(self, text: str) -> str:
        for literal, name in self.places.items():
            # Whole words only: port 10485 is no part of 104857600, nor of a password's hash.
            word = rf"(?<![0-9A-Za-z]){re.escape(literal)}(?![0-9A-Za-z])"
            text = re.sub(word, lambda _, name=name: name, text)
        return WAITED.sub("<time>ms", VERSION.sub("<version>", text))

    def row(self, columns: list[str], row: list[str | None]) -> list[str | None]:
        named: dict[str, str | None] = dict(zip(columns, row))
        section = named.get("name") or ""
        return [self._value(column, section, value) for column, value in zip(columns, row)]

    def _value(self, column: str, section: str, value: str | None) -> str | None:
        if value is None:
            return None
        if column == "Create Table":
            return ddl(value)
        if column in NUMBERED and value not in _NOT_VOLATILE:
            known = self.numbers.setdefault((column, section), {})
            number = known.setdefault(value, len(known) + 1)
            return f"<{section} {NUMBERED[column]} {number}>"
        if column in ANY and value not in _NOT_VOLATILE:
            return ANY[column]
        return self.text(value)


def ddl(text: str) -> str:
    """A CREATE TABLE reduced to what it declares: a line a column, clauses in fixed order."""
    flat = re.sub(r"\s+", " ", text).strip()
    head, body = flat.split("(", 1)
    columns: dict[str, set[str]] = {}
    keys: set[str] = set()
    for part in _split(body.rsplit(")", 1)[0]):
        key = re.match(r"(PRIMARY KEY|UNIQUE) ?\((.*)\)$", part, re.IGNORECASE)
        if key and "," not in key[2]:
            columns[key[2].strip()].add(key[1].upper())
        elif key:
            keys.add(f"{key[1].upper()} ({key[2].strip()})")
        else:
            name, _, rest = part.partition(" ")
            columns[name.strip("`")] = _clauses(rest)
    lines = [f"{name}: {', '.join(sorted(clauses))}" for name, clauses in columns.items()]
    return "\n".join([head.strip(), *lines, *sorted(keys)])


def _split(body: str) -> list[str]:
    """At the commas outside of parentheses and quotes."""
    parts, depth, quoted, start = [], 0, False, 0
    for at, char in enumerate(body):
        if char == "'":
            quoted = not quoted
        elif not quoted:
            depth += (char == "(") - (char == ")")
            if char == "," and depth == 0:
                parts.append(body[start:at].strip())
                start = at + 1
    return [*parts, body[start:].strip()]


def _clauses(rest: str) -> set[str]:
    found = set()
    while match := re.search(r"CHECK ?\(", rest):
        depth, end = 1, match.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(rest[end], 0)
            end += 1
        found.add(f"CHECK ({rest[match.end() : end - 1]})")
        rest = rest[: match.start()] + rest[end:]
    for clause in ("NOT NULL", "PRIMARY KEY", "AUTOINCREMENT", "UNIQUE"):
        rest, count = re.subn(rf"\b{clause}\b", " ", rest, flags=re.IGNORECASE)
        if count:
            found.add(clause)
    kind, _, default = rest.partition("DEFAULT")
    # DEFAULT NULL is what a column has anyway.
    if default.strip(" ()") not in ("", "NULL"):
        found.add(f"DEFAULT {default.strip(' ()')}")
    return found | {" ".join(kind.split())}


def plain(value: Any) -> str | None:
    """A value as bytes from the wire, as text that a transcript can hold."""
    if value is None:
        return None
    return bytes(value).decode("utf-8", "backslashreplace")
