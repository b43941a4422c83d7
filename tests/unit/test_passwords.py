"""Stored forms of passwords. The hashes were made by ProxySQL 2.7.1's own functions."""

from __future__ import annotations

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.passwords import is_hash, verify

NATIVE = "*B865CAE8F340F6CE1485A06F4492BB49718DF1EC"
SHA2 = "$A$005$abcdefghij01234567897CVYP/PBbda.vppaY/NQbKju8EMMidwIHUR4KtfGIb."


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
