"""SQL for Admin: quoting, sizes, secrets. SQLite itself is the judge."""

from __future__ import annotations

import sqlite3

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._catalog.tables import TABLES
from ansible_collections.mysqlha.proxysql.plugins.module_utils._server import sql as _sql
from hypothesis import given
from hypothesis import strategies as st

USERS = TABLES["mysql_users"]
SERVERS = TABLES["mysql_servers"]
PROXIES = TABLES["proxysql_servers"]


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_text_comes_back_as_it_was(text):
    value, kind = (
        sqlite3.connect(":memory:")
        .execute(f"SELECT {_sql.literal(text)} AS x, typeof({_sql.literal(text)})")
        .fetchone()
    )
    assert (value, kind) == (text, "text")


@given(st.binary(min_size=1).filter(lambda raw: b"\0" not in raw))
def test_bytes_come_back_as_they_were_and_as_text(raw):
    text = raw.decode("utf-8", "surrogateescape")
    database = sqlite3.connect(":memory:")
    database.text_factory = bytes
    assert database.execute(f"SELECT {_sql.literal(text)}, typeof({_sql.literal(text)})").fetchone() == (
        raw,
        b"text",
    )


@pytest.mark.parametrize(
    "value, sql", [(None, "NULL"), (True, "1"), (False, "0"), (-1, "-1"), ("O'Brien", "'O''Brien'")]
)
def test_literals(value, sql):
    assert _sql.literal(value) == sql


def test_rows_of_one_shape_are_one_statement():
    rows = [{"hostname": f"db{n}", "port": 3306, "hostgroup_id": 1} for n in range(1000)]
    (statement,) = _sql.replace_rows(SERVERS, rows)
    assert statement.sql.count("(") == 1001


def test_large_writes_are_cut_into_statements_below_the_limit():
    rows = [{"hostname": "x" * 1000, "port": n} for n in range(3000)]
    statements = _sql.replace_rows(PROXIES, rows)
    assert len(statements) == 4
    assert all(len(statement.sql) < 1.1 * _sql.MAX_BYTES for statement in statements)
    assert sum(statement.sql.count("xxx, ") + statement.sql.count("x', ") for statement in statements) == 3000


def test_one_value_larger_than_the_limit_is_still_sent():
    (statement,) = _sql.replace_rows(PROXIES, [{"hostname": "x" * (2 * _sql.MAX_BYTES)}])
    assert len(statement.sql) > 2 * _sql.MAX_BYTES


def test_deleting_by_key():
    (many,) = _sql.delete_rows(PROXIES, [("a", 1), ("b'", 2)])
    assert many.sql == "DELETE FROM proxysql_servers WHERE (hostname, port) IN (VALUES ('a', 1), ('b''', 2))"
    (one,) = _sql.delete_rows(TABLES["mysql_query_rules"], [(1,), (2,)])
    assert one.sql == "DELETE FROM mysql_query_rules WHERE rule_id IN (1, 2)"


def test_secrets_are_sent_and_not_shown():
    (rows,) = _sql.replace_rows(USERS, [{"username": "u", "password": "s3cret"}])
    (variables,) = _sql.replace_variables({"mysql-monitor_password": "s3cret"}, ["mysql-monitor_password"])
    for statement in (rows, variables):
        assert "s3cret" in statement.sql
        assert "s3cret" not in statement.shown and "********" in statement.shown
