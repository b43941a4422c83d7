"""Which nodes a run reached, who leads them, and what is written where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from ansible_collections.mysqlha.proxysql.plugins.filter.proxysql_cluster import FilterModule

CORES, SATELLITES = ["core1", "core2"], ["sat1"]
NODES = CORES + SATELLITES
PLACES = {name: {"login_host": name, "login_port": 6032} for name in NODES}
VERSIONS = dict.fromkeys(NODES, "2.7.1")


def cluster(
    host: str = "core1",
    running: Sequence[str] = tuple(NODES),
    began: Sequence[str] = tuple(NODES),
    chosen: str = "core1",
    mode: str = "sync",
    check_mode: bool = False,
    versions: dict[str, str] | None = None,
    declared: bool | None = None,
    port: int = 6032,
    stands: Sequence[str] = (),
    looked: dict[str, Any] | None = None,
) -> dict[str, Any]:
    site = {
        "cores": CORES,
        "nodes": NODES,
        "places": PLACES,
        "by_place": {f"{name}:6032": name for name in NODES},
        "hosts": {name: {"proxysql": {"cluster_mode": mode}} for name in NODES},
        "questions": {"nodes": []} if looked else {},
    }
    left: dict[str, dict[str, Any]] = {name: {} for name in NODES}
    for name, version in (VERSIONS if versions is None else versions).items():
        left[name]["__proxysql_seen"] = {"server_version": version, "as_declared": name in stands}
    for name in running:
        # tasks that run once leave what they found on the hosts of their play, which are cores
        if chosen and name in CORES:
            left[name]["__proxysql_chosen"] = {"leader": f"{chosen}:{port}"}
    if port != 6032:
        for name in running:
            left[name]["__proxysql_present_port"] = str(port)
    if looked:
        left["core1"]["__proxysql_looked"] = {"results": [{"item": {"versions": {}, **looked}}]}
    if declared is not None:
        left[chosen]["__proxysql_declared"] = {"changed": declared}
    return FilterModule().filters()["proxysql_cluster"](site, left, host, running, began, check_mode)


@pytest.mark.parametrize("chosen", CORES)
@pytest.mark.parametrize("host", NODES)
def test_the_chosen_core_leads_and_no_other_host_does(host: str, chosen: str) -> None:
    found = cluster(host, chosen=chosen)
    assert found["leader"] == chosen and found["leads"] == (host == chosen) and found["led"]
    assert [place["login_host"] for place in found["nodes"]][0] == chosen
    assert sorted(place["login_host"] for place in found["nodes"]) == NODES


def test_they_are_spoken_to_where_they_answer_now() -> None:
    """As in check mode with another proxysql_admin_port: the old one stays, and one listens there."""
    there = [{"login_host": name, "login_port": 7032} for name in NODES]
    found = cluster("core2", chosen="core2", port=7032)
    assert found["asked"] == there and found["candidates"] == there[:2]
    assert found["leads"] and found["nodes"] == [there[1], there[0], there[2]]
    assert cluster()["asked"] == list(PLACES.values())


def test_nothing_is_written_only_where_all_stand_as_declared() -> None:
    assert cluster(stands=NODES)["as_declared"]
    for one in NODES:
        assert not cluster(stands=[name for name in NODES if name != one])["as_declared"]
    # one that failed is not written to either
    assert cluster(stands=CORES, running=CORES)["as_declared"]
    # of a later batch, or bare, nothing is known
    assert not cluster(stands=NODES, versions=dict.fromkeys(CORES, "2.7.1"))["as_declared"]


@pytest.mark.parametrize("word", ["differ", "join"])
def test_nor_where_satellites_that_a_core_asked_are_not(word: str) -> None:
    assert cluster(running=CORES, stands=CORES, looked={"differ": [], "join": []})["as_declared"]
    assert not cluster(running=CORES, stands=CORES, looked={word: ["sat1"]})["as_declared"]


def test_before_one_is_chosen_it_is_the_first_host() -> None:
    found = cluster(chosen="")
    assert found["leader"] == "core1" and found["led"]


def test_it_is_chosen_from_the_cores_that_were_asked() -> None:
    assert cluster()["candidates"] == [PLACES["core1"], PLACES["core2"]]
    assert cluster(running=["core2", "sat1"])["candidates"] == [PLACES["core2"]]
    assert cluster(versions={"core2": "2.7.1"})["candidates"] == [PLACES["core2"]]


def test_a_run_limited_to_a_core_is_led_by_it() -> None:
    found = cluster("core2", running=["core2"], began=["core2"], chosen="core2", versions={"core2": "2.7.1"})
    assert found["leads"] and found["nodes"] == [PLACES["core2"]] and found["lost"] == []


def test_a_run_limited_to_satellites_has_no_leader_and_is_compared_with_the_cores() -> None:
    def limited(**more: Any) -> dict[str, Any]:
        return cluster(
            "sat1", running=["sat1"], began=["sat1"], chosen="", versions={"sat1": "2.7.1"}, **more
        )

    found = limited()
    assert not found["leads"] and found["led"] and found["alone"] and found["candidates"] == []
    # written is only what is theirs, and looked at is all
    assert found["ahead"] and not limited(check_mode=True)["ahead"]
    assert not limited(mode="push")["alone"]
    # cores that failed are another matter
    assert not cluster("sat1", running=["sat1"])["alone"] and cluster("sat1", running=["sat1"])["ahead"]


def test_after_a_leader_that_failed_no_other_node_is_written_to() -> None:
    for host in ("core2", "sat1"):
        found = cluster(host, running=["core2", "sat1"])
        assert found["leader"] == "core1" and not found["led"] and found["lost"] == ["core1"]


def test_without_one_that_follows_another_each_is_written_to() -> None:
    found = cluster("core2", running=["core2", "sat1"], chosen="", mode="push")
    assert found["led"] and not found["leads"] and not found["ahead"]


def test_versions_that_differ_matter_to_those_that_follow_each_other() -> None:
    versions = {**VERSIONS, "sat1": "2.7.10"}
    found = cluster(versions=versions)
    assert found["versions_differ"] and found["versions"] == versions
    assert not cluster(versions=versions, mode="push")["versions_differ"]
    assert not cluster()["versions_differ"]


@pytest.mark.parametrize(
    ("check_mode", "declared", "ahead"),
    [(True, True, True), (True, False, False), (True, None, False), (False, True, False)],
)
def test_in_check_mode_nobody_is_compared_with_what_the_leader_would_get(
    check_mode: bool, declared: bool | None, ahead: bool
) -> None:
    assert cluster("sat1", check_mode=check_mode, declared=declared)["ahead"] == ahead


def test_what_is_declared_is_tried_on_one_core_or_where_each_is_written_by_itself_on_each() -> None:
    def rehearses(**found: Any) -> list[str]:
        return [host for host in NODES if cluster(host, **found)["rehearses"]]

    assert rehearses() == rehearses(chosen="core2") == ["core1"]
    assert rehearses(running=["core2", "sat1"]) == ["core2"]
    assert rehearses(running=["sat1"]) == []
    assert rehearses(mode="push") == NODES
