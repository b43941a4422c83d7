# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rows of a table as Ansible may see them."""

from __future__ import annotations

from typing import Any

from .._catalog.tables import Table
from .._declared.declaration import declared_rows
from .._declared.rows import HIDDEN, Row, hide_members


def masked_rows(table: Table, config: Any) -> list[Row]:
    """What Ansible may see of the rows: canonical, no secrets, no column it does not know."""
    rows = declared_rows(table, config or [])
    secrets, unknown = table.secrets, {name for row in rows for name in row}.difference(table.by_name)
    if unknown:
        rows = [{name: value for name, value in row.items() if name not in unknown} for row in rows]
    for name in secrets:
        rows = [row if row.get(name) is None else {**row, name: HIDDEN} for row in rows]
    for name in table.json:
        rows = [{**row, name: hide_members(str(row[name]))} if row.get(name) else row for row in rows]
    return rows
