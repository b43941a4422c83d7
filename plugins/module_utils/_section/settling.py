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
    memory = have["memory"]
    if want.state != "deleted":
        want = replace(want, rows=_of_pairs(admin, want, memory))
    members = _members(admin, want, memory)
    if members is None:
        return want, want, ()
    if want.state == "deleted":
        found = replace(want, rows=members.gone())
        return found, found, ()
    overridden, kept = want.state == "overridden", {} if want.state == "merged" else defaults
    standing = members.where_they_stand(overridden)
    found_rows = members.as_it_is(lambda row: {**kept, **row}, overridden)
    loading = replace(want, rows=standing, left=members.left(standing))
    stale = members.stale(have["runtime"].values())
    return loading if found_rows is None else replace(want, rows=found_rows), loading, stale


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
    """None where no monitor moves members, or where the task is not to look at other hostgroups."""
    if want.table.name != "mysql_servers" or want.scope or not want.rows:
        return None
    sets = _sets(admin, want)
    if not sets or admin.variable(_MONITORED) != "true":
        return None
    found = server_rows(want.table, *admin.fetch_raw("SELECT * FROM runtime_mysql_servers"))
    runtime = [row for row in found if row["status"] != "OFFLINE_HARD"]
    return Members(want.rows, sets, Standing(list(memory.values()), runtime))


def _sets(admin: Admin, want: Want) -> list[MemberSet]:
    """Those that are active: as they are declared beside the servers, else as memory has them."""
    beside = want.sets or {}
    found = [each for name in SETS for each in beside.get(name, ())]
    asked = " UNION ALL ".join(
        f"SELECT writer_hostgroup, reader_hostgroup, {others} FROM main.{name} WHERE active = 1"
        for name, others in zip(SETS, (*(["backup_writer_hostgroup, offline_hostgroup"] * 2), "NULL, NULL"))
        if name not in beside
    )
    for writer, reader, *others in admin.fetch(asked)[1] if asked else ():
        more = frozenset(int(each) for each in others if each is not None)
        found.append(MemberSet(int(writer or 0), int(reader or 0), more))
    return found
