"""An application's password, led by the playbook rotate, at MariaDB."""

from __future__ import annotations

from application import AFRESH, Record, has_two, lab_application
from databases import DBA, dba, sql
from helpers import Cluster, changes
from load import Logins
from vault import Vault

USER = ("-e", "proxysql_rotate_user=app")


def test_step_by_step(cluster: Cluster, vault: Vault, record_property: Record) -> None:
    change = lab_application(cluster, vault, record_property, "Appl1cation-second'q;x")
    vault.set(lab_app_password=change.new, proxysql_rotate_previous_password=change.old)
    for node in (cluster.primary, cluster.replica):
        # each login below has a connection of its own, and ProxySQL keeps them all
        sql(node, "SET GLOBAL max_connections = 4000")

    def logins(password: str) -> Logins:
        return Logins(cluster, password, user="app", statement=AFRESH.format(10, "SELECT CURRENT_USER()"))

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
    with logins(change.old) as before:
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
    with logins(change.new) as after:
        output = vault.run("rotate", *USER, "-e", "proxysql_rotate_step=discard")
    for what, seen in (("retain, with the previous password", before), ("discard, with the new one", after)):
        record_property(f"app, {what}", str(seen))
        assert not seen.bad and not seen.lost, seen
    # the age of it, as the database tells
    assert f"{databases[0]}, app@%: changed less than a day ago" in output, output[-3000:]
    assert "app, done: the new password is good everywhere, and the previous one nowhere" in output
    vault.set(proxysql_rotate_previous_password="")
