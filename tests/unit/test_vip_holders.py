"""Who holds the virtual IPs, of the hosts of a run and of those it leaves alone."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mysqlha.proxysql.plugins.filter.vip_holders import vip_holders
from ansible_collections.mysqlha.proxysql.plugins.filter.vip_set_up import vip_set_up

VIP = "192.0.2.100"
INSTANCE = {
    "name": "proxysql",
    "vips": [f"{VIP}/24"],
    "priorities": {"core1": 150, "core2": 100},
    "preempt": True,
}


def facts(*addresses: str) -> dict[str, Any]:
    return {"ansible_facts": {"ansible_all_ipv4_addresses": list(addresses)}}


def test_a_run_with_a_limit_knows_of_the_holder_it_leaves_alone() -> None:
    hostvars = {"core2": {"__keepalived_seen": facts("192.0.2.12")}}
    outside = [{"node": "core1", **facts("192.0.2.11", VIP)}]
    (row,) = vip_holders([INSTANCE], hostvars, ["core2"], outside)
    assert (row["holders"], row["first"], row["well"]) == (["core1"], "core1", True)


def test_two_holders_are_two_wherever_they_are() -> None:
    hostvars = {"core2": {"__keepalived_seen": facts(VIP)}}
    (row,) = vip_holders([INSTANCE], hostvars, ["core2"], [{"node": "core1", **facts(VIP)}])
    assert row["holders"] == ["core2", "core1"] and not row["well"]


def test_one_that_cannot_be_reached_is_not_the_one_that_should_hold_it() -> None:
    hostvars = {"core2": {"__keepalived_seen": facts(VIP)}}
    (row,) = vip_holders([INSTANCE], hostvars, ["core2"], [{"node": "core1", "unreachable": True}])
    assert (row["holders"], row["first"], row["well"]) == (["core2"], "core2", True)


def test_a_host_that_is_no_core_never_holds_it_rightly() -> None:
    for preempt in (True, False):
        hostvars = {"core1": {"__keepalived_seen": facts()}, "db1": {"__keepalived_seen": facts(VIP)}}
        (row,) = vip_holders([{**INSTANCE, "preempt": preempt}], hostvars, list(hostvars))
        assert row["holders"] == ["db1"] and not row["well"] and not row["twice"]


def test_what_a_host_says_of_itself_may_be_a_sentence() -> None:
    seen = facts(VIP)
    seen["ansible_facts"]["ansible_local"] = {"proxysql_vip": "error loading fact - output not valid"}
    (row,) = vip_holders([INSTANCE], {"core1": {"__keepalived_seen": seen}}, ["core1"])
    assert row["well"]


def test_a_satellite_has_told_it_when_the_run_began() -> None:
    began = {"ansible_facts": {"all_ipv4_addresses": ["192.0.2.13", VIP]}}
    hostvars = {"core1": {"__keepalived_seen": facts(VIP)}, "sat1": began, "sat2": {"ansible_facts": {}}}
    (row,) = vip_holders([INSTANCE], hostvars, ["core1"], satellites=["sat1", "sat2"])
    assert row["holders"] == ["core1", "sat1"] and row["twice"]
    # its own address was taken away since then
    gone = {**began, "__keepalived_seen": facts("192.0.2.13")}
    (row,) = vip_holders([INSTANCE], {**hostvars, "sat1": gone}, ["core1"], satellites=["sat1", "sat2"])
    assert row["holders"] == ["core1"] and row["well"]


def test_a_host_that_is_no_node_counts_with_what_it_said_in_this_run() -> None:
    hostvars: dict[str, Any] = {"core1": {"__keepalived_seen": facts(VIP)}}
    # kept facts of last week
    hostvars["db1"] = {"ansible_facts": {"all_ipv4_addresses": [VIP]}}
    (row,) = vip_holders([INSTANCE], hostvars, ["core1"], others=["db1"])
    assert row["holders"] == ["core1"] and row["well"]
    hostvars["db1"]["__keepalived_seen"] = facts(VIP)
    (row,) = vip_holders([INSTANCE], hostvars, ["core1"], others=["db1"])
    assert row["holders"] == ["core1", "db1"] and row["twice"]


@pytest.mark.parametrize(
    ("shown", "ours"),
    [
        # it need not have the address: the next to get it would be this one
        ({"vips": ["192.0.2.90", VIP], "addresses": []}, True),
        # a core of another cluster
        ({"vips": ["192.0.2.90"], "addresses": ["192.0.2.90"], "cores": ["192.0.2.21"]}, False),
        # the address is declared no more, or is another one now
        ({"vips": ["192.0.2.90"], "addresses": ["192.0.2.90"], "cores": ["192.0.2.11", "192.0.2.12"]}, True),
        # behind a load balancer there never was one
        ({"vips": [], "addresses": [], "cores": ["192.0.2.11", "192.0.2.12"]}, True),
        ("error loading fact - output not valid", False),
        (None, False),
    ],
)
def test_a_host_that_was_a_core_is_told_by_its_files(shown: Any, ours: bool) -> None:
    seen = facts(VIP)
    seen["ansible_facts"]["ansible_local"] = {"proxysql_vip": shown} if shown else {}
    assert vip_set_up(seen, [VIP], cores=["192.0.2.11", "192.0.2.13"]) is ours


def test_of_a_host_that_did_not_answer_nothing_is_known() -> None:
    assert not vip_set_up({"unreachable": True}, [VIP])
