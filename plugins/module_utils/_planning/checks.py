# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a table does not allow, found before anything is written.

Most of it the server would refuse with an error that names no row (CHECK); some of it LOAD
drops without a word.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from .._catalog.tables import Rule, Table, Value
from .._declared.errors import DeclarationError, together, where
from .._declared.passwords import lets_nobody_in
from .._declared.rows import Key, Row, Rows, key_of, show_key
from .change import Change


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
    wrong = [
        _error(table, row, name, "must be given for a new row")
        for name in needed
        for row in found
        if row.get(name, "") is None
    ]
    rules = [rule for rule in table.rules if not _all_right(rule, found)]
    for row in found if rules else ():
        for rule in rules:
            problem = _problem(rule, row, counts)
            if problem and not (rule.test == "needs" and row == have.get(key_of(table, row))):
                wrong.append(_error(table, row, rule.column, problem))
    if wrong:
        raise together(wrong)


def check_attributes(table: Table, changes: Iterable[Change], runtime: Rows) -> None:
    """Refuse attributes of users that differ from those in runtime in letter case alone.

    LOAD compares them without regard to case, and would keep the old ones (MySQL_Authentication::add in
    lib/MySQL_Authentication.cpp, 2.7.1). Raises DeclarationError.
    """
    loaded = {key[0]: row.get("attributes") for key, row in runtime.items()}
    if not loaded:
        return
    wrong = []
    for change in changes:
        new = (change.after or {}).get("attributes")
        old = loaded.get(change.key[0])
        if isinstance(new, str) and isinstance(old, str) and new != old and new.lower() == old.lower():
            problem = (
                "differ from the present ones in letter case alone, which ProxySQL would not take; change"
                " them to something else first"
            )
            wrong.append(_error(table, change.after or {}, "attributes", problem))
    if wrong:
        raise together(wrong)


def odd_patterns(table: Table, rows: Iterable[Row]) -> list[str]:
    """Sentences about regular expressions whose brackets do not balance, in PCRE as in RE2.

    ProxySQL takes them without a word, and they never match (2.7.1).
    """
    names = [name for name in ("match_digest", "match_pattern") if name in table.by_name]
    return [
        f"{where(table.name, show_key(table, row), name)}: brackets that do not balance; ProxySQL takes"
        " such a pattern, and it never matches"
        for row in rows
        for name in names
        if isinstance(row.get(name), str) and not balanced(str(row[name]))
    ]


#: What is wrong with it, to be said after the place.
FOREIGN_HASH = (
    "a hash of caching_sha2_password that does not begin with $A$005$, as MySQL 9.7 makes them, lets nobody"
    " in through ProxySQL; one that does begin so lets in"
)


def foreign_hashes(table: Table, rows: Iterable[Row]) -> list[str]:
    """Sentences about passwords of MySQL's users that nobody can log in with."""
    return [
        f"{where(table.name, show_key(table, row), 'password')}: {FOREIGN_HASH}"
        for row in rows
        if table.name == "mysql_users" and lets_nobody_in(str(row.get("password") or ""))
    ]


_SPECIAL = re.compile(r"[\\\[()]")


def balanced(pattern: str) -> bool:
    """Whether the brackets of a regular expression balance."""
    depth, at = 0, 0
    while special := _SPECIAL.search(pattern, at):
        char, at = special.group(), special.start()
        if pattern.startswith("\\Q", at):
            end = pattern.find("\\E", at)
            at = len(pattern) if end == -1 else end + 2
            continue
        if char == "\\":
            at += 2
            continue
        if char == "[":
            # A bracket right at the beginning is one of the characters.
            at += 2 if pattern.startswith("[^", at) else 1
            at += pattern.startswith("]", at)
            while at < len(pattern) and pattern[at] != "]":
                if pattern.startswith("[:", at) and ":]" in pattern[at:]:
                    at = pattern.index(":]", at) + 1
                at += 2 if pattern[at] == "\\" else 1
            if at >= len(pattern):
                return False
        depth += (char == "(") - (char == ")")
        if depth < 0:
            return False
        at += 1
    return depth == 0


def _all_right(rule: Rule, rows: Iterable[Row]) -> bool:
    """Whether a look at one column of all rows tells that none breaks the rule, as nearly always of users."""
    return rule.test == "one_of_two" and all(row.get(rule.column) for row in rows)


def _problem(rule: Rule, row: Row, counts: Mapping[str, Counter[Value]]) -> str | None:
    value, other = row.get(rule.column), row.get(rule.other)
    if rule.test == "needs":
        return f"needs {rule.other} as well" if value is not None and other is None else None
    if rule.test == "one_of_two":
        # LOAD drops a user of neither role and answers OK (2.7.1).
        return (
            None
            if value or other
            else f"must be true where {rule.other} is not (for one who is to come later say active: false)"
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
