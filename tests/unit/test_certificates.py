"""Certificates as they come: what is read of them, and what is wrong with a set before ProxySQL sees it."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.errors import DeclarationError
from ansible_collections.mysqlha.proxysql.plugins.module_utils._server.certificates import (
    certificates_of,
    problems,
    tls_set,
)

sys.path.append(str(Path(__file__).resolve().parents[1] / "engine"))
from issuer import Issuer  # noqa: E402

NAMES = ["db.example.com", "192.0.2.10"]
NOW = time.time()


@pytest.fixture(scope="module")
def root() -> Issuer:
    return Issuer("root")


@pytest.fixture(scope="module")
def middle(root: Issuer) -> Issuer:
    return root.issuer("middle")


def wrong(*parts: str, names: list[str] | None = None, now: float = NOW) -> list[str]:
    """Everything that is said of a set, whoever says it."""
    try:
        return problems(tls_set(*parts), NAMES if names is None else names, now)
    except DeclarationError as exc:
        return [exc.message]


def test_a_good_one(root: Issuer) -> None:
    certificate, key = root.server(*NAMES)
    assert wrong(certificate, key, root.pem) == []
    assert wrong(certificate, key, root.pem, names=[]) == []


def test_what_is_read_of_it_is_what_openssl_says(root: Issuer) -> None:
    certificate, _key = root.server(*NAMES)
    for pem in (certificate, root.pem):
        (found,) = certificates_of("text before it\n" + pem)
        told = subprocess.run(
            ["openssl", "x509", "-noout", "-serial", "-enddate"],
            input=pem,
            text=True,
            capture_output=True,
            check=True,
        ).stdout
        ends = time.strftime("%b %e %H:%M:%S %Y GMT", time.gmtime(found.ends))
        assert told == f"serial={found.serial}\nnotAfter={ends}\n"
        assert found.pem.strip() == pem.strip()


def test_dates_after_2049(root: Issuer) -> None:
    (found,) = certificates_of(root.server("a", days=36500)[0])
    assert abs(found.days_left(NOW) - 36500) <= 1


def test_a_full_chain_needs_no_ca(root: Issuer, middle: Issuer) -> None:
    certificate, key = middle.server(*NAMES)
    for chain, ca in ((middle.pem + root.pem, ""), (middle.pem, ""), (middle.pem, root.pem)):
        made = tls_set(certificate + chain, key, ca)
        assert certificates_of(made.certificate) == certificates_of(certificate)
        assert certificates_of(made.ca) == certificates_of(chain + ca)
        assert problems(made, NAMES, NOW) == []


def test_the_same_certificate_twice_is_once_in_the_ca(root: Issuer, middle: Issuer) -> None:
    certificate, key = middle.server(*NAMES)
    made = tls_set(certificate + middle.pem, key, middle.pem + root.pem)
    assert certificates_of(made.ca) == certificates_of(middle.pem + root.pem)


def test_an_issuer_that_proxysql_would_not_show(root: Issuer, middle: Issuer) -> None:
    """Of the CA's file it shows the first certificate alone."""
    certificate, key = middle.server(*NAMES)
    (text,) = wrong(certificate, key, root.pem + middle.pem)
    assert (
        text
        == "certificate: those who trust the CA would not take it: unable to get local issuer certificate"
    )


def test_another_authority(root: Issuer) -> None:
    certificate, key = Issuer("root").server(*NAMES)
    (text,) = wrong(certificate, key, root.pem)
    assert text.startswith("certificate: those who trust the CA would not take it: ")


def test_a_key_that_does_not_fit(root: Issuer) -> None:
    certificate = root.server(*NAMES)[0]
    key = root.server(*NAMES)[1]
    assert wrong(certificate, key, root.pem) == ["key: it does not fit the certificate"]


def test_names_that_are_missing(root: Issuer) -> None:
    certificate, key = root.server("db.example.com", "192.0.2.9")
    assert wrong(certificate, key, root.pem, names=[*NAMES, "core1"]) == [
        "certificate: it is not for 192.0.2.10, core1"
    ]
    certificate, key = root.server("*.example.com", "2001:db8::1")
    assert wrong(certificate, key, root.pem, names=["db.example.com", "2001:db8::1"]) == []
    assert wrong(certificate, key, root.pem, names=["2001:db8::2"])


def test_dates(root: Issuer) -> None:
    certificate, key = root.server(*NAMES, days=10)
    day = 86400
    assert wrong(certificate, key, root.pem, now=NOW + 9 * day) == []
    (text,) = wrong(certificate, key, root.pem, now=NOW + 11 * day)
    assert text.startswith("certificate: it has run out on 20")
    both = wrong(certificate, key, root.pem, now=NOW - 5 * day)
    assert [text.partition(" before ")[0] for text in both] == [
        "certificate: it is not good",
        "ca: it is not good",
    ]


def test_what_is_no_pem(root: Issuer) -> None:
    certificate, key = root.server(*NAMES)
    cut = certificate.replace("MII", "", 1)
    assert wrong("", key, root.pem) == ["certificate: there is no certificate in PEM in it"]
    assert wrong(cut, key, root.pem) == ["certificate: certificate 1 of it cannot be read"]
    assert wrong(certificate, "", root.pem) == ["key: there is no private key in PEM in it"]
    assert wrong(certificate, key, "nothing") == ["ca: there is no certificate in PEM in it"]
    assert wrong(certificate, key) == ["ca: it is not given, and no issuer follows the certificate"]
    broken = key[:60] + "AAAA" + key[64:]
    (text,) = wrong(certificate, broken, root.pem)
    assert text.startswith("key: ")


@pytest.mark.parametrize("traditional", [False, True])
def test_a_key_with_a_password(root: Issuer, traditional: bool) -> None:
    certificate = root.server(*NAMES)[0]
    key = root.key_with_password(traditional)
    (text,) = wrong(certificate, key, root.pem)
    assert text.startswith("key: it is encrypted")


def test_no_part_of_a_key_is_said(root: Issuer) -> None:
    certificate, key = root.server(*NAMES)
    lines = [line for line in key.splitlines() if "-----" not in line]
    for text in wrong(certificate, "\n".join(key.splitlines()[:2]), root.pem):
        assert not any(line in text for line in lines)
    assert lines[0] not in repr(tls_set(certificate, key, root.pem))
