"""What cannot work is refused before a host is touched, in words and without a password.

The hosts of the example inventory do not exist: a play that tried to reach one would say so.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
EXAMPLE = CHECKOUT / "playbooks" / "inventory" / "example"
PASSWORDS = {f"vault_{name}_password": f"Secret-of-{name}" for name in (
    "proxysql_admin", "proxysql_cluster", "proxysql_monitor", "vipcheck", "shop")}  # fmt: skip

CASES = [
    ({"keepalived_priority": 200}, "core1 and core2 have the same keepalived_priority, 200"),
    (
        {"keepalived_priority": "{{ 255 if inventory_hostname == 'core1' else 100 }}"},
        "the keepalived_priority of core1 is 255; it must be from 1 to 254",
    ),
    ({"keepalived_vips": ["192.0.2.100"]}, "192.0.2.100 in keepalived_vips has no prefix"),
    ({"keepalived_vips": ["192.0.2.11/24"]}, "192.0.2.11 is both a virtual IP and the own address of core1"),
    ({"keepalived_virtual_router_id": 256}, "keepalived_virtual_router_id is 256; it must be from 1 to 255"),
    ({"proxysql_address": "192.0.2.11"}, "is the address of more than one host"),
    ({"proxysql_cluster_user": "admin"}, "which ProxySQL lets in from the node itself only"),
    ({"proxysql_stats_user": "radmin"}, "must be three different names"),
    ({"vault_proxysql_admin_password": "Secret:colon"}, "proxysql_admin_password contains a double quote"),
    (
        {"vault_proxysql_cluster_password": "change-me"},
        "proxysql_cluster_password is one that everybody knows",
    ),
    ({"proxysql_global_variables": {"admin-mysql_ifaces": "x"}}, "set proxysql_admin_interfaces instead"),
    ({"proxysql_tables": {"mysql_users": []}}, "set proxysql_mysql_users instead"),
    ({"proxysql_admin_port": "high"}, "proxysql_admin_port is 'high', and should be a whole number"),
    (
        {"keepalived_vip": "x"},
        "all hosts: there is no variable keepalived_vip; did you mean keepalived_vips?",
    ),
    (
        {"proxysql_mysql_servers": [{"hostgroup": 10, "hostname": "db1"}]},
        "mysql_servers, hostname=db1: there is no column hostgroup, did you mean hostgroup_id?",
    ),
    ({"proxysql_admin_interfaces": ["192.0.2.11:6032"]}, "where Ansible logs in"),
    ({"vault_shop_password": "{{ nowhere }}"}, "proxysql_mysql_users cannot be worked out: '"),
]


@pytest.mark.parametrize(
    ("variables", "message"), CASES, ids=[json.dumps(case[0])[1:-1].replace('"', "") for case in CASES]
)
def test_refused_before_a_host_is_touched(
    variables: dict[str, Any], message: str, collections_path: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        [
            str(Path(sys.executable).parent / "ansible-playbook"),
            "--inventory",
            str(EXAMPLE),
            str(CHECKOUT / "playbooks" / "site.yml"),
            "--extra-vars",
            json.dumps({**PASSWORDS, **variables}),
        ],
        env={
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": collections_path,
            "ANSIBLE_HOME": str(tmp_path),
            "ANSIBLE_NOCOLOR": "1",
            "LC_ALL": "C.UTF-8",
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2, done.stdout + done.stderr
    assert message in done.stdout
    assert "UNREACHABLE" not in done.stdout
    assert "changed=0" in done.stdout
    for secret in {**PASSWORDS, **variables}.values():
        assert not str(secret).startswith("Secret") or secret not in done.stdout + done.stderr
