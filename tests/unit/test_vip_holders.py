"""Who holds the virtual IPs, of the hosts of a run and of those it leaves alone."""

from __future__ import annotations

from typing import Any

from ansible_collections.mysqlha.proxysql.plugins.filter.vip_holders import vip_holders

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
    outside = [{"core": "core1", **facts("192.0.2.11", VIP)}]
    (row,) = vip_holders([INSTANCE], hostvars, ["core2"], outside)
    assert (row["holders"], row["first"], row["well"]) == (["core1"], "core1", True)


def test_two_holders_are_two_wherever_they_are() -> None:
    hostvars = {"core2": {"__keepalived_seen": facts(VIP)}}
    (row,) = vip_holders([INSTANCE], hostvars, ["core2"], [{"core": "core1", **facts(VIP)}])
    assert row["holders"] == ["core2", "core1"] and not row["well"]


def test_one_that_cannot_be_reached_is_not_the_one_that_should_hold_it() -> None:
    hostvars = {"core2": {"__keepalived_seen": facts(VIP)}}
    (row,) = vip_holders([INSTANCE], hostvars, ["core2"], [{"core": "core1", "unreachable": True}])
    assert (row["holders"], row["first"], row["well"]) == (["core2"], "core2", True)
