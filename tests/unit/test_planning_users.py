"""Users: two roles, which may share a row or not, and passwords in any form."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._catalog.tables import TABLES
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.errors import DeclarationError
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.passwords import native, verify
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.rows import by_key
from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning.plan import Want
from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning.users import (
    half_users,
    recognise,
    to_both_roles,
    together,
)

USERS = TABLES["mysql_users"]
SHA2 = "$A$005$abcdefghij01234567897CVYP/PBbda.vppaY/NQbKju8EMMidwIHUR4KtfGIb."  # of s3cret


@pytest.fixture(autouse=True)
def nothing_remembered():
    verify.cache_clear()


def user(name="u", backend=True, **more):
    return {"username": name, "backend": backend, **more}


@pytest.mark.parametrize(
    "rows, joined",
    [
        (
            [user(frontend=False, comment="c"), user(backend=False, comment="c"), user("v")],
            [user("v"), user(frontend=True, comment="c")],
        ),
        (
            [user(backend=False, frontend=True, comment="c"), user(frontend=False, comment="c")],
            [user(frontend=True, comment="c")],
        ),
        (
            [user(frontend=False, comment="c"), user(backend=False, comment="d")],
            [user(frontend=False, comment="c"), user(backend=False, comment="d")],
        ),
        ([user(frontend=False)], [user(frontend=False)]),
        ([user(), user(backend=False, frontend=True)], [user(), user(backend=False, frontend=True)]),
        ([user(frontend=True), user("v", frontend=False)], [user(frontend=True), user("v", frontend=False)]),
        ([user(frontend=False), user("v", False)], [user(frontend=False), user("v", False)]),
        ([], []),
    ],
)
def test_rows_of_each_role_that_agree_are_one(rows, joined):
    given = [dict(row) for row in rows]
    found = together(rows)
    assert found == joined and found is not rows
    assert rows == given


def test_users_of_whom_one_role_alone_is_declared():
    rows = [user("a"), user("b", False), user("c", frontend=False), user("d", frontend=True)]
    assert half_users(rows) == {"b", "c"}


@pytest.mark.parametrize(
    "state, rows, have, found",
    [
        ("merged", [user()], [True, False], [user(), user(backend=False)]),
        ("replaced", [user()], [True, False], [user()]),
        ("merged", [user()], [True], [user()]),
        ("merged", [user()], [False], [user()]),
        ("merged", [user(frontend=True)], [True, False], [user(frontend=True)]),
        ("merged", [user(backend=False)], [True, False], [user(backend=False)]),
        ("merged", [user(), user(backend=False)], [True, False], [user(), user(backend=False)]),
        (
            "merged",
            [user(backend=False), user(), user("v")],
            [True, False],
            [user(backend=False), user(), user("v")],
        ),
    ],
)
def test_a_user_of_no_role_in_particular(state, rows, have, found):
    there = {("u", backend): user(backend=backend) for backend in have}
    assert to_both_roles(Want(USERS, rows, state), there) == found


def recognised(given, memory=None, runtime=None, disk=None):
    """The password that is declared in the end, and those of the layers."""
    layers = {"memory": memory, "runtime": runtime, "disk": disk}
    have = {
        name: by_key(USERS, [user(password=stored)] if stored is not None else [])
        for name, stored in layers.items()
    }
    rows = recognise(Want(USERS, [user(password=given), user("other")]), have)
    assert rows[1] == user("other")
    return rows[0]["password"], [row["password"] for layer in have.values() for row in layer.values()]


@pytest.mark.parametrize(
    "given, stored, declared, kept",
    [
        ("s3cret", (), "s3cret", []),
        ("s3cret", ("s3cret", "s3cret", "s3cret"), "s3cret", ["s3cret"] * 3),
        ("s3cret", (SHA2, SHA2, SHA2), SHA2, [SHA2] * 3),
        ("s3cret", (SHA2, native("s3cret")), SHA2, [SHA2, SHA2]),
        ("s3cret", (native("s3cret"), "s3cret", SHA2), native("s3cret"), [native("s3cret")] * 3),
        ("s3cret", (native("other"), SHA2), SHA2, [native("other"), SHA2]),
        ("s3cret", (native("other"),), "s3cret", [native("other")]),
        ("s3cret", (None, SHA2), SHA2, [SHA2]),
        (SHA2, ("s3cret",), SHA2, ["s3cret"]),
        (native("s3cret"), (SHA2,), native("s3cret"), [SHA2]),
        (None, (SHA2,), None, [SHA2]),
    ],
)
def test_a_password_takes_the_form_in_which_it_is_stored(given, stored, declared, kept):
    assert recognised(given, *stored) == (declared, kept)


def test_a_user_without_a_password_declared():
    have = {"memory": by_key(USERS, [user(password=SHA2)])}
    assert recognise(Want(USERS, [user(comment="c")]), have) == [user(comment="c")]
    nothing = {"memory": {}}
    assert recognise(Want(USERS, [user(password="x")]), nothing) == [user(password="x")]


def test_a_password_of_postgresql_has_no_other_form():
    table = TABLES["pgsql_users"]
    have = {"memory": by_key(table, [user(password=native("s3cret"))])}
    assert recognise(Want(table, [user(password="s3cret")]), have)[0]["password"] == "s3cret"


def roles(table, *backends):
    """Rows that are there: by backend, whether frontend is true as well."""
    return by_key(table, [user(backend=backend, frontend=front, password="p") for backend, front in backends])


@pytest.mark.parametrize("table", ["mysql_users", "pgsql_users"])
def test_a_row_of_no_role_is_not_written_to(table):
    want = Want(TABLES[table], [user(comment="c")])
    # beside one that has roles it is nobody's affair
    assert to_both_roles(want, roles(want.table, (True, True), (False, False))) == [user(comment="c")]
    with pytest.raises(DeclarationError) as caught:
        to_both_roles(want, roles(want.table, (False, False)))
    place = f"{table}, row username=u, backend=False, column frontend: "
    assert str(caught.value).startswith(f"{place}the row that is there is false in backend, too")
    # a whole user is a new one
    whole = replace(want, rows=[user(password="q")])
    assert to_both_roles(whole, roles(want.table, (False, False))) == [user(password="q")]
