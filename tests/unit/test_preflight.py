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

# What the plan refuses is in test_site and test_vrrp, without a playbook. These need one: Ansible's own
# templates and output, and that everything is told at once.
CASES: list[tuple[dict[str, Any], list[str]]] = [
    (
        {"keepalived_priority": "{{ 255 if inventory_hostname == 'core1' else 100 }}"},
        ["the keepalived_priority of core1 is 255; it must be from 1 to 254"],
    ),
    (
        {
            "vault_proxysql_admin_password": "Secret:colon",
            "proxysql_admin_port": "high",
            "keepalived_vip": "x",
            "keepalived_virtual_router_id": 256,
        },
        [
            "proxysql_admin_password contains a double quote",
            "proxysql_admin_port is 'high', and should be a whole number",
            "all hosts: there is no variable keepalived_vip; did you mean keepalived_vips?",
            "keepalived_virtual_router_id is 256; it must be from 1 to 255",
        ],
    ),
    ({"vault_shop_password": "{{ nowhere }}"}, ["proxysql_mysql_users cannot be worked out: '"]),
    (
        {"proxysql_address": "{{ ['core1'] | map('extract', hostvars, 'ansible_host') | first }}"},
        ["192.0.2.11:6032 is the address of more than one host"],
    ),
]


@pytest.mark.parametrize(
    ("variables", "messages"), CASES, ids=["by host", "all at once", "undefined", "other hosts"]
)
def test_refused_before_a_host_is_touched(
    variables: dict[str, Any], messages: list[str], collections_path: str, tmp_path: Path
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
    assert [message for message in messages if message not in done.stdout] == []
    assert "UNREACHABLE" not in done.stdout
    assert "changed=0" in done.stdout
    for secret in {**PASSWORDS, **variables}.values():
        assert not str(secret).startswith("Secret") or secret not in done.stdout + done.stderr
