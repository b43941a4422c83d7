"""Stored forms of passwords. The hashes were made by ProxySQL 2.7.1's own functions."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._catalog.tables import TABLES
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.declaration import declared_rows
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.errors import DeclarationError
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.passwords import (
    from_hex,
    is_hash,
    native,
    to_hex,
    verify,
)

sys.path.insert(0, str(Path(__file__).parents[1] / "emulator"))

from proxysql_emulator import passwords as others  # noqa: E402

NATIVE = "*B865CAE8F340F6CE1485A06F4492BB49718DF1EC"
SHA2 = "$A$005$abcdefghij01234567897CVYP/PBbda.vppaY/NQbKju8EMMidwIHUR4KtfGIb."


@pytest.fixture(autouse=True)
def nothing_remembered():
    verify.cache_clear()


@pytest.mark.parametrize("stored", [NATIVE, NATIVE.lower(), SHA2, "s3cret"])
def test_a_password_belongs_to_each_of_its_forms(stored):
    assert verify("s3cret", stored)
    assert not verify("s3cret ", stored)
    assert not verify("", stored)


@pytest.mark.parametrize(
    "text, hashed", [(NATIVE, True), (SHA2, True), ("s3cret", False), (SHA2[:-1], False), ("", False)]
)
def test_what_proxysql_takes_for_a_hash(text, hashed):
    assert is_hash(text) is hashed


# A password of every length up to two blocks, since each length goes through other branches.
@pytest.mark.parametrize("size", [1, 2, 3, 15, 31, 32, 33, 63, 64, 65, 70])
def test_sha2_passwords_of_any_length(size):
    clear = "pässwörd-" * 9
    clear = clear[:size]
    stored = others.caching_sha2(clear.encode(), b"\xff\xfe salt of twenty!!!").decode(
        "utf-8", "surrogateescape"
    )
    assert is_hash(stored)
    assert verify(clear, stored)
    assert not verify(clear + "x", stored)
    assert not verify("x" + clear[1:], stored)


def test_a_password_that_is_not_unicode():
    clear = b"\xff\xfe".decode("utf-8", "surrogateescape")
    assert native(clear) == "*" + hashlib.sha1(hashlib.sha1(b"\xff\xfe").digest()).hexdigest().upper()
    assert verify(clear, native(clear)) and verify(clear, clear)


@pytest.mark.parametrize("text", ["*" + 39 * "a", "*" + 40 * "g", "md5" + 32 * "a", "s3cret"])
def test_what_is_no_hash_is_a_password(text):
    assert not is_hash(text)
    assert verify(text, text) and not verify("x", text)


def test_hashes_with_a_salt_that_is_no_text():
    stored = others.caching_sha2(b"pw1", b"\xff\xfe salt of twenty!!!").decode("utf-8", "surrogateescape")
    shown = to_hex(stored)
    assert shown.startswith("0x244124303035") and len(shown) == 142
    assert shown == "0x" + stored.encode("utf-8", "surrogateescape").hex().upper()
    assert from_hex(shown) == stored and from_hex(shown.lower()) == stored
    assert to_hex(SHA2) == SHA2 and from_hex(SHA2) == SHA2
    for text in ("a\nb", "päss", "", "0x24", "x" * 70):
        assert to_hex(text) == text and from_hex(text) == text
    assert from_hex(shown[:-2]) == shown[:-2]


def test_a_hash_of_postgresql_is_refused_where_it_would_be_the_password_itself():
    text = "md5" + "0123456789abcdef" * 2
    with pytest.raises(DeclarationError, match="column password: is a hash"):
        declared_rows(TABLES["pgsql_users"], [{"username": "u", "password": text}])
    for table, password in (("mysql_users", text), ("pgsql_users", text[:-1]), ("pgsql_users", "clear")):
        assert (
            declared_rows(TABLES[table], [{"username": "u", "password": password}])[0]["password"] == password
        )
