"""TLS from ProxySQL to databases, by what these say of the session; a CA that does not fit is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from databases import put
from helpers import Cluster, Node, changes, poll
from issuer import Issuer
from load import Logins
from vault import Vault

CIPHER = "/* ;hostgroup={};create_new_connection=1 */ SHOW SESSION STATUS LIKE 'Ssl_cipher'"
SERVER = "[mysqld]\nssl_cert = /etc/mysql/tls-cert.pem\nssl_key = /etc/mysql/tls-key.pem\n"


@pytest.fixture(scope="module", autouse=True)
def real(is_real: bool) -> None:
    if not is_real:
        pytest.skip(
            "the emulator speaks no TLS with databases: name the package of a real one in PROXYSQL_DEB"
        )


@pytest.fixture(scope="module")
def issuers(cluster: Cluster) -> list[Issuer]:
    """Those of the primary and of the replica, who show certificates of theirs from now on."""
    made = []
    for node in (cluster.replica, cluster.primary):
        issuer = Issuer(f"the CA of {node}")
        certificate, key = issuer.server(node.address)
        put(node, "/etc/mysql/tls-cert.pem", certificate)
        put(node, "/etc/mysql/tls-key.pem", key)
        put(node, "/etc/mysql/mariadb.conf.d/91-tls.cnf", SERVER)
        node.run("systemctl restart mariadb")
        made.insert(0, issuer)
    poll("the application is served again", lambda: cluster.ask("SELECT 1") == (1,))
    return made


def servers(cluster: Cluster) -> list[dict[str, Any]]:
    return [
        {**row, "hostname": node.address, "use_ssl": True}
        for row, node in zip(cluster.declared["proxysql_mysql_servers"], (cluster.primary, cluster.replica))
    ]


def cipher(cluster: Cluster, node: Node, hostgroup: int) -> str:
    return str(cluster.ask(CIPHER.format(hostgroup), node.address)[1])


def test_a_ca_for_all_and_one_of_its_own(
    cluster: Cluster, vault: Vault, issuers: list[Issuer], record_property: Callable[[str, Any], None]
) -> None:
    primary, replica = (issuer.pem for issuer in issuers)
    assert {cipher(cluster, node, 10) for node in cluster.nodes} == {""}
    vault.set(
        proxysql_mysql_servers=servers(cluster),
        proxysql_tls_backends=[{"ca": primary}, {"hostname": cluster.replica.address, "ca": replica}],
    )
    with Logins(cluster) as logins:
        vault.configure()
    record_property("clients while TLS with databases begins", str(logins))
    assert not logins.bad and not logins.lost, logins
    for node in cluster.nodes:
        for hostgroup in (10, 20):
            assert cipher(cluster, node, hostgroup).startswith("TLS_"), (node, hostgroup)
    assert changes(vault.configure()) == []


def test_a_ca_that_does_not_fit_is_named_before_it_is_written(
    cluster: Cluster, vault: Vault, issuers: list[Issuer]
) -> None:
    good = vault.values["proxysql_tls_backends"]
    vault.set(proxysql_tls_backends=[good[0], {**good[1], "ca": Issuer("somebody else").pem}])
    output = vault.configure(fails=True)
    place = f"{cluster.replica.address}:3306"
    assert f"{place} shows a certificate that the CA did not sign" in output, output[-3000:]
    assert f"{cluster.primary.address}:3306 shows" not in output and "Nothing was written" in output
    vault.set(proxysql_tls_backends=good)
    assert changes(vault.configure()) == []


def test_proxysql_itself_refuses_it_and_goes_on_with_the_others(cluster: Cluster, vault: Vault) -> None:
    """What somebody does by hand on a node."""
    node = cluster.backup
    node.admin("UPDATE mysql_servers_ssl_params SET ssl_ca = '/var/lib/proxysql/tls-backends/all-ca.pem'")
    for statement in ("LOAD MYSQL SERVERS TO RUNTIME", "SAVE MYSQL SERVERS TO DISK"):
        node.admin(statement)
    # it resumes the sessions that it has: until then nobody asks for a certificate
    node.run("systemctl restart proxysql")
    poll("an answer of the primary", lambda: cipher(cluster, node, 10).startswith("TLS_"))
    with pytest.raises(Exception, match="TLS/SSL error|[Mm]ax connect timeout|timed out"):
        cipher(cluster, node, 20)
    vault.configure()
    poll("an answer of the replica", lambda: cipher(cluster, node, 20).startswith("TLS_"))
