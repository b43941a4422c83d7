"""On which satellites tasks run, by what a core was told of all of them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mysqlha.proxysql.plugins.filter.clocks_apart import clocks_apart
from ansible_collections.mysqlha.proxysql.plugins.filter.site_stats import site_stats
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._site.cluster import cluster
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._site.looked import (
    NO_NODE,
    hosts_of,
    looked,
)
from test_questions import planned

CORES = ["core1", "core2"]
SATELLITES = ["sat1", "sat2", "sat3"]
SITE: dict[str, Any] = {
    "cores": CORES,
    "satellites": SATELLITES,
    "nodes": CORES + SATELLITES,
    "places": {name: {"login_host": name, "login_port": 6032} for name in CORES + SATELLITES},
    "by_place": {f"{name}:6032": name for name in CORES + SATELLITES},
    "hosts": {name: {"proxysql": {"cluster_mode": "sync"}} for name in CORES + SATELLITES},
    "questions": {
        "nodes": [{}],
        "own": {"tables": ["proxysql_servers", "scheduler"], "variables": ["admin-admin_credentials"]},
    },
}
SOUND: dict[str, Any] = {
    "server_version": "2.7.1",
    "cluster": {"now": 1000},
    "drift": {},
    "drift_variables": [],
    "drift_unknown": None,
    "restart_required": [],
}


def told(**changed: dict[str, Any]) -> dict[str, Any]:
    """What core2 was told. changed: of single satellites."""
    nodes = {f"{name}:6032": {**SOUND, **changed.get(name, {})} for name in SATELLITES}
    return {"core1": {}, "core2": {"__proxysql_answers": {"nodes": nodes}}}


def test_satellites_that_stand_as_they_should_are_left_alone() -> None:
    found = looked(SITE, told())
    assert (found["silent"], found["join"], found["differ"]) == ([], [], [])
    assert found["versions"] == dict.fromkeys(SATELLITES, "2.7.1")
    assert found["times"] == dict.fromkeys(SATELLITES, 1000)


@pytest.mark.parametrize(
    ("changed", "joins"),
    [
        ({"drift": {"proxysql_servers": {"memory": 1}}}, True),
        ({"drift": {"scheduler": {"disk": 1}}}, True),
        ({"drift": {"mysql_users": {"memory": 1}}}, False),
        (
            {"drift": {"global_variables": {"runtime": 1}}, "drift_variables": ["admin-admin_credentials"]},
            True,
        ),
        (
            {"drift": {"global_variables": {"runtime": 1}}, "drift_variables": ["mysql-max_connections"]},
            False,
        ),
        ({"drift_unknown": "no such table"}, True),
        ({"restart_required": ["mysql-threads"]}, True),
    ],
)
def test_what_the_cluster_does_not_bring_is_written_on_the_satellite_itself(
    changed: dict[str, Any], joins: bool
) -> None:
    found = looked(SITE, told(sat2=changed))
    assert found["join"] == (["sat2"] if joins else [])
    assert found["differ"] == (["sat2"] if changed.get("drift") else [])
    assert ("sat2" in found["versions"]) is not joins


def test_those_that_do_not_answer_are_gone_to_by_nobody() -> None:
    left = told()
    left["core2"]["__proxysql_answers"]["nodes"]["sat3:6032"] = {"msg": "did not answer"}
    found = looked(SITE, left)
    assert (found["silent"], found["join"], "sat3" in found["versions"]) == (["sat3"], [], False)


@pytest.mark.parametrize("answers", [{}, {"msg": "no driver"}, {"nodes": {}}])
def test_where_nobody_was_told_tasks_run_on_all(answers: dict[str, Any]) -> None:
    left = {"core1": {"__proxysql_answers": answers}, "core2": {}}
    assert looked(SITE, left) == {}
    assert hosts_of(CORES, kept({})) == "proxysql_core:proxysql_satellite"
    assert (
        hosts_of(CORES, left) == hosts_of([], {}) == hosts_of(CORES, {}) == "proxysql_core:proxysql_satellite"
    )


def kept(first: dict[str, Any], changed: bool = False) -> dict[str, Any]:
    """What tasks that ran once have left on the cores."""
    return {
        "core1": {
            "__proxysql_looked": {"results": [{"item": first}]},
            "__proxysql_declared": {"changed": changed},
        },
        "core2": {"__proxysql_looked": {}},
    }


FIRST = {"silent": ["sat9"], "join": ["sat1"], "differ": ["sat1", "sat2"], "versions": {}, "times": {}}


def test_before_the_leader_is_written_only_those_that_need_something_of_their_own() -> None:
    assert hosts_of(CORES, kept(FIRST)) == "proxysql_core,sat1"


@pytest.mark.parametrize(
    ("changed", "check_mode", "expected"),
    [
        (False, False, "proxysql_core,sat1,sat2"),
        (True, False, "proxysql_core,sat1,sat2"),
        (False, True, "proxysql_core,sat1,sat2"),
        # in check mode nobody has got the change
        (True, True, "proxysql_core,sat1"),
    ],
)
def test_after_the_leader_those_that_still_differ(changed: bool, check_mode: bool, expected: str) -> None:
    assert hosts_of(CORES, kept(FIRST, changed), finish=True, check_mode=check_mode) == expected


def planned_for(*led: str) -> dict[str, Any]:
    """The plan as its task left it on a core. led: who may hold the virtual IP."""
    site = {"nodes": CORES + SATELLITES, "hosts": {name: {"led": name in led} for name in CORES + SATELLITES}}
    return {"__proxysql_planned": {"results": [{"item": site}]}}


@pytest.mark.parametrize(
    ("led", "found", "expected"),
    [
        (CORES, [], NO_NODE),
        (CORES, ["/etc/keepalived"], "all,!core1,!core2"),
        # a core that is to hold none any more
        (["core1"], ["/etc/keepalived", "/etc/proxysql.cnf"], "all,!core1"),
        # where nobody looked there may be one
        (CORES, None, "all,!core1,!core2"),
    ],
)
def test_a_virtual_ip_is_withdrawn_where_one_may_be_left(
    led: list[str], found: list[str] | None, expected: str
) -> None:
    files = {} if found is None else {"__proxysql_found": {"files": [{"path": path} for path in found]}}
    left = {name: {**planned_for(*led), **files} for name in CORES + SATELLITES}
    assert hosts_of(CORES, left, withdraw=True) == expected


def test_a_virtual_ip_is_withdrawn_everywhere_as_long_as_nothing_is_planned() -> None:
    """As for --list-hosts, and in a run without cores, which all may have left."""
    assert hosts_of(CORES, {}, withdraw=True) == "all"
    assert hosts_of([], {"sat1": planned_for()}, withdraw=True) == "all"


def test_a_second_look_says_anew_who_differs_and_nothing_else() -> None:
    answers = told(sat3={"drift": {"mysql_users": {"memory": 1}}, "restart_required": ["mysql-threads"]})
    left = {core: {**kept(FIRST)[core], **answers[core]} for core in CORES}
    assert looked(SITE, left, before=True) == {**FIRST, "differ": ["sat3"]}
    # the first look of another run knows of no other one
    assert looked(SITE, left)["join"] == ["sat3"]


def test_a_second_look_in_vain_leaves_the_first() -> None:
    assert looked(SITE, kept(FIRST), before=True) == FIRST


def test_the_cluster_is_all_that_answer() -> None:
    first = {**FIRST, "join": [], "silent": ["sat3"], "versions": {"sat1": "2.7.1", "sat2": "2.7.1"}}
    left: dict[str, Any] = kept(first)
    for core in CORES:
        left[core]["__proxysql_seen"] = {"server_version": "2.7.1"}
    # nothing is looked for on those that a core was told of
    found = cluster(SITE, {**left, "sat3": {}}, "core1", CORES, CORES)
    assert list(found["versions"]) == [*CORES, "sat1", "sat2"] and not found["versions_differ"]
    assert [each["login_host"] for each in found["nodes"]] == [*CORES, "sat1", "sat2"]
    assert found["lost"] == ["sat3"]
    first["versions"]["sat2"] = "2.7.0"
    assert cluster(SITE, {**left, "sat3": {}}, "core1", CORES, CORES)["versions_differ"]


def test_clocks_of_satellites_are_those_that_a_core_was_told() -> None:
    left = kept({**FIRST, "times": {"sat1": 1000, "sat2": 90000, "sat3": 0}})
    for core in CORES:
        left[core]["__proxysql_seen"] = {"server_time": 1001}
    assert clocks_apart(SITE["nodes"], left, CORES).startswith("clocks are apart: that of sat2 is 1 d ahead")
    left["core1"]["__proxysql_looked"]["results"][0]["item"]["times"]["sat2"] = 1002
    assert clocks_apart(SITE["nodes"], left, CORES) == ""


def test_one_that_did_not_answer_was_not_compared() -> None:
    left = kept(FIRST)
    for core in CORES:
        left[core]["__proxysql_stands"] = {"changed": False}
    assert list(site_stats(CORES, left)["proxysql_drift"]) == ["sat9"]


@pytest.mark.parametrize(
    ("asked", "hosts", "expected"),
    [
        ({"tags": ["configuration"]}, {}, 13),
        ({"tags": ["all"]}, {}, 0),
        ({"tags": ["configuration", "other"]}, {}, 0),
        ({"tags": ["configuration"]}, {"core1": {"proxysql_site_over_ssh": "all"}}, 0),
        ({"tags": ["configuration"]}, {"sat2": {"proxysql_cluster_mode": "push"}}, 0),
        ({"tags": ["configuration"], "without": "core1"}, {}, 0),
        ({"tags": ["configuration"], "without": "sat1"}, {"core1": {"proxysql_site_over_ssh": "cores"}}, 12),
    ],
)
def test_when_site_has_them_asked(asked: dict[str, Any], hosts: dict[str, Any], expected: int) -> None:
    found = planned(13, playbook="site", **asked, **hosts)["questions"]
    assert len(found.get("nodes", ())) == expected
    if expected:
        assert found["own"]["tables"] == ["proxysql_servers"]
        assert {"admin-admin_credentials", "mysql-interfaces"} < set(found["own"]["variables"])
