"""TLS with databases, by what these say of it: it changes under load; a CA that does not fit is named."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from typing import Any

import pytest
from application import AFRESH
from databases import put, sql
from helpers import Cluster, Node, changes, poll
from issuer import Issuer
from load import Logins
from vault import Vault

CIPHER = "/* ;hostgroup={};create_new_connection=1 */ SHOW SESSION STATUS LIKE 'Ssl_cipher'"
ENDS = CIPHER.replace("Ssl_cipher", "Ssl_server_not_after")
# Each query has a connection of its own, so all that is needed for one is needed all the time. ProxySQL keeps
# them, and MariaDB would take 151 of them: then ProxySQL shuns it.
ALONE = AFRESH.format("{}", "SELECT 1")
PARTS = ("cert", "key", "ca")
SERVER = "[mysqld]\n" + "".join(f"ssl_{part} = /etc/mysql/tls-{part}.pem\n" for part in PARTS)
SERVER += "max_connections = 4000\n"


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
        give(node, issuer)
        put(node, "/etc/mysql/mariadb.conf.d/91-tls.cnf", SERVER)
        node.run("systemctl restart mariadb")
        made.insert(0, issuer)
    poll("the application is served again", lambda: cluster.ask("SELECT 1") == (1,))
    return made


def give(node: Node, issuer: Issuer, *others: Issuer, days: int = 365) -> None:
    """A certificate of this issuer's. Those of clients may be of others as well."""
    pems = (*issuer.server(node.address, days=days), "".join(each.pem for each in (issuer, *others)))
    for part, pem in zip(PARTS, pems):
        put(node, f"/etc/mysql/tls-{part}.pem", pem)


def servers(cluster: Cluster) -> list[dict[str, Any]]:
    return [
        {**row, "hostname": node.address, "use_ssl": True}
        for row, node in zip(cluster.declared["proxysql_mysql_servers"], (cluster.primary, cluster.replica))
    ]


def cipher(cluster: Cluster, node: Node, hostgroup: int) -> str:
    return str(cluster.ask(CIPHER.format(hostgroup), node.address)[1])


def days_left(cluster: Cluster, node: Node, hostgroup: int) -> int:
    """Of the certificate that the database has shown to this node."""
    ends = ssl.cert_time_to_seconds(str(cluster.ask(ENDS.format(hostgroup), node.address)[1]))
    return round((ends - time.time()) / 86400)


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


def test_all_of_it_changes_under_load(
    cluster: Cluster, vault: Vault, issuers: list[Issuer], record_property: Callable[[str, Any], None]
) -> None:
    """CAs and certificates of both databases, and the certificate that ProxySQL shows to the primary."""
    following = [Issuer(f"the next CA of {node}") for node in (cluster.primary, cluster.replica)]

    def shows(issuer: Issuer) -> dict[str, str]:
        return dict(zip(("certificate", "key"), issuer.server("proxysql")))

    def declare(primary: str, replica: str, mine: dict[str, str]) -> None:
        backends = [{"ca": primary, **mine}, {"hostname": cluster.replica.address, "ca": replica}]
        vault.set(proxysql_tls_backends=backends)
        vault.configure()

    (old, other), (new, another) = issuers, following
    declare(old.pem, other.pem, shows(old))
    sql(cluster.primary, "SET sql_log_bin = 0", "ALTER USER app@'%' REQUIRE X509")
    with (
        Logins(cluster, statement=ALONE.format(10)) as writer,
        Logins(cluster, statement=ALONE.format(20)) as reader,
    ):
        # both CAs, each side first
        give(cluster.primary, old, new)
        sql(cluster.primary, "FLUSH LOCAL SSL")
        declare(old.pem + new.pem, other.pem + another.pem, shows(old))
        give(cluster.primary, new, old, days=90)
        give(cluster.replica, another, days=90)
        for node in (cluster.primary, cluster.replica):
            sql(node, "FLUSH LOCAL SSL")
        declare(old.pem + new.pem, other.pem + another.pem, shows(new))
        declare(new.pem, another.pem, shows(new))
        give(cluster.primary, new, days=60)
        sql(cluster.primary, "FLUSH LOCAL SSL")
    for hostgroup, logins in ((10, writer), (20, reader)):
        record_property(f"clients of hostgroup {hostgroup} while all of its TLS changes", str(logins))
    for logins in (writer, reader):
        assert not logins.bad and not logins.lost, logins
    # what a node knows from before does not help it
    cluster.backup.run("systemctl restart proxysql")
    for node in cluster.nodes:
        for hostgroup, days in ((10, 60), (20, 90)):
            assert days_left(cluster, node, hostgroup) == days, (node, hostgroup)
    issuers[:] = following
    sql(cluster.primary, "SET sql_log_bin = 0", "ALTER USER app@'%' REQUIRE NONE")


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
