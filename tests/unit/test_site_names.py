"""Names that nobody has: of variables of ours, of a playbook's, and of ProxySQL's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._site.options import misspelt
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._site.variable_names import VARIABLE_NAMES
from test_site import planned


def test_a_variable_of_proxysql_that_no_release_has_is_warned_of() -> None:
    variables = {"mysql-max_conections": 4000, "mysql-of_a_newer_release": 1, "mysql-max_connections": 4000}
    found = planned(proxysql_global_variables=variables)
    assert found["problems"] == []
    assert found["warnings"] == [
        "all hosts: proxysql_global_variables has mysql-max_conections, which neither 2.7.1 nor 3.0.3 knows;"
        " did you mean mysql-max_connections?"
    ]


def test_names_of_variables_are_those_that_were_recorded() -> None:
    recorded = Path(__file__).resolve().parents[1] / "emulator"
    assert set(VARIABLE_NAMES) == {
        name
        for version in ("2.7.1", "3.0.3")
        for name in json.loads((recorded / f"variables-{version}.json").read_text(encoding="utf-8"))
    }


def test_what_begins_as_the_variables_of_a_playbook_do_is_one_of_them() -> None:
    found = planned(playbook="switchover", proxysql_switchover_target="core2")
    assert found["problems"] == [
        "all hosts: the playbook takes no variable proxysql_switchover_target;"
        " it takes proxysql_switchover_to, proxysql_switchover_keep"
    ]
    # and not what another playbook would take, nor what a site is called
    for playbook, name in (("site", "proxysql_switchover_target"), ("site", "proxysql_site_town")):
        found = planned(playbook=playbook, **{name: "x"})
        assert found["problems"] == [] and "has no effect" in str(found["warnings"])


def test_a_name_without_the_prefix_is_warned_of() -> None:
    found = planned(playbook="switchover", switchover_to="core2")
    (warning,) = found["warnings"]
    assert "switchover_to has no effect: the playbook takes proxysql_switchover_to" in warning


@pytest.mark.parametrize("name", ["proxysql_package", "keepalived_mysql_threads"])
def test_a_name_of_another_role_is_not_refused_for_being_like_one_of_the_other_prefix(name: str) -> None:
    assert misspelt(name) == ""
