"""The plan of a site: what it works out of an inventory, and all that it refuses, in one go."""

from __future__ import annotations

import time
from typing import Any

import pytest
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._site.listen import default_interfaces, reaches
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._site.options import (
    Typing,
    likely,
    role_options,
    unknown_names,
)
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._site.plan import Asked, plan
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._site.problems import Problems

EVERY: dict[str, Any] = {
    "proxysql_admin_password": "Secret-a",
    "proxysql_cluster_password": "Secret-c",
    "proxysql_mysql_users": [{"username": "shop", "password": "Secret-s"}],
    "keepalived_vips": ["192.0.2.100/24"],
}
ADDRESSES = {"core1": "192.0.2.11", "core2": "192.0.2.12", "sat1": "192.0.2.13"}
GROUPS = {"proxysql_core": ["core1", "core2"], "proxysql_satellite": ["sat1"], "all": list(ADDRESSES)}


def planned(
    groups: dict[str, list[str]] | None = None,
    hosts: dict[str, dict[str, Any]] | None = None,
    playbook: str = "site",
    asked: dict[str, Any] | None = None,
    **every: Any,
) -> dict[str, Any]:
    """The plan of two cores and a satellite. hosts: what single ones have; every: what all have."""
    hostvars = {
        name: {"ansible_host": address, **EVERY, **every, **(hosts or {}).get(name, {})}
        for name, address in ADDRESSES.items()
    }
    given = {"playbook": playbook, "hosts": list(hostvars), **(asked or {})}
    return plan(hostvars, GROUPS if groups is None else groups, Asked(**given), "core1")


def test_a_sound_site() -> None:
    found = planned()
    assert (found["problems"], found["warnings"]) == ([], [])
    assert (found["cores"], found["satellites"]) == (["core1", "core2"], ["sat1"])
    assert found["members"][1] == {"hostname": "192.0.2.12", "port": 6032, "comment": "core2"}
    assert found["places"]["sat1"] == {"login_host": "192.0.2.13", "login_port": 6032}
    assert found["by_place"]["192.0.2.11:6032"] == "core1"
    assert found["vips"] == ["192.0.2.100"]
    assert found["logins"] == [{"host": "192.0.2.100", "port": 6033, "user": "shop", "password": "Secret-s"}]
    assert planned(keepalived_watch=False)["logins"] == planned(keepalived_vips=[])["logins"] == []
    assert [found["hosts"][host]["vip"] for host in ADDRESSES] == [True, True, False]
    core2 = found["hosts"]["core2"]
    assert core2["vrrp"]["instances"][0]["peers"] == ["192.0.2.11"]
    assert core2["proxysql"]["admin_interfaces"] == ["127.0.0.1:6032", "192.0.2.12:6032"]


@pytest.mark.parametrize(
    ("name", "given", "typed"),
    [
        ("keepalived_preempt", "false", False),
        ("keepalived_watch", "no", False),
        ("keepalived_vips", "192.0.2.100/24", ["192.0.2.100/24"]),
        ("keepalived_vips", '["192.0.2.100/24"]', ["192.0.2.100/24"]),
        ("keepalived_advert_int", "0.5", 0.5),
        ("keepalived_advert_int", "", None),
    ],
)
def test_text_of_an_ini_inventory_or_of_a_survey_means_what_it_says(
    name: str, given: str, typed: Any
) -> None:
    found = planned(**{name: given})
    assert found["problems"] == []
    assert found["hosts"]["core1"]["keepalived"][name.partition("_")[2]] == typed


@pytest.mark.parametrize(("without", "left"), [("core1", "core2"), ("core2", "core1")])
def test_a_core_without_a_virtual_ip_is_nobodys_peer_and_has_no_rank(without: str, left: str) -> None:
    found = planned(hosts={without: {"keepalived_vips": []}})
    assert found["problems"] == []
    assert [host for host in ADDRESSES if found["hosts"][host]["vip"]] == [left]
    (instance,) = found["hosts"][left]["vrrp"]["instances"]
    assert instance["peers"] == [] and list(instance["priorities"]) == [left]
    assert [list(one["priorities"]) for one in found["instances"]] == [[left]]
    assert found["warnings"] == [
        f"{left} is the only core with a virtual IP: no other host can take the virtual IP over, and "
        "keepalived, without a peer, speaks multicast"
    ]


def test_numbers_given_as_text() -> None:
    found = planned(proxysql_start_timeout="30", proxysql_sync_timeout="90", proxysql_apt_repository="false")
    values = found["hosts"]["core1"]["proxysql"]
    assert (values["start_timeout"], values["sync_timeout"], values["apt_repository"]) == (30, 90, False)


REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        {"proxysql_admin_port": "high"},
        "all hosts: proxysql_admin_port is 'high', and should be a whole number",
    ),
    ({"proxysql_admin_password": True}, "proxysql_admin_password is a secret, and should be text (put it in"),
    ({"proxysql_admin_password": None}, "all hosts: proxysql_admin_password is not set"),
    (
        {"proxysql_open_edits": "maybe"},
        "proxysql_open_edits is 'maybe'; it is one of refuse, publish, discard",
    ),
    (
        {"proxysql_mysql_server": []},
        "there is no variable proxysql_mysql_server; did you mean proxysql_mysql_se",
    ),
    ({"keepalived_prempt": 1}, "there is no variable keepalived_prempt; did you mean keepalived_preempt?"),
    ({"proxysql_switchover_too": "x"}, "did you mean proxysql_switchover_to?"),
    ({"proxysql_stats_password": "Secret-a"}, "proxysql_stats_password is also that of the admin or cluster"),
    (
        {"proxysql_mysql_users": [{"username": "a", "pasword": "x"}]},
        "no column pasword; did you mean password?",
    ),
    ({"proxysql_mysql_users": []}, "mysql_users is declared without rows"),
    ({"proxysql_mysql_users": "shop"}, "mysql_users is declared, and is no list of rows"),
    ({"proxysql_tables": {"schedular": []}}, "schedular, which is no table; did you mean scheduler?"),
    (
        {"proxysql_tables": {"scheduler": [{"id": "x"}]}},
        "scheduler, row id=x, column id: expected a whole number",
    ),
    ({"proxysql_scope": {"mysql_servers": {}}}, "proxysql_scope names mysql_servers, which is not declared"),
    ({"proxysql_state": "overriden"}, "proxysql_state is 'overriden'; it is one of merged"),
    ({"proxysql_mysql_interfaces": ["192.0.2.11:6033"]}, "where the watcher logs in"),
    ({"proxysql_mysql_interfaces": ["127.0.0.1:6033"]}, "nothing that clients reach at the virtual IP"),
    ({"proxysql_admin_interfaces": ["127.0.0.1:6032"]}, "nothing that the other nodes reach"),
    ({"proxysql_admin_interfaces": ["here"]}, "proxysql_admin_interfaces has 'here'; it is ADDRESS:PORT"),
    (
        {"proxysql_global_variables": {"mysql-threads": "many"}},
        "proxysql_global_variables: variable mysql-threads",
    ),
    ({"keepalived_vips": None}, "keepalived_vips is not set"),
    ({"proxysql_metrics_port": 70000}, "proxysql_metrics_port is 70000; it must be from 1 to 65535"),
    ({"proxysql_metrics": True, "proxysql_metrics_port": 6033}, "where ProxySQL listens for something else"),
]


@pytest.mark.parametrize(("every", "sentence"), REFUSED)
def test_refused_in_a_sentence(every: dict[str, Any], sentence: str) -> None:
    problems = planned(**every)["problems"]
    assert [one for one in problems if sentence in one], problems
    assert "Secret" not in str(problems)


def test_all_at_once_each_once_with_its_hosts() -> None:
    found = planned(
        hosts={"core2": {"proxysql_start_timeout": "soon"}, "sat1": {"proxysql_start_timeout": "soon"}},
        proxysql_cluster_user="admin",
        keepalived_virtual_router_id=256,
    )
    assert [line.partition(":")[0] for line in found["problems"]] == ["core2, sat1", "all hosts", "all cores"]


def test_a_name_of_ours_that_is_nobodys_is_warned_of() -> None:
    found = planned(proxysql_dashboard_url="x")
    assert found["problems"] == []
    assert found["warnings"] == [
        "all hosts: proxysql_dashboard_url is no variable of this collection, and has no effect"
    ]
    assert unknown_names(["other", "proxysql_drift", "proxysql_series", "__proxysql_x"]) == []
    assert likely("keepalived_vip") == "keepalived_vips"


@pytest.mark.parametrize("playbook", ["site", "status", "switchover", "rolling_restart", "rolling_upgrade"])
def test_the_wrong_inventory_is_refused_by_every_playbook(playbook: str) -> None:
    (problem,) = planned(groups={"all": ["core1"]}, playbook=playbook)["problems"]
    assert problem == "there is no host in the group proxysql_core: is it the right inventory?"


def test_a_run_that_leaves_none_of_the_nodes() -> None:
    (problem,) = planned(asked={"hosts": ["web1"]})["problems"]
    assert "none of the hosts of this run" in problem


def test_a_strategy_that_does_not_wait() -> None:
    (problem,) = planned(asked={"strategy": "free"})["problems"]
    assert "the play's strategy is free" in problem


@pytest.mark.parametrize(
    ("playbook", "every", "sentence"),
    [
        ("maintenance", {}, "proxysql_maintenance_host is not set"),
        (
            "maintenance",
            {"proxysql_maintenance_host": "coer1"},
            "'coer1', which is no host of proxysql_core or",
        ),
        (
            "maintenance",
            {"proxysql_maintenance_host": "core1", "proxysql_maintenance_state": "away"},
            "proxysql_maintenance_state is 'away'; it is one of out, back",
        ),
        ("switchover", {"proxysql_switchover_to": "sat1"}, "'sat1', which is no host of proxysql_core"),
        ("remove_node", {"proxysql_remove_node_host": "core3"}, "did you mean core"),
        ("rolling_restart", {"proxysql_rolling_serial": "0"}, "it must be 1 or more"),
        ("status", {"proxysql_status_watch": "-1"}, "proxysql_status_watch is -1; it must be 0 or more"),
    ],
)
def test_what_a_playbook_is_asked_for_is_checked(playbook: str, every: dict[str, Any], sentence: str) -> None:
    problems = planned(playbook=playbook, **every)["problems"]
    assert [one for one in problems if sentence in one], problems


@pytest.mark.parametrize(
    ("playbook", "every", "sentences"),
    [
        ("rollback", {}, 0),
        ("backup", {"proxysql_backup_password": "a"}, 0),
        ("backup", {}, 1),
        ("restore", {"proxysql_backup_password": "a", "proxysql_backup_file": "x"}, 0),
        ("restore", {}, 2),
        (
            "restore",
            {"proxysql_backup_password": "a", "proxysql_backup_file": "x", "proxysql_backup_host": "y"},
            1,
        ),
    ],
)
def test_backups_have_a_password_and_a_file(playbook: str, every: dict[str, Any], sentences: int) -> None:
    assert len(planned(playbook=playbook, **every)["problems"]) == sentences


def test_a_change_of_the_primary_says_to_whom_and_has_logins() -> None:
    prefix = "proxysql_primary_switchover_"
    logins = [f"{prefix}{who}_{what}" for who in ("database", "replication") for what in ("user", "password")]
    given = dict.fromkeys(logins, "x")
    problems = planned(playbook="primary_switchover")["problems"]
    assert len(problems) == 5 and f"{prefix}to is not set; it is the replica" in problems[0]
    found = planned(playbook="primary_switchover", **given, **{f"{prefix}to": "192.0.2.32"})
    assert found["problems"] == [] and found["playbook"]["timeout"] == 5.0
    assert planned(playbook="primary_switchover", **given, **{f"{prefix}emergency": True})["problems"] == []
    (problem,) = planned(
        playbook="primary_switchover", **given, **{f"{prefix}to": "a", f"{prefix}confirm": "a"}
    )["problems"]
    assert "has no effect" in problem


def test_what_is_to_be_confirmed_can_be_taken_back() -> None:
    assert planned(proxysql_confirm=30)["problems"] == []
    (problem,) = planned(proxysql_confirm=30, proxysql_restore_points=0)["problems"]
    assert "nothing to go back to" in problem
    (problem,) = planned(proxysql_confirm=30, proxysql_cluster_mode="push")["problems"]
    assert "with proxysql_cluster_mode push there is none" in problem


def test_what_a_playbook_is_asked_for_is_typed() -> None:
    found = planned(playbook="switchover", proxysql_switchover_keep="false", proxysql_switchover_to="core2")
    assert (found["problems"], found["playbook"]) == ([], {"to": "core2", "keep": False})


def test_an_optional_question_that_nobody_answered_is_no_host() -> None:
    assert planned(playbook="switchover", proxysql_switchover_to="")["problems"] == []
    assert planned(playbook="remove_node", proxysql_remove_node_host="")["problems"]


def test_operations_do_not_stop_for_a_row() -> None:
    assert planned(playbook="switchover", proxysql_mysql_servers=[{"hostgroup": 1}])["problems"] == []


def test_the_stats_password_is_made_and_is_no_other() -> None:
    values = planned()["hosts"]["core1"]["proxysql"]
    made = values["stats_password"]
    assert len(made) == 32 and made not in (values["admin_password"], values["cluster_password"])
    assert planned()["hosts"]["sat1"]["proxysql"]["stats_password"] == made
    assert planned(proxysql_admin_password="Other")["hosts"]["core1"]["proxysql"]["stats_password"] != made
    assert planned(proxysql_stats_password="Mine")["hosts"]["core1"]["keepalived"]["stats_password"] == "Mine"


def test_hosts_with_ipv6_only() -> None:
    hosts = {name: {"ansible_host": f"2001:db8::{number}"} for number, name in enumerate(ADDRESSES, 11)}
    found = planned(hosts=hosts, keepalived_vips=["2001:db8::100/64"])
    assert found["problems"] == []
    core1 = found["hosts"]["core1"]
    assert core1["vrrp"]["instances"][0]["source"] == "2001:db8::11"
    assert core1["proxysql"]["admin_interfaces"] == ["127.0.0.1:6032", "[2001:db8::11]:6032"]
    assert core1["proxysql"]["mysql_interfaces"] == ["0.0.0.0:6033", "[::]:6033"]


def test_one_core_alone_is_warned_of() -> None:
    found = planned(groups={"proxysql_core": ["core1"], "proxysql_satellite": ["sat1"]})
    assert found["problems"] == [] and "core1 is the only core" in found["warnings"][0]


def test_a_cluster_without_a_virtual_ip() -> None:
    found = planned(keepalived_vips=[])
    assert (found["problems"], found["vips"]) == ([], [])
    assert not any(host["vip"] for host in found["hosts"].values())


def test_a_role_by_itself_on_a_host_of_no_group() -> None:
    asked = {"roles": ["proxysql"], "hosts": ["core1"], "params": {"proxysql_mysql_port": "3306"}}
    found = planned(groups={}, playbook="", asked=asked, keepalived_vips=None)
    assert (found["problems"], found["members"]) == ([], [])
    assert found["hosts"]["core1"]["proxysql"]["mysql_port"] == 3306


def test_what_raises_in_a_template_is_said() -> None:
    class Raising(dict[str, Any]):
        def __getitem__(self, name: str) -> Any:
            if name == "proxysql_monitor_password":
                raise ValueError("'vault_x' is undefined")
            return super().__getitem__(name)

    hostvars = {
        "core1": Raising({**EVERY, "keepalived_vips": [], "proxysql_monitor_password": "{{ vault_x }}"})
    }
    found = plan(hostvars, {"proxysql_core": ["core1"]}, Asked(playbook="site", hosts=["core1"]), "core1")
    assert found["problems"] == [
        "core1: proxysql_monitor_password cannot be worked out: 'vault_x' is undefined"
    ]


@pytest.mark.parametrize(
    ("interfaces", "host", "port", "there"),
    [
        (["0.0.0.0:6032"], "192.0.2.1", 6032, True),
        (["0.0.0.0:6032"], "2001:db8::1", 6032, False),
        (["[::]:6032"], "2001:db8::1", 6032, True),
        (["0.0.0.0:6033"], "192.0.2.1", 6032, False),
        (["/tmp/admin.sock"], "127.0.0.1", 6032, False),
        (["localhost:6032"], "127.0.0.1", 6032, True),
        (["127.0.0.1:6032"], "core1.example", 6032, False),
        (["0.0.0.0:6032"], "core1.example", 6032, True),
    ],
)
def test_who_is_reached_where(interfaces: list[str], host: str, port: int, there: bool) -> None:
    assert reaches(interfaces, host, port) is there


def test_where_a_node_listens_whose_address_is_a_name() -> None:
    assert default_interfaces("core1.example", 6032, wide=False) == ["0.0.0.0:6032"]


def test_a_list_as_text_is_one_sentence() -> None:
    found: list[str] = []
    Typing(role_options("keepalived")).typed(
        {"keepalived_instances": "a,b", "keepalived_vips": []}, found.append
    )
    assert found == ["keepalived_instances is 'a,b', and should be a list of which each element is a dict"]


def test_many_hosts_are_named_in_few_words() -> None:
    problems = Problems()
    names = [f"h{number}" for number in range(100)]
    for name in names[:50]:
        problems.add("x", name)
    assert problems.lines(names) == ["h0, h1, h2, h3, h4 and 45 others: x"]


def test_a_thousand_hosts_take_no_time() -> None:
    satellites = [f"sat{number}" for number in range(1000)]
    hostvars = {name: {**EVERY, "ansible_host": f"host{name}"} for name in ["core1", "core2", *satellites]}
    hostvars["core1"]["ansible_host"], hostvars["core2"]["ansible_host"] = "192.0.2.11", "192.0.2.12"
    groups = {"proxysql_core": ["core1", "core2"], "proxysql_satellite": satellites}
    began = time.process_time()
    found = plan(hostvars, groups, Asked(playbook="site", hosts=list(hostvars)), "core1")
    assert found["problems"] == []
    # about 0.5 seconds on the slowest machine this was tried on; quadratic it would be minutes
    assert time.process_time() - began < 10


# -- lint ------------------------------------------------------------------------------------

SERVERLESS = [
    {"rule_id": 1, "active": True, "match_digest": "^SELECT", "destination_hostgroup": 20, "apply": True}
]
SERVER = [{"hostgroup_id": 10, "hostname": "192.0.2.21"}]


def linted(**every: Any) -> dict[str, Any]:
    users = [{"username": "shop", "password": "Secret-s", "default_hostgroup": 10}]
    sets = [{"writer_hostgroup": 10, "reader_hostgroup": 11}]
    declares = {
        "proxysql_mysql_servers": SERVER,
        "proxysql_mysql_query_rules": SERVERLESS,
        "proxysql_mysql_replication_hostgroups": sets,
        **every,
    }
    return planned(proxysql_mysql_users=users, **declares)


def test_what_lint_calls_an_error_stops_site() -> None:
    (problem,) = linted()["problems"]
    assert problem.startswith("error: mysql_query_rules, row rule_id=1, column destination_hostgroup: ")
    assert problem.endswith("[hostgroup-without-servers]")


def test_findings_below_the_threshold_are_warnings() -> None:
    found = linted(proxysql_lint_threshold="never")
    assert found["problems"] == [] and "[hostgroup-without-servers]" in found["warnings"][0]


def test_what_is_meant_is_not_found() -> None:
    meant = [{"rule": "hostgroup-without-servers", "reason": "comes on Monday"}]
    found = linted(proxysql_lint_ignore=meant)
    assert (found["problems"], found["warnings"]) == ([], [])


def test_lint_is_of_site_alone_and_not_of_rows_that_are_refused_anyway() -> None:
    assert planned(playbook="status", proxysql_mysql_query_rules=SERVERLESS)["problems"] == []
    (problem,) = linted(proxysql_mysql_servers=[{"hostgroup_id": "x", "hostname": "192.0.2.21"}])["problems"]
    assert "hostgroup_id" in problem


def test_the_playbook_lint_is_given_the_declaration_of_one_host() -> None:
    two = [*SERVER, {**SERVER[0], "port": 3307}]
    other = {"proxysql_mysql_servers": two}
    asked = {"playbook": "lint", "roles": ()}
    found = planned(hosts={"sat1": other}, asked=asked, proxysql_lint_host="sat1")
    assert found["problems"] == [] and found["lint"]["tables"]["mysql_servers"] == two
    assert found["lint"]["arguments"]["nodes"] == 3
    assert planned(asked=asked)["lint"]["tables"].keys() == {"mysql_users"}
    (problem,) = planned(asked=asked, proxysql_lint_host="sat2")["problems"]
    assert "did you mean sat1?" in problem


def test_export_asks_of_a_host_only_how_to_log_in() -> None:
    """It may be in no group yet, and have none of the roles' variables."""
    groups = {"all": ["old", "other"]}
    hostvars = {"old": {"proxysql_admin_password": "x"}, "other": {}}
    asked = Asked(playbook="export", hosts=list(hostvars))
    assert plan(hostvars, groups, asked, "old")["problems"] == ["other: proxysql_admin_password is not set"]
    extra = {name: {**given, "proxysql_export_hosts": "old"} for name, given in hostvars.items()}
    found = plan(extra, groups, asked, "old")
    assert found["problems"] == [] and found["hosts"]["old"]["proxysql"]["login_host"] == "127.0.0.1"
    wrong = {name: {**given, "proxysql_export_hosts": "odl"} for name, given in hostvars.items()}
    assert plan(wrong, groups, asked, "old")["problems"] == [
        "proxysql_export_hosts has 'odl', which is no host or group of the inventory; did you mean old?"
    ]
    misspelt = {"old": {"proxysql_admin_pasword": "x"}}
    found = plan(misspelt, {"all": ["old"]}, Asked(playbook="export", hosts=["old"]), "old")
    assert any("did you mean proxysql_admin_password?" in line for line in found["problems"])


def test_instances_are_those_of_all_cores() -> None:
    found = planned(
        hosts={"core1": {"keepalived_vips": []}}, keepalived_vips=["192.0.2.100/24", "2001:db8::1/64"]
    )
    assert [(one["name"], one["vips"]) for one in found["instances"]] == [
        ("proxysql", ["192.0.2.100/24", "2001:db8::1/64"])
    ]
    assert set(found["instances"][0]["priorities"]) == {"core2"}
