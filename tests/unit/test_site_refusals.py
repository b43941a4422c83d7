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
