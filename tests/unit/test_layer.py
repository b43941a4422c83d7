"""Satellites that send all queries to the cores: the rows that this takes, and what cannot be together."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._site.declaration import declaration
from test_site import planned

VIP = "192.0.2.100"
SOCKET = "/run/proxysql/mysql.sock"
LAYER = {"proxysql_layer_address": VIP}
SATELLITE = {"sat1": {"proxysql_mysql_port": 3306}}


def rows(found: dict[str, Any]) -> dict[str, Any]:
    assert found["problems"] == []
    made: dict[str, Any] = found["hosts"]["core1"]["proxysql"]["layer"]
    return made


def test_two_lines_make_a_server_and_a_rule() -> None:
    made = rows(planned(hosts=SATELLITE, **LAYER))
    assert made["mysql_servers"] == [
        {"hostgroup_id": 6033, "hostname": VIP, "port": 6033, "comment": "the cores, for satellites"}
    ]
    (rule,) = made["mysql_query_rules"]
    assert {
        name: rule[name] for name in ("rule_id", "active", "proxy_port", "destination_hostgroup", "apply")
    } == {
        "rule_id": 1,
        "active": 1,
        "proxy_port": 3306,
        "destination_hostgroup": 6033,
        "apply": 1,
    }
    assert "proxy_addr" not in rule


def test_said_for_the_satellites_alone_it_is_of_the_whole_cluster() -> None:
    assert rows(planned(hosts={"sat1": {**SATELLITE["sat1"], **LAYER}}))["mysql_servers"]


def test_a_socket_has_a_rule_of_its_own() -> None:
    sat = {
        **SATELLITE["sat1"],
        "proxysql_mysql_socket": SOCKET,
        "proxysql_mysql_interfaces": ["127.0.0.1:3306"],
    }
    rules = rows(planned(hosts={"sat1": sat}, **LAYER))["mysql_query_rules"]
    assert [(row["rule_id"], row.get("proxy_addr"), row.get("proxy_port")) for row in rules] == [
        (1, None, 3306),
        (2, SOCKET, None),
    ]


def test_without_it_there_is_nothing() -> None:
    assert rows(planned(hosts=SATELLITE)) == {}


@pytest.mark.parametrize(
    ("hosts", "every", "said"),
    [
        ({}, {}, "and both do so at 6033; set proxysql_mysql_port for the group proxysql_satellite"),
        (
            {"sat1": {"proxysql_mysql_port": 3306, "proxysql_mysql_socket": SOCKET}},
            {"proxysql_mysql_socket": SOCKET},
            f"and both do so at {SOCKET}",
        ),
        (SATELLITE, {"proxysql_layer_hostgroup": 10}, "mysql_servers has the hostgroup 10, which"),
        (SATELLITE, {"proxysql_layer_hostgroup": -1}, "proxysql_layer_hostgroup is -1; it must be 0 or more"),
        (
            {"sat1": {**SATELLITE["sat1"], "proxysql_layer_address": "192.0.2.1"}},
            {},
            "differ between hosts, and one cluster has the same servers on all",
        ),
        (
            SATELLITE,
            {"proxysql_mysql_query_rules": [{"rule_id": 1, "active": 1, "match_digest": "x", "apply": 1}]},
            "mysql_query_rules has rule_id 1, which proxysql_layer_address needs for itself",
        ),
        (
            SATELLITE,
            {
                "proxysql_mysql_users": [
                    {"username": "f", "password": "p", "default_hostgroup": 10, "fast_forward": True}
                ]
            },
            "mysql_users has f with fast_forward, for which no rule holds",
        ),
        (
            SATELLITE,
            {"proxysql_mysql_replication_hostgroups": [{"writer_hostgroup": 6033, "reader_hostgroup": 20}]},
            "mysql_replication_hostgroups has the hostgroup 6033, which proxysql_layer_address needs",
        ),
        (
            SATELLITE,
            {"proxysql_mysql_users": [{"username": "u", "password": "p", "default_hostgroup": 6033}]},
            "mysql_users has the hostgroup 6033, which proxysql_layer_address needs",
        ),
        (
            {**SATELLITE, "core2": {"proxysql_mysql_port": 6044}},
            {},
            "satellites reach all cores at one port, and their proxysql_mysql_port differs: 6033, 6044",
        ),
        *(
            (SATELLITE, {"proxysql_layer_address": wrong}, f"proxysql_layer_address is {shown}")
            for wrong, shown in (
                ("192.0.2.100:6033", "'192.0.2.100:6033'; it is an address or a name"),
                ("192.0.2.100/24", "'192.0.2.100/24'; it is an address or a name"),
                ("[2001:db8::1]", "'[2001:db8::1]'; it is an address or a name"),
                ("lb.example.com ", "'lb.example.com '; it is an address or a name"),
                ("127.0.0.1", "127.0.0.1, where each satellite would reach itself"),
                ("::1", "::1, where each satellite would reach itself"),
                ("192.0.2.13", "192.0.2.13, which is the satellite sat1"),
            )
        ),
    ],
)
def test_what_cannot_be_together(hosts: dict[str, Any], every: dict[str, Any], said: str) -> None:
    declared = {"proxysql_mysql_servers": [{"hostgroup_id": 10, "hostname": "192.0.2.31"}], **every}
    found = planned(hosts=hosts, **{**LAYER, **declared})
    assert any(said in line for line in found["problems"]), found["problems"]


@pytest.mark.parametrize("address", ["2001:db8::1", "lb.example.com", "lb", "core1", "192.0.2.11"])
def test_other_addresses_of_the_cores(address: str) -> None:
    (server,) = rows(planned(hosts=SATELLITE, proxysql_layer_address=address))["mysql_servers"]
    assert server["hostname"] == address


def test_the_monitors_user_may_be_declared_with_the_hostgroup_of_the_layer() -> None:
    own = {"username": "mon", "password": "Secret-m", "default_hostgroup": 6033}
    given = {**LAYER, "proxysql_monitor_user": "mon", "proxysql_monitor_password": "Secret-m"}
    users = [{"username": "shop", "password": "p", "default_hostgroup": 10}, own]
    assert planned(hosts=SATELLITE, **given, proxysql_mysql_users=users)["problems"] == []


def test_the_hostgroup_of_the_layer_may_have_settings() -> None:
    settings = [{"hostgroup_id": 6033, "max_num_online_servers": 1}]
    found = planned(hosts=SATELLITE, **LAYER, proxysql_tables={"mysql_hostgroup_attributes": settings})
    assert found["problems"] == []


def test_monitors_are_let_in_by_the_cores() -> None:
    given = {**LAYER, "proxysql_monitor_user": "mon", "proxysql_monitor_password": "Secret-m"}
    options = planned(hosts=SATELLITE, **given)["hosts"]["core1"]["proxysql"]
    shop = {"username": "shop", "password": "p", "default_hostgroup": 10}
    made = declaration(options, None, {"mysql_users": [shop]}, [])["tables"]["mysql_users"]
    assert [(row["username"], row["default_hostgroup"]) for row in made] == [("shop", 10), ("mon", 6033)]
    # somebody's own
    own = {"username": "mon", "password": "Secret-m", "default_hostgroup": 10}
    assert declaration(options, None, {"mysql_users": [own]}, [])["tables"]["mysql_users"] == [own]


def test_without_a_monitor_no_table_of_users_is_declared() -> None:
    options = planned(hosts=SATELLITE, **LAYER)["hosts"]["core1"]["proxysql"]
    assert "mysql_users" not in declaration(options, None, {}, [])["tables"]


def test_rows_that_are_declared_stay() -> None:
    found = planned(hosts=SATELLITE, **LAYER)
    options = found["hosts"]["core1"]["proxysql"]
    server = {"hostgroup_id": 10, "hostname": "192.0.2.31"}
    made = declaration(options, None, {"mysql_servers": [server]}, [])
    assert [row["hostname"] for row in made["tables"]["mysql_servers"]] == ["192.0.2.31", VIP]
    assert made["states"]["mysql_servers"] == "overridden"


def test_a_table_that_is_not_declared_keeps_what_it_has() -> None:
    found = planned(hosts=SATELLITE, **LAYER)
    made = declaration(found["hosts"]["core1"]["proxysql"], None, {}, [])
    assert made["states"]["mysql_query_rules"] == made["states"]["mysql_servers"] == "merged"
