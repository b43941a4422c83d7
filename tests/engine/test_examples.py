"""Every example of the documentation, run by its module on a server."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from arguments import patch_module_args
from driver import sql
from server import Server
from test_rehearsal import program

PACKAGE = "ansible_collections.mysqlha.proxysql.plugins.modules."
MODULES = Path(__file__).resolve().parents[2] / "plugins" / "modules"
NAMES = sorted(path.stem for path in MODULES.glob("*.py"))

# AnsibleModule's own: added to the result by Ansible, documented by Ansible.
COMMON = {"changed", "invocation", "failed", "msg", "warnings", "deprecations"}


# What the examples of a module take for granted.
PREPARED = {
    "mysql_servers_drain": (
        "INSERT INTO mysql_servers (hostgroup_id, hostname) VALUES (20, '192.0.2.32')",
        "LOAD MYSQL SERVERS TO RUNTIME",
        "SAVE MYSQL SERVERS TO DISK",
    ),
    # whose queries they are, and who answers
    "rehearsal": (
        "INSERT INTO mysql_users (username, default_hostgroup) VALUES ('shop', 10)",
        "LOAD MYSQL USERS TO RUNTIME",
        "INSERT INTO mysql_servers (hostgroup_id, hostname) VALUES (10, '192.0.2.31'), (20, '192.0.2.32')",
        "LOAD MYSQL SERVERS TO RUNTIME",
    ),
}

RUN = {
    "variables": {"mysql-max_connections": 777},
    "restore_points": "",
    "restore_points_label": "release-41",
}
WITHOUT_CHANGES = (
    "backend_logins",
    "cluster_sync", "node_info", "nodes_info", "proxysql_info", "rehearsal", "restore_points_info", "runtime",
    "secret_ages_info",
)  # fmt: skip


def documented(name: str, part: str) -> Any:
    return yaml.safe_load(getattr(import_module(PACKAGE + name), part))


def run(
    name: str, options: dict[str, Any], capsys: pytest.CaptureFixture[str], check: bool
) -> dict[str, Any]:
    arguments = {**options, "_ansible_check_mode": check, "_ansible_diff": True}
    with patch_module_args(arguments), pytest.raises(SystemExit):
        import_module(PACKAGE + name).main()
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert not result.get("failed"), result
    return result


def on(server: Server, options: dict[str, Any]) -> dict[str, Any]:
    """The options of an example, for this server: its address and login, something for each variable."""
    login = {"login_user": "admin", "login_password": "admin"}
    place = {"login_host": server.host, "login_port": server.admin_port}
    if "nodes" in options:
        # One node stands for all: what is waited for between several is tested elsewhere.
        options = {**options, "nodes": [place]}
    if "restore_points" in options:
        options = {**options, "restore_points": str(server.datadir / "points")}
    return {**options, **login, **place}


def examples(name: str) -> list[dict[str, Any]]:
    """The options of each task, loops unrolled, in order."""
    found = []
    for task in documented(name, "EXAMPLES"):
        if "mysqlha.proxysql." + name in task:
            for item in task.get("loop", [None]):
                text = json.dumps(task["mysqlha.proxysql." + name])
                found.append(json.loads(text.replace("{{ item }}", str(item))))
    return found


# These set timers of systemd: tests/engine/test_confirm.py, tests/engine/test_drift_timer.py
# A certificate stays, and the server is everybody's: tests/engine/test_tls_files.py
# Databases are needed: tests/engine/test_user_rotation.py, tests/engine/test_primary.py
ELSEWHERE = ("pgsql_", "confirm", "drift_timer", "tls_", "user_rotation", "primary_switchover")


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith(ELSEWHERE)])
def test_examples_work_and_return_what_is_documented(
    name: str, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    examples_work(name, server, capsys)


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("pgsql_")])
def test_examples_for_postgresql_work(name: str, three: Server, capsys: pytest.CaptureFixture[str]) -> None:
    examples_work(name, three, capsys)


def examples_work(name: str, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    returned = documented(name, "RETURN")
    changed = False
    for statement in PREPARED.get(name, ()):
        sql(server, statement)
    if name in ("rollback", "restore_points_info"):
        # There has been a run.
        run("config", on(server, RUN), capsys, check=False)
    for options in examples(name):
        given = on(server, options)
        if name == "rehearsal":
            # No package is installed here; it is tried on the program that runs.
            given["program"] = program(server)
        planned = run(name, given, capsys, check=True)
        done = run(name, given, capsys, check=False)
        again = run(name, given, capsys, check=False)

        assert set(done) <= {*returned, *COMMON}
        changed |= done["changed"]
        # Check mode foretells what is done, and the second time there is nothing left to do.
        assert planned["changed"] == done["changed"]
        assert planned.get("statements") == done.get("statements")
        assert planned.get("diff") == done.get("diff")
        assert not again["changed"], again
    # Else the examples prove little; only these have nothing to do on a server at rest.
    assert changed or name in WITHOUT_CHANGES
