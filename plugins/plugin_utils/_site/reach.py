# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which hostgroups the queries of a user come to, by what is declared. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...module_utils._catalog.tables import TABLES
from ...module_utils._declared.declaration import is_true

_SETS = [table for table in TABLES.values() if table.hostgroups and table.name.startswith("mysql_")]
_RULES = "mysql_query_rules"
_FAST = "mysql_query_rules_fast_routing"


@dataclass
class _Way:
    """Where the rules of one user, or those of everybody (""), lead from one flag on."""

    flags: set[int] = field(default_factory=set)
    hostgroups: set[int] = field(default_factory=set)
    mirror_flags: set[int] = field(default_factory=set)
    mirrors: set[int] = field(default_factory=set)


_Ways = Mapping[int, _Way]


class Reach:
    """tables: rows as typed, by the names of their tables."""

    def __init__(self, tables: Mapping[str, Any]) -> None:
        self._sets = [
            {
                number
                for number in (_number(row.get(column)) for column in table.hostgroups)
                if number is not None
            }
            for table in _SETS
            for row in _rows(tables, table.name)
            if is_true(row.get("active", True))
        ]
        self._ways: dict[str, dict[int, _Way]] = defaultdict(lambda: defaultdict(_Way))
        for row in _rows(tables, _RULES):
            if is_true(row.get("active", False)):
                self._add(row, answers=any(row.get(name) is not None for name in ("error_msg", "OK_msg")))
        for row in _rows(tables, _FAST):
            self._add(row)

    def _add(self, row: Mapping[str, Any], answers: bool = False) -> None:
        """answers: whether ProxySQL answers by itself, and no query goes on."""
        way = self._ways[str(row.get("username") or "")][_number(row.get("flagIN")) or 0]
        for column, found in (
            ("flagOUT", way.flags),
            ("next_query_flagIN", way.flags),
            ("destination_hostgroup", set() if answers else way.hostgroups),
            ("mirror_flagOUT", way.mirror_flags),
            ("mirror_hostgroup", way.mirrors),
        ):
            number = _number(row.get(column))
            if number is not None:
                found.add(number)

    def of(self, user: Mapping[str, Any]) -> tuple[set[int], set[int]]:
        """Hostgroups that a row of mysql_users surely reaches, and those that it may reach besides.

        Sure are its default hostgroup, and where active rules and fast routing that name it lead, also by
        rules for everybody in a flag that one of those has set. Where a rule names no user, it is for
        everybody, and yet an application may never send what it matches: that is a maybe. So is a mirror,
        of which no application sees whether it is refused. Of each hostgroup the whole set counts, for a
        monitor moves servers within it.
        """
        default = _number(user.get("default_hostgroup", 0))
        sure: set[int] = set() if default is None else {default}
        maybe: set[int] = set()
        if not is_true(user.get("fast_forward", False)):
            everybody, own = self._ways.get("", {}), self._ways.get(str(user.get("username")), {})
            both = (everybody, own)
            flags = _onward({0}, both)
            named = _onward({flag for way in _at(flags, own) for flag in way.flags}, both)
            for way in (*_at(flags, own), *_at(named, everybody)):
                sure |= way.hostgroups
            for way in _at(_onward({0}, both, mirrored=True), *both):
                maybe |= way.hostgroups | way.mirrors
        sure = self._whole(sure)
        return sure, self._whole(maybe) - sure

    def _whole(self, hostgroups: set[int]) -> set[int]:
        return hostgroups.union(*(each for each in self._sets if each & hostgroups))


def _at(flags: Collection[int], *ways: _Ways) -> list[_Way]:
    return [each[flag] for each in ways for flag in flags if flag in each]


def _onward(flags: set[int], ways: Iterable[_Ways], mirrored: bool = False) -> set[int]:
    """All flags that rules lead to from these."""
    found: set[int] = set()
    while flags:
        found |= flags
        next_ways = _at(flags, *ways)
        flags = {
            flag for way in next_ways for flag in (way.flags | way.mirror_flags if mirrored else way.flags)
        }
        flags -= found
    return found


def _rows(tables: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    rows = tables.get(name)
    return (row for row in (rows if isinstance(rows, (list, tuple)) else ()) if isinstance(row, Mapping))


def _number(value: Any) -> int | None:
    """None also for -1, which is none to ProxySQL, and for what somebody else refuses."""
    text = str(value).strip()
    return int(text) if text.isdecimal() else None
