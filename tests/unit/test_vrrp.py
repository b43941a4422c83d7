"""What keepalived is told, and what is refused: the reasoning as plain Python."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._site.vrrp import (
    PROFILES,
    Peer,
    Plan,
    on_host,
    plan,
)

PEERS = [
    Peer("core1", {4: "192.0.2.11", 6: "2001:db8::11"}),
    Peer("core2", {4: "192.0.2.12", 6: "2001:db8::12"}),
]
FACTS = {
    "interfaces": ["lo", "eth-0", "eth1"],
    "lo": {"device": "lo", "ipv4": {"address": "127.0.0.1"}},
    "eth_0": {"device": "eth-0", "ipv4": {"address": "198.51.100.11"}, "ipv6": [{"address": "fe80::1"}]},
    "eth1": {"ipv4": {"address": "192.0.2.11"}, "ipv6": [{"address": "2001:db8::11"}]},
    "default_ipv4": {"interface": "eth-0", "gateway": "198.51.100.1"},
}
OPTIONS: dict[str, Any] = {
    "vips": ["192.0.2.100/24"],
    "instances": [],
    "instance": "proxysql",
    "virtual_router_id": 51,
    "interface": "",
    "profile": "fast",
    "advert_int": None,
    "down_timer_adverts": 3,
    "version": 3,
    "mode": "unicast",
    "state": "BACKUP",
    "preempt": True,
    "preempt_delay": 0,
    "auth_password": "",
    "watch": True,
    "watch_interval": None,
    "watch_timeout": None,
    "check_user": "",
    "check_password": "",
    "mysql_users": [{"username": "app", "password": "secret"}],
    "isolation_targets": [],
    "isolation_timeout": None,
    "backends": [],
    "stats_password": "x",
}


def made(host: str = "core1", peers: list[Peer] | None = None, **changed: Any) -> Plan:
    """As it is on a host with the facts above."""
    found = plan({**OPTIONS, **changed}, host, peers or PEERS)
    seen = on_host({"instances": found.instances, "derived": found.derived}, FACTS)
    return Plan(found.problems, seen["instances"], found.groups, seen["derived"])


def test_the_simple_case() -> None:
    for host, priority, source, peer in (
        ("core1", 250, "192.0.2.11", "192.0.2.12"),
        ("core2", 245, "192.0.2.12", "192.0.2.11"),
    ):
        found = made(host)
        assert found.problems == []
        (one,) = found.instances
        assert (one["name"], one["priority"], one["source"], one["peers"]) == (
            "proxysql",
            priority,
            source,
            [peer],
        )
        assert (one["vips"], one["excluded"], one["interface"], one["advert_int"]) == (
            ["192.0.2.100/24"],
            [],
            "eth1",
            0.3,
        )


@pytest.mark.parametrize("profile", PROFILES)
def test_a_value_that_is_given_goes_before_the_profile(profile: str) -> None:
    values = PROFILES[profile]
    found = made(profile=profile)
    assert found.instances[0]["advert_int"] == values["advert_int"]
    assert found.derived["watch_timeout"] == values["watch_timeout"]
    found = made(profile=profile, advert_int=0.7, watch_timeout=0.9)
    assert (found.instances[0]["advert_int"], found.derived["watch_timeout"]) == (0.7, 0.9)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_host_gives_itself_up_before_the_others_do(profile: str) -> None:
    values = PROFILES[profile]
    assert 2 * values["advert_int"] < values["isolation_timeout"] <= 3 * values["advert_int"]
    assert values["watch_interval"] < values["watch_timeout"]


def test_a_killed_keepalived_comes_back_after_the_takeover() -> None:
    for profile, values in PROFILES.items():
        assert made(profile=profile).derived["restart_sec"] > 3 * values["advert_int"] + values["advert_int"]


def test_both_families_go_together_in_one_instance() -> None:
    (one,) = made(vips=["192.0.2.100/24", "2001:db8::100/64"]).instances
    assert (one["vips"], one["excluded"], one["source"]) == (
        ["192.0.2.100/24"],
        ["2001:db8::100/64"],
        "192.0.2.11",
    )
    (one,) = made(vips=["2001:db8::100/64", "192.0.2.100/24"]).instances
    assert (one["vips"], one["excluded"], one["source"]) == (
        ["2001:db8::100/64"],
        ["192.0.2.100/24"],
        "2001:db8::11",
    )


def test_two_instances_with_holders_of_their_own_in_step_or_not() -> None:
    second = {
        "name": "reports",
        "vips": ["192.0.2.101/24"],
        "virtual_router_id": 52,
        "order": ["core2", "core1"],
    }
    found = made(instances=[second])
    assert found.problems == []
    assert [one["priority"] for one in found.instances] == [250, 245]
    found = made(
        instances=[
            {**second, "order": None, "sync_group": "all"},
            {
                **second,
                "name": "third",
                "order": None,
                "vips": ["192.0.2.102/24"],
                "virtual_router_id": 53,
                "sync_group": "all",
            },
        ]
    )
    assert found.problems == []
    assert found.groups == [{"name": "all", "members": ["reports", "third"]}]


def test_multicast_needs_no_addresses() -> None:
    peers = [Peer("core1", {4: "core1.example", 6: None}), Peer("core2", {4: "core2.example", 6: None})]
    found = made(peers=peers, mode="multicast")
    assert (found.problems, found.instances[0]["source"], found.instances[0]["peers"]) == ([], None, [])


def test_the_watcher_logs_in_as_the_first_user_whose_password_is_known() -> None:
    users = [
        {"username": "hashed", "password": "*" + "A" * 40},
        {"username": "off", "password": "x", "active": False},
        {"username": "app", "password": "secret"},
    ]
    derived = made(mysql_users=users).derived
    assert (derived["check_user"], derived["check_password"]) == ("app", "secret")
    derived = made(check_user="probe", check_password="y").derived
    assert (derived["check_user"], derived["check_password"]) == ("probe", "y")


def test_whom_it_pings() -> None:
    assert made().derived["isolation_targets"] == ["192.0.2.12", "2001:db8::12", "198.51.100.1"]
    # those given stand for the gateway; the other cores are always asked
    given = made(isolation_targets=["192.0.2.1"]).derived["isolation_targets"]
    assert given == ["192.0.2.12", "2001:db8::12", "192.0.2.1"]


def test_one_missing_writer_outweighs_the_order() -> None:
    peers = [Peer("core1", {4: "192.0.2.11"}, 200), Peer("core2", {4: "192.0.2.12"}, 150)]
    assert made(peers=peers, backends=[10]).derived["step"] > 50
    assert made(peers=peers).derived["setback"] < -50


MANY = [Peer(f"core{number}", {4: f"198.51.100.{number}"}) for number in range(1, 121)]


def test_many_hosts_all_get_a_priority() -> None:
    found = made(peers=MANY)
    assert found.problems == []
    assert sorted(found.instances[0]["priorities"].values())[0] >= 1


REFUSED = [
    ({"vips": ["192.0.2.100"]}, "write it like 192.0.2.100/24"),
    ({"vips": ["2001:db8::100"]}, "write it like 2001:db8::100/64"),
    ({"vips": ["somewhere/24"]}, "'somewhere/24', which is not an address"),
    ({"vips": []}, "keepalived_vips is not set"),
    ({"vips": ["192.0.2.0/24"]}, "the network's own address"),
    ({"vips": ["192.0.2.255/24"]}, "the network's broadcast address"),
    ({"vips": ["192.0.2.11/24"]}, "both a virtual IP and the own address of core1"),
    ({"vips": ["192.0.2.100/24", "192.0.2.100/24"]}, "has the virtual IP 192.0.2.100 twice"),
    ({"profile": "warp"}, "keepalived_profile is 'warp'"),
    ({"virtual_router_id": 256}, "must be from 1 to 255"),
    ({"advert_int": 50}, "keepalived_advert_int is 50"),
    (
        {"state": "MASTER", "preempt_delay": 5},
        "keepalived_preempt_delay does not work with keepalived_state MASTER",
    ),
    (
        {"state": "MASTER", "preempt": False},
        "keepalived_preempt false does not work with keepalived_state MASTER",
    ),
    ({"preempt_delay": 5, "preempt": False}, "delays a preemption that keepalived_preempt forbids"),
    ({"preempt": False, "backends": [10]}, "a lower priority moves nothing"),
    ({"auth_password": "secret"}, "VRRP version 3 has no authentication"),
    ({"version": 2, "advert_int": 0.3}, "VRRP version 2 counts whole seconds"),
    ({"version": 2, "advert_int": 1, "auth_password": "ninechars"}, "longer than 8 bytes"),
    ({"instance": "a b"}, "the name of an instance is 'a b'"),
    ({"mysql_users": []}, "no user of proxysql_mysql_users has a password in the clear"),
    ({"check_user": "probe"}, "keepalived_check_password is not set"),
    ({"backends": [10], "stats_password": ""}, "set keepalived_stats_password"),
    ({"watch_timeout": 0}, "keepalived_watch_timeout is 0"),
    (
        {"instances": [{"name": "b", "vips": ["192.0.2.101/24"]}]},
        "have the same keepalived_virtual_router_id, 51",
    ),
    (
        {"instances": [{"name": "b", "vips": ["192.0.2.100/24"], "virtual_router_id": 52}]},
        "both have the virtual IP 192.0.2.100",
    ),
    (
        {"instances": [{"name": "b", "vips": ["192.0.2.101/24"], "virtual_router_id": 52, "colour": "red"}]},
        "has colour, which is not known",
    ),
    (
        {
            "instances": [
                {"name": "b", "vips": ["192.0.2.101/24"], "virtual_router_id": 52, "sync_group": "x"}
            ]
        },
        "it takes two to be in step",
    ),
    (
        {
            "instances": [
                {"name": "b", "vips": ["192.0.2.101/24"], "virtual_router_id": 52, "order": ["core9"]}
            ]
        },
        "ranks core9, which is not in the group",
    ),
]


@pytest.mark.parametrize(("changed", "text"), REFUSED)
def test_refused_with_an_explanation(changed: dict[str, Any], text: str) -> None:
    problems = made(**changed).problems
    assert any(text in problem for problem in problems), problems


@pytest.mark.parametrize(
    ("priorities", "text"),
    [
        ((100, 100), "core1 and core2 have the same keepalived_priority"),
        ((255, 100), "it must be from 1 to 254"),
    ],
)
def test_priorities_are_checked(priorities: tuple[int, int], text: str) -> None:
    peers = [Peer(f"core{n + 1}", {4: f"192.0.2.{11 + n}"}, value) for n, value in enumerate(priorities)]
    assert any(text in problem for problem in made(peers=peers).problems)


def test_version_2_with_whole_seconds_and_a_password_is_fine() -> None:
    assert made(version=2, profile="standard", auth_password="8letters").problems == []


def test_a_host_outside_of_the_group() -> None:
    assert "it is not in the group" in made("other").problems[0]


@pytest.mark.parametrize("name", ["eth0.100", "bond0", "br-lan", "wan:1", "vlan@5"])
def test_the_interface_is_found_by_its_true_name(name: str) -> None:
    """Facts are called as their interface, but for characters that Ansible replaces."""
    facts = {
        "interfaces": ["eth0", name],
        "eth0": {"device": "eth0", "ipv4": {"address": "203.0.113.5"}},
        name.replace("-", "_").replace(":", "_"): {"device": name, "ipv4": {"address": "192.0.2.11"}},
        "default_ipv4": {"interface": "eth0", "gateway": "203.0.113.1"},
        "all_ipv4_addresses": ["203.0.113.5", "192.0.2.11"],
    }
    found = plan(OPTIONS, "core1", PEERS)
    seen = on_host({"instances": found.instances, "derived": found.derived}, facts)
    assert (seen["instances"][0]["interface"], seen["problems"]) == (name, [])


def test_what_the_host_itself_lacks_is_said() -> None:
    found = plan({**OPTIONS, "interface": "eth7"}, "core1", PEERS)
    facts = {"interfaces": ["eth0"], "eth0": {"device": "eth0", "ipv4": {"address": "192.0.2.99"}}}
    problems = on_host({"instances": found.instances, "derived": found.derived}, facts)["problems"]
    assert problems == [
        "has no address 192.0.2.11, from which instance proxysql would speak; set keepalived_address",
        "has no interface 'eth7', which instance proxysql needs; set keepalived_interface",
    ]


@pytest.mark.parametrize(
    "password", ["ab#c!d", "ab cd", "!secret", 'a"b', "$pass{x", "ééééé", "a\\b", "it's"]
)
def test_a_password_that_keepalived_would_read_otherwise_is_refused(password: str) -> None:
    assert any(
        "keepalived_auth_password" in one
        for one in made(version=2, advert_int=1, auth_password=password).problems
    )


@pytest.mark.parametrize(
    ("first", "last", "backends", "fine"),
    [(250, 102, [], True), (254, 50, [], False), (250, 131, [10], True), (250, 100, [10], False)],
)
def test_priorities_so_far_apart_that_nothing_could_move_the_virtual_ip(
    first: int, last: int, backends: list[int], fine: bool
) -> None:
    peers = [Peer("core1", {4: "192.0.2.11"}, first), Peer("core2", {4: "192.0.2.12"}, last)]
    found = made(peers=peers, backends=backends)
    assert (found.problems == []) is fine, found.problems
    if fine:
        assert first + found.derived["setback"] < last
