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
    """The hostgroups between which the monitor moves the members.

    others: for those that wait or are away. former: those of the same set before it is written.
    moves: whether a monitor is at work there.
    """

    writer: int
    reader: int
    others: frozenset[int] = frozenset()
    former: frozenset[int] = frozenset()
    moves: bool = True

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
        self._rows = list(rows)
        self._home = {hostgroup: each for each in sets for hostgroup in each.former | each.hostgroups}
        self._declared, self._there = self._by_member(self._rows), self._by_member(standing.memory)
        self._live = {
            member: [row for row in rows if not _waits(member[0], row, rows)]
            for member, rows in self._by_member(standing.runtime).items()
        }

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

    # -- where a table is exactly as declared

    def as_it_is(self, whole: Callable[[Row], Row]) -> list[Row] | None:
        """The declared rows in the hostgroups that memory has them in; None if a member has to be written.

        whole: a declared row as it is to stand. None, too, if a member is not declared, or if nobody moves
        one that is not where it is declared.
        """
        if self._there.keys() - self._declared.keys():
            return None
        for member, rows in self._declared.items():
            there, home = self._there.get(member, []), member[0]
            now = set(map(_hostgroup, there))
            if not there or now - home.hostgroups or not (home.moves or now == set(map(_hostgroup, rows))):
                return None
            if not all(_says(row, whole(_at(rows, _hostgroup(row)))) for row in there):
                return None
        return self._in({member: list(map(_hostgroup, rows)) for member, rows in self._there.items()})

    def where_they_stand(self) -> list[Row]:
        """The declared rows in the hostgroups that runtime has them in; a new member waits as a reader."""
        return self._in(self._placed({member: self._now(member) for member in self._declared}))

    def _now(self, member: Member) -> list[int]:
        return _within(member, self._live.get(member, ()))

    def _placed(self, now: Mapping[Member, list[int]]) -> dict[Member, list[int]]:
        written = {each[0] for each in self._live if each[0].writer in self._now(each)}
        found = {}
        for member, hostgroups in now.items():
            if member[0].moves and (hostgroups or member[0] in written):
                found[member] = hostgroups or [member[0].reader]
        return found

    def stale(self, loaded: Iterable[Row]) -> list[Row]:
        """Rows of the last LOAD whose values are not in force, with those that are: the monitor revives rows.

        Of Aurora's members the monitor sets some itself.
        """
        found: list[Row] = []
        for member, rows in self._by_member(loaded).items():
            for row in self._live.get(member, ()) if member[0].others and member[0].moves else ():
                same = [each for each in rows if _hostgroup(each) == _hostgroup(row)] or rows
                values = {name: row[name] for name in VALUES if name in row}
                if not any(_says(each, values) for each in same):
                    found.append({**same[0], **values})
        return found

    # -- where rows are declared one by one

    def where_memory_has_them(self, merged: bool) -> list[Row]:
        """The declared rows in the hostgroups that memory has them in; a new member waits as a reader.

        merged: whether a row that has to go to another hostgroup keeps what is not given.
        """
        there = {member: _within(member, self._there.get(member, ())) for member in self._declared}
        found = []
        for row in self._in(self._placed(there)):
            member = self._member(row)
            rows = self._there.get(member, []) if member else []
            moved = merged and rows and _hostgroup(row) not in map(_hostgroup, rows)
            found.append({**_at(rows, _hostgroup(row)), **row} if moved else row)
        return found

    def left(self, rows: Iterable[Row]) -> list[Key]:
        """Keys of rows that memory has of members that leave them for a hostgroup in which they were not."""
        found: list[Key] = []
        for member, kept in self._by_member(rows).items():
            there = [_hostgroup(row) for row in self._there.get(member, ())]
            new = {*map(_hostgroup, kept)}
            if new - {*there}:
                found += [(hostgroup, *member[1]) for hostgroup in there if hostgroup not in new]
        return found

    def gone(self) -> list[Row]:
        """For rows that are to be deleted: a member declared as a writer goes from wherever memory has it."""
        found: dict[tuple[int, Place], Row] = {}
        for row in self._rows:
            hostgroup, member = _hostgroup(row), self._member(row)
            there = {*map(_hostgroup, self._there.get(member, ()))} if member else set()
            all_of_it = member is not None and (hostgroup == member[0].writer or hostgroup not in there)
            for each in sorted(there) if all_of_it and there else [hostgroup]:
                found[each, place_of(row)] = {**row, "hostgroup_id": each}
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


def _waits(home: MemberSet, row: Row, rows: Sequence[Row]) -> bool:
    """Whether it is the row of a backup writer of Galera in the writer hostgroup: SHUNNED there on purpose.

    A LOAD of that row would make it a writer until the monitor has looked.
    """
    backup = any(_hostgroup(each) in home.others for each in rows)
    return backup and _hostgroup(row) == home.writer and row["status"] == "SHUNNED"


def _hostgroup(row: Row) -> int:
    return int(row["hostgroup_id"] or 0)


def _within(member: Member, rows: Iterable[Row]) -> list[int]:
    """The hostgroups of these rows of a member, as far as they are of its set."""
    return sorted({*map(_hostgroup, rows)} & member[0].hostgroups)


def _at(rows: Sequence[Row], hostgroup: int) -> Row:
    """What is said of a member in this hostgroup, or else of it at all."""
    return next((row for row in rows if _hostgroup(row) == hostgroup), rows[0])


def _says(there: Row, wanted: Row) -> bool:
    return all(there.get(name) == value for name, value in wanted.items() if name != "hostgroup_id")
