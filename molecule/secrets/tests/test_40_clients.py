"""The certificate that clients are shown: given, rotated under load, refused, and there after a crash."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from typing import Any

import pymysql
import pytest
import yaml
from cryptography import x509
from databases import put
from helpers import CHECKOUT, INVENTORY, Cluster, Node, changes, poll
from issuer import Issuer
from load import Logins
from vault import Vault

GUIDE = CHECKOUT / "docs/docsite/rst/tls.rst"
OWN = re.compile(r"^   own_nodes:.*\n(?:   .*\n)+", re.MULTILINE)
Record = Callable[[str, Any], None]


@pytest.fixture(scope="module")
def root() -> Issuer:
    return Issuer("the lab's root")


@pytest.fixture(scope="module")
def trusting(root: Issuer) -> ssl.SSLContext:
    return trusting_in(root)


def trusting_in(*roots: Issuer) -> ssl.SSLContext:
    """A client that asks for a certificate of one of these roots, for the address it comes by."""
    context = ssl.create_default_context(cadata="".join(each.pem for each in roots))
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def names(cluster: Cluster) -> list[str]:
    return [cluster.vip, *(node.address for node in cluster.nodes)]


def give(vault: Vault, root: Issuer, certificate: str, key: str) -> None:
    vault.set(proxysql_tls_certificate=certificate, proxysql_tls_key=key, proxysql_tls_ca=root.pem)


def serial_of(pem: str) -> int:
    return x509.load_pem_x509_certificate(pem.encode()).serial_number


def shown(cluster: Cluster, node: Node, context: ssl.SSLContext) -> int:
    """The serial that the port for clients shows, seen from here."""
    logins = Logins(cluster, tls=context)
    logins._target["host"] = node.address
    with logins.connect() as connection:
        der = connection._sock.getpeercert(binary_form=True)
    return x509.load_der_x509_certificate(der).serial_number


def test_given_and_shown(cluster: Cluster, vault: Vault, root: Issuer, trusting: ssl.SSLContext) -> None:
    certificate, key = root.server(*names(cluster))
    give(vault, root, certificate, key)
    vault.set(
        proxysql_login_ca="/var/lib/proxysql/proxysql-ca.pem",
        proxysql_login_check_hostname=True,
    )
    with Logins(cluster) as logins:
        vault.configure()
    assert not logins.bad and not logins.lost, logins
    assert {shown(cluster, node, trusting) for node in cluster.nodes} == {serial_of(certificate)}


def test_rotated_under_load(
    cluster: Cluster, vault: Vault, root: Issuer, trusting: ssl.SSLContext, record_property: Record
) -> None:
    certificate, key = root.server(*names(cluster))
    give(vault, root, certificate, key)
    with Logins(cluster, tls=trusting) as secure, Logins(cluster) as plain:
        vault.configure()
    record_property("TLS clients while the certificate changes", str(secure))
    record_property("clients without TLS meanwhile", str(plain))
    for logins in (secure, plain):
        assert not logins.bad and not logins.lost, logins
    assert {shown(cluster, node, trusting) for node in cluster.nodes} == {serial_of(certificate)}


def test_a_user_that_must_use_tls(
    cluster: Cluster, vault: Vault, trusting: ssl.SSLContext, is_real: bool
) -> None:
    if not is_real:
        pytest.skip(
            "the emulator lets such users in without TLS: name the package of a real one in PROXYSQL_DEB"
        )
    app, *others = cluster.declared["proxysql_mysql_users"]
    vault.set(proxysql_mysql_users=[{**app, "use_ssl": True}, *others])
    vault.configure()
    for node in cluster.nodes:
        with pytest.raises(pymysql.err.OperationalError, match="1045|Access denied"):
            cluster.app(node.address)
        assert shown(cluster, node, trusting)
    vault.set(proxysql_mysql_users=[app, *others])
    vault.configure()
    assert cluster.ask("SELECT 1") == (1,)


def test_a_bad_one_takes_no_place(
    cluster: Cluster, vault: Vault, root: Issuer, trusting: ssl.SSLContext
) -> None:
    good = vault.values["proxysql_tls_certificate"], vault.values["proxysql_tls_key"]
    before = {shown(cluster, node, trusting) for node in cluster.nodes}
    mine = names(cluster)
    bad = {
        "proxysql_tls_key: it does not fit the certificate": (root.server(*mine)[0], root.server(*mine)[1]),
        "proxysql_tls_certificate: it has run out on": root.server(*mine, days=0),
        f"proxysql_tls_certificate: it is not for {cluster.vip}": root.server(*mine[1:]),
        "those who trust the CA would not take it": Issuer("somebody else").server(*mine),
    }
    for sentence, (certificate, key) in bad.items():
        give(vault, root, certificate, key)
        output = vault.configure(fails=True)
        assert sentence in output and "No host was touched" in output, output[-3000:]
    give(vault, root, *good)
    assert {shown(cluster, node, trusting) for node in cluster.nodes} == before
    assert changes(vault.configure()) == []


def test_it_is_there_after_a_restart_and_a_crash(cluster: Cluster, trusting: ssl.SSLContext) -> None:
    before = shown(cluster, cluster.backup, trusting)
    for command in ("restart", "kill --signal=KILL"):
        (_active, process, _satellite) = cluster.processes()
        cluster.backup.run(f"systemctl {command} proxysql")
        poll("another process", lambda process=process: cluster.processes()[1] not in ("0", process))  # type: ignore[misc]
        poll("the certificate", lambda: shown(cluster, cluster.backup, trusting) == before)


def test_the_ca_changes_under_load(
    cluster: Cluster, vault: Vault, root: Issuer, record_property: Record
) -> None:
    """Clients and our own logins at Admin check it: first both CAs, then the certificate, then one CA."""
    following = Issuer("the lab's next root")
    certificate, key = following.server(*names(cluster))
    with Logins(cluster, tls=trusting_in(root, following)) as logins:
        vault.set(proxysql_tls_ca=root.pem + following.pem)
        vault.configure()
        vault.set(proxysql_tls_certificate=certificate, proxysql_tls_key=key)
        vault.configure()
        vault.set(proxysql_tls_ca=following.pem)
        vault.configure()
    record_property("TLS clients while the CA changes", str(logins))
    assert not logins.bad and not logins.lost, logins
    alone = trusting_in(following)
    assert {shown(cluster, node, alone) for node in cluster.nodes} == {serial_of(certificate)}
    assert changes(vault.configure()) == []


def test_our_logins_refuse_a_certificate_of_another_ca(cluster: Cluster, vault: Vault) -> None:
    good = vault.values["proxysql_login_ca"]
    for node in cluster.nodes:
        put(node, "/etc/another-ca.pem", Issuer("somebody else").pem, "root", "644")
    vault.set(proxysql_login_ca="/etc/another-ca.pem")
    output = vault.configure(fails=True)
    assert "its certificate does not verify" in output, output[-3000:]
    vault.set(proxysql_login_ca=good)
    assert changes(vault.configure()) == []


def test_an_authority_of_our_own_by_the_guide(
    cluster: Cluster, vault: Vault, record_property: Record
) -> None:
    block = OWN.search(GUIDE.read_text(encoding="utf-8"))
    assert block, GUIDE
    vault.set(vault_ca_password="C4-own'q", **yaml.safe_load(block[0].replace("192.0.2.10", cluster.vip)))
    with Logins(cluster) as logins:
        vault.configure()
    record_property("clients while an authority of our own takes over", str(logins))
    assert not logins.bad and not logins.lost, logins
    folder = INVENTORY / ".pki"
    pem = (folder / "proxysql.pem").read_text(encoding="utf-8")
    vault.keep("proxysql_tls_key", pem[pem.index("-----BEGIN PRIVATE KEY") :])
    alone = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    assert len({shown(cluster, node, alone) for node in cluster.nodes}) == 1
    # the same certificate, until it is near its end
    assert changes(vault.configure()) == []
