"""An application's password, led by the playbook rotate, at MariaDB."""

from __future__ import annotations

from application import Record, has_two, lab_application
from databases import DBA, dba
from helpers import Cluster, changes
from vault import Vault

USER = ("-e", "proxysql_rotate_user=app")


def test_step_by_step(cluster: Cluster, vault: Vault, record_property: Record) -> None:
    change = lab_application(cluster, vault, record_property, "Appl1cation-second'q;x")
    vault.set(lab_app_password=change.new, proxysql_rotate_previous_password=change.old)
    databases = [f"{node.address}:3306" for node in (cluster.primary, cluster.replica)]

    output = vault.run("rotate", *USER)
    assert f"app, retain: {', '.join(databases)} refuse the new password" in output, output[-3000:]
    # too early: both refuse, and nothing is written
    output = vault.configure(fails=True)
    assert all(f"{place} as 'app': Access denied" in output for place in databases), output[-3000:]

    dba(cluster.primary, cluster.replica)
    vault.set(proxysql_rotate_database_user=DBA[0], proxysql_rotate_database_password=DBA[1])
    # check mode tells of the step, and leaves it undone
    retain = ("-e", "proxysql_rotate_step=retain")
    assert changes(vault.run("rotate", "--check", *USER, *retain)) != []
    assert "app, retain: " in vault.run("rotate", *USER)
    output = vault.run("rotate", *USER, *retain)
    told = (
        "additional_password of its attributes"
        if has_two(cluster)
        else "refuses the previous one from that moment on"
    )
    assert "app, proxy: " in output and told in output, output[-3000:]

    change.make()

    output = vault.run("rotate", *USER)
    kept = f"app, discard: {', '.join(databases)} let in with the previous password still"
    assert kept in output, output[-3000:]
    output = vault.run("rotate", *USER, "-e", "proxysql_rotate_step=discard")
    # the age of it, as the database tells
    assert f"{databases[0]}, app@%: changed less than a day ago" in output, output[-3000:]
    assert "app, done: the new password is good everywhere, and the previous one nowhere" in output
    vault.set(proxysql_rotate_previous_password="")
