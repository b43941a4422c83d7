"""Variables are checked before they are sent, since ProxySQL answers OK to any of them."""

from __future__ import annotations

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.errors import DeclarationError
from ansible_collections.mysqlha.proxysql.plugins.module_utils._section.variables import (
    canonical,
    declared_variables,
)


@pytest.mark.parametrize(
    "name, given, sent",
    [
        ("mysql-max_connections", "0500", "500"),
        ("mysql-multiplexing", True, "true"),
        ("mysql-multiplexing", "0", "false"),
        ("mysql-server_version", "8.0.36", "8.0.36"),
        ("mysql-server_version", 8, "8"),
        ("mysql-new_in_some_release", True, "true"),
        ("mysql-monitor_password", "a'b\"c;d\\é", "a'b\"c;d\\é"),
    ],
)
def test_values_take_the_servers_form(name, given, sent):
    assert declared_variables({name: given}) == {name: sent}


@pytest.mark.parametrize(
    "name, given, reason",
    [
        ("mysql-max_connections", 0, "out of range"),
        ("mysql-max_connections", "5e3", "whole number"),
        ("mysql-multiplexing", "maybe", "true or false"),
        ("mysql-server_version", "", "can not be empty"),
        ("mysql-server_version", None, "no NULL"),
        ("mysql-server_version", 8.0, "in quotes"),
        ("mysql-server_version", ["8"], "expected text"),
        ("max_connections", 1, "full name"),
        ("mysql-max connections", 1, "full name"),
        ("admin-version", "9", "set by the server"),
        ("admin-cluster_password", 'a"b', "double quote"),
    ],
)
def test_a_bad_value_names_its_variable(name, given, reason):
    with pytest.raises(DeclarationError) as caught:
        declared_variables({name: given})
    assert caught.value.message.startswith(f"variable {name}: ")
    assert reason in caught.value.message


@pytest.mark.parametrize(
    "name, text, form",
    [
        ("mysql-multiplexing", "TRUE", "true"),
        ("mysql-multiplexing", "1", "true"),
        ("mysql-max_connections", " 05000", "5000"),
        ("mysql-max_connections", "2x", "2"),
        ("mysql-server_version", "8.0", "8.0"),
        ("mysql-server_version", None, None),
    ],
)
def test_what_acts_the_same_compares_equal(name, text, form):
    assert canonical(name, text) == form
