"""Which cores could take the virtual IP, by what each says of itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.mysqlha.proxysql.plugins.filter.vip_standing import vip_standing
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._standing import heirless, holders


def said(peer: str, *addresses: str, **values: int) -> dict[str, Any]:
    files = {name: {"value": value, "why": f"{name} says so"} for name, value in values.items()}
    return {
        "peer": peer,
        "rc": 0,
        "stdout": json.dumps({"files": files, "instances": {}, "addresses": addresses}),
    }


def test_who_holds_it_and_who_could() -> None:
    found = vip_standing([said("core1", "192.0.2.100", proxysql=0), said("core2", proxysql=0)])
    assert found["holders"] == ["core1"]
    assert found["willing"] == ["core1", "core2"]
    assert found["files"]["core2"] == {"proxysql": {"value": 0, "why": "proxysql says so"}}


@pytest.mark.parametrize("name", ["proxysql", "watch", "network", "maintenance", "preference"])
def test_who_is_down_or_out_could_not(name: str) -> None:
    found = vip_standing([said("core1"), said("core2", **{name: -254})])
    assert found["willing"] == ["core1"]
    assert found["against"] == {"core1": "", "core2": f"{name} says so"}


@pytest.mark.parametrize("name", ["watch", "network"])
def test_who_hangs_or_is_cut_off_could_not(name: str) -> None:
    assert vip_standing([said("core1", **{name: -56})])["willing"] == []


@pytest.mark.parametrize("name", ["switchover", "restart", "preference"])
def test_who_was_only_set_back_could(name: str) -> None:
    """Or a switchover would leave its holder nobody to go to, and a rolling restart could not be finished."""
    assert vip_standing([said("core1", **{name: -56})])["willing"] == ["core1"]


@pytest.mark.parametrize(
    ("here", "there", "willing"),
    [(0, 0, True), (0, -18, False), (-12, -18, True), (-24, -30, True), (-12, -30, False), (-12, 0, True)],
)
def test_databases_that_nobody_sees_keep_nobody_away(here: int, there: int, willing: bool) -> None:
    found = vip_standing([said("core1", "192.0.2.100", backends=here), said("core2", backends=there)], "6")
    assert ("core2" in found["willing"]) == willing


def test_who_says_nothing() -> None:
    dead = {"peer": "core1", "unreachable": True}
    bare = {"peer": "core2", "rc": 2, "stdout": "", "msg": "no such file"}
    older = {"peer": "core3", "rc": 0, "stdout": '{"files": {}, "instances": {}}'}
    found = vip_standing([dead, bare, older])
    assert found["against"] == vip_standing([bare, older], dead=["core1"])["against"]
    assert found["willing"] == found["holders"] == []
    assert found["against"] == {
        "core1": "it cannot be reached",
        "core2": "keepalived is not set up on it",
        "core3": "keepalived is not set up on it",
    }


def facts(*addresses: str, **files: int) -> dict[str, Any]:
    told = {name: {"value": value} for name, value in files.items()}
    return {"ansible_all_ipv4_addresses": [*addresses], "ansible_local": {"proxysql_vip": {"files": told}}}


ONE = {
    "name": "proxysql",
    "vips": ["192.0.2.100/24"],
    "preempt": True,
    "priorities": {"core1": 250, "core2": 245},
}


@pytest.mark.parametrize(
    ("core1", "core2", "preempt", "first", "well"),
    [
        (facts("192.0.2.100"), facts(), True, "core1", True),
        (facts(), facts("192.0.2.100"), True, "core1", False),
        (facts(), facts("192.0.2.100"), False, "", True),
        (facts(maintenance=-254), facts("192.0.2.100"), True, "core2", True),
        (facts("192.0.2.100", switchover=-56), facts(), True, "core2", False),
        (facts("192.0.2.100"), facts("192.0.2.100"), True, "core1", False),
        (facts(), facts(), False, "", False),
    ],
)
def test_who_should_hold_it(core1: Any, core2: Any, preempt: bool, first: str, well: bool) -> None:
    (row,) = holders([{**ONE, "preempt": preempt}], ["core1", "core2"], {"core1": core1, "core2": core2})
    assert (row["vips"], row["first"], row["well"]) == ("192.0.2.100", first, well)


def test_a_core_that_cannot_be_reached_should_not_hold_it() -> None:
    """Whatever its priority: the virtual IP is where it belongs on the best of those that are there."""
    (row,) = holders([ONE], ["core1", "core2"], {"core1": {}, "core2": facts("192.0.2.100", proxysql=0)})
    assert row["first"] == "core2" and row["well"]


def test_before_the_first_run_nobody_was_set_up_for_it() -> None:
    bare = {"ansible_all_ipv4_addresses": ["192.0.2.11"], "ansible_local": {}}
    (row,) = holders([ONE], ["core1", "core2"], {"core1": bare, "core2": bare})
    assert not row["begun"] and row["holders"] == []
    (row,) = holders([ONE], ["core1", "core2"], {"core1": bare, "core2": facts(proxysql=0)})
    assert row["begun"]


def test_behind_a_balancer_all_serve_that_nobody_has_put_aside() -> None:
    asked = [said("core1", proxysql=0), said("core2", switchover=-56), said("core3", watch=-254)]
    found = vip_standing(asked, balanced=True)
    assert found["willing"] == ["core1", "core2"]
    assert found["holders"] == ["core1"]
    # core2 is being drained: with core1 gone, nobody would be given connections
    assert found["instead"] == {"core1": [], "core2": ["core1"], "core3": ["core1"]}
    assert found["objections"]["core1"] == "core2: it is drained. core3: watch says so."


def test_a_core_that_was_set_back_takes_a_virtual_ip_all_the_same() -> None:
    found = vip_standing([said("core1", "192.0.2.100"), said("core2", switchover=-56)])
    assert found["instead"] == {"core1": ["core2"], "core2": ["core1"]}


@pytest.mark.parametrize(
    ("rows", "refused"),
    [
        ([said("core1", "192.0.2.100"), said("core2", maintenance=-254)], "core2: maintenance says so."),
        ([said("core1", "192.0.2.100"), {"peer": "core2", "unreachable": True}], "it cannot be reached"),
        ([said("core1", "192.0.2.100"), said("core2")], ""),
        # one that is set back can
        ([said("core1", "192.0.2.100"), said("core2", switchover=-56)], ""),
        # nothing is lost with one that does not serve
        ([said("core1"), said("core2", maintenance=-254)], ""),
        # one that has just become a core is going to be set up
        ([said("core1", "192.0.2.100"), {"peer": "core2", "rc": 2, "stdout": ""}], ""),
    ],
)
def test_who_serves_is_not_taken_away_where_nobody_else_could(
    rows: list[dict[str, Any]], refused: str
) -> None:
    found = heirless(rows, "core1")
    assert refused in found and bool(found) == bool(refused)


def test_a_core_that_leaves_in_a_limited_run_needs_one_that_is_set_up() -> None:
    rows = [said("core1", "192.0.2.100"), {"peer": "core2", "rc": 2, "stdout": ""}]
    assert "core2: keepalived is not set up on it." in heirless(rows, "core1", new=False)


def test_behind_a_load_balancer_one_that_was_put_aside_does_not_stand_in() -> None:
    rows = [said("core1"), said("core2", switchover=-56)]
    assert "core2: it is drained." in heirless(rows, "core1", balanced=True)
    assert heirless([said("core1"), said("core2")], "core1", balanced=True) == ""
    assert heirless([said("core1", maintenance=-254), rows[1]], "core1", balanced=True) == ""


def test_a_core_that_is_not_set_up_is_not_the_one_that_should_hold_it() -> None:
    seen = {"core1": {"ansible_all_ipv4_addresses": []}, "core2": facts("192.0.2.100", proxysql=0)}
    (row,) = holders([ONE], list(seen), seen)
    assert row["first"] == "core2" and row["well"]
