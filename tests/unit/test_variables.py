"""Variables are checked before they are sent, since ProxySQL answers OK to any of them."""

from __future__ import annotations

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.errors import DeclarationError
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.variables import (
    as_loaded,
    canonical,
    declared_variables,
    is_secret,
    like_present,
    with_consequences,
)


@pytest.mark.parametrize(
    "name, given, sent",
    [
        ("mysql-max_connections", "0500", "500"),
        ("mysql-multiplexing", True, "true"),
        ("mysql-multiplexing", "0", "false"),
        ("mysql-server_version", "8.0.36", "8.0.36"),
        ("mysql-server_version", "10.11.19-MariaDB", "10.11.19-MariaDB"),
        ("mysql-server_version", "8", "8"),
        ("mysql-proxy_protocol_networks", "", ""),
        ("mysql-proxy_protocol_networks", "*", "*"),
        ("mysql-proxy_protocol_networks", "10.0.0.0/8,2001:db8::/32", "10.0.0.0/8,2001:db8::/32"),
        ("mysql-monitor_replication_lag_use_percona_heartbeat", "", ""),
        ("mysql-monitor_replication_lag_use_percona_heartbeat", "`A_1`.b", "`A_1`.b"),
        ("mysql-new_in_some_release", 8, "8"),
        ("mysql-default_session_track_gtids", "own_gtid", "OWN_GTID"),
        ("pgsql-default_client_encoding", "utf-8", "UTF-8"),
        ("pgsql-default_datestyle", "dmy , iso", "ISO, DMY"),
        ("pgsql-default_datestyle", "german", "German, DMY"),
        ("pgsql-default_intervalstyle", "ISO_8601", "iso_8601"),
        ("pgsql-default_standard_conforming_strings", "ON", "on"),
        ("pgsql-default_standard_conforming_strings", False, "off"),
        ("pgsql-default_standard_conforming_strings", 1, "on"),
        ("admin-stats_mysql_connections", 150, "300"),
        ("admin-stats_system_cpu", 600, "600"),
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
        ("mysql-server_version", "", "cannot be empty"),
        ("mysql-server_version", None, "no NULL"),
        ("mysql-server_version", "v8.0.36", "'v8.0.36' does not begin with a number"),
        ("mysql-server_version", "5-x.1", "does not begin with a number"),
        ("mysql-monitor_replication_lag_use_percona_heartbeat", "a b", "no table such as percona.heartbeat"),
        ("mysql-proxy_protocol_networks", "10.0.0.0/8,a b", "no list of networks"),
        ("mysql-server_version", 8.0, "in quotes"),
        ("mysql-server_version", 8, "in quotes"),
        ("mysql-init_connect", False, "in quotes"),
        ("mysql-default_session_track_gtids", False, "in quotes"),
        ("mysql-default_session_track_gtids", "ALL", "not one of OFF, OWN_GTID"),
        ("pgsql-default_client_encoding", "utf9", "'utf9' is no encoding"),
        ("pgsql-default_client_encoding", "", "no encoding"),
        ("pgsql-default_datestyle", "ISO", "'ISO' is not one of ISO, MDY; ISO, DMY; ISO, YMD; SQL, MDY;"),
        ("pgsql-default_datestyle", False, "in quotes"),
        ("pgsql-default_intervalstyle", " postgres", "not one of postgres, postgres_verbose, sql_standard"),
        ("pgsql-default_standard_conforming_strings", "y", "not one of on, off"),
        ("pgsql-default_timezone", "", "cannot be empty"),
        ("admin-mysql_ifaces", "", "cannot be empty"),
        ("admin-mysql_ifaces", "0.0.0.0:6032; 127.0.0.1:6033", "without blanks"),
        ("admin-stats_system_cpu", 601, "out of range"),
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
        ("mysql-server_capabilities", "571947", str(571947 & ~2080)),
        ("admin-ssl_keylog_file", "/var/lib/proxysql/keys.log", "keys.log"),
    ],
)
def test_what_acts_the_same_compares_equal(name, text, form):
    assert canonical(name, text) == form


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(DeclarationError, match="3 problems: ") as caught:
        declared_variables({"mysql-max_connections": 0, "nothing": 1, "mysql-multiplexing": "perhaps"})
    assert len(caught.value.fields["problems"]) == 3


@pytest.mark.parametrize(
    "value, present, form",
    [
        ("False", "false", "false"),
        ("0", "false", "false"),
        ("no", "true", "false"),
        ("YES", "false", "true"),
        ("0555", "1", "555"),
        ("-1", "5", "-1"),
        ("16.1", "16.2", "16.1"),
        ("x", "5", "x"),
        ("maybe", "true", "maybe"),
    ],
)
def test_the_kind_of_an_unknown_variable_is_that_of_its_present_value(value, present, form):
    assert like_present("pgsql-something", value, present) == form
    assert like_present("mysql-server_version", value, present) == value


@pytest.mark.parametrize(
    "name, secret",
    [
        ("mysql-monitor_password", True),
        ("mysql-new_api_token", True),
        ("pgsql-some_secret", True),
        ("mysql-encryption_key", True),
        ("mysql-ssl_p2s_key", False),
        ("mysql-new_setting", False),
    ],
)
def test_a_secret_is_told_by_its_name(name, secret):
    assert is_secret(name) is secret


def test_what_a_checksum_makes_of_others():
    made = as_loaded(
        {
            "admin-checksum_mysql_users": "FALSE",
            "admin-cluster_mysql_users_diffs_before_sync": "3",
            "admin-checksum_mysql_servers": "true",
            "admin-cluster_mysql_servers_diffs_before_sync": "3",
        }
    )
    assert made["admin-cluster_mysql_users_diffs_before_sync"] == "0"
    assert made["admin-cluster_mysql_servers_diffs_before_sync"] == "3"


COLLATIONS = {
    "latin1_german1_ci": "latin1",
    "latin1_swedish_ci": "latin1",
    "utf8mb4_general_ci": "utf8mb4",
    "utf8mb4_unicode_ci": "utf8mb4",
}
CHARSET, COLLATION = "mysql-default_charset", "mysql-default_collation_connection"


@pytest.mark.parametrize(
    "want, present, found",
    [
        ({CHARSET: "latin1"}, "utf8mb4_unicode_ci", {CHARSET: "latin1", COLLATION: "latin1_swedish_ci"}),
        ({CHARSET: "utf8mb4"}, "utf8mb4_unicode_ci", {CHARSET: "utf8mb4"}),
        (
            {CHARSET: "utf8mb4", COLLATION: "utf8mb4_unicode_ci"},
            "latin1_swedish_ci",
            {CHARSET: "utf8mb4", COLLATION: "utf8mb4_unicode_ci"},
        ),
        ({COLLATION: "latin1_swedish_ci"}, "x", {CHARSET: "latin1", COLLATION: "latin1_swedish_ci"}),
    ],
)
def test_charset_and_collation_go_together(want, present, found):
    assert with_consequences(want, {COLLATION: present}, {}, COLLATIONS) == found


@pytest.mark.parametrize(
    "want, message",
    [
        ({CHARSET: "latin1", COLLATION: "utf8mb4_general_ci"}, "is of utf8mb4, not of latin1"),
        ({CHARSET: "nope"}, "knows no charset 'nope'"),
        ({COLLATION: "nope"}, "knows no collation 'nope'"),
    ],
)
def test_a_charset_and_a_collation_that_cannot_be(want, message):
    with pytest.raises(DeclarationError, match=message):
        with_consequences(want, {}, {}, COLLATIONS)


def test_a_checksum_that_is_put_on_takes_its_section_along():
    checksum, diffs = "admin-checksum_mysql_users", "admin-cluster_mysql_users_diffs_before_sync"
    found = with_consequences({diffs: "5", checksum: "true"}, {diffs: "3"}, {checksum: "false"}, {})
    assert list(found.items()) == [(checksum, "true"), (diffs, "5")], "written after the checksum"
    assert with_consequences({checksum: "true"}, {diffs: "3"}, {checksum: "false"}, {})[diffs] == "3"
    assert with_consequences({checksum: "true"}, {diffs: ""}, {checksum: "false"}, {})[diffs] == "0"
    assert diffs not in with_consequences({checksum: "true"}, {diffs: "3"}, {checksum: "true"}, {})
