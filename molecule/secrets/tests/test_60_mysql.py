"""The same at MySQL, whose users log in by caching_sha2_password, beside the MariaDB of the other tests."""

from __future__ import annotations

from typing import Any

import pymysql
import pytest
from application import AFRESH, Change, Record
from databases import DBA, MYSQL, dba, put, sql
from helpers import Cluster, Node, changes, poll
from issuer import Issuer
from load import Logins
from test_20_monitor import LOG, SERVERS
from vault import Vault

SHOP: dict[str, Any] = {
    "username": "shop",
    "password": "{{ shop_password }}",
    "default_hostgroup": 30,
    "transaction_persistent": True,
}
FIRST, SECOND = "Sh0p-first'q", "Sh0p-second'q"
CIPHER = "SHOW SESSION STATUS LIKE 'Ssl_cipher'"
# The second password that MySQL keeps, 1 where there is one.
RETAINED = (
    "SELECT IFNULL(JSON_CONTAINS_PATH(User_attributes, 'one', '$.additional_password'), 0) FROM mysql.user"
    " WHERE User = '{}'"
)


@pytest.fixture(scope="module", autouse=True)
def mysqls(cluster: Cluster, is_real: bool) -> list[Node]:
    """The source and its replica."""
    if not is_real:
        pytest.skip(
            "the emulator speaks no TLS with databases: name the package of a real one in PROXYSQL_DEB"
        )
    nodes = cluster.group("mysql_source") + cluster.group("mysql_replicas")
    if not nodes[0].infra.file("/opt/mysql/mysqld").exists:
        pytest.skip("there is no MySQL: Debian sid had none when the hosts were made")
    for node in nodes:
        sql(node, "SET GLOBAL max_connections = 4000", client=MYSQL)
    return nodes


def mysql(mysqls: list[Node], *statements: str) -> str:
    """Done by the source, and then by its replica."""
    found = sql(mysqls[0], *statements, client=MYSQL)
    done = sql(mysqls[0], "SELECT @@global.gtid_executed", client=MYSQL).replace("\\n", "")
    assert sql(mysqls[1], f"SELECT WAIT_FOR_EXECUTED_GTID_SET('{done}', 20)", client=MYSQL) == "0"
    return found


def issued(node: Node) -> Issuer:
    """Who has signed what the server shows from now on."""
    issuer = Issuer(f"the CA of {node}")
    # MySQL takes none that its own CA has not signed
    for name, pem in zip(("ca", "cert", "key"), (issuer.pem, *issuer.server(node.address))):
        put(node, f"/var/lib/mysql-lab/tls-{name}.pem", pem)
        sql(node, f"SET GLOBAL ssl_{name} = 'tls-{name}.pem'", client=MYSQL)
    sql(node, "ALTER INSTANCE RELOAD TLS", client=MYSQL)
    return issuer


def made(user: str, password: str) -> str:
    return f"CREATE USER {user}@'%' IDENTIFIED WITH caching_sha2_password BY \"{password}\""


def as_shop(cluster: Cluster, node: Node, password: str, hostgroup: int, statement: str) -> tuple[Any, ...]:
    login = {**cluster.application(node.address), "user": "shop", "password": password}
    connection = pymysql.connect(port=6033, ssl_disabled=True, read_timeout=15, **login)
    with connection, connection.cursor() as cursor:
        cursor.execute(AFRESH.format(hostgroup, statement))
        return tuple(cursor.fetchone() or ())


def places(nodes: list[Node]) -> list[str]:
    return [f"{node.address}:3306" for node in nodes]


def test_joined(cluster: Cluster, vault: Vault, mysqls: list[Node]) -> None:
    """By TLS, each with its CA. Nothing is written before both let the monitor and the application in."""
    source, replica = mysqls
    declared = cluster.declared
    servers = vault.values.get("proxysql_mysql_servers") or declared["proxysql_mysql_servers"]
    # those that MySQL makes itself all have one name, and ProxySQL would not know which is which
    theirs = [node.run("cat /var/lib/mysql-lab/ca.pem") + "\n" for node in mysqls]
    known = vault.values.get("proxysql_tls_backends") or []
    places_ = [{"hostname": node.address} for node in mysqls]
    vault.set(proxysql_tls_backends=[*known, *({**one, "ca": ca} for one, ca in zip(places_, theirs))])
    assert "are two with one name, 'MySQL_Server_" in vault.configure(fails=True)
    authorities = [{**one, "ca": issued(node).pem} for one, node in zip(places_, mysqls)]
    vault.set(
        shop_password=FIRST,
        proxysql_mysql_servers=[
            *servers,
            {"hostgroup_id": 30, "hostname": source.address, "use_ssl": True},
            {"hostgroup_id": 40, "hostname": replica.address, "use_ssl": True},
        ],
        proxysql_mysql_replication_hostgroups=[
            *declared["proxysql_mysql_replication_hostgroups"],
            {"writer_hostgroup": 30, "reader_hostgroup": 40, "check_type": "read_only"},
        ],
        proxysql_mysql_users=[SHOP, *declared["proxysql_mysql_users"]],
        proxysql_tls_backends=[*known, *authorities],
    )
    monitor, password = (cluster.credentials[f"proxysql_monitor_{what}"] for what in ("user", "password"))
    mysql(mysqls, "DROP USER IF EXISTS monitor@'%'")
    output = vault.configure(fails=True)
    for place in places(mysqls):
        for user in (monitor, "shop"):
            assert f"{place} as '{user}': Access denied" in output, output[-3000:]
    mysql(
        mysqls,
        made(monitor, password.replace("\\", "\\\\")),
        f"GRANT REPLICATION CLIENT ON *.* TO {monitor}@'%'",
        made("shop", FIRST),
        "GRANT ALL ON app.* TO shop@'%'",
        made(*DBA),
        "GRANT CREATE USER ON *.* TO dba@'%'",
        "GRANT SELECT ON mysql.user TO dba@'%'",
    )
    with Logins(cluster) as logins:
        vault.configure()
    assert not logins.bad and not logins.lost, logins
    for node in cluster.nodes:
        for hostgroup in (30, 40):
            assert as_shop(cluster, node, FIRST, hostgroup, "SELECT CURRENT_USER()") == ("shop@%",), node
            assert as_shop(cluster, node, FIRST, hostgroup, CIPHER)[1].startswith("TLS_"), node
    assert changes(vault.configure()) == []
    dba(cluster.primary, cluster.replica)
    vault.set(proxysql_rotate_database_user=DBA[0], proxysql_rotate_database_password=DBA[1])


def test_the_applications_password(
    cluster: Cluster, vault: Vault, mysqls: list[Node], record_property: Record
) -> None:
    others = cluster.declared["proxysql_mysql_users"]
    change = Change(cluster, vault, record_property, SHOP, others, FIRST, SECOND)
    vault.set(shop_password=SECOND, proxysql_rotate_previous_password=FIRST)
    user, retain = ("-e", "proxysql_rotate_user=shop"), ("-e", "proxysql_rotate_step=retain")
    assert "as 'shop': Access denied" in vault.configure(fails=True)

    with Logins(cluster, FIRST, user="shop", statement=AFRESH.format(30, "SELECT 1")) as logins:
        assert "shop, proxy: " in vault.run("rotate", *user, *retain)
    record_property("shop, retain, with the previous password", str(logins))
    assert not logins.bad and not logins.lost, logins
    # once more would lose the one that the applications have
    assert changes(vault.run("rotate", *user, *retain)) == []
    assert mysql(mysqls, RETAINED.format("shop")) == "1"
    for node in cluster.nodes:
        assert as_shop(cluster, node, FIRST, 30, "SELECT 1") == (1,)

    change.make()

    for node in cluster.nodes:
        for hostgroup in (30, 40):
            assert as_shop(cluster, node, SECOND, hostgroup, "SELECT CURRENT_USER()") == ("shop@%",), node
    with Logins(cluster, SECOND, user="shop", statement=AFRESH.format(30, "SELECT 1")) as logins:
        output = vault.run("rotate", *user, "-e", "proxysql_rotate_step=discard")
    record_property("shop, discard, with the new password", str(logins))
    assert "shop, done: " in output and not logins.bad, logins
    # MySQL does not tell when a second password was given up
    assert mysql(mysqls, RETAINED.format("shop")) == "0"
    vault.set(proxysql_rotate_previous_password="")


def test_the_monitors_password(
    cluster: Cluster, vault: Vault, mysqls: list[Node], record_property: Record
) -> None:
    """At all four databases, by the same steps: RETAIN here, a second way to log in at MariaDB."""
    monitor = cluster.credentials["proxysql_monitor_user"]
    vault.set(
        proxysql_rotate_previous_passwords={monitor: cluster.credentials["proxysql_monitor_password"]},
        proxysql_monitor_password="M0nitor-everywhere",
    )
    every = [cluster.primary, cluster.replica, *mysqls]
    before = [node.admin(SERVERS) for node in cluster.nodes]
    retain, discard = (("-e", f"proxysql_rotate_step={step}") for step in ("retain", "discard"))
    with Logins(cluster) as logins, Logins(cluster, SECOND, user="shop") as others:
        output = vault.configure(fails=True)
        for place in places(every):
            assert f"{place} as '{monitor}': Access denied" in output, output[-3000:]
        assert f"{monitor}, proxy: " in vault.run("rotate", *retain)
        assert mysql(mysqls, RETAINED.format(monitor)) == "1"
        output = vault.run("rotate", *discard, fails=True)
        assert "too early to discard the previous password" in output, output[-3000:]
        vault.configure()
        assert f"{monitor}, done: " in vault.run("rotate", *discard)
        for node in cluster.nodes:
            poll(f"{node} is let in", lambda node=node: let_in(node, every))  # type: ignore[misc]
    for kind, seen in (("MariaDB", logins), ("MySQL", others)):
        record_property(f"clients of {kind} while the monitor's password changes at both", str(seen))
        assert not seen.bad and not seen.lost, seen
    assert [node.admin(SERVERS) for node in cluster.nodes] == before
    vault.set(proxysql_rotate_previous_passwords={})


def let_in(node: Node, databases: list[Node]) -> bool:
    """The monitor has asked each of them and got an answer."""
    rows = node.admin(LOG.replace("LIMIT 2", f"LIMIT {len(databases)}"))
    wanted = {database.address for database in databases}
    return {row["hostname"] for row in rows} == wanted and not any(row["error"] for row in rows)
