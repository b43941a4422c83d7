"""From hosts that others have set up, with admin:admin and a keepalived of their own, to a managed cluster.

As the guide "Take over a running ProxySQL" has it: look, export, let the new logins in, look, take over.
"""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from helpers import INVENTORY, SCENARIO, Cluster, Node, changes, end, full, play, poll, site

CNF = """\
datadir="/var/lib/proxysql"
admin_variables=
{
    admin_credentials="admin:admin"
    mysql_ifaces="0.0.0.0:6032"
}
mysql_variables=
{
    threads=2
    interfaces="0.0.0.0:6033"
    monitor_enabled=false
}
"""
ROWS = """
import pymysql
with pymysql.connect(host="127.0.0.1", port=6032, user="admin", password="admin", autocommit=True) as admin:
    for statement in {statements!r}:
        admin.cursor().execute(statement)
"""
STATEMENTS = [
    "REPLACE INTO mysql_servers (hostgroup_id, hostname, max_connections) VALUES (10, '192.0.2.31', 77)",
    "REPLACE INTO mysql_users (username, password, default_hostgroup) VALUES ('theirs', 'Th31rs-lab', 10)",
    "REPLACE INTO mysql_users (username, password, default_hostgroup) VALUES ('check', 'Ch3ck-lab-h', 10)",
    "REPLACE INTO mysql_query_rules (rule_id, active, match_digest, destination_hostgroup, apply, comment)"
    " VALUES (7, 1, '^SELECT 1', 10, 1, 'by hand')",
    "UPDATE global_variables SET variable_value = '4321' WHERE variable_name = 'mysql-max_connections'",
    *(
        f"{verb} {section} {where}"
        for section in ("MYSQL SERVERS", "MYSQL USERS", "MYSQL QUERY RULES", "MYSQL VARIABLES")
        for verb, where in (("LOAD", "TO RUNTIME"), ("SAVE", "TO DISK"))
    ),
]
KEEPALIVED = """\
vrrp_instance THEIRS {{
    state BACKUP
    interface eth0
    virtual_router_id 99
    priority {priority}
    advert_int 1
    virtual_ipaddress {{
        {vip}/24
    }}
}}
"""
TAKE = ("-e", json.dumps({"proxysql_take_over": True, "keepalived_take_over": True}))
LOGINS = """\
- hosts: proxysql_core:proxysql_satellite
  gather_facts: false
  tasks:
    - mysqlha.proxysql.global_variables:
        login_user: admin
        login_password: admin
        config:
          admin-admin_credentials:
            "admin:admin;radmin:{{ proxysql_admin_password }};cluster:{{ proxysql_cluster_password }}"
"""


def put(node: Node, path: str, text: str) -> None:
    node.run(f"printf %s {shlex.quote(text)} >{path}")


def bare(node: Node) -> None:
    """As if this collection had never been here."""
    for unit in ("keepalived", "proxysql-watch", "proxysql"):
        node.run(f"systemctl disable --now {unit} || true")
    node.run(
        "rm -rf /etc/systemd/system/proxysql.service.d /etc/systemd/system/keepalived.service.d"
        " /etc/systemd/system/proxysql-watch.service /etc/keepalived/* /etc/tmpfiles.d/proxysql-vip.conf"
        " /run/proxysql-vip /var/lib/proxysql-vip /var/lib/proxysql/*"
        " /var/lib/proxysql-restore /etc/proxysql.cnf*"
    )


def by_hand(node: Node, vip: str, priority: int) -> None:
    """As somebody else would have set it up."""
    bare(node)
    put(node, "/etc/proxysql.cnf", CNF)
    node.run("chown root:proxysql /etc/proxysql.cnf; chmod 640 /etc/proxysql.cnf; systemctl daemon-reload")
    node.run("systemctl start proxysql")
    script = shlex.quote(ROWS.format(statements=STATEMENTS))
    poll(f"{node} takes rows", lambda: node.infra.run(f"python3 -c {script}").rc == 0, 60)
    if priority:
        put(node, "/etc/keepalived/keepalived.conf", KEEPALIVED.format(priority=priority, vip=vip))
        node.run("systemctl start keepalived")


def touched(cluster: Cluster) -> list[str]:
    """All that a run that touches nothing leaves as it was."""
    look = (
        "md5sum /etc/proxysql.cnf /etc/keepalived/keepalived.conf 2>/dev/null; ls /etc/systemd/system/*.d"
        " /etc/keepalived; systemctl show proxysql keepalived --property MainPID"
    )
    return [node.run(look) for node in cluster.nodes]


def exported(folder: Path) -> Path:
    """The scenario's inventory, declaring what export found, with the logins of the cluster to be."""
    made = folder / "inventory"
    shutil.copytree(INVENTORY, made)
    group = made / "group_vars"
    if group.is_symlink():
        group.unlink()
        shutil.copytree(SCENARIO / "inventory/group_vars", group)
    declared = yaml.safe_load((folder / "exported/proxysql.yml").read_text(encoding="utf-8"))
    ours = yaml.safe_load((group / "all/declared.yml").read_text(encoding="utf-8"))
    for name in [name for name in declared if name.startswith(("proxysql_admin_", "proxysql_stats_"))]:
        del declared[name]
    declared.update({name: value for name, value in ours.items() if name.startswith("keepalived_")})
    (group / "all/declared.yml").write_text(yaml.safe_dump(declared), encoding="utf-8")
    shutil.copy(folder / "exported/vault.yml", group / "all/vault.yml")
    return made


@full
def test_take_over(cluster: Cluster, tmp_path: Path) -> None:
    try:
        take_over(cluster, tmp_path)
    finally:
        for node in cluster.nodes:
            bare(node)
        site()
    assert changes(site()) == []


@full
def test_check_mode_before_the_first_run(cluster: Cluster) -> None:
    """The package is there, as in an image, and nothing runs; a virtual IP on no host is no finding yet."""
    try:
        for node in cluster.nodes:
            bare(node)
        output = site("--check", "--diff")
        assert "is on no host" not in output
        assert any("Start ProxySQL" in change for change in changes(output)), end(output)
    finally:
        site()
    assert cluster.holders() == [cluster.active]


def take_over(cluster: Cluster, folder: Path) -> None:
    for node, priority in zip(cluster.nodes, (150, 100, 0)):
        by_hand(node, cluster.vip, priority)
    poll("their own keepalived has the VIP", lambda: cluster.holders() == [cluster.active])
    before = touched(cluster)

    def looks(*arguments: str, **more: Any) -> tuple[int, str]:
        code, output = play("site", *arguments, **more)
        assert touched(cluster) == before, end(output)
        assert "Th31rs-lab" not in output
        return code, output

    for arguments in ((), ("--check", "--diff")):
        code, output = looks(*arguments)
        assert code != 0
        for name in ("core1", "core2", "sat1"):
            assert f"{name} was not set up by this role, and nothing was touched" in output, end(output)
        # once each, and a host a line
        assert output.count("ProxySQL would be restarted, once") == 3, end(output)
        # with all of it at once
        assert output.count("there is a /etc/keepalived/keepalived.conf") >= 2
    code, output = looks("-e", json.dumps({"proxysql_take_over": True}))
    assert code != 0 and output.count("there is a /etc/keepalived/keepalived.conf") >= 2, end(output)

    code, output = play(
        "export", "--limit", "core1", "-e", "proxysql_admin_user=admin",
        "-e", "proxysql_admin_password=admin", "-e", f"proxysql_export_folder={folder / 'exported'}",
    )  # fmt: skip
    assert code == 0 and touched(cluster) == before, end(output)
    text = (folder / "exported/proxysql.yml").read_text(encoding="utf-8")
    assert "theirs" in text and "mysql-max_connections: '4321'" in text and "Th31rs-lab" not in text
    assert "mysql-poll_timeout" not in text, "a default that nobody set"
    place = exported(folder)

    code, output = looks(*TAKE, inventory=place)
    assert code != 0 and "core1 does not let radmin in, and nothing was touched" in output, end(output)

    logins = folder / "logins.yml"
    logins.write_text(LOGINS, encoding="utf-8")
    code, output = play(str(logins.with_suffix("")), inventory=place)
    assert code == 0, end(output)

    code, output = looks("--check", "--diff", *TAKE, inventory=place)
    assert code == 0, end(output)
    assert "/etc/proxysql.cnf would be replaced" in output and "keepalived.conf" in output
    said = {(change.partition(": ")[0], change.rpartition(" : ")[2]) for change in changes(output)}
    assert said >= {
        (node.name, "Show the settings of the unit that would be written") for node in cluster.nodes
    }
    assert said >= {(core.name, "Write the configuration of keepalived") for core in cluster.cores}
    restarts = "Restart ProxySQL because its systemd unit changed"
    assert said >= {(node.name, restarts) for node in cluster.nodes}, end(output)

    code, output = play("site", *TAKE, inventory=place)
    assert code == 0, end(output)
    assert cluster.holders() == [cluster.active]
    code, output = play("site", inventory=place)
    assert code == 0 and changes(output) == [], end(output)
    for node in cluster.nodes:
        assert node.admin("SELECT username FROM runtime_mysql_users WHERE username = 'theirs'")
        assert node.admin("SELECT 1 FROM runtime_mysql_servers WHERE max_connections = 77")
        assert "admin:admin" not in str(node.admin("SELECT * FROM runtime_global_variables"))
        copies = node.run("find /etc -name 'proxysql.cnf.*~' -printf '%u %m\\n'").splitlines()
        assert copies == ["root 600"]
    copies = [
        core.run("find /etc/keepalived -name 'keepalived.conf.*~' -printf '%u %m\\n'")
        for core in cluster.cores
    ]
    assert copies == ["root 600", "root 600"]


@full
@pytest.mark.parametrize("name", ["zz-theirs.conf"])
def test_settings_of_somebody_elses_that_count_before_the_roles_are_named(
    cluster: Cluster, name: str
) -> None:
    node = cluster.satellites[0]
    path = f"/etc/systemd/system/proxysql.service.d/{name}"
    put(node, path, "[Service]\nLimitNOFILE=4096\n")
    node.run("systemctl daemon-reload")
    try:
        assert f"systemd reads {path} after mysqlha.conf" in site("--limit", node.name)
    finally:
        node.run(f"rm {path}; systemctl daemon-reload")
