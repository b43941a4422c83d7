# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the catalog does not know, read off the connected server: its word is the last one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from .._catalog.tables import REQUIRED, TABLES, Column, Table
from .._declared.errors import DeclarationError
from .._declared.rows import is_secret_name
from .._declared.sections import section_of_table
from .admin import Admin
from .sql import literal

_MAX = 2**63 - 1
_POOLS = ("stats_mysql_connection_pool", "stats_pgsql_connection_pool")


def pools_of(admin: Admin) -> tuple[str, ...]:
    """The tables with the statistics of connections to backends: from ProxySQL 3 on also of PostgreSQL's."""
    return _POOLS[:1] if admin.version.startswith("2.") else _POOLS


def table_of(admin: Admin, name: str) -> Table:
    """The catalog's table, or one read off the server. Raises DeclarationError if it has none."""
    if name in TABLES:
        return TABLES[name]
    columns, key = _described(admin, name)
    section = section_of_table(name)
    if not columns or section is None:
        raise DeclarationError(
            f"{name}: ProxySQL {admin.version} at {admin.login.place} has no such table", table=name
        )
    if not key:
        raise DeclarationError(f"{name}: has no key by which rows could be found", table=name)
    return Table(name, section, key, tuple(columns), known=False)


def with_columns(admin: Admin, table: Table, names: Sequence[str]) -> Table:
    """The table completed with the columns that only the server knows."""
    found = {column.name: column for column in _described(admin, table.name)[0]}
    new = tuple(found[name] for name in names if name not in table.by_name and name in found)
    return replace(table, columns=table.columns + new)


def _described(admin: Admin, name: str) -> tuple[list[Column], tuple[str, ...]]:
    """Columns, and the names of those that are the key."""
    query = 'SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info({}) ORDER BY cid'
    rows = admin.fetch(query.format(literal(name)))[1]
    columns = [_column(str(row[0]), str(row[1]), row[2] == "0" and row[4] == "0", row[3]) for row in rows]
    keys = sorted((int(row[4] or 0), str(row[0])) for row in rows if row[4] != "0")
    return columns, tuple(key for _place, key in keys)


def _column(name: str, declared: str, nullable: bool, text: str | None) -> Column:
    kind = "number" if declared.upper().startswith("INT") else "any"
    secret = "server" if is_secret_name(name) else ""
    default = _default(kind, text)
    if default is None and not nullable:
        default = REQUIRED
    return Column(name, kind, default, nullable=nullable, low=-_MAX - 1, high=_MAX, secret=secret)


def _default(kind: str, text: str | None) -> Any:
    """The value of a DEFAULT. An expression is for the server alone to work out: None."""
    if text is None or text.upper() == "NULL":
        return None
    if kind == "number":
        return int(text) if re.match(r"-?\d+\Z", text) else None
    quoted = re.match(r"'((?:[^']|'')*)'\Z", text)
    return quoted.group(1).replace("''", "'") if quoted else None
