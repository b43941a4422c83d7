"""Settings of VRRP that a limited run would give to some cores alone."""

from __future__ import annotations

import pytest
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._apart import apart

SITE = {"vips": ["10.0.0.100/24"], "cores": ["core1", "core2"], "satellites": ["sat1"]}
SEEN = {"sat1": {"__proxysql_found": {}}}
NONE = {"ask": [], "refusals": []}


@pytest.mark.parametrize(
    "site, cores, limit",
    [
        (SITE, ["core2"], ""),
        (SITE, ["core1", "core2"], "proxysql_core:sat1"),
        ({**SITE, "vips": []}, ["core2"], "core2"),
    ],
)
def test_nobody_is_left_out(site, cores, limit):
    assert apart(site, SEEN, cores, limit) == NONE


def test_a_core_that_is_left_out():
    assert apart(SITE, SEEN, ["core2"], "core2") == {
        "ask": [],
        "refusals": [
            "gets no other settings of VRRP while core1 is not in this run (--limit core2): cores that do"
            " not agree would both take 10.0.0.100. Run this without --limit"
        ],
    }


@pytest.mark.parametrize(
    "facts, held",
    [
        ({"ansible_all_ipv4_addresses": ["10.0.0.13", "10.0.0.100"]}, True),
        ({"ansible_all_ipv4_addresses": ["10.0.0.13"]}, False),
        (None, False),
    ],
)
def test_a_satellite_that_is_left_out_is_asked(facts, held):
    asked = [{"node": "sat1", "ansible_facts": facts}]
    found = apart(SITE, {"sat1": {}}, ["core1", "core2"], "proxysql_core", asked)
    assert found["ask"] == ["sat1"]
    assert [text.partition(":")[0] for text in found["refusals"]] == held * [
        "gets no other settings of VRRP while sat1 is not in this run (--limit proxysql_core)"
    ]


def test_hosts_that_are_no_nodes_are_asked_too():
    hostvars = {"core1": {}, "core2": {}, "sat1": {}, "was-core": {}, "db1": {}}
    assert apart(SITE, hostvars, ["core1", "core2", "db1"], "core1,core2,db1")["ask"] == ["sat1", "was-core"]
    row = {"node": "was-core", "ansible_facts": {"ansible_all_ipv4_addresses": ["10.0.0.100"]}}
    (refusal,) = apart(SITE, SEEN, ["core1", "core2"], "core1,core2", [row])["refusals"]
    assert refusal.startswith("gets no other settings of VRRP while was-core is not in this run")
