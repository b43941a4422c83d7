# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Members of Group Replication, Galera and Aurora: in which hostgroups a LOAD is to find them. Pure.

The databases choose who is written to, and ProxySQL's monitor moves the servers there. A LOAD of a member
anywhere else would make it a writer, or no writer, until the monitor has looked again (5 s by default), and
give it back what its old row there said: the monitor revives a row that the LOAD has taken away
(update_group_replication_set_read_only and its like, lib/MySQL_HostGroups_Manager.cpp, 2.7.1 and 3.0.3).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Callable

from .._declared.rows import Key, Row
from .placement import Place, place_of

#: What a row says of its server, wherever it is.
VALUES = (
    "gtid_port", "weight", "compression", "max_connections", "max_replication_lag", "use_ssl",
    "max_latency_ms", "comment",
)  # fmt: skip
#: The tables of such sets.
SETS = ("mysql_group_replication_hostgroups", "mysql_galera_hostgroups", "mysql_aws_aurora_hostgroups")


@dataclass(frozen=True)
class MemberSet:
    """The hostgroups between which the monitor moves the members. others: for those that wait or are away."""

    writer: int
    reader: int
    others: frozenset[int] = frozenset()

    @property
    def hostgroups(self) -> frozenset[int]:
        return self.others | {self.writer, self.reader}


Member = tuple[MemberSet, Place]


@dataclass(frozen=True)
class Standing:
    """Where the servers stand: memory's rows, and runtime's that are not OFFLINE_HARD."""

    memory: Sequence[Row]
    runtime: Sequence[Row]


class Members:
    """The declared members of all sets, which a run puts where they stand."""

    def __init__(self, rows: Sequence[Row], sets: Iterable[MemberSet], standing: Standing) -> None:
        self._rows, self._memory = list(rows), standing.memory
        self._home = {hostgroup: each for each in sets for hostgroup in each.hostgroups}
        self._declared, self._there = self._by_member(self._rows), self._by_member(standing.memory)
        self._live = self._by_member(standing.runtime)

    def _member(self, row: Row) -> Member | None:
        home = self._home.get(_hostgroup(row))
        return (home, place_of(row)) if home else None

    def _by_member(self, rows: Iterable[Row]) -> dict[Member, list[Row]]:
        found: dict[Member, list[Row]] = {}
        for row in rows:
            member = self._member(row)
            if member:
                found.setdefault(member, []).append(row)
        return found

    def as_it_is(self, whole: Callable[[Row], Row], overridden: bool) -> list[Row] | None:
        """The declared rows in the hostgroups that memory has them in; None if a member has to be written.

        whole: a declared row as it is to stand. overridden: whether a member that is not declared has to go.
        """
        if overridden and self._there.keys() - self._declared.keys():
            return None
        for member, rows in self._declared.items():
            there = self._there.get(member)
            if not there or not all(_says(row, whole(_at(rows, _hostgroup(row)))) for row in there):
                return None
        return self._in({member: list(map(_hostgroup, rows)) for member, rows in self._there.items()})

    def where_they_stand(self, overridden: bool = True) -> list[Row]:
        """The declared rows in the hostgroups that runtime has them in; a new member waits as a reader.

        With memory's rows of other members that a LOAD would find elsewhere, unless these are to go.
        """
        found: dict[Member, list[int]] = {}
        written = {each[0] for each in self._live if each[0].writer in self._now(each)}
        for member in self._declared:
            if now := self._now(member):
                found[member] = now
            elif member[0] in written and member not in self._there:
                found[member] = [member[0].reader]
        others = [] if overridden else [each for each in self._there if each not in self._declared]
        return self._in(found) + [
            {**_at(self._there[member], hostgroup), "hostgroup_id": hostgroup}
            for member in others
            for hostgroup in self._now(member)
            if sorted(map(_hostgroup, self._there[member])) != self._now(member)
        ]

    def _now(self, member: Member) -> list[int]:
        return sorted(map(_hostgroup, self._live.get(member, ())))

    def stale(self, loaded: Iterable[Row]) -> list[Row]:
        """Rows of the last LOAD whose values are not in force, with those that are: the monitor revives rows.

        Of Aurora's members the monitor sets some itself.
        """
        found: list[Row] = []
        for member, rows in self._by_member(loaded).items():
            for row in self._live.get(member, ()) if member[0].others else ():
                same = [each for each in rows if _hostgroup(each) == _hostgroup(row)] or rows
                values = {name: row[name] for name in VALUES if name in row}
                if not any(_says(each, values) for each in same):
                    found.append({**same[0], **values})
        return found

    def left(self, rows: Iterable[Row]) -> list[Key]:
        """Keys of rows that memory has of these members in other hostgroups of their sets."""
        return [
            (_hostgroup(row), *place_of(row))
            for member, kept in self._by_member(rows).items()
            for row in self._there.get(member, ())
            if _hostgroup(row) not in map(_hostgroup, kept)
        ]

    def gone(self) -> list[Row]:
        """For rows that are to be deleted: each where memory has it."""
        kept = {(_hostgroup(row), place_of(row)) for row in self._memory}
        found: dict[tuple[int, Place], Row] = {}
        for row in self._rows:
            key, member = (_hostgroup(row), place_of(row)), self._member(row)
            there = self._there.get(member, []) if member and key not in kept else []
            for hostgroup in map(_hostgroup, there or [row]):
                found[hostgroup, place_of(row)] = {**row, "hostgroup_id": hostgroup}
        return list(found.values())

    def _in(self, hostgroups: Mapping[Member, Sequence[int]]) -> list[Row]:
        """The declared rows, members in these hostgroups, or where they are declared if none are given."""
        found: list[Row] = []
        done: set[Member] = set()
        for row in self._rows:
            member = self._member(row)
            if member is None or member not in hostgroups:
                found.append(row)
            elif member not in done:
                done.add(member)
                rows = self._declared[member]
                found += [{**_at(rows, each), "hostgroup_id": each} for each in hostgroups[member]]
        return found


def _hostgroup(row: Row) -> int:
    return int(row["hostgroup_id"] or 0)


def _at(rows: Sequence[Row], hostgroup: int) -> Row:
    """What is declared of a member in this hostgroup, or else of it at all."""
    return next((row for row in rows if _hostgroup(row) == hostgroup), rows[0])


def _says(there: Row, wanted: Row) -> bool:
    return all(there.get(name) == value for name, value in wanted.items() if name != "hostgroup_id")
