"""A login of admin-stats_credentials sees no configuration: every module says so, or tells what it can."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._catalog.tables import TABLES
from cases import FIRST
from driver import everything
from server import EMULATOR, EMULATOR_PYTHON

STATS = {"login_user": "stats", "login_password": "stats"}
MODULES = sorted(path.stem for path in (Path(__file__).parents[2] / "plugins" / "modules").glob("*.py"))
ONLY_ADMINS = "only users of admin-admin_credentials"
PLAIN = {
    "config": {"tables": {"mysql_servers": FIRST["mysql_servers"]}},
    "global_variables": {"config": {"mysql-max_connections": 500}},
    "mysql_servers_drain": {"servers": [{"hostname": "db1"}]},
    "runtime": {},
    "restore_point": {},
    "rollback": {},
}
# What they need is in no table of the configuration, or they are asked about in a test below or of their own.
OTHERS = {
    "backend_logins",
    "cluster_credentials",
    "cluster_sync",
    "confirm",
    "drift_timer",
    "node_info",
    "nodes_info",
    "primary_switchover",
    "proxysql_info",
    "rehearsal",
    "restore_points_info",
    "secret_ages_info",
    "tls_backends",
    "tls_files",
    "tls_info",
    "user_rotation",
}


def options_of(name):
    return PLAIN[name] if name in PLAIN else {"config": FIRST.get(name, [])}


def test_no_module_is_forgotten():
    assert set(MODULES) - set(TABLES) == set(PLAIN) | OTHERS


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("name", [name for name in MODULES if name not in OTHERS and name[:5] != "pgsql"])
def test_it_is_said_and_nothing_is_called_unchanged(module, server, name, check, tmp_path):
    options = options_of(name)
    if name in ("restore_point", "rollback"):
        options = {"restore_points": str(tmp_path / "points")}
        assert not module("restore_point", **options, restore_points_label="kept").get("failed")
        options = {**options, "to": "kept"} if name == "rollback" else options
    before = everything(server)
    result = module(name, check=check, **STATS, **options)
    assert result.get("failed"), result
    assert ONLY_ADMINS in result["msg"] and "exception" not in result
    assert "changed" not in result or not result["changed"]
    assert everything(server) == before


@pytest.mark.parametrize("name", [name for name in TABLES if name[:5] != "pgsql"])
@pytest.mark.parametrize("state", ["gathered", "deleted"])
def test_nor_is_nothing_gathered(module, name, state):
    result = module(name, **STATS, state=state, **({"config": FIRST[name]} if state == "deleted" else {}))
    assert result.get("failed") and ONLY_ADMINS in result["msg"], result


def test_nobody_compares_by_it(module, tmp_path):
    folders = {"folder": str(tmp_path / "drift"), "textfile_dir": str(tmp_path)}
    result = module("drift_timer", **STATS, tables=FIRST, **folders)
    assert result.get("failed") and ONLY_ADMINS in result["msg"], result
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("direction", ["memory_to_runtime", "memory_to_disk", "disk_to_memory"])
@pytest.mark.parametrize("sections", [None, ["MYSQL VARIABLES"], ["ADMIN VARIABLES"], ["MYSQL USERS"]])
def test_no_section_is_called_unchanged(module, direction, sections):
    result = module("runtime", **STATS, sections=sections, direction=direction)
    assert result.get("failed") and ONLY_ADMINS in result["msg"], result


@pytest.mark.parametrize("state", ["gathered", "merged"])
def test_variables_of_one_that_it_sees_are_no_answer(module, state):
    """It is shown mysql-max_allowed_packet, for the clients that ask."""
    config = {"config": {"mysql-max_allowed_packet": 67108864}} if state == "merged" else {}
    result = module("global_variables", **STATS, state=state, **config)
    assert result.get("failed") and ONLY_ADMINS in result["msg"], result


def test_a_cluster_is_not_called_in_sync(module, server):
    node = {"login_host": server.host, "login_port": server.admin_port}
    result = module("cluster_sync", **STATS, nodes=[node], timeout=2)
    assert result.get("failed") and "exception" not in result, result


def test_information_about_the_configuration_is_not_half_of_it(module):
    result = module("proxysql_info", **STATS)
    assert result.get("failed") and ONLY_ADMINS in result["msg"], result


def test_how_a_node_stands_is_not_told(module):
    result = module("node_info", **STATS)
    assert result.get("failed") and ONLY_ADMINS in result["msg"], result


def test_nor_how_many_nodes_do(module, server):
    node = {"login_host": server.host, "login_port": server.admin_port}
    (found,) = module("nodes_info", **STATS, nodes=[node])["nodes"].values()
    assert ONLY_ADMINS in found["msg"]


@pytest.mark.parametrize("state", ["merged", "gathered"])
@pytest.mark.parametrize("name", [name for name in TABLES if name[:5] == "pgsql"])
def test_nor_is_a_table_of_postgresql_called_absent(module, three, name, state):
    place = {"login_host": three.host, "login_port": three.admin_port}
    config = {"config": FIRST.get(name, [])} if state == "merged" else {}
    result = module(name, **STATS, **place, state=state, **config)
    assert result.get("failed") and ONLY_ADMINS in result["msg"] and "exception" not in result, result


def test_modules_that_ask_more_than_one_place(module, server, tmp_path):
    node = {"login_host": server.host, "login_port": server.admin_port}
    before = everything(server)
    for name, options in {
        "backend_logins": {"servers": [], "users": [{"username": "u", "password": "p"}]},
        "cluster_credentials": {
            "nodes": [node],
            "admin_credentials": "stats:stats;c:p",
            "cluster_user": "c",
            "cluster_password": "p",
        },
        "confirm": {"state": "armed", "restore_points": str(tmp_path), "baseline": 0.1},
        "rehearsal": {
            "program": server.binary or shlex.join([EMULATOR_PYTHON, str(EMULATOR)]),
            "tables": {"mysql_users": FIRST["mysql_users"]},
        },
    }.items():
        result = module(name, **STATS, **options)
        assert result.get("failed") and "exception" not in result, (name, result)
        assert ONLY_ADMINS in result["msg"] and not result.get("changed"), (name, result)
    assert everything(server) == before
