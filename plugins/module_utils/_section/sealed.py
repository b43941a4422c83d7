# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A declaration as a node may keep it, to be compared with what it holds: no password is in it.

In place of each there is a mark, a keyed digest of the password as ProxySQL has stored it. A mark cannot be
turned back; but whoever has the key can tell which of some values it is the mark of. So the values that
the node holds are looked through for it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._catalog.tables import Table
from .._declared.errors import DeclarationError
from .._declared.rows import Row, Rows, hide_members, key_of
from .._declared.variables import Values, canonical, is_secret
from .._planning.layers import LAYERS, layers_of
from .._planning.plan import Scope, Want
from .._server.admin import Admin
from .._server.present import read
from .._server.schema import table_of
from .section import Part
from .tables import TableWork, want_table
from .variables import plan_variables, read_variables

# In a sealed row or variable, what stands for a secret: a dict of this and the mark. No value is a dict.
_MARK = "mark"

Sealed = dict[str, Any]


@dataclass(frozen=True)
class Declaration:
    """What is declared, as it was typed. tables: rows by name; states and scopes likewise."""

    tables: Mapping[str, Any]
    variables: Values
    states: Mapping[str, str]
    scopes: Mapping[str, Any]


def new_mark(key: str, place: str, value: object) -> str:
    """place: table and column, or the name of a variable: there the same value has another mark."""
    text = json.dumps([place, str(value)])
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


def seal(admin: Admin, key: str, declared: Declaration) -> Sealed:
    """The declaration without its passwords, as JSON knows it. key: of the marks. Raises EngineError."""
    return {
        "tables": {name: _sealed_table(admin, key, name, declared) for name in declared.tables},
        "variables": {
            name: {_MARK: new_mark(key, name, value)} if is_secret(name) else value
            for name, value in declared.variables.items()
        },
    }


def unsealed(admin: Admin, key: str, sealed: Sealed) -> list[Part]:
    """What would have to be done for the node to be as declared. Where it does not hold a password that is
    declared, one that nobody has stands for it. Raises EngineError."""
    variables = _variables(admin, key, sealed["variables"])
    works: list[Part] = [*plan_variables(admin, variables)] if variables else []
    for name, part in sealed["tables"].items():
        table = table_of(admin, name)
        rows = _rows(admin, key, table, part["rows"])
        want = Want(table, rows, part["state"], Scope(table, part["scope"]))
        works.append(TableWork(admin, want, rows))
    return works


# -- tables ------------------------------------------------------------------------------


def _sealed_table(admin: Admin, key: str, name: str, declared: Declaration) -> Sealed:
    table, config = table_of(admin, name), declared.tables[name] or []
    scope = declared.scopes.get(name)
    if set(scope or ()).intersection(table.secrets):
        raise DeclarationError(f"{name}: a scope of passwords cannot be kept without them", table=name)
    want = want_table(table, config, declared.states[name], scope)
    work = TableWork(admin, want, config)
    secrets = set(table.secrets).union(work.table.secrets)
    rows = [_sealed_row(key, work, row, secrets) for row in want.rows]
    return {"rows": rows, "state": want.state, "scope": scope}


def _sealed_row(key: str, work: TableWork, row: Row, secrets: set[str]) -> Sealed:
    hidden = {
        name
        for name, value in row.items()
        if value not in (None, "")
        and (name in secrets or (name in work.table.json and hide_members(str(value)) != value))
    }
    if not hidden:
        return dict(row)
    stored = _as_it_stands(work.table, row, work.plan.after)
    marks = {name: new_mark(key, f"{work.title}.{name}", stored.get(name)) for name in sorted(hidden)}
    return {**row, **{name: {_MARK: mark} for name, mark in marks.items()}}


def _as_it_stands(table: Table, row: Row, after: Rows) -> Row:
    """How the row is stored, or will be: with a hash as password, or both roles of a user in one."""
    key = key_of(table, row)
    if key not in after and table.runtime == "users":
        key = (key[0], not key[1])
    return after.get(key, row)


def _rows(admin: Admin, key: str, table: Table, rows: Sequence[Sealed]) -> list[Row]:
    columns = {name for row in rows for name, value in row.items() if isinstance(value, dict)}
    if not columns:
        return [dict(row) for row in rows]
    there = {
        new_mark(key, f"{table.name}.{name}", row[name]): row[name]
        for layer in layers_of(table)
        for row in read(admin, table, layer).values()
        for name in columns
        if name in row
    }
    return [
        {
            name: there.get(value[_MARK], _nobodys(table, name, value[_MARK]))
            if isinstance(value, dict)
            else value
            for name, value in row.items()
        }
        for row in rows
    ]


def _nobodys(table: Table, name: str, mark: str) -> str:
    return json.dumps({_MARK: mark}) if name in table.json else mark


# -- variables ---------------------------------------------------------------------------


def _variables(admin: Admin, key: str, values: Mapping[str, Any]) -> Values:
    secrets = {name for name, value in values.items() if isinstance(value, dict)}
    there = {
        new_mark(key, name, value): value
        for layer in (LAYERS if secrets else ())
        for name, text in read_variables(admin, layer).items()
        if name in secrets and (value := canonical(name, text)) is not None
    }
    return {
        name: str(there.get(value[_MARK], value[_MARK]) if isinstance(value, dict) else value)
        for name, value in values.items()
    }
