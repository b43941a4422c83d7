"""What a task means, in a few lines of its own: the rows memory holds afterwards.

Written apart from the engine, so that the two can disagree. Rows are dicts of column name to
`meaning`: what is left of a value when its spelling is taken away.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.mysqlha.proxysql.plugins.module_utils._catalog.tables import Column, Table
from proxysql_emulator import passwords

Row = dict[str, Any]
Rows = dict[tuple[Any, ...], Row]

NATIVE_OF_PW1 = "*" + hashlib.sha1(hashlib.sha1(b"pw1").digest()).hexdigest().upper()
SHA2_OF_PW1 = passwords.caching_sha2(b"pw1", b"\xff\xfe salt of twenty!!!").decode("utf-8", "surrogateescape")


def meaning(column: Column, value: Any) -> Any:
    """The same for every spelling of a value, typed in YAML or sent by a server."""
    if value is None or (column.blank and value == ""):
        return None
    text = str(value).strip() if column.kind != "text" else str(value)
    if column.kind in ("int", "number"):
        return int(text)
    if column.kind == "bool":
        return text.lower() in ("1", "true", "yes", "on")
    if column.kind == "enum":
        return text.upper()
    if column.kind in ("json", "json_list"):
        return json.dumps(json.loads(value) if isinstance(value, str) and value else value, sort_keys=True)
    if column.kind == "digest":
        try:
            return int(text, 16)
        except ValueError:
            return text
    if column.kind == "modifiers":
        words = {word.strip().upper() for word in text.split(",")}
        return sorted(words & {"CASELESS", "GLOBAL"})
    return value if isinstance(value, str) else text


def spelled(column: Column, typed: Any) -> Any:
    """A typed value as the server's CHECKs want it: text, number or None."""
    found = meaning(column, typed)
    if column.kind == "enum":
        return next(choice for choice in column.choices if choice.upper() == found)
    if column.kind == "digest" and found is not None:
        return f"0x{found:016X}"
    if column.kind in ("json", "json_list"):
        return "" if typed == "" else found
    return ",".join(found) if isinstance(found, list) else found


def understood(table: Table, rows: Sequence[Mapping[str, Any]]) -> list[Row]:
    return [{name: meaning(table.by_name[name], value) for name, value in row.items()} for row in rows]


def key_of(table: Table, row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in table.key)


def same(table: Table, one: Row | None, other: Row | None, names: Sequence[str]) -> bool:
    """Whether two rows mean the same, in the columns named."""
    if one is None or other is None:
        return one is other
    return all(_same(table.by_name[name], one[name], other[name]) for name in names)


def _same(column: Column, one: Any, other: Any) -> bool:
    if column.secret and "pw1" in (one, other):
        # Declared in clear, it may be stored as any hash that belongs to it.
        return {one, other} <= {"pw1", NATIVE_OF_PW1, SHA2_OF_PW1}
    return bool(one == other)


def folded(table: Table, rows: Sequence[Row], apart: set[Any]) -> Rows:
    """Rows by key. A user of one row for each role is the same as a user of one row for both.

    Users in ``apart``, of whom one role alone is declared, have two rows in any case.
    """
    found: Rows = {key_of(table, row): row for row in rows}
    if table.runtime != "users":
        return found
    for row in rows:
        name, roles = row["username"], (row["backend"], row["frontend"])
        other = found.get((name, False))
        if name in apart:
            if roles == (True, True):
                found[name, True] = {**row, "frontend": False}
                found[name, False] = {**row, "backend": False}
        elif roles == (True, False) and other is not None and other["frontend"]:
            both = {**row, "frontend": True}
            if {**other, "backend": True} == both:
                found[name, True] = both
                del found[name, False]
    return found


class Scope:
    def __init__(self, table: Table, spec: Mapping[str, Any] | None) -> None:
        self.table = table
        self.spec = spec or {}

    def covers(self, row: Row) -> bool:
        return all(
            any(self._in(name, row[name], item) for item in (given if isinstance(given, list) else [given]))
            for name, given in self.spec.items()
        )

    def _in(self, name: str, value: Any, item: Any) -> bool:
        if isinstance(item, str) and self.table.by_name[name].kind == "int":
            low, _, high = item.partition("-")
            return int(low) <= value <= int(high or low)
        return bool(value == meaning(self.table.by_name[name], item))


def declared(table: Table, config: Sequence[Mapping[str, Any]]) -> Rows:
    """The declared rows by key; a key column not given has its default."""
    rows = understood(table, config)
    keys = {name: meaning(table.by_name[name], table.default(name)) for name in table.key}
    found: Rows = {key_of(table, row): row for row in ({**keys, **row} for row in rows)}
    if table.runtime == "users":
        for name in {key[0] for key in found}:
            one, other = found.get((name, True)), found.get((name, False))
            if one and other and (one.get("frontend", True), other.get("frontend", True)) == (False, True):
                both = {**one, "frontend": True}
                if both == {**other, "backend": True, "frontend": True}:
                    found[name, True] = both
                    del found[name, False]
    return found


def declared_by_role(table: Table, want: Rows) -> set[Any]:
    """Users of whom one role alone is declared."""
    if table.runtime != "users":
        return set()
    return {key[0] for key, row in want.items() if not row["backend"] or row.get("frontend") is False}


def applied(table: Table, have: Rows, want: Rows, state: str, scope: Scope) -> tuple[Rows, Rows, set[Any]]:
    """The rows of memory afterwards, what was asked of which rows, and the keys answered for."""
    if table.runtime == "users" and state == "merged":
        # Of no role in particular, it is for each of the rows that the user has.
        for key in [key for key, row in want.items() if key[1] and "frontend" not in row]:
            if key in have and (key[0], False) in have and (key[0], False) not in want:
                want = {**want, (key[0], False): {**want[key], "backend": False}}
    after = dict(have)
    touched = set(want)
    defaults = {c.name: meaning(c, table.default(c.name)) for c in table.columns}
    if state == "overridden":
        gone = {key for key, row in have.items() if key not in want and scope.covers(row)}
        touched |= gone
        after = {key: row for key, row in have.items() if key not in gone}
    for key, row in want.items():
        if state == "deleted":
            after.pop(key, None)
        else:
            after[key] = {**(have.get(key, defaults) if state == "merged" else defaults), **row}
    if table.runtime == "users":
        touched |= _other_roles(have, after, want, state)
    return after, want, touched


def _other_roles(have: Rows, after: Rows, want: Rows, state: str) -> set[Any]:
    """Rows of a user that cannot stand beside the one declared, or that go with the one deleted."""
    gone: set[Any] = set()
    for (name, backend), row in want.items():
        other = (name, not backend)
        if other in want or other not in have or other not in after:
            continue
        if state == "deleted":
            if backend and row.get("frontend", True):
                gone.add(other)
        elif after[other]["frontend"] == after[name, backend]["frontend"]:
            gone.add(other)
    for key in gone:
        after.pop(key, None)
    return gone


# What was last loaded of servers: the cluster's own query, as the transcripts have it.
LAST_LOADED = {
    "mysql_servers": (
        "PROXY_SELECT hostgroup_id, hostname, port, gtid_port, status, weight, compression, max_connections,"
        " max_replication_lag, use_ssl, max_latency_ms, comment FROM mysql_servers_v2 WHERE"
        " status<>'OFFLINE_HARD' ORDER BY hostgroup_id, hostname, port"
    )
}


def layers_of(table: Table) -> tuple[str, ...]:
    """COREDUMP alone has no SAVE."""
    return ("memory", "runtime") if table.section == "COREDUMP" else ("memory", "runtime", "disk")


def as_loaded(table: Table, rows: Rows) -> Rows:
    """What the transcripts users, query_rules and servers show a LOAD to make of rows of memory."""
    found: Rows = {}
    for key, row in rows.items():
        if table.runtime == "servers":
            status = str(row["status"]).upper()
            if status != "OFFLINE_HARD":
                found[key] = {**row, "status": "ONLINE" if status.startswith("SHUNNED") else status}
        elif table.runtime == "users":
            there = row.get("active", True) and (row["backend"] or row["frontend"])
            if there and int(row.get("default_hostgroup") or 0) >= 0:
                found[key] = row
        elif table.runtime == "rules":
            if row.get("active"):
                found[key] = {**row, "re_modifiers": row.get("re_modifiers") or ""}
        else:
            found[key] = row
    return found
