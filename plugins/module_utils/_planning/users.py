# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is particular to users: two roles, which may share a row or not, and passwords.

A user logs in to ProxySQL (frontend) and ProxySQL with it to the backends (backend). One row may
serve both, or each has its own; LOAD and cluster sync split rows, and mean the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from .._catalog.tables import Table
from .._declared.errors import DeclarationError, where
from .._declared.errors import together as errors_together
from .._declared.passwords import is_hash, verify
from .._declared.rows import Key, Row, Rows, key_of, keys_of, show_key
from .plan import Want

_NO_ROLE = (
    "the row that is there is false in backend, too, and so serves nobody. Say backend: false and frontend:"
    " true to give it a role, or delete it (state deleted, backend: false)"
)


def together(rows: Sequence[Row]) -> list[Row]:
    """Rows declared for each role alone, that agree in all else, as one row for both."""
    halves: dict[object, dict[object, Row]] = {}
    for row in rows:
        if row["backend"] != row.get("frontend", True):
            halves.setdefault(row["username"], {})[row["backend"]] = row
    joined: dict[object, Row] = {}
    for name, found in halves.items():
        whole = [dict(row, backend=True, frontend=True) for row in found.values()]
        if len(whole) == 2 and whole[0] == whole[1]:
            joined[name] = whole[0]
    kept = [row for row in rows if row["username"] not in joined]
    return kept + list(joined.values()) if joined else list(rows)


def half_users(rows: Sequence[Row]) -> frozenset[object]:
    """Names of users of whom one role alone is declared, in rows put ``together``: they stay two rows."""
    return frozenset(row["username"] for row in rows if not row["backend"] or row.get("frontend") is False)


def to_both_roles(want: Want, have: Rows) -> list[Row]:
    """The declared rows, one of no particular role for each of the rows that a user has.

    Raises DeclarationError for one whose only row has no role: beside it another would be made, without a
    password.
    """
    if want.state != "merged":
        return list(want.rows)
    rows: list[Row] = []
    wrong: list[DeclarationError] = []
    named = {(row["username"], row["backend"]) for row in want.rows}
    for row in want.rows:
        rows.append(row)
        if (row["username"], False) in named:
            continue
        whole, half = ((row["username"], backend) in have for backend in (True, False))
        if not (row["backend"] and "frontend" not in row and half):
            continue
        if have[row["username"], False].get("frontend") is not False:
            if whole:
                rows.append(dict(row, backend=False))
        elif not whole and "password" not in row:
            place = where(want.table.name, show_key(want.table, dict(row, backend=False)), "frontend")
            wrong.append(DeclarationError(f"{place}: {_NO_ROLE}", table=want.table.name, column="frontend"))
    if wrong:
        raise errors_together(wrong)
    return rows


def recognise(want: Want, have: dict[str, Rows]) -> list[Row]:
    """The declared rows, each clear password in the form in which it is stored already.

    Otherwise a password kept as a salted hash would be a change on every run. Where another
    layer stores the same password in another form, its row in ``have`` takes that form too.
    """
    if not any(have.values()):
        return list(want.rows)
    keys = keys_of(want.table, want.rows)
    differing: set[Key] = set()
    for name in want.table.secrets:
        given = [row.get(name) for row in want.rows]
        for rows in have.values():
            stored = [rows[key].get(name) if key in rows else clear for key, clear in zip(keys, given)]
            if stored != given:
                differing.update(key for key, one, other in zip(keys, stored, given) if one != other)
    return [
        _recognised(want.table, row, have) if key in differing else row for key, row in zip(keys, want.rows)
    ]


def _recognised(table: Table, declared: Row, have: dict[str, Rows]) -> Row:
    key = key_of(table, declared)
    for name in table.secrets:
        clear = declared.get(name)
        stored = {layer: rows[key].get(name) for layer, rows in have.items() if key in rows}
        if not isinstance(clear, str) or all(each == clear for each in stored.values()):
            continue
        # ProxySQL logs nobody in by a hash that is in pgsql_users (3.0.3).
        if table.by_name[name].secret != "mysql" or is_hash(clear):
            continue
        same = [
            (layer, form) for layer, form in stored.items() if isinstance(form, str) and verify(clear, form)
        ]
        for layer, _form in same[1:]:
            have[layer][key] = {**have[layer][key], name: same[0][1]}
        if same:
            declared = {**declared, name: same[0][1]}
    return declared
