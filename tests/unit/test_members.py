"""In which hostgroups a LOAD is to find the members of a cluster."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning.members import (
    Members,
    MemberSet,
    Standing,
)

SET = MemberSet(10, 20, frozenset({30, 40}))
DEFAULTS = {"weight": 1, "use_ssl": False}


def row(hostgroup: int, name: str, **more: Any) -> dict[str, Any]:
    return {"hostgroup_id": hostgroup, "hostname": name, "port": 3306, **more}


def full(hostgroup: int, name: str, **more: Any) -> dict[str, Any]:
    return {**DEFAULTS, "status": "ONLINE", **row(hostgroup, name, **more)}


def members(declared: list[Any], memory: list[Any], runtime: list[tuple[int, str]]) -> Members:
    return Members(declared, [SET], Standing(memory, [full(group, name) for group, name in runtime]))


def whole(given: Any) -> Any:
    return {**DEFAULTS, **given}


DECLARED = [row(10, "db1"), row(10, "db2"), row(50, "other")]
STANDING = [(10, "db2"), (20, "db1"), (50, "other")]


def test_what_memory_has_elsewhere_in_the_set_is_as_declared() -> None:
    memory = [full(20, "db1"), full(10, "db2"), full(50, "other")]
    found = members(DECLARED, memory, []).as_it_is(whole)
    assert found == [row(20, "db1"), row(10, "db2"), row(50, "other")]
    # and what it has twice, as a writer that is read from
    memory.append(full(20, "db2"))
    found = members(DECLARED, memory, []).as_it_is(whole)
    assert found == [row(20, "db1"), row(10, "db2"), row(20, "db2"), row(50, "other")]


def test_another_value_a_missing_member_and_one_too_many_have_to_be_written() -> None:
    assert members(DECLARED, [full(20, "db1"), full(10, "db2", weight=5)], STANDING).as_it_is(whole) is None
    assert members(DECLARED, [full(20, "db1")], STANDING).as_it_is(whole) is None
    more = [full(20, "db1"), full(10, "db2"), full(20, "db3")]
    assert members(DECLARED, more, STANDING).as_it_is(whole) is None


def test_where_nobody_moves_them_they_are_where_they_are_declared() -> None:
    memory = [full(20, "db1"), full(10, "db2")]
    still = replace(SET, moves=False)
    found = Members(DECLARED[:2], [still], Standing(memory, memory))
    assert found.as_it_is(whole) is None and found.where_they_stand() == DECLARED[:2]
    assert found.where_memory_has_them(merged=True)[0] == full(10, "db1")
    assert found.left(DECLARED[:2]) == [(20, "db1", 3306)]


def test_members_are_written_where_they_stand_and_others_as_declared() -> None:
    declared = [row(10, "db1", weight=2), row(20, "db1", weight=3), row(10, "db2"), row(50, "other")]
    found = members(declared, [full(10, "db1"), full(10, "db2")], STANDING).where_they_stand()
    # each with what is declared of it there, or else of it at all
    assert found == [row(20, "db1", weight=3), row(10, "db2"), row(50, "other")]
    away = members(declared, [], [(40, "db1"), (10, "db2")]).where_they_stand()
    assert away[0] == row(40, "db1", weight=2)


def test_rows_one_by_one_are_written_where_memory_has_them() -> None:
    memory = [full(20, "db1", weight=7), full(10, "db2"), full(20, "db2")]
    found = members([row(10, "db1"), row(10, "db2", weight=2), row(10, "db3")], memory, STANDING)
    rows = found.where_memory_has_them(merged=True)
    assert rows == [row(20, "db1"), row(10, "db2", weight=2), row(20, "db2", weight=2), row(20, "db3")]
    assert found.left(rows) == []


def test_a_set_of_other_hostgroups_takes_its_members_along() -> None:
    memory = [full(20, "db1", weight=7), full(10, "db2")]
    other = MemberSet(10, 21, frozenset({30, 40}), former=frozenset({20}))
    found = Members([row(10, "db1", use_ssl=True)], [other], Standing(memory, memory))
    assert found.where_they_stand() == [row(21, "db1", use_ssl=True)]
    # what is not given is kept
    rows = found.where_memory_has_them(merged=True)
    assert rows == [full(21, "db1", weight=7, use_ssl=True)]
    assert found.left(rows) == [(20, "db1", 3306)]


def test_a_new_member_waits_as_a_reader_where_there_is_a_writer() -> None:
    declared = [*DECLARED, row(10, "db3")]
    memory = [full(20, "db1"), full(10, "db2")]
    assert members(declared, memory, STANDING).where_they_stand()[-1] == row(20, "db3")
    # of a cluster that nobody has looked at all stand as declared
    assert members(declared, [], []).where_they_stand() == declared


def test_a_member_is_deleted_where_it_is() -> None:
    memory = [full(20, "db1"), full(10, "db2"), full(20, "db2")]
    assert members([row(10, "db1")], memory, []).gone() == [row(20, "db1")]
    assert members([row(30, "db2")], memory, []).gone() == [row(10, "db2"), row(20, "db2")]
    # one that is declared as a writer goes as a whole; of another hostgroup the very row, if it is there
    assert members([row(10, "db2")], memory, []).gone() == [row(10, "db2"), row(20, "db2")]
    assert members([row(20, "db2")], memory, []).gone() == [row(20, "db2")]
    assert members([row(10, "nobody"), row(51, "db1")], memory, []).gone() == [
        row(10, "nobody"),
        row(51, "db1"),
    ]


def test_values_that_a_load_did_not_bring_into_force_are_seen() -> None:
    found = members(DECLARED, [], STANDING)
    # runtime has the weight 1 everywhere
    assert found.stale([full(10, "db1"), full(20, "db2"), full(50, "other", weight=5)]) == []
    assert found.stale([full(10, "db1", weight=5), full(10, "db2")]) == [full(10, "db1")]
    # of a member with several rows the one of that hostgroup counts
    assert found.stale([full(10, "db1", weight=5), full(20, "db1")]) == []
    assert found.stale([full(10, "db1"), full(20, "db1", weight=5)]) == [full(20, "db1")]
    aurora = Members([], [MemberSet(10, 20)], Standing([], [full(20, "db1")]))
    assert aurora.stale([full(10, "db1", weight=5)]) == []


def test_a_backup_writer_of_galera_is_not_written_as_a_writer() -> None:
    live = [full(10, "db1"), full(10, "db2", status="SHUNNED", weight=9), full(30, "db2"), full(20, "db2")]
    found = Members([row(10, "db1"), row(10, "db2")], [SET], Standing([full(10, "db1")], live))
    assert found.where_they_stand() == [row(10, "db1"), row(20, "db2"), row(30, "db2")]
    assert found.stale([full(10, "db1"), full(10, "db2")]) == []
    # a writer that does not answer stays one
    alone = [full(10, "db1", status="SHUNNED"), full(20, "db1")]
    found = Members([row(10, "db1")], [SET], Standing([full(10, "db1")], alone))
    assert found.where_they_stand() == [row(10, "db1"), row(20, "db1")]
