"""Who follows whom, and why not: ProxySQL's rule on views made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._cluster.follow import (
    EQUAL_EPOCHS,
    VERSION_ONE,
    Checksum,
    View,
    leader_of,
    link,
    needs_load,
    pulls,
    reason,
    stale,
    would_pull,
)

S = "MYSQL USERS"
CORES = ("10.0.0.1:6032", "10.0.0.2:6032")
LOGIN = ("cluster", "secret")


def view(name: str, checksum: str, version: int, epoch: int, **changed: object) -> View:
    made = View(
        name=name,
        version="2.7.1",
        sections={S: Checksum(checksum, version, epoch)},
        follows=CORES,
        diffs={S: 3},
        login=LOGIN,
        accepts=frozenset([LOGIN]),
    )
    return replace(made, **changed)  # type: ignore[arg-type]


def cluster(*held: tuple[str, int, int]) -> list[View]:
    """Two cores, then satellites."""
    names = [*CORES, "10.0.0.3:6032", "10.0.0.4:6032"]
    return [view(name, *each) for name, each in zip(names, held)]


@pytest.mark.parametrize(
    ("own", "peer", "follows"),
    [
        (("a", 2, 100), ("b", 2, 101), True),
        (("a", 2, 100), ("b", 2, 100), False),
        (("a", 2, 100), ("b", 2, 99), False),
        (("a", 1, 100), ("b", 2, 99), True),
        (("a", 1, 100), ("b", 1, 200), False),
        (("a", 1, 100), ("a", 2, 200), False),
    ],
)
def test_the_rule(own: tuple[str, int, int], peer: tuple[str, int, int], follows: bool) -> None:
    node, other = cluster(own, peer)
    assert would_pull(node, other, S) is follows


def test_version_1_everywhere_needs_a_load() -> None:
    assert needs_load(cluster(("a", 1, 10), ("b", 1, 11), ("a", 1, 12)), S) == VERSION_ONE


def test_a_joining_satellite_gets_nothing_from_cores_that_all_restarted() -> None:
    assert needs_load(cluster(("a", 1, 10), ("a", 1, 11), ("b", 1, 12)), S) == VERSION_ONE


def test_cores_that_restarted_and_agree_need_no_load() -> None:
    assert needs_load(cluster(("a", 1, 10), ("a", 1, 11), ("a", 1, 12)), S) is None


def test_equal_epochs_need_a_load() -> None:
    assert needs_load(cluster(("a", 2, 10), ("b", 2, 10)), S) == EQUAL_EPOCHS


def test_a_leader_at_version_1_that_can_follow_another_core_is_not_loaded() -> None:
    """It came back with an old disk: a LOAD there would make the old configuration win."""
    views = cluster(("old", 1, 500), ("new", 4, 100), ("new", 4, 100))
    assert needs_load(views, S) is None
    assert pulls(views, S) == [(CORES[0], CORES[1])]
    assert leader_of(views[:2], [S]) is views[1]
    assert stale(views, views[0], [S]) == [S]


def test_a_leader_that_is_about_to_follow_is_not_loaded_for_a_satellite() -> None:
    assert needs_load(cluster(("old", 2, 100), ("new", 2, 200), ("by hand", 2, 300)), S) is None


def test_a_satellite_edited_by_hand_needs_a_load_on_the_leader() -> None:
    why = needs_load(cluster(("a", 2, 100), ("a", 2, 100), ("b", 2, 200)), S)
    assert why == "10.0.0.3:6032 was loaded after the leader"


@pytest.mark.parametrize(
    "changed",
    [
        {"follows": ()},
        {"follows": ("10.0.0.9:6032",)},
        {"diffs": {S: 0}},
        {"version": "2.7.0"},
        {"login": ("cluster", "other")},
        {"login": ("admin", "admin")},
    ],
)
def test_a_load_that_would_not_help_is_not_made(changed: dict[str, object]) -> None:
    first, second = cluster(("a", 1, 10), ("b", 1, 11))
    views = [first, replace(second, **changed)]  # type: ignore[arg-type]
    assert needs_load(views, S) is None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"follows": ()}, "its proxysql_servers is empty"),
        (
            {"follows": ("10.0.0.9:6032",)},
            "10.0.0.1:6032 is not in its proxysql_servers, which has 10.0.0.9:6032",
        ),
        ({"diffs": {S: 0}}, "switched off"),
        ({"version": "2.7.0"}, "it runs ProxySQL 2.7.0 and 10.0.0.1:6032 runs 2.7.1"),
        ({"login": ("cluster", "other")}, "wrong cluster credentials"),
        (
            {"login": ("admin", "secret")},
            "is admin, and ProxySQL lets a user of that name log in locally only",
        ),
        ({"heard": {CORES[0]: 60}}, "it does not reach 10.0.0.1:6032"),
        ({"sections": {S: Checksum("b", 2, 10)}}, "equal epochs"),
        ({"sections": {S: Checksum("b", 2, 9)}}, "it can follow, and has not yet"),
        ({"sections": {S: Checksum("b", 2, 11)}}, "was loaded after the leader"),
        ({"sections": {S: Checksum("b", 2, 99)}, "now": 0}, "was loaded after the leader"),
    ],
)
def test_the_reason(changed: dict[str, object], said: str) -> None:
    first, second = cluster(("a", 2, 10), ("b", 1, 9))
    views = [first, replace(second, **changed)]  # type: ignore[arg-type]
    assert said in reason(views, views[1], S)


def test_the_reason_never_shows_a_password() -> None:
    first, second = cluster(("a", 2, 10), ("b", 1, 9))
    views = [first, replace(second, login=("cluster", "wrong-secret"))]
    assert "secret" not in reason(views, views[1], S)
    assert "secret" not in repr(views)


def test_the_reason_at_version_1_and_with_a_clock_put_back() -> None:
    first, second = cluster(("a", 1, 10), ("b", 1, 11))
    assert VERSION_ONE in reason([first, second], second, S)
    views = [
        replace(first, now=5, sections={S: Checksum("a", 2, 100)}),
        replace(second, sections={S: Checksum("b", 2, 200)}),
    ]
    assert "in the future" in reason(views, views[1], S)


def test_a_node_may_follow_another_core_than_the_leader() -> None:
    views = cluster(("a", 2, 10), ("a", 2, 10), ("b", 1, 5))
    views[2] = replace(views[2], follows=CORES[1:])
    assert pulls(views, S) == [(views[2].name, CORES[1])]
    assert "can follow" in reason(views, views[2], S)


def test_local_users_may_be_used_on_one_machine() -> None:
    first = view("127.0.0.1:7001", "a", 2, 1, login=("admin", "x"), accepts=frozenset([("admin", "x")]))
    second = replace(first, name="127.0.0.1:7002", follows=("127.0.0.1:7001",))
    assert link(second, first) is None
