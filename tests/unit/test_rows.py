"""Values typed in YAML and values sent by a server meet in one canonical form."""

from __future__ import annotations

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._catalog.tables import TABLES
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.declaration import (
    check_columns,
    declared_rows,
)
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.errors import DeclarationError
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.rows import server_rows, show_row

SERVERS = TABLES["mysql_servers"]
USERS = TABLES["mysql_users"]
RULES = TABLES["mysql_query_rules"]


def declared(table, **row):
    return declared_rows(table, [row])[0]


def test_only_what_was_given_and_the_key_is_declared():
    assert declared(SERVERS, hostname="db1") == {"hostgroup_id": 0, "hostname": "db1", "port": 3306}


@pytest.mark.parametrize(
    "given, canonical",
    [
        ({"weight": "05"}, {"weight": 5}),
        ({"use_ssl": "yes"}, {"use_ssl": True}),
        ({"use_ssl": 0}, {"use_ssl": False}),
        ({"status": "offline_soft"}, {"status": "OFFLINE_SOFT"}),
        ({"comment": "it's 日本 \\ % \n"}, {"comment": "it's 日本 \\ % \n"}),
    ],
)
def test_values_take_one_form(given, canonical):
    row = declared(SERVERS, hostname="db1", **given)
    assert {name: row[name] for name in canonical} == canonical


def test_null_is_not_the_empty_string_and_not_absence():
    assert declared(RULES, rule_id=1, replace_pattern=None)["replace_pattern"] is None
    assert declared(RULES, rule_id=1, replace_pattern="")["replace_pattern"] == ""
    assert "replace_pattern" not in declared(RULES, rule_id=1)


@pytest.mark.parametrize("column", ["password", "default_schema"])
def test_for_users_null_and_nothing_are_one(column):
    """LOAD makes '' of NULL, so that neither runtime nor a peer can tell."""
    assert declared(USERS, username="u", **{column: ""})[column] is None
    assert server_rows(USERS, ["username", column], [[b"u", b""]])[0][column] is None


@pytest.mark.parametrize("given", [{"b": 1, "a": [2]}, '{"b": 1,\n "a": [2]}'])
def test_json_is_compared_parsed(given):
    assert declared(USERS, username="u", attributes=given)["attributes"] == '{"a":[2],"b":1}'
    (sent,) = server_rows(USERS, ["username", "attributes"], [[b"u", b'{ "b":1, "a":[ 2 ] }']])
    assert sent["attributes"] == '{"a":[2],"b":1}'


def test_what_load_rewrites_compares_equal():
    row = declared(RULES, rule_id=1, digest="0xab", re_modifiers="global, caseless")
    names = ["rule_id", "digest", "re_modifiers"]
    assert server_rows(RULES, names, [[b"1", b"0x00000000000000AB", b"CASELESS,GLOBAL"]]) == [row]


@pytest.mark.parametrize(
    "table, row, place, reason",
    [
        (SERVERS, {"hostname": "db1", "weight": "many"}, "hostname=db1, column weight", "whole number"),
        (SERVERS, {"hostname": "db1", "weight": True}, "column weight", "whole number"),
        (SERVERS, {"hostname": "db1", "port": 70000}, "column port", "out of range (0 to 65535)"),
        (SERVERS, {"hostname": "db1", "max_connections": 2**32}, "column max_connections", "out of range"),
        (SERVERS, {"hostname": "db1", "status": "SHUNNED"}, "column status", "not one of ONLINE"),
        (SERVERS, {"hostname": "db1", "use_ssl": 2}, "column use_ssl", "true or false"),
        (SERVERS, {"hostname": "db1", "comment": None}, "column comment", "NULL is not allowed"),
        (SERVERS, {"hostname": "db1", "comment": 1.5}, "column comment", "in quotes"),
        (SERVERS, {"hostname": "db1", "comment": "a\0b"}, "column comment", "NUL"),
        (SERVERS, {"port": 3306}, "column hostname", "key column must be given"),
        (USERS, {"username": "u", "attributes": "{"}, "column attributes", "not valid JSON"),
        (USERS, {"username": "u", "password": "*short"}, "column password", "no mysql_native_password hash"),
        (RULES, {"rule_id": 1, "digest": "zz"}, "column digest", "expected a digest"),
        (RULES, {"rule_id": 1, "re_modifiers": "loud"}, "column re_modifiers", "not a modifier"),
        (RULES, {"rule_id": 1, "cache_ttl": 0}, "column cache_ttl", "out of range"),
    ],
)
def test_bad_input_names_table_row_and_column(table, row, place, reason):
    with pytest.raises(DeclarationError) as caught:
        declared(table, **row)
    message = caught.value.message
    assert message.startswith(f"{table.name}, row ")
    assert place in message and reason in message


def test_an_error_never_shows_a_secret():
    with pytest.raises(DeclarationError) as caught:
        declared(USERS, username="u", password="*topsecret")
    assert "topsecret" not in caught.value.message


def test_a_row_declared_twice_is_refused():
    with pytest.raises(DeclarationError, match="declared twice, as rows 1 and 3"):
        declared_rows(SERVERS, [{"hostname": "a"}, {"hostname": "b"}, {"hostname": "a", "port": "3306"}])


def test_a_column_the_server_lacks_is_refused_with_the_nearest_name():
    with pytest.raises(DeclarationError, match="ProxySQL 9 has no such column; did you mean weight?"):
        rows = declared_rows(SERVERS, [{"hostname": "a", "wieght": 1}])
        check_columns(SERVERS, rows, ["hostgroup_id", "hostname", "port", "weight"], "ProxySQL 9")


@pytest.mark.parametrize("config", ["db1", {"hostname": "db1"}, [["db1"]], ["db1"], 3])
def test_a_config_that_is_no_list_of_rows_is_refused(config):
    with pytest.raises(DeclarationError, match="mysql_servers"):
        declared_rows(SERVERS, config)


def test_a_shown_row_hides_secrets_and_tells_that_they_change():
    row = {"username": "u", "password": "s3cret", "comment": "a\udc80b"}
    assert show_row(USERS, row) == {"username": "u", "password": "********", "comment": "a\\x80b"}
    assert show_row(USERS, row, changed=["password"])["password"] == "******** (new)"
