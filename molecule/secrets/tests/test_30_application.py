"""An application's password, led by the playbook rotate. ProxySQL 3 keeps two, 2.7 one: a gap, measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from databases import followed, identified, sql
from helpers import Cluster, changes, poll
from load import Logins
from vault import Vault

USER = ("-e", "proxysql_rotate_user=app")
DBA = "Dba-first"

Record = Callable[[str, Any], None]


def users(cluster: Cluster, additional: str = "") -> list[dict[str, Any]]:
    """The declared ones, the application's with a second password."""
    app, *others = cluster.declared["proxysql_mysql_users"]
    attributes = {"additional_password": additional.encode().hex().upper()} if additional else ""
    return [{**app, "attributes": attributes}, *others]


def one_password(cluster: Cluster, vault: Vault, record_property: Record, old: str, new: str) -> None:
    with Logins(cluster, old) as before, Logins(cluster, new) as after:
        vault.configure()
        poll("those with the previous password are out", lambda: before.bad)
        poll("those with the new password are in", lambda: len(after.good) > 20)
    record_property("with the previous password", str(before))
    record_property("with the new password", str(after))
    gap = after.good[0] - before.good[-1]
    record_property(
        "from the last login with the previous password to the first with the new one", f"{gap:.3f} s"
    )
    assert not before.lost, "those that are connected stay"
    assert not [moment for moment in after.bad if moment > after.good[0]], after
    if cluster.active.is_real:
        assert gap < 0.5


def two_passwords(cluster: Cluster, vault: Vault, record_property: Record, old: str, new: str) -> None:
    vault.set(proxysql_mysql_users=users(cluster, old))
    with Logins(cluster, old) as before:
        vault.configure()
        with Logins(cluster, new) as after:
            assert "app, applications: " in vault.run("rotate", *USER)
            logins = len(before.good)
            poll("both", lambda: len(before.good) > logins + 20 and len(after.good) > 20)
    vault.set(proxysql_mysql_users=users(cluster))
    with Logins(cluster, new) as later:
        vault.configure()
    record_property("with the previous password, which stays good", str(before))
    record_property("with the new password beside it", str(after))
    record_property("with the new password while the previous one goes", str(later))
    for logins_ in (before, after, later):
        assert not logins_.bad and not logins_.lost, logins_


def test_step_by_step(cluster: Cluster, vault: Vault, record_property: Record) -> None:
    (row,) = cluster.active.admin("SELECT version()")
    (release,) = row.values()
    two = int(release.partition(".")[0]) >= 3
    old, new = cluster.credentials["lab_app_password"], "Appl1cation-second'q;x"
    vault.set(lab_app_password=new, proxysql_rotate_previous_password=old)
    databases = [f"{node.address}:3306" for node in (cluster.primary, cluster.replica)]

    output = vault.run("rotate", *USER)
    assert f"app, retain: {', '.join(databases)} refuses the new password" in output, output[-3000:]
    # too early: both refuse, and nothing is written
    output = vault.configure(fails=True)
    assert all(f"{place} as 'app': Access denied" in output for place in databases), output[-3000:]

    sql(
        cluster.primary,
        f"CREATE USER IF NOT EXISTS dba@'%' {identified(DBA)}",
        "GRANT CREATE USER ON *.* TO dba@'%'",
        "GRANT SELECT ON mysql.* TO dba@'%'",
    )
    followed(cluster.primary, cluster.replica)
    vault.set(proxysql_rotate_database_user="dba", proxysql_rotate_database_password=DBA)
    # check mode tells of the step, and leaves it undone
    retain = ("-e", "proxysql_rotate_step=retain")
    assert changes(vault.run("rotate", "--check", *USER, *retain)) != []
    assert "app, retain: " in vault.run("rotate", *USER)
    output = vault.run("rotate", *USER, *retain)
    told = "additional_password of its attributes" if two else "refuses the previous one from that moment on"
    assert "app, proxy: " in output and told in output, output[-3000:]

    change = two_passwords if two else one_password
    change(cluster, vault, record_property, old, new)

    output = vault.run("rotate", *USER)
    assert f"app, discard: {', '.join(databases)} still lets in with the previous password" in output, output[
        -3000:
    ]
    output = vault.run("rotate", *USER, "-e", "proxysql_rotate_step=discard")
    # the age of it, as the database tells
    assert f"{databases[0]}, app@%: changed less than a day ago" in output, output[-3000:]
    assert "app, done: the new password is good everywhere, and the previous one nowhere" in output
    vault.set(proxysql_rotate_previous_password="")
