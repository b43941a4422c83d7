"""The playbooks of a change, on a cluster of two emulators: written, confirmed or not, and the ways back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from driver import FULL, sql
from server import Server

CHECKOUT = Path(__file__).resolve().parents[2]
HOSTS = ("core1", "core2")
# What site does with a configuration, without a look at packages and services.
WRITE = """\
- hosts: localhost:all
  gather_facts: false
  tasks:
    - ansible.builtin.import_role: {name: mysqlha.proxysql.proxysql, tasks_from: plan}
      vars: {plan_playbook: site}
- hosts: proxysql_core
  gather_facts: false
  tasks:
    - ansible.builtin.import_role: {name: mysqlha.proxysql.proxysql, tasks_from: read_version}
    - ansible.builtin.import_role: {name: mysqlha.proxysql.proxysql, tasks_from: lead}
    - ansible.builtin.import_role: {name: mysqlha.proxysql.proxysql, tasks_from: finish}
"""
SHOWN = {"mysql_servers": "hostname", "mysql_users": "password", "scheduler": "interval_ms"}
# A timer of systemd, as far as the role asks for one: it never runs out here.
TIMER = """#!/bin/sh
case "$(basename "$0") $1" in
"systemd-run "*) touch "$0.timer" ;;
"systemctl is-active") test -e "$(dirname "$0")/systemd-run.timer" ;;
"systemctl stop") rm -f "$(dirname "$0")/systemd-run.timer" ;;
esac
"""


def prepared(server: Server, members: list[int]) -> dict[str, Any]:
    """A node of a cluster, as `join` leaves it; its host's variables."""
    values = {
        "admin-admin_credentials": "admin:admin;radmin:rpw;cluster:clusterpw",
        "admin-cluster_username": "cluster",
        "admin-cluster_password": "clusterpw",
        "admin-cluster_check_interval_ms": "200",
    }
    sql(
        server,
        *(f"REPLACE INTO global_variables VALUES ('{name}', '{text}')" for name, text in values.items()),
    )
    sql(
        server,
        *(f"INSERT INTO proxysql_servers (hostname, port) VALUES ('127.0.0.1', {port})" for port in members),
    )
    for section in ("ADMIN VARIABLES", "PROXYSQL SERVERS"):
        sql(server, f"LOAD {section} TO RUNTIME", f"SAVE {section} TO DISK")
    found = dict(sql(server, "SELECT variable_name, variable_value FROM global_variables"))
    return {
        "proxysql_address": "127.0.0.1",
        "proxysql_admin_port": server.admin_port,
        "proxysql_mysql_port": server.data_port,
        "proxysql_admin_interfaces": found["admin-mysql_ifaces"].split(";"),
        "proxysql_mysql_interfaces": found["mysql-interfaces"].split(";"),
    }


class Site:
    """Two nodes, and an inventory of them on this machine."""

    def __init__(self, folder: Path, servers: list[Server]) -> None:
        self.folder, self.servers = folder, servers
        ports = [server.admin_port for server in servers]
        hosts = {name: prepared(server, ports) for name, server in zip(HOSTS, servers)}
        for name, variables in hosts.items():
            variables["proxysql_restore_points_folder"] = str(folder / "points" / name)
        common = {
            "ansible_connection": "local",
            "ansible_become": False,
            "ansible_python_interpreter": sys.executable,
            "keepalived_vips": [],
            "proxysql_rehearsal": False,
            "proxysql_admin_password": "rpw",
            "proxysql_cluster_password": "clusterpw",
            "proxysql_backup_password": "of the backup",
            "proxysql_backup_folder": str(folder / "backup"),
        }
        inventory = {"all": {"vars": common, "children": {"proxysql_core": {"hosts": hosts}}}}
        (folder / "inventory.json").write_text(json.dumps(inventory))
        (folder / "write.yml").write_text(WRITE)
        (folder / "tree/ansible_collections/mysqlha").mkdir(parents=True)
        (folder / "tree/ansible_collections/mysqlha/proxysql").symlink_to(CHECKOUT)
        (folder / "bin").mkdir()
        for name in ("systemd-run", "systemctl"):
            (folder / "bin" / name).write_text(TIMER)
            (folder / "bin" / name).chmod(0o755)

    def play(self, name: str, *options: str, fails: bool = False, **variables: Any) -> str:
        book = self.folder / "write.yml" if name == "write" else CHECKOUT / f"playbooks/{name}.yml"
        done = subprocess.run(
            [
                Path(sys.executable).parent / "ansible-playbook", "-i", self.folder / "inventory.json", book,
                *options, "-e", json.dumps(variables),
            ],
            env={
                **os.environ,
                "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
                "ANSIBLE_COLLECTIONS_PATH": str(self.folder / "tree"),
                "ANSIBLE_HOME": str(self.folder / "home"),
                "ANSIBLE_NOCOLOR": "1",
            },
            cwd=self.folder, text=True, capture_output=True, check=False,
        )  # fmt: skip
        assert bool(done.returncode) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def write(self, hostname: str, interval: int, **options: Any) -> str:
        return self.play(
            "write",
            proxysql_mysql_servers=[{"hostgroup_id": 10, "hostname": hostname}],
            proxysql_mysql_users=[
                {"username": "shop", "password": f"secret {hostname}", "default_hostgroup": 10}
            ],
            proxysql_tables={"scheduler": [{"id": 1, "interval_ms": interval, "filename": "/bin/true"}]},
            **options,
        )

    def found(self) -> list[tuple[str, ...]]:
        """The server, the user's password and the job of each node's runtime, then of its disk."""
        return [
            tuple(ask(server, f"SELECT DISTINCT {what} FROM {layer}{table}") for table, what in SHOWN.items())
            for server in self.servers
            for layer in ("runtime_", "disk.")
        ]


def ask(server: Server, query: str) -> str:
    """One value; the login of the tests is none of the site's."""
    connection = server.connect(user="radmin", password="rpw", ssl_disabled=True)
    try:
        with connection.cursor() as cursor:
            cursor.execute(query)
            return "|".join(str(row[0]) for row in cursor.fetchall())
    finally:
        connection.close()


def node(hostname: str, interval: int) -> list[tuple[str, str, str]]:
    return [(hostname, f"secret {hostname}", str(interval))] * 4


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Server(binary="") as one, Server(binary="") as other:
        yield Site(tmp_path_factory.mktemp("site"), [one, other])


@pytest.mark.skipif(not FULL, reason="ten playbooks; the scenario default has a part of it on hosts: FULL=1")
def test_a_change_there_and_back(site: Site) -> None:
    site.write("192.0.2.1", 100000)
    assert site.found() == node("192.0.2.1", 100000)
    site.play("backup")
    (backup,) = (site.folder / "backup/core1").iterdir()
    assert backup.read_text().startswith("$ANSIBLE_VAULT")

    site.write("192.0.2.2", 200000, proxysql_confirm=1)
    assert site.found() == node("192.0.2.2", 200000)
    assert not list(site.folder.glob("bin/*.timer"))

    shown = site.play("rollback", "--check")
    assert "192.0.2.1" in shown and "192.0.2.2" in shown and "secret" not in shown
    assert site.found() == node("192.0.2.2", 200000)
    site.play("rollback")
    assert site.found() == node("192.0.2.1", 100000)

    # Fewer errors than none are allowed, so this is worse.
    failed = site.play(
        "write",
        fails=True,
        proxysql_confirm=1,
        proxysql_confirm_limits={"errors": -1},
        proxysql_mysql_servers=[{"hostgroup_id": 10, "hostname": "192.0.2.3"}],
    )
    assert "Watch live traffic: After the change" in failed
    assert site.found() == node("192.0.2.1", 100000)
    assert not list(site.folder.glob("bin/*.timer"))

    site.write("192.0.2.4", 400000)
    shown = site.play("restore", proxysql_backup_file=str(backup))
    assert "secret" not in shown
    assert site.found() == node("192.0.2.1", 100000)
