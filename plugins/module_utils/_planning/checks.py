# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a table does not allow, found before anything is written.

Most of it the server would refuse with an error that names no row (CHECK); some of it LOAD
drops without a word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from .._catalog.tables import Rule, Table, Value
from .._declared.errors import DeclarationError, where
from .._declared.rows import Key, Row, Rows, key_of, show_key


def check_rows(table: Table, rows: Rows, touched: Iterable[Key], have: Rows) -> None:
    """Check the touched rows as they would stand. Raises DeclarationError naming row and column.

    have: the rows as they are. One that others wrote and that does not change may lack what it needs.
    """
    needed = [c.name for c in table.columns if not c.nullable and table.default(c.name) is None]
    # How many rows hold each value of a column that others must not have.
    counts = {
        rule.other: Counter(row.get(rule.other) for row in rows.values())
        for rule in table.rules
        if rule.test == "not_among"
    }
    found = [rows[key] for key in touched if key in rows]
    for name in needed:
        for row in found:
            if row.get(name, "") is None:
                raise _error(table, row, name, "must be given for a new row")
    for row in found if table.rules else ():
        for rule in table.rules:
            problem = _problem(rule, row, counts)
            if problem and not (rule.test == "needs" and row == have.get(key_of(table, row))):
                raise _error(table, row, rule.column, problem)


def _problem(rule: Rule, row: Row, counts: Mapping[str, Counter[Value]]) -> str | None:
    value, other = row.get(rule.column), row.get(rule.other)
    if rule.test == "needs":
        return f"needs {rule.other} as well" if value is not None and other is None else None
    if rule.test == "one_of_two":
        # LOAD drops a user of neither role and answers OK (2.7.1).
        return (
            None
            if value or other
            else f"must be true where {rule.other} is not; for later, say active: false"
        )
    if rule.test == "differs":
        return f"must differ from {rule.other}" if value == other else None
    if rule.test == "begins_with":
        return None if str(value).startswith(rule.other) else f"must begin with {rule.other}"
    if rule.test == "differs_unless_zero":
        return f"must be 0 or differ from {rule.other}" if value and value == other else None
    # not_among: LOAD drops such a row and answers OK ("Incompatible entry ... ignored", 2.7.1)
    among = counts[rule.other][value] - (value == other)
    return f"{value} is also the {rule.other} of another row" if among else None


def _error(table: Table, row: Row, column: str, problem: str) -> DeclarationError:
    key = show_key(table, row)
    return DeclarationError(
        f"{where(table.name, key, column)}: {problem}", table=table.name, key=key, column=column
    )
