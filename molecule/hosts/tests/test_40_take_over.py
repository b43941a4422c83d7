"""From hosts that others have set up, with admin:admin and a keepalived of their own, to a managed cluster.

As the guide "Take over a running ProxySQL" has it: look, export, let the new logins in, look, take over.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from helpers import INVENTORY, SCENARIO, Cluster, changes, end, full, play, poll, site
from strangers import bare, by_hand, put

# Where the satellite has its data.
ELSEWHERE = "/srv/proxysql"
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


def touched(cluster: Cluster) -> list[str]:
    """All that a run that touches nothing leaves as it was."""
    look = (
        "md5sum /etc/proxysql.cnf /etc/keepalived/keepalived.conf 2>/dev/null; ls /etc/systemd/system/*.d"
        " /etc/keepalived; systemctl show proxysql keepalived --property MainPID"
    )
    return [node.run(look) for node in cluster.nodes]


def exported(folder: Path, **host_vars: dict[str, Any]) -> Path:
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
    (made / "host_vars").mkdir(exist_ok=True)
    for name, variables in host_vars.items():
        (made / f"host_vars/{name}.yml").write_text(yaml.safe_dump(variables), encoding="utf-8")
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
    for node, priority in zip(cluster.cores, (150, 100)):
        by_hand(node, cluster.vip, priority)
    by_hand(cluster.satellites[0], cluster.vip, 0, ELSEWHERE)
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
        assert output.count("ProxySQL would be restarted, once") == 2, end(output)
        assert f"its data are in {ELSEWHERE} and would be left behind; set proxysql_data_dir" in output
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
    place = exported(folder, sat1={"proxysql_data_dir": ELSEWHERE})

    code, output = looks(*TAKE, inventory=place)
    assert code != 0 and "its ProxySQL does not let radmin in" in output, end(output)

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
    there = cluster.satellites[0].run(f"ls {ELSEWHERE}; ls /var/lib/proxysql").split()
    assert there.count("proxysql.db") == 1, there
    copies = [
        core.run("find /etc/keepalived -name 'keepalived.conf.*~' -printf '%u %m\\n'")
        for core in cluster.cores
    ]
    assert copies == ["root 600", "root 600"]


@full
@pytest.mark.parametrize(
    ("host", "unit", "name"),
    [
        ("sat1", "proxysql", "zz-theirs.conf"),
        # what `systemctl edit` writes
        ("core2", "keepalived", "override.conf"),
        ("core2", "proxysql-watch", "10-theirs.conf"),
    ],
)
def test_settings_of_somebody_elses_that_count_before_the_roles_are_named(
    cluster: Cluster, host: str, unit: str, name: str
) -> None:
    node = next(node for node in cluster.nodes if node.name == host)
    folder = f"/etc/systemd/system/{unit}.service.d"
    node.run(f"mkdir -p {folder}")
    put(node, f"{folder}/{name}", "[Service]\nLimitNOFILE=4096\n")
    node.run("systemctl daemon-reload")
    try:
        output = site("--limit", node.name)
        assert f"systemd reads {folder}/{name} after the settings of this role" in output, end(output)
        assert changes(output) == []
    finally:
        node.run(f"rm {folder}/{name}; systemctl daemon-reload")
    assert "after the settings of this role" not in site("--limit", node.name)
