"""Every sentence about rows that are declared and cannot be, word for word; rows as people see them."""

from __future__ import annotations

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._catalog.tables import TABLES, Column, Table
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.declaration import (
    MAX_TEXT,
    check_columns,
    declared_rows,
)
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.errors import (
    DeclarationError,
    EngineError,
    all_of,
    together,
    where,
)
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.objects import unknown_members
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.rows import (
    brief,
    hide_members,
    raw_of,
    server_rows,
    show_key,
    show_row,
    text_of,
)

SERVERS, USERS, RULES = (TABLES[name] for name in ("mysql_servers", "mysql_users", "mysql_query_rules"))
ATTRIBUTES = TABLES["mysql_hostgroup_attributes"]
HUGE = 10**400


# -- rows


def refused(table, config, **more):
    with pytest.raises(DeclarationError) as caught:
        declared_rows(table, config, **more)
    return caught.value


@pytest.mark.parametrize(
    "config, message, fields",
    [
        ("db1", "mysql_servers: expected a list of rows, got text", {}),
        ({"a": 1}, "mysql_servers: expected a list of rows, got a dict", {}),
        (None, "mysql_servers: expected a list of rows, got nothing", {}),
        (["db1"], "mysql_servers, row 1: expected a dict of columns, got text", {}),
        (
            [{"hostname": "a"}, ["x"]],
            "mysql_servers, row 2: expected a dict of columns, got a list",
            {},
        ),
        (
            [{"hostname": "a", "weight": "x"}],
            "mysql_servers, row hostname=a, column weight: expected a whole number, got 'x'",
            {"key": "hostname=a", "column": "weight"},
        ),
        (
            [{"hostname": "ok"}, {"weight": 1}],
            "mysql_servers, row 2 of the list, column hostname: this key column must be given",
            {"key": "2 of the list", "column": "hostname"},
        ),
        (
            [{"hostname": ["x"], "port": 1}],
            "mysql_servers, row port=1, column hostname: expected text, got a list",
            {"key": "port=1", "column": "hostname"},
        ),
        (
            [{"hostname": "a"}, {"hostname": "b"}, {"hostname": "a", "weight": 2}],
            "mysql_servers, row hostgroup_id=0, hostname=a, port=3306: declared twice, as rows 1 and 3 of the"
            " list",
            {"key": "hostgroup_id=0, hostname=a, port=3306"},
        ),
        (
            [{"hostname": "a", "weight": "x", "status": 1}, {"hostname": "b", "comment": 5}],
            "3 problems: mysql_servers, row hostname=a, column weight: expected a whole number, got 'x';"
            " mysql_servers, row hostname=a, column status: expected text, got a number (put it in quotes);"
            " mysql_servers, row hostname=b, column comment: expected text, got a number (put it in quotes)",
            {"key": "hostname=a", "column": "weight"},
        ),
    ],
)
def test_rows_that_cannot_be(config, message, fields):
    error = refused(SERVERS, config)
    assert error.message == message
    problems = error.fields.pop("problems", None)
    assert error.fields == {"table": "mysql_servers", **fields}
    assert (problems is None) == ("problems: " not in message)


def test_a_column_that_the_server_lacks():
    config = [{"hostname": "a", "wieght": 1}, {"hostname": "b", "zzz": 1}, {"hostname": "c"}]
    columns = ["hostgroup_id", "hostname", "port", "weight"]
    error = refused(SERVERS, config, columns=columns, server="ProxySQL 9")
    row = (
        "mysql_servers, row hostgroup_id=0, hostname={}, port=3306, column {}: ProxySQL 9 has no such column"
    )
    first, second = row.format("a", "wieght"), row.format("b", "zzz")
    assert error.fields == {
        "table": "mysql_servers",
        "key": "hostgroup_id=0, hostname=a, port=3306",
        "column": "wieght",
        "problems": [f"{first}; did you mean weight?", second],
    }
    assert "the connected server has no such column" in refused(SERVERS, config, columns=columns).message
    rows = declared_rows(SERVERS, [{"hostname": "a"}], columns)
    assert check_columns(SERVERS, rows, columns, "x") is None


@pytest.mark.parametrize(
    "table, config, rows",
    [
        # Several rows of one shape are read column by column; the same rows in two shapes are not.
        (
            SERVERS,
            [{"hostname": "a", "weight": "5"}, {"hostname": "b", "weight": 6}],
            [
                {"hostname": "a", "weight": 5, "hostgroup_id": 0, "port": 3306},
                {"hostname": "b", "weight": 6, "hostgroup_id": 0, "port": 3306},
            ],
        ),
        (
            SERVERS,
            [{"hostname": "a", "use_ssl": True}, {"hostname": "b", "use_ssl": False}],
            [
                {"hostname": "a", "use_ssl": True, "hostgroup_id": 0, "port": 3306},
                {"hostname": "b", "use_ssl": False, "hostgroup_id": 0, "port": 3306},
            ],
        ),
        (
            SERVERS,
            [{"hostname": "a", "use_ssl": 1}, {"hostname": "é", "use_ssl": 0}],
            [
                {"hostname": "a", "use_ssl": True, "hostgroup_id": 0, "port": 3306},
                {"hostname": "é", "use_ssl": False, "hostgroup_id": 0, "port": 3306},
            ],
        ),
        (
            USERS,
            [{"username": "a", "password": ""}, {"username": "b", "password": "0x244124" + 134 * "6"}],
            [
                {"username": "a", "password": None, "backend": True},
                {"username": "b", "password": "$A$" + 67 * "f", "backend": True},
            ],
        ),
        (
            USERS,
            [{"username": "a", "attributes": {"b": 1, "a": 2}}, {"username": "b", "attributes": ""}],
            [
                {"username": "a", "attributes": '{"a":2,"b":1}', "backend": True},
                {"username": "b", "attributes": "", "backend": True},
            ],
        ),
        (
            RULES,
            [{"rule_id": 1, "digest": "0xa"}, {"rule_id": 2, "digest": None}],
            [{"rule_id": 1, "digest": "0x000000000000000A"}, {"rule_id": 2, "digest": None}],
        ),
        (RULES, [], []),
    ],
)
def test_many_rows_are_read_as_each_of_them(table, config, rows):
    given = [dict(row) for row in config]
    assert declared_rows(table, config) == rows
    assert [row for one in config for row in declared_rows(table, [one])] == rows
    assert config == given
    for found, row in zip(declared_rows(table, config), rows):
        assert {name: type(value) for name, value in found.items()} == {n: type(v) for n, v in row.items()}


@pytest.mark.parametrize(
    "wrong",
    [
        {"weight": -1}, {"weight": 2**31}, {"weight": True}, {"comment": "a\0"}, {"comment": "\ud800"},
        {"comment": "x" * (MAX_TEXT + 1)}, {"use_ssl": "maybe"}, {"status": "x"}, {"comment": 1},
        {"weight": [1]}, {"hostname": None}, {"port": 65536},
    ],
)  # fmt: skip
@pytest.mark.parametrize("at", [0, 1])
def test_what_is_wrong_with_one_of_many_is_found(wrong, at):
    fine = {"weight": 1, "comment": "c", "use_ssl": False, "status": "ONLINE", "port": 1}
    config = [{"hostname": f"h{number}", **fine} for number in range(3)]
    config[at] = {**config[at], **wrong}
    (name,) = wrong
    assert refused(SERVERS, config).fields["column"] == name
    assert refused(SERVERS, [config[at]]).fields["column"] == name


def test_rows_without_their_key_among_many():
    assert refused(SERVERS, [{"port": 1}, {"port": 2}]).fields["column"] == "hostname"
    config = [{1: "a", "hostname": "x"}, {1: "b", "hostname": "y"}]
    assert [row["1"] for row in declared_rows(SERVERS, config)] == ["a", "b"]
    assert refused(SERVERS, [{"hostname": "x", "comment": "'"}, {"hostname": "x", "comment": "'"}])


def test_a_forbidden_character_among_many():
    routes = [{"id": n, "uri": f"u{n}", "comment": "it's"} for n in (1, 2)]
    assert refused(TABLES["restapi_routes"], routes).fields["column"] == "comment"


def test_a_table_of_a_newer_release():
    table = Table("t", "s", ("id",), (Column("id", "number"),), known=False)
    assert declared_rows(table, [{"id": True, "new": 5}]) == [{"id": 1, "new": "5"}]
    assert declared_rows(table, [{"id": 1, "new": None}]) == [{"id": 1, "new": None}]


@pytest.mark.parametrize("digits", ["0123456789ABCDEF" * 2 + "FEDCBA98", "0123456789abcdef" * 2 + "fedcba98"])
def test_a_native_hash_is_taken_as_it_is(digits):
    rows = [{"username": "u", "password": "*" + digits}]
    assert declared_rows(USERS, rows)[0]["password"] == "*" + digits
    assert (
        "no mysql_native_password hash"
        in refused(USERS, [{"username": "u", "password": "*" + digits[1:]}]).message
    )


@pytest.mark.parametrize(
    "table, row, found",
    [
        (
            ATTRIBUTES,
            {"hostgroup_id": 1, "servers_defaults": {"wieght": 1}},
            ["mysql_hostgroup_attributes, row hostgroup_id=1, column servers_defaults: ProxySQL knows no"
             " wieght here and ignores it; did you mean weight?"],
        ),
        (
            ATTRIBUTES,
            {"hostgroup_id": 1, "servers_defaults": {"weight": 1, "zzz": 1}},
            ["mysql_hostgroup_attributes, row hostgroup_id=1, column servers_defaults: ProxySQL knows no zzz"
             " here and ignores it"],
        ),
        (
            ATTRIBUTES,
            {"hostgroup_id": 1, "servers_defaults": {"wegiht": 1}},
            ["mysql_hostgroup_attributes, row hostgroup_id=1, column servers_defaults: ProxySQL knows no"
             " wegiht here and ignores it; did you mean weight?"],
        ),
        (
            ATTRIBUTES,
            {"hostgroup_id": 1, "servers_defaults": {"wight_of": 1}},
            ["mysql_hostgroup_attributes, row hostgroup_id=1, column servers_defaults: ProxySQL knows no"
             " wight_of here and ignores it"],
        ),
        (ATTRIBUTES, {"hostgroup_id": 1, "servers_defaults": {"weight": 1}}, []),
        (ATTRIBUTES, {"hostgroup_id": 1, "servers_defaults": ""}, []),
        (
            USERS,
            {"username": "u", "attributes": {"default-transaction-isolation": "x", "team": "a"}},
            ["mysql_users, row username=u, backend=True, column attributes: ProxySQL knows no"
             " default-transaction-isolation here and ignores it; did you mean"
             " default-transaction_isolation?"],
        ),
        (SERVERS, {"hostname": "a"}, []),
    ],
)  # fmt: skip
def test_members_that_proxysql_does_not_know(table, row, found):
    assert unknown_members(table, declared_rows(table, [row])) == found


# -- errors


def test_an_error_keeps_what_it_was_given():
    error = EngineError("m", a=1, b=None)
    assert (str(error), error.message, error.fields, error.args) == ("m", "m", {"a": 1}, ("m",))
    error.message = "completed"
    assert str(error) == "completed"


def test_errors_are_told_together():
    one, two = DeclarationError("one", table="t"), DeclarationError("two", column="c")
    assert together([one]) is one
    both = together([one, two])
    assert (both.message, both.fields) == (
        "2 problems: one; two",
        {"table": "t", "problems": ["one", "two"]},
    )
    assert together([both, two]).message == "3 problems: one; two; two"
    many = together([DeclarationError(str(number)) for number in range(21)])
    assert many.message == f"21 problems: {'; '.join(map(str, range(20)))}; and 1 more"
    assert len(many.fields["problems"]) == 21
    assert together([DeclarationError(str(n)) for n in range(20)]).message.endswith("; 19")


def test_all_of_gives_or_tells_all():
    def wrong(text):
        raise DeclarationError(text)

    assert all_of([lambda: 1, lambda: 2]) == [1, 2]
    with pytest.raises(DeclarationError, match="2 problems: a; b"):
        all_of([lambda: wrong("a"), lambda: 1, lambda: wrong("b")])


def test_where():
    assert where("t", "k=1", "c") == "t, row k=1, column c"
    assert where("t") == "t"
    assert where(None, "k=1") == "row k=1"
    assert where("t", None, "c") == "t, column c"


# -- what a server sends


def test_rows_as_they_were_sent():
    assert text_of(None) is None and text_of(b"\xff\xc3\xa9") == "\udcff\u00e9"
    assert raw_of(["\udcff\u00e9", None]) == (b"\xff\xc3\xa9", None)
    assert server_rows(SERVERS, ["port", "new"], [[b"1", b"x"], [b"2", None]]) == [
        {"port": 1, "new": "x"},
        {"port": 2, "new": None},
    ]


# -- rows for people


def test_values_in_messages_are_short():
    assert brief("x" * 80) == "x" * 80
    assert brief("x" * 81) == "x" * 80 + "..."
    assert brief(HUGE) == "a huge number" and brief(2**1000 - 1) == str(2**1000 - 1)[:80] + "..."
    assert brief(2**1000) == "a huge number"
    assert brief("\udcff") == "\\udcff" and brief(5) == "5" and brief("é") == "é"
    assert show_key(SERVERS, {"port": 1, "hostname": "h", "weight": 2}) == "hostname=h, port=1"


@pytest.mark.parametrize(
    "text, shown",
    [
        ("", ""),
        ('{ "a": 1 }', '{ "a": 1 }'),
        ('{"additional_password": "x", "b": [{"TOKEN": 1, "c": null}]}',
         '{"additional_password":"********","b":[{"TOKEN":"********","c":null}]}'),
        ('{"secret": null, "a": 1}', '{"secret": null, "a": 1}'),
        ('{"additional_password" : "x"}', '{"additional_password":"********"}'),
        (r'{"additional_p\u0061ssword": "x"}', '{"additional_password":"********"}'),
        ('{"token": "x", "token": null}', '{"token":"********"}'),
        ('{"key": {"a": 1}}', '{"key":"********"}'),
        ('{"passwd": ', "********"),
        ('{"a": "password"}', '{"a": "password"}'),
    ],
)  # fmt: skip
def test_members_that_are_secrets(text, shown):
    assert hide_members(text) == shown


def test_a_row_as_it_is_shown():
    row = {"comment": "é\udcff", "username": "u", "password": None, "attributes": '{"token":"t"}'}
    assert list(show_row(USERS, row)) == ["username", "comment", "password", "attributes"]
    assert show_row(USERS, row) == {
        "username": "u",
        "comment": "é\\xff",
        "password": None,
        "attributes": '{"token":"********"}',
    }
    assert show_row(USERS, row, changed=["attributes"])["attributes"] == '{"token":"********"} (new)'
    assert show_row(USERS, {"attributes": '{"a":1}'}, changed=["attributes"]) == {"attributes": '{"a":1}'}
    assert show_row(USERS, {"attributes": ""}, changed=["attributes"]) == {"attributes": ""}
    assert show_row(USERS, row, others=["comment", "username"], changed=["password"]) == {
        "username": "u",
        "password": None,
        "attributes": '{"token":"********"}',
    }
    assert show_row(USERS, {"password": "p"}, changed=["comment"]) == {"password": "********"}
    assert show_row(SERVERS, {"hostname": "password"}) == {"hostname": "password"}
