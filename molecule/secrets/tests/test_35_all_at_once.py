"""All passwords change together: one edit of the vault, one run of site; the application has two rows."""

from __future__ import annotations

import re

from application import AFRESH, Record, has_two, lab_application
from helpers import CHECKOUT, Cluster, changes
from load import Logins
from test_10_cluster import lets_in
from test_20_monitor import monitored
from vault import Vault

GUIDE = CHECKOUT / "docs/docsite/rst/rotate.rst"
COMMAND = re.compile(r"^ +ansible-playbook -i production mysqlha\.proxysql\.(\w+)(.*)$", re.MULTILINE)
# In the row for databases, of which ProxySQL makes no use.
BEHIND = "B4ckend-row'q"


def test_all_at_once(cluster: Cluster, vault: Vault, record_property: Record, is_real: bool) -> None:
    names = ("admin", "cluster", "monitor")
    before = {name: cluster.credentials[f"proxysql_{name}_password"] for name in names}
    monitor = cluster.credentials["proxysql_monitor_user"]
    change = lab_application(cluster, vault, record_property, "Appl1cation-third'q;x", BEHIND)
    vault.set(
        lab_app_password=change.new,
        proxysql_admin_password="Adm1n-together'q%3",
        proxysql_cluster_password="Clust3r-together'q$HOME",
        proxysql_stats_password="Stat5-together'q",
        proxysql_monitor_password="M0nitor-together",
        proxysql_previous_passwords=[before["admin"], before["cluster"]],
        proxysql_rotate_previous_passwords={"app": change.old, monitor: before["monitor"]},
    )
    change.declare(previous=has_two(cluster))
    databases = [f"{node.address}:3306" for node in (cluster.primary, cluster.replica)]
    # too early: of all that changes nothing is written
    output = vault.configure(fails=True)
    for place in databases:
        for user in ("app", monitor):
            assert f"{place} as '{user}': Access denied" in output, output[-3000:]
    for node in cluster.nodes:
        assert lets_in(vault, node, "radmin", before["admin"]), node
        assert lets_in(vault, node, "cluster", before["cluster"]), node

    output = vault.run("rotate", "-e", "proxysql_rotate_step=retain")
    for user in ("app", monitor):
        assert f"{user}, proxy: " in output, output[-3000:]

    change.make()
    for node in cluster.nodes:
        assert not lets_in(vault, node, "radmin", before["admin"]), node
        assert lets_in(vault, node, "cluster", vault.values["proxysql_cluster_password"]), node
        for hostgroup in (10, 20) if is_real else ():
            statement = AFRESH.format(hostgroup, "SELECT CURRENT_USER()")
            assert cluster.ask(statement, node.address) == ("app@%",), node
    output = vault.run("rotate", "-e", "proxysql_rotate_step=discard")
    for user in ("app", monitor):
        assert f"{user}, done: " in output, output[-3000:]
    for name in ("admin radmin", r"statistics \w+", "cluster", "monitor"):
        assert re.search(rf"ProxySQL, {name}: changed within the last day", output), output[-3000:]
    monitored(cluster, is_real)

    vault.set(
        proxysql_previous_passwords=[],
        proxysql_rotate_previous_passwords={},
        proxysql_mysql_users=cluster.declared["proxysql_mysql_users"],
    )
    vault.configure()
    assert changes(vault.configure()) == []


def test_the_monitor_by_the_commands_of_the_guide(
    cluster: Cluster, vault: Vault, record_property: Record, is_real: bool
) -> None:
    monitor = cluster.credentials["proxysql_monitor_user"]
    vault.set(
        proxysql_rotate_previous_password=cluster.credentials["proxysql_monitor_password"],
        proxysql_monitor_password="M0nitor-guided",
    )
    shown = COMMAND.findall(GUIDE.read_text(encoding="utf-8"))
    assert [playbook for playbook, _arguments in shown] == ["rotate", "site", "rotate", "rotate"]
    steps = []
    with Logins(cluster) as logins:
        for playbook, arguments in shown:
            words = arguments.replace("=monitor", f"={monitor}").replace("=shop", "=app").split()
            output = vault.run(playbook, *words)
            # shown twice, by the module and for people
            steps += re.findall(rf"(?:{monitor}|app), (\w+): ", output)[-1:]
    record_property("clients while the monitor's password changes as in the guide", str(logins))
    assert not logins.bad and not logins.lost, logins
    assert steps == ["proxy", "done", "done"], steps
    monitored(cluster, is_real)
    vault.set(proxysql_rotate_previous_password="")
