"""Whether a primary can be changed, where its servers then stand, and the way out from anywhere."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.errors import DeclarationError
from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning import gtid
from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning.placement import (
    Pair,
    changes,
    held,
    leaving,
    placed,
    settled,
    without,
)
from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning.primary import (
    Asked,
    Busy,
    Look,
    Monitored,
    NodeLook,
    Source,
    behind,
    most_advanced,
    of_databases,
    of_nodes,
    pinned_by,
    sessions,
)
from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning.primary_steps import (
    ALLOW,
    BACK,
    FORBID,
    FORWARD,
    HOLD,
    NAMES,
    STOP,
    STUCK,
    stands,
    to_take_back,
    way_out,
)

PAIR = Pair(10, 20)
OLD, NEW, THIRD = ("a", 3306), ("b", 3306), ("c", 3306)


def row(hostgroup: int, place: tuple[str, int], status: str = "ONLINE", **more: Any) -> dict[str, Any]:
    return {"hostgroup_id": hostgroup, "hostname": place[0], "port": place[1], "status": status, **more}


def where(rows: Any) -> set[tuple[Any, ...]]:
    return {(each["hostgroup_id"], each["hostname"], each["status"]) for each in rows}


# -- positions


def test_mariadbs_positions_are_compared_by_domain() -> None:
    more, less = gtid.mariadb("0-1-42,7-3-5"), gtid.mariadb("0-2-40, 7-3-5")
    assert gtid.beyond(more, less) == 2 and gtid.beyond(less, more) == 0
    assert gtid.beyond(gtid.mariadb("9-1-3"), more) == 3 and gtid.mariadb("") == {}


def test_mysqls_sets_are_joined_and_compared() -> None:
    one = gtid.mysql("aaa:1-5:7,\nBBB:1-3, aaa:tag:1-2")
    assert gtid.shown(one) == "aaa:1-5:7,aaa:tag:1-2,bbb:1-3"
    assert gtid.beyond(one, gtid.mysql("aaa:1-4:6-9")) == 1 + 2 + 3
    assert gtid.shown(gtid.union(gtid.mysql("aaa:1-5"), gtid.mysql("aaa:6:9"))) == "aaa:1-6:9"


@pytest.mark.parametrize(
    ("read", "text"), [(gtid.mariadb, "0-1"), (gtid.mysql, "aaa"), (gtid.mysql, "aaa:1-x")]
)
def test_what_is_no_position_is_refused(read: Any, text: str) -> None:
    with pytest.raises(DeclarationError, match="is no"):
        read(text)


# -- places


def test_held_and_let_go_by_role() -> None:
    declared = [row(10, OLD, weight=7), row(20, NEW, weight=3), row(30, THIRD)]
    assert where(held(declared, PAIR)) == {(10, "a", "OFFLINE_SOFT"), (20, "b", "ONLINE")}
    after = placed(declared, PAIR, NEW)
    assert where(after) == {(10, "b", "ONLINE"), (20, "a", "ONLINE")}
    # what a row says of its role stays
    assert [each["weight"] for each in after] == [7, 3]
    # and back again it is as it was
    assert placed(after, PAIR, OLD) == declared[:2]
    assert where(leaving(held(declared, PAIR), after)) == {
        (10, "a", "OFFLINE_SOFT"),
        (20, "b", "OFFLINE_SOFT"),
    }
    assert changes(declared, after, PAIR) == [
        "b:3306 is in hostgroup 10",
        "a:3306 is in hostgroup 20",
        "a:3306 is no more in hostgroup 10",
        "b:3306 is no more in hostgroup 20",
    ]


def test_readers_that_are_both_stay() -> None:
    declared = [row(10, OLD), row(20, OLD), row(20, NEW), row(20, THIRD)]
    after = placed(declared, PAIR, NEW)
    assert where(after) == {(10, "b", "ONLINE"), *((20, name, "ONLINE") for name in "abc")}
    assert leaving([each for each in held(declared, PAIR) if each["hostgroup_id"] == 20], after) == []


def test_of_several_writers_the_new_one_is_left() -> None:
    declared = [row(group, place) for group in (10, 20) for place in (OLD, NEW, THIRD)]
    after = placed(declared, PAIR, NEW)
    assert where(after) == {(10, "b", "ONLINE"), *((20, name, "ONLINE") for name in "abc")}


def test_one_that_the_monitor_has_found() -> None:
    declared = [row(10, THIRD), row(20, OLD), row(20, NEW)]
    before = placed(declared, PAIR, OLD)
    assert where(before) == {(10, "a", "ONLINE"), (20, "c", "ONLINE"), (20, "b", "ONLINE")}
    assert where(placed(before, PAIR, NEW)) == {(10, "b", "ONLINE"), (20, "a", "ONLINE"), (20, "c", "ONLINE")}
    readers = [row(20, OLD), row(20, NEW)]
    assert where(placed(readers, PAIR, OLD)) == {
        (10, "a", "ONLINE"),
        (20, "a", "ONLINE"),
        (20, "b", "ONLINE"),
    }


def test_named_by_pair_one_is_the_primary() -> None:
    declared = [row(group, place) for group in (10, 20) for place in (OLD, NEW, THIRD)]
    first = settled(declared, [PAIR], [])
    assert where(first) == {(10, "a", "ONLINE"), (20, "b", "ONLINE"), (20, "c", "ONLINE")}
    # whoever it is by now, nothing is to be changed
    now = first
    for place in (NEW, THIRD, OLD):
        now = placed(now, PAIR, place)
        assert where(settled(declared, [PAIR], now)) == where(now)
    both = [row(10, NEW), *(row(20, place) for place in (OLD, NEW, THIRD))]
    assert where(settled(declared, [PAIR], both)) == where(both)
    # what was loaded with all of them stays, too
    assert settled(declared, [PAIR], declared) == declared


def test_named_by_pair_after_all_were_writers() -> None:
    """As they are of Galera and Group Replication: none is lost, and not all are written to."""
    declared = [row(group, place) for group in (10, 20) for place in (OLD, NEW, THIRD)]
    before = [row(10, place) for place in (OLD, NEW, THIRD)]
    first = {(10, "a", "ONLINE"), (20, "b", "ONLINE"), (20, "c", "ONLINE")}
    assert where(settled(declared, [PAIR], before)) == first


def test_all_declared_as_writers_none_is_lost() -> None:
    declared = [row(10, place) for place in (OLD, NEW, THIRD)]
    after = placed(declared, PAIR, NEW)
    assert where(after) == {(10, "b", "ONLINE"), (20, "a", "ONLINE"), (20, "c", "ONLINE")}
    assert where(placed(after, PAIR, OLD)) == {(10, "a", "ONLINE"), (20, "b", "ONLINE"), (20, "c", "ONLINE")}
    # one that nobody declared, found by the monitor
    assert where(placed([row(10, OLD), row(10, THIRD)], PAIR, NEW)) == {
        (10, "b", "ONLINE"),
        (20, "a", "ONLINE"),
        (20, "c", "ONLINE"),
    }


def test_named_by_role_everything_is_as_it_says() -> None:
    for declared in (
        [row(10, OLD), row(20, NEW)],
        [row(10, OLD), row(20, OLD), row(20, NEW)],
        [row(10, OLD), row(10, NEW), row(20, NEW)],
        [row(10, OLD), row(10, NEW), row(20, OLD, "OFFLINE_HARD"), row(20, NEW)],
    ):
        assert settled(declared, [PAIR], [row(10, NEW), row(20, OLD)]) == declared
    declared = [row(30, OLD), row(30, NEW), row(40, OLD), row(40, NEW)]
    assert settled(declared, [PAIR], []) == declared


def test_what_the_monitor_did_is_kept_while_statements_are_held() -> None:
    now = [row(10, OLD), row(20, NEW, "SHUNNED"), row(20, THIRD, "OFFLINE_HARD")]
    assert where(held(now, PAIR)) == {(10, "a", "OFFLINE_SOFT"), (20, "b", "ONLINE")}


def test_a_dead_one_is_asked_no_more() -> None:
    after = without(placed([row(10, OLD), row(20, NEW)], PAIR, NEW), OLD)
    assert where(after) == {(10, "b", "ONLINE"), (20, "a", "OFFLINE_HARD")}


# -- checks


def look(place: tuple[str, int], number: str, **more: Any) -> Look:
    given: dict[str, Any] = {"read_only": True, "position": gtid.mariadb("0-1-9"), "sources": [source()]}
    return Look(f"{place[0]}:{place[1]}", "MariaDB", "10.11", number, **{**given, **more})


def source(**more: Any) -> Source:
    given = {"identity": "1", "place": "a:3306", "io": True, "sql": True, "behind": 0, "by_gtid": True}
    return Source(**{**given, "received": {}, **more})


PRIMARY = look(OLD, "1", read_only=False, sources=[])


def test_nothing_speaks_against_what_is_as_it_should_be() -> None:
    found = of_databases(PRIMARY, look(NEW, "2"), [look(THIRD, "3")])
    assert (found.problems, found.warnings) == ([], [])


@pytest.mark.parametrize(
    ("old", "new", "others", "text"),
    [
        ({"read_only": True}, {}, [], "a:3306, which ProxySQL writes to, is read only"),
        ({"sources": [source()]}, {}, [], "a:3306 is itself a replica, of a:3306"),
        ({}, {"read_only": False}, [], "b:3306 is not read only"),
        ({}, {"identity": "1"}, [], "are the same server"),
        ({}, {"version": "11.4"}, [], "b:3306 is MariaDB 11.4, and a:3306 MariaDB 10.11"),
        ({}, {"against": ["has no binary log (log_bin)"]}, [], "b:3306 has no binary log"),
        ({}, {"sources": []}, [], "does not replicate from a:3306, but from nobody"),
        ({}, {"sources": [source(identity="9", place="x:1")]}, [], "but from x:1"),
        ({}, {"sources": [source(io=False, error="no route")]}, [], "does not run (IO): no route"),
        ({}, {"sources": [source(by_gtid=False)]}, [], "does not replicate by GTID"),
        ({}, {"sources": [source(), source(identity="9", name="x")]}, [], "more than one source"),
        ({}, {"sources": [source(name="x")]}, [], "is called 'x'"),
        ({}, {"position": gtid.mariadb("0-2-11")}, [], "has 2 transactions that a:3306 has not"),
        ({}, {}, [{"missing": ["RELOAD"]}], "the login at c:3306 lacks RELOAD"),
        ({}, {}, [{"read_only": False}], "c:3306 is not read only, and is not the primary"),
        ({"semisync": True}, {}, [], "commits at a:3306 wait for a replica's word (semisync)"),
        ({}, {"semisync": True}, [], "commits at b:3306 wait"),
    ],
)  # fmt: skip
def test_each_reason_is_told(old: Any, new: Any, others: Any, text: str) -> None:
    found = of_databases(
        dataclasses.replace(PRIMARY, **old),
        dataclasses.replace(look(NEW, "2"), **new),
        [dataclasses.replace(look(THIRD, "3"), **each) for each in others],
    )
    assert [each for each in found.problems if text in each], found.problems


def test_several_are_told_together_and_strangers_are_warned_of() -> None:
    old = dataclasses.replace(PRIMARY, read_only=True, followers=frozenset(["2", "8"]))
    third = look(THIRD, "3", sources=[source(identity="7")])
    found = of_databases(old, look(NEW, "2", read_only=False), [third])
    assert len(found.problems) == 2
    assert "c:3306 follows neither" in found.warnings[0] and "does not know, 8" in found.warnings[1]


@pytest.mark.parametrize(
    ("seconds", "text"), [(6, "b:3306 is 6 s behind; 5 are allowed"), (None, "does not know"), (5, "")]
)
def test_one_that_is_far_behind(seconds: Any, text: str) -> None:
    found = behind(PRIMARY, look(NEW, "2", sources=[source(behind=seconds)]), 5)
    assert text in (found[0] if found else "") and bool(found) == bool(text)


RW = Monitored(False)
NODE = NodeLook(
    "n1", frozenset([(10, OLD, "ONLINE"), (20, NEW, "ONLINE")]), "rows",
    {OLD: Monitored(False), NEW: Monitored(True)}, 10.0,
)  # fmt: skip
ASKED = Asked(PAIR, OLD, NEW)


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"standing": {(10, NEW, "ONLINE"), (20, NEW, "ONLINE")}}, "n2 has b:3306 ONLINE in hostgroup 10"),
        ({"standing": {(10, OLD, "ONLINE"), (20, NEW, "SHUNNED")}}, "n2: b:3306 is SHUNNED in hostgroup 20"),
        ({"standing": {(10, OLD, "ONLINE")}}, "n2: b:3306 is missing in hostgroup 20"),
        ({"monitor": {OLD: RW, NEW: Monitored(None, "Access denied")}}, "cannot ask b:3306: Access denied"),
        ({"monitor": {OLD: Monitored(False)}}, "has not asked b:3306 lately"),
        ({"monitor": {OLD: Monitored(True), NEW: Monitored(True)}}, "found a:3306 read only"),
        ({"declared": "others"}, "n2 has other servers loaded than n1"),
        ({"wait": 6.9}, "n2 lets a statement wait for 6.9 s"),
        ({"open_edits": ["mysql_servers, row x"]}, "n2: mysql_servers, row x was never loaded"),
        ({"standing": NODE.standing | {(20, THIRD, "ONLINE")}}, "in different hostgroups"),
    ],
)  # fmt: skip
def test_each_nodes_reason_is_told(changed: Any, text: str) -> None:
    assert of_nodes(ASKED, [NODE, dataclasses.replace(NODE, name="n3")]).problems == []
    found = of_nodes(ASKED, [NODE, dataclasses.replace(NODE, name="n2", **frozen(changed))])
    assert [each for each in found.problems if text in each], found.problems


def test_nodes_without_a_ca_for_the_new_primary_are_named() -> None:
    blind = dataclasses.replace(NODE, name="n2", without_ca=frozenset([NEW]))
    (told,) = of_nodes(ASKED, [NODE, blind]).warnings
    assert told.startswith("n2 has no CA for TLS with b:3306")
    assert of_nodes(ASKED, [NODE, dataclasses.replace(NODE, without_ca=frozenset([OLD]))]).warnings == []


def frozen(changed: Any) -> Any:
    return {name: frozenset(value) if name == "standing" else value for name, value in changed.items()}


def test_sessions_and_what_becomes_of_them() -> None:
    old = dataclasses.replace(
        PRIMARY, busy=[Busy(1, "u", "h:1", 0, "a statement"), Busy(2, "u", "h:2", 90, "a transaction")]
    )
    node = dataclasses.replace(NODE, pinned=[Busy(3, "v", "h:3", 0, pinned_by(64 | 32))])
    one, two, fate = sessions(old, [node], 5)
    assert "session 2 of u from h:2 has been at a transaction for 90 s" in one
    assert "session 3 of v from h:3 keeps a connection to the primary (a temporary table, GET_LOCK)" in two
    assert "5 s after" in fate and sessions(PRIMARY, [NODE], 5) == []


def test_the_one_with_most_is_chosen() -> None:
    less = look(NEW, "2", position=gtid.mariadb("0-1-7"), sources=[source(received=gtid.mariadb("0-1-8"))])
    most = look(THIRD, "3", position=gtid.mariadb("0-1-5"), sources=[source(received=gtid.mariadb("0-1-9"))])
    assert most_advanced([less, most]) == (most, {"b:3306": 0})
    assert most_advanced([most, look(NEW, "2")])[0].place == "c:3306"  # the last of equals


# -- the way out


def test_what_stands_and_what_takes_it_back() -> None:
    done: list[str] = []
    for name in NAMES[: NAMES.index(ALLOW)]:
        done.append(name)
        assert to_take_back(done) == [each for each in (STOP, FORBID, HOLD) if each in done]
    assert stands(done, "a", "b") == [
        "new statements for a wait on the nodes",
        "a is read only",
        "b does not replicate",
    ]
    with pytest.raises(ValueError, match="takes writes"):
        to_take_back([*done, ALLOW])


@pytest.mark.parametrize(
    ("old", "new", "ahead"), list(itertools.product((True, False, None), (True, False, None), (0, 3)))
)
def test_the_way_out_never_makes_two_primaries(old: Any, new: Any, ahead: int) -> None:
    out = way_out(old, new, ahead, ("a", "b"))
    if old is None or new is None or (not old and not new):
        assert out.way == STUCK
    elif not new:
        assert out.way == FORWARD
    else:
        # back is to make the old one writable, so the new one is not, and has nothing of its own
        assert out.way == (STUCK if ahead else BACK)
