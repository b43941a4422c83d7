"""What LOAD makes of a row of memory."""

from __future__ import annotations

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._catalog.tables import TABLES, Table
from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning.layers import (
    expected,
    fold,
    halves,
    layers_of,
    verbatim,
)

USERS = TABLES["mysql_users"]
JOB = {"id": 1, "filename": "f", "arg1": "a", "arg2": "b", "arg3": "c", "arg4": "d", "arg5": "e"}
ROUTE = {"uri": "u", "script": "s", "comment": "c"}


def rule(**columns):
    return {"rule_id": 1, "active": True, "re_modifiers": "", **columns}


def test_the_layers_of_a_table():
    assert layers_of(TABLES["mysql_servers"]) == ("memory", "runtime", "disk")
    assert layers_of(TABLES["coredump_filters"]) == ("memory", "runtime")
    assert layers_of(Table("new", "SECTION OF A NEWER RELEASE", (), ())) == ("memory", "runtime", "disk")


@pytest.mark.parametrize(
    "table, row, shown",
    [
        ("mysql_servers", {"status": "ONLINE"}, {"status": "ONLINE"}),
        ("mysql_servers", {"status": "offline_soft"}, {"status": "OFFLINE_SOFT"}),
        ("mysql_servers", {"status": "SHUNNED"}, {"status": "ONLINE"}),
        ("mysql_servers", {"status": "shunned_replication_lag"}, {"status": "ONLINE"}),
        ("mysql_servers", {"status": "offline_hard"}, None),
        ("mysql_servers", {"port": 1}, {"port": 1, "status": "ONLINE"}),
        ("mysql_users", {"backend": True, "frontend": False}, {"backend": True, "frontend": False}),
        ("mysql_users", {"backend": False, "frontend": True}, {"backend": False, "frontend": True}),
        ("mysql_users", {"backend": False, "frontend": False}, None),
        ("mysql_users", {"backend": True, "frontend": True, "active": False}, None),
        ("mysql_users", {"backend": True, "frontend": True, "default_hostgroup": -1}, None),
        (
            "mysql_users",
            {"backend": True, "frontend": True, "default_hostgroup": 0, "active": True},
            {"backend": True, "frontend": True, "default_hostgroup": 0, "active": True},
        ),
        ("mysql_query_rules", {"active": False}, None),
        ("mysql_query_rules", {"rule_id": 1}, None),
        ("mysql_query_rules", {"active": True}, {"active": True, "re_modifiers": ""}),
        ("mysql_query_rules", {"active": True, "re_modifiers": None}, {"active": True, "re_modifiers": ""}),
        (
            "mysql_query_rules",
            {"active": True, "re_modifiers": "GLOBAL"},
            {"active": True, "re_modifiers": "GLOBAL"},
        ),
        ("scheduler", JOB, JOB),
        ("scheduler", {**JOB, "arg3": None}, {**JOB, "arg3": None, "arg4": None, "arg5": None}),
        ("scheduler", {**JOB, "arg1": ""}, {**JOB, "arg1": ""}),
        (
            "scheduler",
            {**JOB, "arg1": None},
            {**JOB, "arg1": None, "arg2": None, "arg3": None, "arg4": None, "arg5": None},
        ),
        ("scheduler", {**JOB, "arg5": None}, {**JOB, "arg5": None}),
        ("scheduler", {"id": 1, "filename": "f", "arg2": "x"}, {"id": 1, "filename": "f", "arg2": None}),
        ("scheduler", {**JOB, "filename": 'f"'}, None),
        *(("scheduler", {**JOB, f"arg{n}": 'x"'}, None) for n in range(1, 6)),
        *(
            ("mysql_query_rules", rule(digest=text), rule(digest=None))
            for text in ("zz", "", "0x0", "F" * 16)
        ),
        ("mysql_query_rules", rule(digest="0xAB"), rule(digest="0xAB")),
        *(
            ("mysql_query_rules", rule(**{name: -1}), rule(**{name: None}))
            for name in ("destination_hostgroup", "next_query_flagIN", "mirror_flagOUT", "mirror_hostgroup")
        ),
        ("mysql_query_rules", rule(gtid_from_hostgroup=-1), rule(gtid_from_hostgroup=None)),
        ("mysql_query_rules", rule(destination_hostgroup=-2), rule(destination_hostgroup=-2)),
        ("mysql_query_rules", rule(client_addr="10.%"), rule(client_addr="10.%")),
        ("mysql_query_rules", rule(client_addr="10.%.1"), None),
        ("mysql_query_rules", rule(client_addr="%%"), None),
        ("restapi_routes", ROUTE, ROUTE),
        *(("restapi_routes", {**ROUTE, name: "it's"}, None) for name in ROUTE),
        ("mysql_hostgroup_attributes", {"hostgroup_id": 1}, {"hostgroup_id": 1}),
    ],
)
def test_what_runtime_holds_of_a_row(table, row, shown):
    before = dict(row)
    found = expected(TABLES[table], "runtime", {("k",): row, ("l",): row})
    assert found == ({("k",): shown, ("l",): shown} if shown is not None else {})
    assert row == before
    assert expected(TABLES[table], "disk", {("k",): row}) == {("k",): row}


@pytest.mark.parametrize("table", ["mysql_servers", "mysql_hostgroup_attributes"])
def test_rows_that_load_does_not_change_are_the_very_rows(table):
    rows = {("k",): {"status": "ONLINE"}}
    assert expected(TABLES[table], "runtime", rows) is rows
    assert expected(TABLES[table], "memory", rows) is rows


# -- two rows of a user


def user(backend, frontend, name="u", **more):
    return {"username": name, "backend": backend, "frontend": frontend, **more}


BOTH = {("u", True): user(True, True, comment="c")}
SPLIT = {("u", True): user(True, False, comment="c"), ("u", False): user(False, True, comment="c")}


def test_two_rows_that_agree_are_one():
    assert fold(USERS, SPLIT) == BOTH
    assert fold(USERS, BOTH) == BOTH
    assert fold(TABLES["mysql_servers"], SPLIT) is SPLIT
    assert len(SPLIT) == 2, "what was given is not written to"


@pytest.mark.parametrize(
    "rows",
    [
        {**SPLIT, ("u", True): user(True, False, comment="other")},
        {("u", False): user(False, True)},
        {("u", True): user(True, True), ("u", False): user(False, True)},
        {("u", True): user(True, False), ("u", False): user(False, False)},
        {("u", False): user(False, True), ("v", True): user(True, False, "v")},
    ],
)
def test_two_rows_that_do_not_agree_stay_two(rows):
    assert fold(USERS, rows) == rows


def test_one_of_whom_a_role_alone_is_declared_stays_two():
    other = {("v", True): user(True, False, "v"), ("v", False): user(False, True, "v")}
    assert fold(USERS, {**SPLIT, **other}, {"u"}) == {**SPLIT, ("v", True): user(True, True, "v")}
    assert fold(USERS, {**BOTH, **other}, {"u"}) == {**SPLIT, ("v", True): user(True, True, "v")}


def test_one_that_stays_two_does_not_hide_the_next():
    first = {("a", True): user(True, False, "a"), ("a", False): user(False, True, "a", comment="other")}
    alone = {("b", False): user(False, True, "b")}
    assert fold(USERS, {**first, **alone, **SPLIT}) == {**first, **alone, **BOTH}


def test_halves():
    assert halves(BOTH) == SPLIT
    assert halves(SPLIT) == SPLIT
    neither = {("n", False): user(False, False, "n")}
    assert halves({**neither, **BOTH}) == {**neither, **SPLIT}


@pytest.mark.parametrize(
    "table, row, surely",
    [
        ("mysql_users", {}, True),
        ("mysql_users", {"attributes": ""}, True),
        ("mysql_users", {"attributes": "{}"}, False),
        ("mysql_query_rules", {}, True),
        ("mysql_query_rules", {"digest": "0x1"}, False),
        ("mysql_query_rules", {"client_addr": "10.%"}, False),
        ("mysql_servers", {}, False),
    ],
)
def test_what_surely_is_taken_as_it_is(table, row, surely):
    assert verbatim(TABLES[table], [{}, row, {}]) is surely


@pytest.mark.parametrize("runtime", ["users", "rules"])
def test_of_a_table_that_nobody_here_knows_nothing_is_sure(runtime):
    assert verbatim(Table("t", "s", (), (), runtime=runtime, known=False), [{}]) is False
