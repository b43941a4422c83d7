# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What every module of an admin table has in common."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  state:
    description:
      - V(merged) sees to it that the rows given exist with the columns given. Columns that are not given
        are left alone, or have the table's default in a new row. Other rows are left alone.
      - V(replaced) makes the rows given exactly so. Columns that are not given take the table's
        default. Other rows are left alone.
      - V(overridden) makes the table, or the part of it that O(scope) names, exactly the rows given.
        Every other row is removed.
      - V(deleted) removes the rows with these keys. Only the key columns are needed.
      - V(gathered) changes nothing and returns the rows of one O(layer) in the shape of O(config), ready
        to be pasted into an inventory. Passwords are left out.
      - V(rendered) needs no server. It returns the SQL that V(merged) would mean.
    type: str
    choices: [merged, replaced, overridden, deleted, gathered, rendered]
    default: merged
  scope:
    description:
      - Limits a task to a part of the table. A dict of column names, each with a value, a list of
        values, or for numbers a range in the form V("100-199").
      - With O(state=overridden) only rows inside the scope are removed, so that several owners can share
        one table.
      - A row in O(config) that lies outside is an error, and nothing is written.
    type: dict
  allow_empty:
    description:
      - With O(state=overridden) and no rows, everything would be removed. This must be V(true) for that,
        so that a variable that happens to be empty does not empty the table.
    type: bool
    default: false
"""
