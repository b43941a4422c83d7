"""The plan and new logins: which are tried at the databases before anything is written."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mysqlha.proxysql.plugins.filter.proxysql_declaration import proxysql_declaration
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._site.logins import arguments
from test_site import ADDRESSES, EVERY, SERVER, planned


def tried(**every: Any) -> dict[str, Any]:
    """What core2 tries, which shares its declaration with all others."""
    found = planned(proxysql_mysql_servers=SERVER, **every)
    row: dict[str, Any] = found["to_try"][found["hosts"]["core2"]["rows"]]
    return row


def test_new_logins_are_tried_unless_it_is_switched_off() -> None:
    values = planned(proxysql_monitor_password="Secret-m")["hosts"]["core2"]["proxysql"]
    assert values["try_logins"] is True
    assert planned(proxysql_try_logins="no")["hosts"]["core2"]["proxysql"]["try_logins"] is False
    pairs = [{"writer_hostgroup": 10, "reader_hostgroup": 20}]
    assert tried(proxysql_mysql_replication_hostgroups=pairs) == {
        "servers": SERVER,
        "users": EVERY["proxysql_mysql_users"],
        "hostgroups": {"shop": [0]},
        "maybe_hostgroups": {},
    }


def test_the_user_of_the_watcher_need_not_be_known_to_databases() -> None:
    users = [*EVERY["proxysql_mysql_users"], {"username": "vipcheck", "password": "Secret-v"}]
    checked = {"keepalived_check_user": "vipcheck", "keepalived_check_password": "Secret-v"}
    hosts = {"core1": checked, "core2": checked}
    found = planned(hosts=hosts, proxysql_mysql_servers=SERVER, proxysql_mysql_users=users)
    assert found["problems"] == []
    # satellites have it in their table too, and know no watcher
    (rows,) = found["to_try"]
    assert found["hosts"]["sat1"]["rows"] == 0 and rows["users"] == users[:1]


def test_what_is_declared_to_go_is_not_tried() -> None:
    assert tried(proxysql_state={"mysql_users": "deleted"})["users"] == []
    assert tried(proxysql_state="deleted")["servers"] == []
    assert tried(proxysql_mysql_users="shop")["users"] == []


def test_each_declaration_is_there_once() -> None:
    other = [{"hostgroup_id": 11, "hostname": "192.0.2.22"}]
    found = planned(hosts={"sat1": {"proxysql_mysql_servers": other}}, proxysql_mysql_servers=SERVER)
    assert [found["hosts"][host]["rows"] for host in ADDRESSES] == [0, 0, 1]
    assert [rows["servers"] for rows in found["to_try"]] == [SERVER, other]


NAMES_AND_PLACES: list[tuple[dict[str, Any], str]] = [
    ({"keepalived_priority": 200}, "core1 and core2 have the same keepalived_priority, 200"),
    ({"proxysql_address": "192.0.2.11"}, "is the address of more than one host"),
    ({"proxysql_cluster_user": "admin"}, "which ProxySQL lets in from the node itself only"),
    ({"proxysql_stats_user": "radmin"}, "must be three different names"),
    ({"proxysql_cluster_password": "change-me"}, "proxysql_cluster_password is one that everybody knows"),
    ({"proxysql_global_variables": {"admin-mysql_ifaces": "x"}}, "set proxysql_admin_interfaces instead"),
    ({"proxysql_tables": {"mysql_users": []}}, "set proxysql_mysql_users instead"),
    (
        {"proxysql_mysql_servers": [{"hostgroup": 10, "hostname": "db1"}]},
        "mysql_servers, hostname=db1: there is no column hostgroup; did you mean hostgroup_id?",
    ),
    ({"proxysql_admin_interfaces": ["192.0.2.11:6032"]}, "where Ansible logs in"),
]


@pytest.mark.parametrize(("every", "sentence"), NAMES_AND_PLACES)
def test_names_and_places_that_cannot_work(every: dict[str, Any], sentence: str) -> None:
    problems = planned(**every)["problems"]
    assert [one for one in problems if sentence in one], problems


def test_a_node_is_asked_in_one_task_what_it_lets_in_and_what_it_holds() -> None:
    node = planned(proxysql_mysql_servers=SERVER, proxysql_monitor_password="Secret-m")["hosts"]["core2"]
    rows = tried(proxysql_monitor_password="Secret-m")
    declared = proxysql_declaration(node["proxysql"], {}, {"mysql_servers": SERVER})
    found = arguments(node["proxysql"], rows, declared)
    assert (found["servers"], found["users"]) == (rows["servers"], rows["users"])
    assert (found["monitor_user"], found["monitor_password"]) == ("monitor", "Secret-m")
    assert found["tables"]["mysql_servers"] == SERVER and found["state"]["mysql_servers"] == "overridden"
    assert found["variables"] == declared["variables"] and found["variables_since_3"] == declared["of_three"]
    assert found["report_only"]


def test_playbooks_that_only_want_the_version_try_and_compare_nothing() -> None:
    found = arguments(planned()["hosts"]["core2"]["proxysql"])
    assert not any(found[name] for name in ("servers", "users", "hostgroups", "maybe_hostgroups"))
    assert not {"tables", "variables", "variables_since_3", "state", "scope"} & set(found)
