"""What a task was given, as Ansible puts it into the result: of no module does it hold a secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._catalog.tables import TABLES

MODULES = sorted(path.stem for path in (Path(__file__).parents[2] / "plugins" / "modules").glob("*.py"))

# hexadecimal, as a second password has to be
SECRET = b"S3CRETXYZ".hex().upper()
USERS = {"mysql_users": [{"username": "u", "password": SECRET}]}
SCOPE = {"password": SECRET}
NODES = [{"login_host": "127.0.0.1", "login_port": 1}]
# Of each module what it must be given, and the options that may hold a secret.
GIVEN: dict[str, list[dict[str, Any]]] = {
    "backend_logins": [
        {"servers": [], "users": USERS["mysql_users"], "monitor_user": "m", "monitor_password": SECRET}
    ],
    "cluster_credentials": [
        {"nodes": NODES, "admin_credentials": f"admin:{SECRET}", "stats_credentials": f"s:{SECRET}",
         "cluster_user": "c", "cluster_password": SECRET, "timeout": 0.1}
    ],
    "cluster_sync": [{"nodes": NODES, "timeout": 0.1}],
    "config": [
        {"tables": USERS}, {"variables": {"mysql-monitor_password": SECRET}},
        {"variables": {"mysql-new_token": SECRET}},
        {"tables": {"mysql_users": []}, "scope": {"mysql_users": SCOPE}},
        {"tables": {"pgsql_users": [{"username": "u", "password": SECRET}]}},
        {"tables": {"mysql_users": [{"username": "u", "attributes": {"additional_password": SECRET}}]}},
    ],
    "confirm": [
        {"state": "checked", "restore_points": "/nonexistent", "seconds": 0, "baseline": 0,
         "logins": [{"host": "127.0.0.1", "port": 1, "user": "u", "password": SECRET}]}
    ],
    "drift_timer": [
        {"tables": USERS, "textfile_dir": "/nonexistent"},
        {"variables": {"mysql-monitor_password": SECRET}, "textfile_dir": "/nonexistent"},
        {"scope": {"mysql_users": SCOPE}},
    ],
    "global_variables": [
        {"config": {"mysql-monitor_password": SECRET}}, {"config": {"pgsql-of_a_secret": SECRET}}
    ],
    "mysql_servers_drain": [{"servers": [{"hostname": "db1"}]}],
    "node_info": [
        {"tables": USERS}, {"variables": {"admin-cluster_password": SECRET}},
        {"scope": {"mysql_users": SCOPE}},
    ],
    "nodes_info": [
        {"nodes": [], "declarations": [{"tables": USERS, "variables": {"mysql-monitor_password": SECRET}}],
         "marks_key": SECRET}
    ],
    "primary_switchover": [
        {"nodes": NODES, "database_user": "d", "database_password": SECRET, "replication_user": "r",
         "replication_password": SECRET, "restore_points": "/nonexistent"}
    ],
    "proxysql_info": [{"tables": ["mysql_users"]}],
    "rehearsal": [
        {"tables": USERS, "program": "/nonexistent"}, {"tables": {}, "scope": {"mysql_users": SCOPE}},
        {"variables": {"mysql-monitor_password": SECRET}, "program": "/nonexistent"},
    ],
    "restore_point": [{"restore_points": "/nonexistent"}],
    "restore_points_info": [{"restore_points": "/nonexistent"}],
    "rollback": [{"restore_points": "/nonexistent", "content": SECRET}],
    "runtime": [{}],
    "secret_ages_info": [{"database_user": "d", "database_password": SECRET, "databases": []}],
    "tls_backends": [{"backends": [{"key": SECRET}]}],
    "tls_files": [{"certificate": "none", "key": SECRET}],
    "tls_info": [{"places": []}],
    "user_rotation": [
        {"user": "u", "password": SECRET, "previous_password": SECRET, "proxies": [], "databases": [],
         "database_user": "d", "database_password": SECRET}
    ],
    "mysql_users": [
        {"config": [{"username": "u", "password": SECRET}]}, {"config": [], "scope": SCOPE},
        {"config": [{"username": "u", "attributes": {"additional_password": SECRET}}]},
    ],
    "pgsql_users": [{"config": [{"username": "u", "password": SECRET}]}, {"config": [], "scope": SCOPE}],
}  # fmt: skip
CASES = [
    (name, options)
    for name in MODULES
    for options in GIVEN.get(name, [{"config": []}] if name in TABLES else [])
]


def test_no_module_is_forgotten() -> None:
    assert {name for name, _options in CASES} == set(MODULES)
    secret = {table.name for table in TABLES.values() if table.secrets}
    assert secret <= set(GIVEN)


@pytest.mark.parametrize(("name", "options"), CASES)
def test_it_is_there_and_holds_no_secret(
    module: Callable[..., dict[str, Any]], name: str, options: dict[str, Any]
) -> None:
    """Neither what the module itself is told, nor how it logs in, and that with a password that is wrong."""
    for login in ({}, {"login_password": SECRET, "previous_passwords": [f"{SECRET}-2"]}):
        given = {**options, **login}
        found = module(name, check=True, diff=True, _ansible_inject_invocation=True, **given)
        assert set(given) <= set(found["invocation"]["module_args"]), found
        assert SECRET not in module.text, given  # type: ignore[attr-defined]
