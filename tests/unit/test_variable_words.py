"""Variables: each sentence word for word, and the ends of each range of intervals."""

from __future__ import annotations

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.errors import DeclarationError
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.variables import (
    as_loaded,
    canonical,
    declared_variables,
    is_known,
    is_secret,
    shown,
    with_consequences,
)

CHARSET, COLLATION = "mysql-default_charset", "mysql-default_collation_connection"
NO_PLACES = (
    "is no list of addresses with ports or paths of sockets, such as 127.0.0.1:6033;/run/proxysql.sock"
)
COLLATIONS = {"latin1_swedish_ci": "latin1", "utf8mb4_unicode_ci": "utf8mb4"}


@pytest.mark.parametrize(
    "name, value, problem",
    [
        ("threads", 1, "not the full name of a variable, such as mysql-max_connections"),
        ("admin-version", "9", "set by the server itself"),
        ("mysql-server_version", None, "a variable has no NULL (leave it out to leave it alone)"),
        ("mysql-server_version", "", "cannot be empty (ProxySQL would keep the present value)"),
        ("pgsql-interfaces", "", f"'' {NO_PLACES}"),
        ("mysql-interfaces", "45", f"'45' {NO_PLACES}"),
        ("mysql-interfaces", "127.0.0.1:99999", f"'127.0.0.1:99999' {NO_PLACES}"),
        ("admin-pgsql_ifaces", "127.0.0.1:notaport", f"'127.0.0.1:notaport' {NO_PLACES}"),
        (
            "admin-cluster_password",
            'a"b',
            "cannot hold a double quote (ProxySQL would drop the variable from runtime)",
        ),
        (
            "admin-mysql_ifaces",
            "a:1; b:2",
            "is a list without blanks (ProxySQL would take them for a part of the address)",
        ),
        ("mysql-default_session_track_gtids", "x" * 90, f"'{'x' * 80}' is not one of OFF, OWN_GTID"),
        ("mysql-multiplexing", "maybe", "expected true or false, got 'maybe'"),
    ],
)
def test_what_is_wrong_with_a_variable(name, value, problem):
    with pytest.raises(DeclarationError) as caught:
        declared_variables({name: value})
    assert caught.value.message == f"variable {name}: {problem}"
    assert caught.value.fields == {"variable": name}


def test_variables_are_a_dict():
    with pytest.raises(DeclarationError) as caught:
        declared_variables(["mysql-threads"])
    assert caught.value.message == "variables: expected a dict of names and values"


@pytest.mark.parametrize(
    "name, value, sent",
    [
        ("pgsql-new", False, "false"),
        ("pgsql-new", 0, "0"),
        ("mysql-query_retries_on_failure", 0, "0"),
        ("mysql-default_schema", "a b", "a b"),
        ("mysql-server_version", "5.1.30", "5.5.30"),
        ("mysql-server_version", "5.1.31", "5.1.31"),
        ("mysql-default_schema", "5.1.30", "5.1.30"),
        # A password of the monitor is no password of a user: any text is one.
        ("mysql-monitor_password", "*short", "*short"),
        *(
            ("admin-stats_system_cpu", given, str(kept))
            for given, kept in (
                (0, 0), (1, 1), (2, 5), (5, 5), (6, 10), (10, 10), (11, 30), (30, 30), (31, 60), (60, 60),
                (61, 120), (120, 120), (121, 300), (300, 300), (301, 600), (600, 600),
            )
        ),
    ],
)  # fmt: skip
def test_what_is_sent(name, value, sent):
    assert declared_variables({name: value}) == {name: sent}


@pytest.mark.parametrize(
    "name, text, form",
    [
        ("mysql-multiplexing", "0", "false"),
        ("mysql-multiplexing", "False", "false"),
        ("mysql-multiplexing", "1", "true"),
        ("mysql-multiplexing", "yes", "yes"),
        ("mysql-max_connections", "none", "none"),
        ("mysql-max_connections", "-5", "-5"),
        ("admin-stats_system_cpu", "7", "10"),
        ("admin-stats_system_cpu", "601", "601"),
        ("mysql-default_session_track_gtids", "own_gtid", "OWN_GTID"),
        ("mysql-server_capabilities", "x", "x"),
        ("mysql-default_schema", "15", "15"),
        ("mysql-default_schema", "a/b", "a/b"),
    ],
)
def test_what_a_value_of_the_server_means(name, text, form):
    assert canonical(name, text) == form


def test_what_is_known_and_what_is_shown():
    assert (
        is_known("mysql-multiplexing")
        and is_known("mysql-max_connections")
        and is_known("mysql-server_version")
    )
    assert not is_known("mysql-new")
    assert is_secret("mysql-new_password-of") and not is_secret("secret-new")
    assert shown("mysql-monitor_password", "x") == "********"
    assert shown("mysql-monitor_password", None) is None
    assert shown("mysql-server_version", "8") == "8"


def test_a_value_that_is_missing():
    assert as_loaded({"mysql-server_version": ""}) == {"mysql-server_version": ""}
    checksum, diffs = "admin-checksum_mysql_users", "admin-cluster_mysql_users_diffs_before_sync"
    assert with_consequences({checksum: "true"}, {diffs: " 03"}, {}, {})[diffs] == "3"


@pytest.mark.parametrize(
    "want, variable",
    [
        ({COLLATION: "nope"}, COLLATION),
        ({CHARSET: "nope"}, CHARSET),
        ({CHARSET: "latin1", COLLATION: "utf8mb4_unicode_ci"}, COLLATION),
    ],
)
def test_the_variable_of_a_pair_that_is_wrong(want, variable):
    with pytest.raises(DeclarationError) as caught:
        with_consequences(want, {}, {}, COLLATIONS)
    assert caught.value.fields == {"variable": variable}


@pytest.mark.parametrize(
    "want, memory, found",
    [
        ({CHARSET: "latin1"}, {}, {CHARSET: "latin1", COLLATION: "latin1_swedish_ci"}),
        (
            {CHARSET: "utf8mb4", COLLATION: "utf8mb4_unicode_ci"},
            {COLLATION: "latin1_swedish_ci"},
            {CHARSET: "utf8mb4", COLLATION: "utf8mb4_unicode_ci"},
        ),
        ({"mysql-multiplexing": "true"}, {}, {"mysql-multiplexing": "true"}),
    ],
)
def test_what_goes_with_a_charset(want, memory, found):
    assert with_consequences(want, memory, {}, COLLATIONS) == found
