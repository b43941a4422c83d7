# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Declared servers in the hostgroups in which one LOAD may hold them, where a monitor moves them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from .._declared.rows import Row, Rows, server_rows
from .._planning.members import SETS, Members, MemberSet, Standing
from .._planning.placement import Pair, place_of, settled
from .._planning.plan import Want
from .._server.admin import Admin

_MONITORED = "mysql-monitor_enabled"


def settle(
    admin: Admin, want: Want, have: Mapping[str, Rows], defaults: Row
) -> tuple[Want, Want, Sequence[Row]]:
    """What is wanted of servers, the same for a run that makes a LOAD anyway, and stale rows of runtime.

    Those of pairs: see `settled`. Members of clusters: see `Members`. have: by layer.
    """
    if want.state != "deleted":
        want = replace(want, rows=_of_pairs(admin, want, have["memory"]))
    members = _members(admin, want, have["memory"])
    if members is None:
        return want, want, ()
    if want.state == "deleted":
        return (found := replace(want, rows=members.gone())), found, ()
    if want.state != "overridden":
        rows = members.where_memory_has_them(want.state == "merged")
        return (found := replace(want, rows=rows, left=members.left(rows))), found, ()
    standing = members.where_they_stand()
    loading = replace(want, rows=standing)
    as_it_is = members.as_it_is(lambda row: {**defaults, **row})
    stale = members.stale(have["runtime"].values())
    return loading if as_it_is is None else replace(want, rows=as_it_is), loading, stale


def _of_pairs(admin: Admin, want: Want, memory: Rows) -> Sequence[Row]:
    if len({place_of(row) for row in want.rows}) == len(want.rows):
        return want.rows
    pairs = want.pairs
    if pairs is None:
        name = want.table.name.replace("servers", "replication_hostgroups")
        found = admin.fetch(f"SELECT writer_hostgroup, reader_hostgroup FROM main.{name}")[1]
        pairs = [Pair(int(writer or 0), int(reader or 0)) for writer, reader in found]
    return settled(want.rows, pairs, list(memory.values()))


def _members(admin: Admin, want: Want, memory: Rows) -> Members | None:
    """None where there are no sets, or where the task is not to look at all of their hostgroups."""
    if want.table.name != "mysql_servers" or not want.rows:
        return None
    sets = [each for each in _sets(admin, want) if not want.scope or _within(want, each)]
    if not sets:
        return None
    if admin.variable(_MONITORED) != "true":
        sets = [replace(each, moves=False) for each in sets]
    found = server_rows(want.table, *admin.fetch_raw("SELECT * FROM runtime_mysql_servers"))
    runtime = [row for row in found if row["status"] != "OFFLINE_HARD"]
    return Members(want.rows, sets, Standing(list(memory.values()), runtime))


def _within(want: Want, each: MemberSet) -> bool:
    """Whether the scope lets every declared row be in every hostgroup of the set."""
    return all(
        want.scope.covers({**row, "hostgroup_id": hostgroup})
        for row in want.rows
        for hostgroup in each.hostgroups
        if row["hostgroup_id"] in each.hostgroups
    )


def _sets(admin: Admin, want: Want) -> list[MemberSet]:
    """As memory has them, and as they are declared beside the servers."""
    asked = " UNION ALL ".join(
        f"SELECT '{name}', active, writer_hostgroup, reader_hostgroup, {others} FROM main.{name}"
        for name, others in zip(SETS, (*(["backup_writer_hostgroup, offline_hostgroup"] * 2), "NULL, NULL"))
    )
    there: dict[int, MemberSet] = {}
    found: dict[int, MemberSet] = {}
    for name, active, writer, reader, *others in admin.fetch(asked)[1]:
        more = frozenset(int(each) for each in others if each is not None)
        one = MemberSet(int(writer or 0), int(reader or 0), more, moves=active != "0")
        there[one.writer] = one
        if name not in want.only_sets:
            found[one.writer] = one
    for each in want.sets:
        before = there.get(each.writer)
        former = before.hostgroups - each.hostgroups if before else frozenset[int]()
        found[each.writer] = replace(each, former=former)
    taken = {hostgroup for each in found.values() for hostgroup in each.hostgroups}
    return [replace(each, former=each.former - taken) for each in found.values()]
