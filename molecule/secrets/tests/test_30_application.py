"""An application's password, led by the playbook rotate. ProxySQL 2.7 keeps one: the gap is measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from databases import followed, identified, sql
from helpers import Cluster, changes, poll
from load import Logins
from vault import Vault

USER = ("-e", "proxysql_rotate_user=app")
DBA = "Dba-first"


def test_step_by_step(
    cluster: Cluster, vault: Vault, record_property: Callable[[str, Any], None], is_real: bool
) -> None:
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
    assert "app, proxy: " in output and "refuses the previous one from that moment on" in output, output[
        -3000:
    ]

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
    if is_real:
        assert gap < 0.5

    output = vault.run("rotate", *USER)
    assert f"app, discard: {', '.join(databases)} still lets in with the previous password" in output, output[
        -3000:
    ]
    output = vault.run("rotate", *USER, "-e", "proxysql_rotate_step=discard")
    # the age of it, as the database tells
    assert f"{databases[0]}, app@%: changed less than a day ago" in output, output[-3000:]
    assert "app, done: the new password is good everywhere, and the previous one nowhere" in output
    vault.set(proxysql_rotate_previous_password="")
