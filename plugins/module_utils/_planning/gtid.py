# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Positions of replication: how far one database is beyond another. Pure.

MariaDB's are the last transaction of each domain (``0-1-42,1-3-7``), MySQL's sets of numbers of each origin
(``uuid:1-5:7,uuid:tag:1-3``). Both are kept as ranges by origin, so that they compare alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .._declared.errors import DeclarationError

Ranges = list[tuple[int, int]]
Position = Mapping[str, Ranges]


def mariadb(text: str) -> Position:
    """A position of MariaDB: of each domain all up to its last number. Raises DeclarationError."""
    found: dict[str, Ranges] = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        try:
            domain, _server, number = part.split("-")
            last = int(number)
            found[str(int(domain))] = [(1, max(last, found.get(str(int(domain)), [(1, 0)])[0][1]))]
        except ValueError:
            raise DeclarationError(f"{text!r} is no position of MariaDB") from None
    return found


def mysql(text: str) -> Position:
    """A set of MySQL. Raises DeclarationError."""
    found: dict[str, Ranges] = {}
    for part in filter(None, ("".join(each.split()) for each in text.split(","))):
        origin, *rest = part.lower().split(":")
        name = origin
        for word in rest:
            if not word[:1].isdigit():
                name = f"{origin}:{word}"
                continue
            first, _dash, last = word.partition("-")
            try:
                found.setdefault(name, []).append((int(first), int(last or first)))
            except ValueError:
                raise DeclarationError(f"{text!r} is no set of MySQL's GTIDs") from None
        if not rest:
            raise DeclarationError(f"{text!r} is no set of MySQL's GTIDs")
    return {name: _joined(ranges) for name, ranges in found.items()}


def union(one: Position, other: Position) -> Position:
    return {
        name: _joined([*one.get(name, []), *other.get(name, [])]) for name in dict.fromkeys([*one, *other])
    }


def beyond(one: Position, other: Position) -> int:
    """How many transactions the one has that the other has not."""
    return sum(_beyond(ranges, other.get(name, [])) for name, ranges in one.items())


def shown(position: Position) -> str:
    """As a result shows it, in the same words for both."""
    return ",".join(
        f"{name}:" + ":".join(str(low) if low == high else f"{low}-{high}" for low, high in ranges)
        for name, ranges in sorted(position.items())
        if ranges
    )


def _joined(ranges: Sequence[tuple[int, int]]) -> Ranges:
    found: Ranges = []
    for low, high in sorted(ranges):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(high, found[-1][1]))
        else:
            found.append((low, high))
    return found


def _beyond(ranges: Ranges, others: Ranges) -> int:
    count = 0
    for low, high in ranges:
        count += high - low + 1
        count -= sum(max(0, min(high, last) - max(low, first) + 1) for first, last in others)
    return count
