"""Users: two roles in one row or in two, and passwords in every stored form."""

from __future__ import annotations

import hashlib

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.errors import DeclarationError
from cases import FIRST, SHA1
from driver import everything, layers, run, sql
from proxysql_emulator.passwords import caching_sha2
from test_apply import NOTHING

FRONT = {"backend": False, "frontend": True}
BACK = {"backend": True, "frontend": False}


def stored(server, source="mysql_users"):
    """(name, backend, frontend, password) as it lies there."""
    query = f"SELECT username, backend, frontend, password FROM {source} ORDER BY username, backend"
    return [tuple(row) for row in sql(server, query)]


def declare(server, *rows, state="merged"):
    """Apply; a second time must change nothing. The layers of the first."""
    done = run(server, {"mysql_users": list(rows)}, state=state)
    again = run(server, {"mysql_users": list(rows)}, state=state)
    assert again.layers == NOTHING, again.statements
    return done.layers


def in_runtime(server):
    return stored(server, "runtime_mysql_users")


# -- roles ---------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["merged", "replaced", "overridden"])
def test_rows_that_a_save_from_runtime_has_split_are_accepted(server, state):
    users = FIRST["mysql_users"]
    run(server, {"mysql_users": users}, state="overridden")
    sql(server, "SAVE MYSQL USERS FROM RUNTIME", "SAVE MYSQL USERS TO DISK")
    assert sql(server, "SELECT COUNT(*) FROM mysql_users WHERE username = 'app'") == [("2",)]
    assert run(server, {"mysql_users": users}, state=state).layers == NOTHING


@pytest.mark.parametrize("state", ["merged", "replaced", "overridden"])
def test_the_roles_may_be_declared_apart(server, state):
    user = {"username": "app", "password": "x"}
    declare(server, {**user, **FRONT}, {**user, **BACK}, state=state)
    assert in_runtime(server) == [("app", "0", "1", "x"), ("app", "1", "0", "x")]
    assert declare(server, user, state=state) == NOTHING
    declare(server, {**user, **FRONT}, {**user, **BACK, "password": "y"}, state=state)
    assert in_runtime(server) == [("app", "0", "1", "x"), ("app", "1", "0", "y")]


def test_one_role_alone_of_a_user_kept_as_one_row(server):
    user = {"username": "app", "password": "x"}
    declare(server, user)
    assert declare(server, {**user, **BACK}) == NOTHING
    declare(server, {**user, **BACK, "password": "y"})
    assert stored(server) == [("app", "0", "1", "x"), ("app", "1", "0", "y")]
    assert in_runtime(server) == stored(server)
    declare(server, {**user, **BACK}, state="overridden")
    assert stored(server) == in_runtime(server) == [("app", "1", "0", "x")]


def test_a_user_of_no_particular_role_is_both_rows(server):
    user = {"username": "app", "password": "x"}
    declare(server, {**user, **FRONT}, {**user, **BACK, "password": "y"})
    declare(server, {"username": "app", "max_connections": 5})
    rows = sql(server, "SELECT password, max_connections FROM runtime_mysql_users ORDER BY 1")
    assert rows == [("x", "5"), ("y", "5")]
    declare(server, user, state="replaced")
    assert stored(server) == [("app", "1", "1", "x")]


def test_deleted_takes_both_roles_or_the_one_that_is_named(server):
    user = {"username": "app", "password": "x"}
    for rows in ([user], [{**user, **FRONT}, {**user, **BACK, "password": "y"}]):
        declare(server, *rows)
        declare(server, {"username": "app"}, state="deleted")
        assert stored(server) == in_runtime(server) == []
        declare(server, *rows)
        declare(server, {"username": "app", "backend": False}, state="deleted")
        assert [row[:3] for row in stored(server)] == [row[:3] for row in in_runtime(server)]
        assert [row[:3] for row in stored(server)] == [("app", "1", "0")]
        declare(server, {"username": "app"}, state="deleted")


def test_null_and_nothing_are_one_to_load_and_so_here(server):
    """The one exception: neither runtime nor a peer can tell them apart."""
    declare(server, {"username": "app", "password": "", "default_schema": ""})
    assert declare(server, {"username": "app", "password": None, "default_schema": None}) == NOTHING
    sql(
        server,
        "UPDATE mysql_users SET password = '', default_schema = ''",
        "LOAD MYSQL USERS TO RUNTIME",
        "SAVE MYSQL USERS TO DISK",
    )
    assert declare(server, {"username": "app"}, state="overridden") == NOTHING


# -- passwords -----------------------------------------------------------------------------

CLEAR = "s3cret'\"\\ 日本"


@pytest.mark.parametrize(
    "expression",
    [
        "MYSQL_NATIVE_PASSWORD({})",
        "LOWER(MYSQL_NATIVE_PASSWORD({}))",
        "CACHING_SHA2_PASSWORD({})",
        "CACHING_SHA2_PASSWORD({}, 'abcdefghij0123456789')",
        "{}",
    ],
)
def test_a_clear_password_is_verified_against_what_is_stored(server, expression):
    text = expression.format("'{}'".format(CLEAR.replace("'", "''")))
    if "LOWER" in text:
        text = f"'*' || {text.replace('LOWER(', 'LOWER(SUBSTR(', 1)[:-1]}, 2))"
    sql(
        server,
        f"INSERT INTO mysql_users (username, password) VALUES ('app', {text})",
        "LOAD MYSQL USERS TO RUNTIME",
        "SAVE MYSQL USERS TO DISK",
    )
    before = sql(server, "SELECT HEX(password) FROM mysql_users")
    for state in ("merged", "replaced", "overridden"):
        assert declare(server, {"username": "app", "password": CLEAR}, state=state) == NOTHING
    # Something else changes: the hash, and its salt, stay.
    declare(server, {"username": "app", "password": CLEAR, "comment": "x"}, state="overridden")
    for source in ("main.mysql_users", "disk.mysql_users"):
        assert sql(server, f"SELECT HEX(password) FROM {source}") == before
    assert declare(server, {"username": "app", "password": CLEAR + "."})["memory"] == "changed"


def test_layers_that_store_one_password_in_different_forms(server):
    declare(server, {"username": "app", "password": CLEAR})
    sql(
        server,
        f"UPDATE mysql_users SET password = MYSQL_NATIVE_PASSWORD('{CLEAR.replace(chr(39), chr(39) * 2)}')",
    )
    assert run(server, {"mysql_users": [{"username": "app", "password": CLEAR}]}).layers == NOTHING


def test_a_salt_of_raw_bytes_makes_the_round_trip(server):
    """With quotes, a backslash and bytes that are no text among them, in every layer."""
    salt = b"'\"\\;-- \xff\xfe\x80\xc3\x28\x01\x7f\t\n\r%`{"
    assert len(salt) == 20 and b"\0" not in salt
    sql(
        server,
        "INSERT INTO mysql_users (username, password)"
        f" VALUES ('app', CAST(x'{caching_sha2(b's3cret', salt).hex()}' AS TEXT))",
        "LOAD MYSQL USERS TO RUNTIME",
    )
    before = sql(server, "SELECT HEX(password) FROM mysql_users")[0][0]
    declare(server, {"username": "app", "password": "s3cret", "comment": "rewritten"}, state="overridden")
    for source in ("mysql_users", "disk.mysql_users", "runtime_mysql_users"):
        assert {row for (row,) in sql(server, f"SELECT HEX(password) FROM {source}")} == {before}, source
        assert {kind for (kind,) in sql(server, f"SELECT typeof(password) FROM {source}")} == {"text"}


@pytest.mark.parametrize("password", ["*short", "*" + "g" * 40])
def test_a_clear_password_that_would_be_taken_for_a_hash_is_refused(server, password):
    with pytest.raises(DeclarationError, match="no mysql_native_password hash") as caught:
        declare(server, {"username": "app", "password": password})
    assert password not in caught.value.message


def test_a_hash_is_written_as_it_is_given(server):
    declare(server, {"username": "app", "password": SHA1})
    assert {row[3] for row in in_runtime(server)} == {SHA1}


# -- PostgreSQL ----------------------------------------------------------------------------

MD5 = "md5" + hashlib.md5(b"s3cretapp").hexdigest()


def test_a_clear_password_takes_the_place_of_a_hash_of_postgresql(three):
    """Nobody can log in with the hash, so whoever declares the password gets it."""
    sql(
        three,
        f"INSERT INTO pgsql_users (username, password) VALUES ('app', '{MD5}')",
        "LOAD PGSQL USERS TO RUNTIME",
        "SAVE PGSQL USERS TO DISK",
    )
    user = {"username": "app", "password": "s3cret"}
    assert run(three, {"pgsql_users": [user]}).changed
    assert run(three, {"pgsql_users": [user]}).layers == NOTHING


def test_a_hash_of_postgresql_is_refused(three):
    with pytest.raises(DeclarationError, match="would take it for the password itself") as caught:
        run(three, {"pgsql_users": [{"username": "app", "password": MD5}]})
    assert MD5 not in caught.value.message


@pytest.mark.parametrize("state", ["merged", "replaced", "overridden"])
def test_a_user_of_neither_role_is_refused_before_anything_is_written(server, state):
    """ProxySQL stores such a row and drops it at LOAD."""
    run(server, {"mysql_users": [{"username": "app"}]})
    before = everything(server)
    for others in ([], [{"username": "app"}], [{"username": "other"}]):
        row = {"username": "app", "backend": False, "frontend": False}
        with pytest.raises(DeclarationError, match="mysql_users, row username=app, backend=False"):
            run(server, {"mysql_users": [*others, row]}, state=state)
    sql(server, "UPDATE mysql_users SET backend = 0, frontend = 0")
    with pytest.raises(DeclarationError, match="column frontend: must be true where backend is not"):
        run(server, {"mysql_users": [{"username": "app", "backend": False, "comment": "x"}]})
    run(server, {"mysql_users": [{"username": "app"}]}, state="overridden")
    assert layers(server, "mysql_users") == before["mysql_users"]
