"""What is refused of the inventory is told once: nothing follows from a value that is none of its kind."""

from __future__ import annotations

import pytest
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._site.options import (
    ROLES,
    likely,
    role_options,
)
from test_site import planned

# Of an address that is none, each host that has it is told; of states, the table and the word.
_SAID_MORE_THAN_ONCE = {"proxysql_address", "keepalived_address", "proxysql_state"}


@pytest.mark.parametrize("role", ROLES)
def test_of_what_is_no_value_of_its_kind_nothing_more_is_said(role: str) -> None:
    for name in role_options(role):
        for wrong in (["x"], {"a": 1}, "Unicast", True):
            found = planned(**{name: wrong})["problems"]
            assert len(found) < 2 or name in _SAID_MORE_THAN_ONCE, found


@pytest.mark.parametrize("playbook", ["site", "status", "lint", "switchover"])
@pytest.mark.parametrize(
    ("core", "satellite"),
    [
        ("proxysql_core", "proxysql_satelite"),
        ("proxysql_cores", "proxysql_satellite"),
        ("proxysql-core", "proxysql_satellites"),
    ],
)
def test_a_group_that_is_misspelt_is_asked_about(playbook: str, core: str, satellite: str) -> None:
    groups = {core: ["core1", "core2"], satellite: ["sat1"], "all": ["core1", "core2", "sat1"]}
    wrong = [one for one in (core, satellite) if one not in ("proxysql_core", "proxysql_satellite")]
    problems = planned(groups, playbook=playbook)["problems"]
    for name in wrong:
        assert any(f"is the group {name} meant?" in each for each in problems), problems
    assert not any("right inventory" in each for each in problems)


def test_groups_with_nearly_the_name_of_one_that_is_there_are_nobodys_business() -> None:
    there = {
        "proxysql_core": ["core1", "core2"],
        "proxysql_satellite": ["sat1"],
        "all": ["core1", "core2", "sat1"],
    }
    assert (
        planned({**there, "proxysql_satellites": ["sat1"], "proxysql_satellite_eu": ["sat1"]})["problems"]
        == []
    )
    del there["proxysql_satellite"]
    assert planned({**there, "proxysql": ["sat1"], "proxysql_core_eu": ["core1"]})["problems"] == []


@pytest.mark.parametrize("rows", ["192.0.2.21", [{"hostgroup": 10, "hostname": "192.0.2.21"}]])
def test_the_playbook_lint_refuses_rows_as_site_does(rows: object) -> None:
    site, lint = (
        planned(playbook=name, proxysql_mysql_servers=rows)["problems"] for name in ("site", "lint")
    )
    # lint looks at one host
    assert [f"core1: {each}" for each in site] == lint != []


def test_a_mode_in_capitals_is_one_sentence() -> None:
    assert planned(keepalived_mode="Unicast")["problems"] == [
        "all cores: keepalived_mode is 'Unicast'; it is one of unicast, multicast"
    ]


@pytest.mark.parametrize("tables", [["scheduler"], "scheduler", 7])
def test_tables_that_are_none_are_one_sentence(tables: object) -> None:
    assert planned(proxysql_tables=tables)["problems"] == [
        "proxysql_tables is no dict of tables, each with its rows"
    ]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("proxysql_takeover", "proxysql_take_over"),
        ("keepalived_takeover", "keepalived_take_over"),
        ("keepalived_admin_port", "proxysql_admin_port"),
        ("proxysql_dashboard_url", ""),
    ],
)
def test_the_nearest_name_has_the_same_prefix_where_there_is_one(name: str, meant: str) -> None:
    assert likely(name) == meant


@pytest.mark.parametrize(
    ("playbook", "name", "host", "limit", "lacks"),
    [
        ("maintenance", "proxysql_maintenance_host", "core1", ["core2"], "core1"),
        ("maintenance", "proxysql_maintenance_host", "sat1", ["core1", "core2"], "sat1"),
        ("remove_node", "proxysql_remove_node_host", "core2", ["core1", "sat1"], "core2"),
        ("remove_node", "proxysql_remove_node_host", "sat1", ["sat1"], "core1, core2"),
        ("switchover", "proxysql_switchover_to", "core2", ["core2"], "core1"),
        ("restore", "proxysql_backup_host", "core2", ["core1"], "core2"),
    ],
)
def test_a_limit_without_which_nothing_or_half_would_be_done(
    playbook: str, name: str, host: str, limit: list[str], lacks: str
) -> None:
    asked = {name: host, "proxysql_backup_password": "b4ckup-word", "proxysql_backup_file": "x"}
    (problem,) = planned(playbook=playbook, asked={"hosts": limit}, **asked)["problems"]
    assert f"--limit leaves out {lacks}; {playbook} would do nothing, or half of it" in problem
    assert planned(playbook=playbook, **asked)["problems"] == []
