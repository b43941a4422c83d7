"""Secrets may come from any lookup: here from Vault, whose previous version is the previous password."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pymysql
import pytest
from conftest import CHECKOUT, Run
from server import Server
from vault import TOKEN, Vault

LOOKUP = "{{ lookup('vault_kv', 'proxysql/%s'%s) }}"
BEFORE = ", version=-1"


def variables(server: Server, previous: bool) -> dict[str, Any]:
    return {
        "ansible_connection": "local",
        "ansible_host": server.host,
        "proxysql_admin_port": server.admin_port,
        "proxysql_admin_interfaces": [f"{server.host}:{server.admin_port}"],
        "proxysql_mysql_interfaces": [f"0.0.0.0:{server.data_port}"],
        "proxysql_admin_password": LOOKUP % ("admin", ""),
        "proxysql_cluster_password": LOOKUP % ("cluster", ""),
        "proxysql_previous_passwords": [LOOKUP % ("admin", BEFORE)] if previous else [],
        "proxysql_mysql_users": [{"username": "shop", "password": LOOKUP % ("shop", "")}],
        "proxysql_rehearsal": False,
        "proxysql_restore_points": 0,
        "keepalived_vips": [],
    }


@pytest.fixture
def play(run: Run, tmp_path: Path) -> Any:
    """The parts of the role that plan and declare, with these variables."""
    role = {"name": "mysqlha.proxysql.proxysql"}
    tasks = [
        {"ansible.builtin.import_role": {**role, "tasks_from": "plan"}, "vars": {"plan_playbook": "site"}},
        {"ansible.builtin.import_role": {**role, "tasks_from": "declare"}},
    ]
    hosts = {"hosts": "proxysql_core", "gather_facts": False, "tasks": tasks}
    (tmp_path / "play.yml").write_text(json.dumps([hosts]), encoding="utf-8")

    def call(vault: Vault, given: dict[str, Any], token: str = TOKEN) -> str:
        group = {"hosts": {"core1": given}}
        (tmp_path / "hosts.json").write_text(json.dumps({"all": {"children": {"proxysql_core": group}}}))
        return run(
            "ansible-playbook", "-vvv", "--diff", "-i", "hosts.json", "play.yml",
            VAULT_ADDR=vault.address, VAULT_TOKEN=token,
            ANSIBLE_LOOKUP_PLUGINS=str(CHECKOUT / "tests/delivery/lookup_plugins"),
        )  # fmt: skip

    return call


def lets_in(server: Server, user: str, password: str) -> bool:
    try:
        server.connect(user, password).close()
    except pymysql.err.OperationalError:
        return False
    return True


def test_another_version_is_all_that_is_done(play: Any) -> None:
    settings = {"admin_credentials": "admin:admin;radmin:Adm1n-one"}
    with Vault() as vault, Server(admin_variables=settings) as server:
        vault.secrets = {
            "proxysql/admin": ["Adm1n-zero", "Adm1n-one"],
            "proxysql/cluster": ["Clust3r-one"],
            "proxysql/shop": ["Sh0p-one"],
        }
        outputs = [play(vault, variables(server, previous=False))]
        assert lets_in(server, "cluster", "Clust3r-one")
        vault.secrets["proxysql/admin"].append("Adm1n-two")
        vault.secrets["proxysql/shop"].append("Sh0p-two")
        outputs.append(play(vault, variables(server, previous=True)))
        assert lets_in(server, "radmin", "Adm1n-two") and not lets_in(server, "radmin", "Adm1n-one")
        with server.connect("cluster", "Clust3r-one") as admin, admin.cursor() as cursor:
            cursor.execute("SELECT DISTINCT password FROM runtime_mysql_users")
            assert cursor.fetchall() == (("Sh0p-two",),)
        outputs.append(play(vault, variables(server, previous=True)))
        assert "changed=0" in outputs[-1]
        assert "/v1/secret/data/proxysql/admin?version=2" in vault.asked
    for output in outputs:
        for secret in (TOKEN, *(word for words in vault.secrets.values() for word in words)):
            assert secret not in output, secret


def test_a_vault_that_refuses_is_said_before_anything_is_written(play: Any) -> None:
    with Vault() as vault, Server() as server:
        with pytest.raises(AssertionError) as refused:
            play(vault, variables(server, previous=False), token="another")
        assert "proxysql_admin_password cannot be worked out" in str(refused.value)
        assert "No host was touched" in str(refused.value)
