"""What a table does not allow, in the words in which it is refused."""

from __future__ import annotations

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._catalog.tables import (
    TABLES,
    Column,
    Rule,
    Table,
)
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.errors import DeclarationError
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.rows import by_key
from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning.change import Change
from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning.checks import (
    check_attributes,
    check_rows,
    odd_patterns,
)
from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning.lockout import (
    credentials_problems,
    faults_of_credentials,
    leaves_a_port,
    names_in_credentials,
    ports_for,
    users_of_admins,
)

RULES = TABLES["mysql_query_rules"]
JOBS = TABLES["scheduler"]
PAIRS = TABLES["mysql_replication_hostgroups"]
USERS = TABLES["mysql_users"]
OF_MINE = Table(
    "t",
    "S",
    ("id",),
    (),
    rules=(
        Rule("a", "differs", "b"),
        Rule("c", "differs_unless_zero", "d"),
        Rule("e", "begins_with", "/"),
    ),
)
FINE = {"id": 1, "a": 1, "b": 2, "c": 0, "d": 0, "e": "/x"}


def problem(table, row, *others, have=None):
    rows = by_key(table, [row, *others])
    try:
        check_rows(table, rows, list(rows)[:1], have or {})
    except DeclarationError as exc:
        return exc
    return None


def pair(writer, reader):
    return {"writer_hostgroup": writer, "reader_hostgroup": reader, "check_type": "read_only", "comment": ""}


@pytest.mark.parametrize(
    "table, row, others, message, column",
    [
        (OF_MINE, FINE, [], None, None),
        (OF_MINE, {**FINE, "b": 1}, [], "t, row id=1, column a: must differ from b", "a"),
        (OF_MINE, {**FINE, "c": 5, "d": 5}, [], "t, row id=1, column c: must be 0 or differ from d", "c"),
        (OF_MINE, {**FINE, "c": 5, "d": 6}, [], None, None),
        (OF_MINE, {**FINE, "e": "x"}, [], "t, row id=1, column e: must begin with /", "e"),
        (PAIRS, pair(10, 20), [pair(30, 40)], None, None),
        (
            PAIRS,
            pair(10, 20),
            [pair(30, 10)],
            "mysql_replication_hostgroups, row writer_hostgroup=10, column writer_hostgroup: 10 is also the"
            " reader_hostgroup of another row",
            "writer_hostgroup",
        ),
        (
            PAIRS,
            pair(10, 10),
            [],
            "mysql_replication_hostgroups, row writer_hostgroup=10, column reader_hostgroup: must differ from"
            " writer_hostgroup",
            "reader_hostgroup",
        ),
        (
            USERS,
            {"username": "u", "backend": False, "frontend": False},
            [],
            "mysql_users, row username=u, backend=False, column frontend: must be true where backend is not"
            " (for one who is to come later say active: false)",
            "frontend",
        ),
        (USERS, {"username": "u", "backend": False, "frontend": True}, [], None, None),
        (USERS, {"username": "u", "backend": True, "frontend": False}, [], None, None),
        (
            JOBS,
            {"id": 1, "interval_ms": 100, "filename": "f", "arg2": "x"},
            [],
            "scheduler, row id=1, column arg2: needs arg1 as well",
            "arg2",
        ),
        (JOBS, {"id": 1, "interval_ms": 100, "filename": "f", "arg1": "", "arg2": "x"}, [], None, None),
        (
            JOBS,
            {"id": 1, "interval_ms": 100, "filename": None},
            [],
            "scheduler, row id=1, column filename: must be given for a new row",
            "filename",
        ),
    ],
)
def test_what_a_row_must_hold(table, row, others, message, column):
    found = problem(table, row, *others)
    if message is None:
        assert found is None
        return
    assert found.message == message
    assert found.fields["table"] == table.name and found.fields["column"] == column
    assert found.fields["key"] in message


def test_a_column_that_may_be_null_or_that_an_older_server_lacks():
    table = Table(
        "t", "", ("id",), (Column("id", "int"), Column("a", "text", None, nullable=True), Column("b", "text"))
    )
    check_rows(table, {(1,): {"id": 1, "a": None}}, [(1,)], {})
    with pytest.raises(DeclarationError, match="column b: must be given"):
        check_rows(table, {(1,): {"id": 1, "a": None, "b": None}}, [(1,)], {})


def test_all_problems_at_once():
    found = problem(OF_MINE, {**FINE, "b": 1, "e": "x"})
    assert found.message == (
        "2 problems: t, row id=1, column a: must differ from b; t, row id=1, column e: must begin with /"
    )


def test_rows_of_others_are_left_alone():
    rows = by_key(OF_MINE, [FINE, {**FINE, "id": 2, "b": 1}])
    check_rows(OF_MINE, rows, [(1,)], {})
    check_rows(OF_MINE, rows, [(1,), (3,)], {})
    gap = {"id": 1, "interval_ms": 100, "filename": "f", "arg2": "x"}
    assert problem(JOBS, gap, have={(1,): gap}) is None
    assert problem(JOBS, gap, have={(1,): {**gap, "arg2": "y"}}) is not None


def changed(old, new):
    runtime = {("u", True): {"attributes": old}, ("u", False): {"attributes": old}}
    after = {"username": "u", "backend": True, "attributes": new}
    try:
        check_attributes(USERS, [Change(("u", True), None, after)], runtime)
    except DeclarationError as exc:
        return exc
    return None


def test_attributes_that_differ_in_letter_case_alone():
    assert changed('{"a":"B"}', '{"a":"b"}').message == (
        "mysql_users, row username=u, backend=True, column attributes: differ from the present ones in letter"
        " case alone, which ProxySQL would not take; change them to something else first"
    )
    for old, new in (
        ("", ""),
        ('{"a":"b"}', '{"a":"b"}'),
        ('{"a":"b"}', '{"a":"c"}'),
        (None, "x"),
        ("x", None),
    ):
        assert changed(old, new) is None
    check_attributes(USERS, [Change(("u", True), {}, None), Change(("v", True), {}, {"attributes": "x"})], {})


@pytest.mark.parametrize(
    "pattern, balanced",
    [
        ("", True), ("a", True), ("(a)", True), ("(a", False), ("a)", False), (")(", False), ("((a)", False),
        ("(a))", False), (r"\(", True), (r"\\(", False), (r"\)a", True), ("[(]", True), ("[)]", True),
        ("[", False), ("[a", False), ("[]", False), ("[]]", True), ("[]a](", False), ("[^]]", True),
        ("[^]", False), ("[^a]", True), (r"[\]]", True), (r"[\](]", True), ("[[:alpha:]]", True),
        ("[[:alpha:](]", True), ("[[:alpha:]", False), ("[[:a]", True), ("[a:]](", False), ("[[]", True),
        (r"(\(\)", False), (r"(a\)b)", True), ("a[^b](", False), ("a[b]c[^]](", False),
        (r"\Qa\Eb\Q(\E)", False),
        ("[[:alpha:]][(](", False), ("[[:alpha:]](a[:b]", False), ("ab[](]", True), ("ab[^](]", True),
        (r"\Q(\E", True), (r"\Q(", True), (r"\Q)\E)", False), (r"\Q\E(a)", True), ("a]", True), ("\\", True),
        ("[a](", False), ("([a)])", True), (r"\Qa\E\Q(\E(", False), ("[[:alpha:]a[:digit:](]", True),
        ("[[:alpha:]](x[[:digit:]]", False), (r"\Qa\E(b\Qc\E", False),
        ("[^^](", False), ("[^[:alpha:]](", False), ("[]](", False),
    ],
)  # fmt: skip
def test_brackets_that_do_not_balance(pattern, balanced):
    rows = [{"rule_id": 1, "match_digest": pattern}, {"rule_id": 2, "match_pattern": pattern}]
    assert odd_patterns(RULES, rows) == (
        []
        if balanced
        else [
            f"mysql_query_rules, row rule_id={number}, column {name}: brackets that do not balance;"
            " ProxySQL takes such a pattern, and it never matches"
            for number, name in ((1, "match_digest"), (2, "match_pattern"))
        ]
    )


def test_tables_without_patterns_have_no_odd_ones():
    assert odd_patterns(PAIRS, [{"match_digest": "("}]) == []
    assert odd_patterns(RULES, [{"rule_id": 1, "match_digest": None}, {"rule_id": 2}]) == []


# -- what locks people out


def test_names_in_credentials():
    assert names_in_credentials("admin:a;;radmin:b:c;bare") == ["admin", "radmin", "bare"]
    assert users_of_admins(["b", "a", "b", "c"], ["b", "a", "x"]) == ["a", "b"]


@pytest.mark.parametrize(
    "text, found",
    [
        ("admin:a;radmin:b:c;", []),
        ("", []),
        ("admin", ["gives 'admin' no password; anybody could log in as that"]),
        ("admin:;b:x", ["gives 'admin' no password; anybody could log in as that"]),
        ("a:1;b:1;a:2;a:3", ["has 'a' twice; only the last password would count"]),
        (
            "a:1; b:1;c :1",
            [f"has blanks around the name {name!r}, which would be part of it" for name in (" b", "c ")],
        ),
    ],
)
def test_credentials_that_are_taken_without_a_word(text, found):
    assert faults_of_credentials(text) == found


def test_the_ports_of_interfaces():
    entries = "0.0.0.0:1;/run/a:2;192.0.2.1:3;127.0.0.1:4;192.0.2.2:5;x:y"
    assert ports_for(entries, "192.0.2.1") == [1, 3]
    assert ports_for("", "192.0.2.1") == []


@pytest.mark.parametrize(
    "text, login, users, found",
    [
        ("admin:a;radmin:b", "radmin", ["shop"], []),
        ("admin:a", None, [], []),
        ("admin:a", "", [], []),
        (
            "admin:a",
            "radmin",
            [],
            ["lacks 'radmin', the login in use, which would be the last time that it gets in"],
        ),
        (
            "shop:a",
            "radmin",
            ["shop", "x"],
            [
                "lacks 'radmin', the login in use, which would be the last time that it gets in",
                "has 'shop', which is an application user as well; one of the two could not log in any more",
            ],
        ),
    ],
)
def test_credentials_that_lock_out(text, login, users, found):
    assert credentials_problems(text, login, users) == found


@pytest.mark.parametrize(
    "interfaces, host, unix_socket, reached",
    [
        ("0.0.0.0:6032", "192.0.2.1", None, True),
        ("*:6032", "192.0.2.1", None, True),
        (":6032", "192.0.2.1", None, True),
        ("[::]:6032", "2001:db8::1", None, True),
        ("127.0.0.1:6032", "192.0.2.1", None, False),
        ("127.0.0.1:6032", "127.0.0.2", None, True),
        ("127.0.0.1:6032", "localhost", None, True),
        ("localhost:6032", "::1", None, True),
        ("192.0.2.1:6032", "localhost", None, False),
        ("192.0.2.1:6032", "192.0.2.1", None, True),
        ("192.0.2.2:6032", "192.0.2.1", None, False),
        ("192.0.2.2:6032", "db.example", None, True),
        ("127.0.0.1:6032", "db.example", None, False),
        ("db.example:6032", "db.example", None, True),
        ("192.0.2.1:0", "192.0.2.1", None, False),
        ("192.0.2.1:1", "192.0.2.1", None, True),
        ("192.0.2.1:65535", "192.0.2.1", None, True),
        ("192.0.2.1:65536", "192.0.2.1", None, False),
        ("192.0.2.1:x", "192.0.2.1", None, False),
        ("192.0.2.1", "192.0.2.1", None, False),
        ("/tmp/a.sock", "192.0.2.1", None, False),
        ("/tmp/a:6032;192.0.2.9:1;192.0.2.1:6032", "192.0.2.1", None, True),
        ("/tmp/a.sock", "localhost", "/tmp/a.sock", True),
        ("/tmp/a.sock;127.0.0.1:6032", "localhost", "/tmp/b.sock", False),
        ("/run/a:6032", "db.example", None, False),
        ("", "192.0.2.1", None, False),
    ],
)
def test_interfaces_that_leave_a_port(interfaces, host, unix_socket, reached):
    assert leaves_a_port(interfaces, host, unix_socket) is reached
