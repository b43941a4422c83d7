"""What a typed value becomes, what is said of one that cannot be, and what a value from the server means."""

from __future__ import annotations

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._catalog.tables import Column
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.declaration import (
    MAX_TEXT,
    declared_value,
)
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.objects import NOT_SHOWN
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.rows import server_value

NOT_SENT = "a NUL character cannot be sent to ProxySQL"
INT = Column("n", "int", low=1, high=9)
NUMBER = Column("n", "number", low=0, high=9)
BOOL = Column("b", "bool")
TEXT = Column("t", "text")
SECRET = Column("t", "text", secret="mysql")
BLANK = Column("t", "text", blank=True, nullable=True)
FORBIDS = Column("t", "text", forbids="'\"")
ENUM = Column("e", "enum", choices=("ONLINE", "OFFLINE_SOFT"))
HEX = Column("h", "hex")
DIGEST = Column("d", "digest")
MODIFIERS = Column("m", "modifiers")
ADDRESS = Column("a", "client_addr")
ANY = Column("x", "any", nullable=True)
JSON = Column("j", "json", members=(("weight", 0, 5),))
ATTRIBUTES = Column("j", "json", known_members=("additional_password",))
NO_HEX = (
    "additional_password: expected its bytes in hexadecimal, as the filter mysqlha.proxysql.hex gives them"
    " (nobody could log in with this)"
)
JSONS = Column("j", "json_list")
HUGE = 10**400


@pytest.mark.parametrize(
    "column, value, canonical",
    [
        (INT, 1, 1), (INT, 9, 9), (INT, " 5 ", 5), (INT, "+5", 5), (INT, "05", 5), (NUMBER, True, 1),
        (NUMBER, False, 0), (NUMBER, "7", 7), (BOOL, True, True), (BOOL, False, False), (BOOL, 1, True),
        (BOOL, 0, False), (BOOL, "YES", True), (BOOL, " on ", True), (BOOL, "off", False),
        (BOOL, "No", False),
        (BOOL, "false", False), (BOOL, "true", True), (BOOL, "1", True), (BOOL, "0", False),
        (TEXT, "a", "a"), (TEXT, "", ""), (TEXT, "日本", "日本"), (TEXT, "\udce6\udc97\udca5", "日"),
        (TEXT, "\udcff", "\udcff"), (TEXT, "x" * MAX_TEXT, "x" * MAX_TEXT), (SECRET, "s", "s"),
        (SECRET, "", ""),
        (SECRET, "*" + 40 * "a", "*" + 40 * "a"), (SECRET, "0x244124" + 134 * "6", "$A$" + 67 * "f"),
        (BLANK, "", None), (BLANK, None, None), (BLANK, "x", "x"), (FORBIDS, "a", "a"),
        (ENUM, " online ", "ONLINE"), (ENUM, "Offline_Soft", "OFFLINE_SOFT"), (HEX, "0xAB", "0xAB"),
        (HEX, "0Xab", "0Xab"), (DIGEST, "0xab", "0x00000000000000AB"), (DIGEST, "ab", "0x00000000000000AB"),
        (DIGEST, "0x1", "0x0000000000000001"), (DIGEST, "0xfffffffffffffffe", "0xFFFFFFFFFFFFFFFE"),
        (MODIFIERS, "", ""), (MODIFIERS, "global", "GLOBAL"),
        (MODIFIERS, " GLOBAL,, caseless", "CASELESS,GLOBAL"),
        (ADDRESS, "10.%", "10.%"), (ADDRESS, "%", "%"), (ADDRESS, "", ""), (ANY, 5, "5"), (ANY, True, "1"),
        (ANY, False, "0"), (ANY, "x", "x"), (ANY, None, None), (JSON, "", ""), (JSON, {}, "{}"),
        (JSON, '{"b": 1, "a": "é"}', '{"a":"é","b":1}'), (JSON, {"weight": 5}, '{"weight":5}'),
        (JSON, {"weight": 0}, '{"weight":0}'), (JSONS, [1, {"b": 1, "a": 2}], '[1,{"a":2,"b":1}]'),
        (JSONS, "[]", "[]"),
        (ATTRIBUTES, {"additional_password": "6f6C"}, '{"additional_password":"6f6C"}'),
        (ATTRIBUTES, {"additional_password": None, "a": "********"},
         '{"a":"********","additional_password":null}'),
        (
            Column("j", "json"),
            {"default-transaction_isolation": "read-committed"},
            '{"default-transaction_isolation":"read committed"}',
        ),
        (
            Column("j", "json"),
            {"default-transaction_isolation": "SERIALIZABLE", "a": 1},
            '{"a":1,"default-transaction_isolation":"SERIALIZABLE"}',
        ),
    ],
)  # fmt: skip
def test_what_a_value_becomes(column, value, canonical):
    found = declared_value(column, value)
    assert found == canonical and type(found) is type(canonical)


DIGEST_WANTED = "expected a digest such as 0x1234567890ABCDEF (ProxySQL takes any other for no digest)"
LEVELS = "READ UNCOMMITTED, READ COMMITTED, REPEATABLE READ, SERIALIZABLE"


@pytest.mark.parametrize(
    "column, value, message",
    [
        (INT, None, "NULL is not allowed here (leave the column out to have its default)"),
        (INT, 0, "0 is out of range (1 to 9)"),
        (INT, 10, "10 is out of range (1 to 9)"),
        (INT, HUGE, "a huge number is out of range (1 to 9)"),
        (INT, True, "expected a whole number, got a boolean"),
        (INT, 1.5, "expected a whole number, got a decimal number"),
        (INT, [1], "expected a whole number, got a list"),
        (INT, {"a": 1}, "expected a whole number, got a dict"),
        (INT, "5x", "expected a whole number, got '5x'"),
        (INT, "9" * 90, f"expected a whole number, got '{'9' * 80}'"),
        (Column("n", "int", secret="x"), "5x", "expected a whole number, got a secret"),
        (BOOL, 2, "expected true or false, got '2'"),
        (BOOL, "maybe", "expected true or false, got 'maybe'"),
        (BOOL, "m" * 90, f"expected true or false, got '{'m' * 80}'"),
        (BOOL, 1.0, "expected true or false, got a decimal number"),
        (BOOL, [], "expected true or false, got a list"),
        (TEXT, 5, "expected text, got a number (put it in quotes)"),
        (TEXT, True, "expected text, got a boolean (put it in quotes)"),
        (TEXT, 1.5, "expected text, got a decimal number (put it in quotes)"),
        (TEXT, ["a"], "expected text, got a list"),
        (TEXT, {}, "expected text, got a dict"),
        (TEXT, b"x", "expected text, got bytes"),
        (TEXT, "a\0", NOT_SENT),
        (TEXT, "é\0", NOT_SENT),
        (TEXT, "\ud800", "holds half of a surrogate pair, which is no character"),
        (TEXT, "x" * (MAX_TEXT + 1), f"longer than {MAX_TEXT} bytes"),
        (TEXT, "é" * (MAX_TEXT // 2 + 1), f"longer than {MAX_TEXT} bytes"),
        (FORBIDS, "it's", "cannot hold the character ' (ProxySQL would lose it in runtime)"),
        (FORBIDS, 'a"', 'cannot hold the character " (ProxySQL would lose it in runtime)'),
        (
            SECRET,
            "*abc",
            "begins with '*' but is no mysql_native_password hash; ProxySQL takes it for one and refuses"
            " every login",
        ),
        (SECRET, "********", NOT_SHOWN),
        (ATTRIBUTES, '{"additional_password" : "********"}', NOT_SHOWN),
        (ATTRIBUTES, {"more": [{"token": "********"}]}, NOT_SHOWN),
        (ATTRIBUTES, {"additional_password": "clear-word"}, NO_HEX),
        (ATTRIBUTES, {"additional_password": "ABC"}, NO_HEX),
        (ATTRIBUTES, {"additional_password": ""}, NO_HEX),
        (ATTRIBUTES, {"additional_password": 12}, NO_HEX),
        (ENUM, "x", "'x' is not one of ONLINE, OFFLINE_SOFT"),
        (ENUM, "x" * 90, f"'{'x' * 80}' is not one of ONLINE, OFFLINE_SOFT"),
        (HEX, "AB", "expected a number such as 0x1234567890ABCDEF, got 'AB'"),
        (HEX, "0xzz", "expected a number such as 0x1234567890ABCDEF, got '0xzz'"),
        (
            ADDRESS,
            "10.%.1",
            "the wildcard % can only be the last character (ProxySQL would leave the rule out)",
        ),
        (ADDRESS, "%%", "the wildcard % can only be the last character (ProxySQL would leave the rule out)"),
        (DIGEST, "zz", DIGEST_WANTED),
        (DIGEST, "", DIGEST_WANTED),
        (DIGEST, "0x0", DIGEST_WANTED),
        (DIGEST, "0xFFFFFFFFFFFFFFFF", DIGEST_WANTED),
        (MODIFIERS, "caseless,loud", "'LOUD' is not a modifier (CASELESS, GLOBAL or both, with a comma)"),
        (MODIFIERS, "l" * 90, f"'{'L' * 80}' is not a modifier (CASELESS, GLOBAL or both, with a comma)"),
        (ANY, HUGE, "expected text, got a number (put it in quotes)"),
        (ANY, 1.5, "expected text, got a decimal number (put it in quotes)"),
        (
            JSON,
            "{",
            "not valid JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
        ),
        (JSON, '{"a": NaN}', "not valid JSON: NaN is no number"),
        (JSON, {"a": float("inf")}, "not valid JSON: a number is not finite"),
        (JSON, [], "expected a JSON object, got a list"),
        (JSON, 5, "expected a JSON object, got a number"),
        (JSON, "null", "expected a JSON object, got nothing"),
        (JSON, '"a"', "expected a JSON object, got text"),
        (JSONS, {}, "expected a JSON list, got a dict"),
        (JSON, {"weight": 6}, "weight: expected a whole number from 0 to 5 (ProxySQL would ignore it)"),
        (JSON, {"weight": -1}, "weight: expected a whole number from 0 to 5 (ProxySQL would ignore it)"),
        (JSON, {"weight": True}, "weight: expected a whole number from 0 to 5 (ProxySQL would ignore it)"),
        (JSON, {"weight": "1"}, "weight: expected a whole number from 0 to 5 (ProxySQL would ignore it)"),
        (JSON, {"a": "x\0"}, None),
        (
            JSON,
            {"default-transaction_isolation": "NOPE"},
            f"default-transaction_isolation: 'NOPE' is not one of {LEVELS}",
        ),
        (
            JSON,
            {"default-transaction_isolation": 7},
            f"default-transaction_isolation: '7' is not one of {LEVELS}",
        ),
    ],
)
def test_what_is_wrong_with_a_value(column, value, message):
    if message is None:
        declared_value(column, value)
        return
    with pytest.raises(ValueError) as caught:
        declared_value(column, value)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "column, sent, canonical",
    [
        (INT, "5", 5), (INT, "-5", -5), (INT, "x", "x"), (INT, "", ""), (NUMBER, "5", 5), (BOOL, "1", True),
        (BOOL, "0", False), (BOOL, "2", "2"), (ENUM, "online", "ONLINE"), (ENUM, "SHUNNED", "SHUNNED"),
        (JSON, '{ "b":1,"a":"é"}', '{"a":"é","b":1}'), (JSON, "{", "{"), (JSON, "", ""),
        (JSON, '{"a":NaN}', '{"a":NaN}'),
        (JSON, "[" * 100000, "[" * 100000), (JSONS, "[ 1 ]", "[1]"), (JSONS, "", ""),
        (Column("t", "text", blank=True), "", None), (TEXT, "", ""), (TEXT, "1", "1"), (INT, None, None),
        (None, "5", "5"), (DIGEST, "0xab", "0x00000000000000AB"), (DIGEST, " 0Xab", "0x00000000000000AB"),
        (DIGEST, "+0xab", "0x00000000000000AB"), (DIGEST, "10", "0x000000000000000A"),
        (DIGEST, "010", "0x0000000000000008"),
        (DIGEST, "AB", "AB"), (DIGEST, "0", "0"), (DIGEST, "0x0", "0x0"), (DIGEST, "", ""),
        (DIGEST, "0xFFFFFFFFFFFFFFFF", "0xFFFFFFFFFFFFFFFF"),
        (DIGEST, "0xFFFFFFFFFFFFFFFFFF", "0xFFFFFFFFFFFFFFFFFF"),
        (DIGEST, "18446744073709551615", "18446744073709551615"),
        (DIGEST, "0xFFFFFFFFFFFFFFFE", "0xFFFFFFFFFFFFFFFE"),
        (DIGEST, "1zz", "0x0000000000000001"), (MODIFIERS, "global,bogus, caseless", "CASELESS,GLOBAL"),
        (MODIFIERS, "", ""), (ADDRESS, "10.%", "10.%"),
    ],
)  # fmt: skip
def test_what_a_server_sends(column, sent, canonical):
    found = server_value(column, sent)
    assert found == canonical and type(found) is type(canonical)
