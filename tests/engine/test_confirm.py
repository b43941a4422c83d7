"""A change that has to be confirmed: the timer, the rollback without a controller, the watch on traffic."""

from __future__ import annotations

import json
import os
import shlex
import stat
import subprocess
import sys
import threading
import zipfile
from pathlib import Path
from typing import Any, Callable

import pymysql
import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._section import unattended
from driver import everything
from server import Server

Module = Callable[..., dict[str, Any]]

# Instead of systemd: what it was asked for is written down; a timer is a file.
FAKE = """#!/bin/sh
cd "$(dirname "$0")"
echo "$(basename "$0") $*" >> log
case "$(basename "$0") $1" in
"systemd-run "*) touch timer ;;
"systemctl is-active") test -e timer ;;
"systemctl stop") rm -f timer ;;
esac
"""


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("systemd-run", "systemctl"):
        (folder / name).write_text(FAKE)
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    (folder / "units").mkdir()
    for name in ("RUNS", "UNITS"):
        monkeypatch.setattr(unattended.systemd, name, str(folder / "units"))
    return folder


@pytest.fixture
def points(tmp_path: Path) -> Path:
    return tmp_path / "points"


@pytest.fixture
def confirm(module: Module, points: Path, systemd: Path) -> Module:
    def call(state: str, **options: Any) -> dict[str, Any]:
        return module("confirm", state=state, restore_points=str(points), baseline=0.1, **options)

    return call


def fire(systemd: Path) -> subprocess.CompletedProcess[str]:
    """What systemd would start when the timer runs out, with nothing of this process."""
    line = next(line for line in (systemd / "log").read_text().splitlines() if line.startswith("systemd-run"))
    program = line[line.index(sys.executable) :].split()
    clean = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
    done = subprocess.run(program, env=clean, cwd="/", text=True, capture_output=True, check=False)
    (systemd / "timer").unlink()
    return done


SERVERS = {"mysql_servers": [{"hostgroup_id": 10, "hostname": "192.0.2.31"}]}
OTHERS = {"mysql_servers": [{"hostgroup_id": 10, "hostname": "192.0.2.99"}]}


def test_not_confirmed_it_is_taken_back_without_ansible(
    server: Server, module: Module, confirm: Module, points: Path, systemd: Path
) -> None:
    module("config", tables=SERVERS, restore_points=str(points))
    before = everything(server)
    armed = confirm("armed", timeout=90)
    assert "before" in armed, armed
    change = {"variables": {"admin-admin_credentials": "admin:admin;late:x"}, "state": "overridden"}
    module("config", tables=OTHERS, restore_points=str(points), **change)
    module("config", variables={"mysql-max_connections": 321}, restore_points=str(points))
    assert everything(server) != before
    assert "another change" in confirm("armed")["msg"]
    done = fire(systemd)
    assert done.returncode == 0, done.stderr
    assert everything(server) == before
    assert "ansible" not in done.stderr
    late = confirm("confirmed")
    assert "has already put back" in late["msg"]
    assert len(late["rolled_back"]["undone"]) == 2
    assert not (points / "confirm").exists()


def test_rolled_back_at_once_and_the_timer_is_gone(
    server: Server, module: Module, confirm: Module, points: Path, systemd: Path
) -> None:
    module("config", tables=SERVERS, restore_points=str(points))
    before = everything(server)
    confirm("armed")
    module("config", tables=OTHERS, restore_points=str(points))
    after = everything(server)
    told = confirm("rolled_back", check=True, diff=True)
    assert (told["changed"], everything(server), (systemd / "timer").exists()) == (True, after, True)
    done = confirm("rolled_back", diff=True)
    assert done["statements"] == told["statements"]
    assert done["diff"] == told["diff"] != []
    assert everything(server) == before
    assert not (systemd / "timer").exists()
    assert "nothing is armed" in confirm("rolled_back")["msg"]


def test_confirmed_nothing_is_left(
    server: Server, module: Module, confirm: Module, points: Path, systemd: Path
) -> None:
    confirm("armed")
    module("config", tables=SERVERS, restore_points=str(points))
    after = everything(server)
    confirm("confirmed", check=True)
    assert (systemd / "timer").exists()
    assert not confirm("confirmed")["changed"]
    assert not (systemd / "timer").exists()
    assert not (points / "confirm").exists()
    assert everything(server) == after
    assert not confirm("confirmed")["changed"]


def test_what_was_written_before_is_not_touched(
    server: Server, module: Module, confirm: Module, points: Path, systemd: Path
) -> None:
    module("config", tables=SERVERS, restore_points=str(points))
    before = everything(server)
    confirm("armed")
    assert fire(systemd).returncode == 0
    assert everything(server) == before


def test_a_rollback_that_failed_is_said(server: Server, confirm: Module, points: Path, systemd: Path) -> None:
    confirm("armed")
    settings = points / "confirm" / "settings.json"
    told = json.loads(settings.read_text())
    told["after"] = ""
    settings.write_text(json.dumps(told))
    (points / "20200101T000000.000000Z.json").write_text("{}")
    done = fire(systemd)
    assert done.returncode == 1
    assert "not a restore point" in confirm("confirmed")["rolled_back"]["msg"]


def test_nobody_else_reads_the_login(confirm: Module, module: Module, points: Path, systemd: Path) -> None:
    os.umask(0o022)
    confirm("armed", login_password="admin")
    kept = points / "confirm"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept.iterdir()} == {0o600}
    log = (systemd / "log").read_text()
    assert "--unit=proxysql-confirm" in log and "--on-active=180s" in log and "--collect" in log
    assert (
        "password" not in log
        and json.loads((kept / "settings.json").read_text())["login"]["password"] == "admin"
    )


def test_without_systemd_nothing_is_changed(
    server: Server, module: Module, points: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = module("confirm", state="armed", restore_points=str(points), baseline=0.1)
    assert "could not set the timer" in result["msg"]
    assert not (points / "confirm").exists()


def test_check_mode_sets_no_timer(confirm: Module, points: Path, systemd: Path) -> None:
    assert "before" in confirm("armed", check=True)
    assert not (systemd / "timer").exists()
    assert not points.exists()


def test_traffic_that_is_no_worse_is_let_through(server: Server, confirm: Module) -> None:
    armed = confirm("armed")
    seen = confirm("checked", seconds=0.2, before=armed["before"])
    assert not seen.get("failed"), seen
    assert list(seen["after"]) == list(armed["before"])


def test_a_pattern_that_does_not_compile(confirm: Module) -> None:
    assert "does not compile" in confirm("checked", queries=[{"digest": "(", "hostgroup": 1}])["msg"]


def test_queries_that_go_elsewhere_are_seen_on_live_traffic(
    server: Server, confirm: Module, module: Module
) -> None:
    if not server.is_real:
        pytest.skip("the emulator serves no queries: needs PROXYSQL_BIN")
    rule = {
        "rule_id": 1,
        "active": True,
        "match_digest": "^SELECT",
        "destination_hostgroup": 20,
        "apply": True,
    }
    tables = {
        "mysql_servers": [{"hostgroup_id": 20, "hostname": "127.0.0.1", "port": 1}],
        "mysql_users": [{"username": "shop", "password": "pw", "default_hostgroup": 10}],
        "mysql_query_rules": [rule],
    }
    variables = {"mysql-connect_timeout_server_max": 200, "mysql-monitor_enabled": False}
    module("config", tables=tables, variables=variables)
    armed = confirm("armed")
    stop = threading.Event()

    def client() -> None:
        while not stop.wait(0.05):
            try:
                one = pymysql.connect(
                    host=server.host, port=server.data_port, user="shop", password="pw", ssl_disabled=True
                )
                with one.cursor() as cursor:
                    cursor.execute("SELECT 1 FROM cart")
            except pymysql.err.MySQLError:
                pass

    thread = threading.Thread(target=client)
    thread.start()
    try:
        bad = confirm(
            "checked", seconds=10, before=armed["before"], queries=[{"digest": "from cart", "hostgroup": 10}]
        )
    finally:
        stop.set()
        thread.join()
    assert bad["failed"]
    assert any("refused" in line or "errors in" in line or "not to 10" in line for line in bad["problems"]), (
        bad
    )


def test_a_login_that_fails_meanwhile(server: Server, confirm: Module, module: Module) -> None:
    if not server.is_real:
        pytest.skip("the emulator lets no applications in: needs PROXYSQL_BIN")
    place = {"host": server.host, "port": server.data_port, "user": "shop", "password": "pw-of-shop"}
    module("config", tables={"mysql_users": [{"username": "shop", "password": "pw-of-shop"}]})
    before = confirm("armed")["before"]
    assert not confirm("checked", seconds=0.2, before=before, logins=[place]).get("failed")
    module("config", tables={"mysql_users": [{"username": "shop", "password": "another"}]})
    bad = confirm("checked", seconds=5, before=before, logins=[place])
    assert bad["failed"] and "1 login failed, the last one: " in bad["problems"][0], bad
    assert f"{server.host}:{server.data_port} as 'shop'" in bad["problems"][0]
    assert "pw-of-shop" not in str(bad)
    assert not confirm(
        "checked", seconds=0.2, before=before, logins=[place], limits={"failed_logins": 5}
    ).get("failed")


@pytest.mark.parametrize("way", ["timer", "rolled_back"])
def test_what_it_goes_back_to_is_kept_as_long_as_it_waits(
    server: Server, module: Module, confirm: Module, points: Path, systemd: Path, way: str
) -> None:
    keep = {"restore_points": str(points), "restore_points_keep": 2}
    before = everything(server)
    confirm("armed", restore_points_keep=2)
    for number in range(4):
        module("config", variables={"mysql-max_connections": 901 + number}, **keep)
        module("config", tables=SERVERS if number % 2 else OTHERS, **keep)
    if way == "timer":
        assert fire(systemd).returncode == 0
    else:
        assert not confirm("rolled_back", restore_points_keep=2).get("failed")
    assert everything(server) == before
    confirm("confirmed")
    module("config", variables={"mysql-max_connections": 999}, **keep)
    assert len(list(points.glob("*.json"))) == 2


def test_a_change_of_the_timers_own_password(
    server: Server, module: Module, confirm: Module, points: Path, systemd: Path
) -> None:
    before = everything(server)
    confirm("armed", login_user="cluster", login_password="clusterpw")
    change = {"admin-admin_credentials": "admin:admin;cluster:another-pw"}
    module("config", variables=change, restore_points=str(points))
    assert "another-pw" not in (systemd / "log").read_text()
    assert fire(systemd).returncode == 0
    assert everything(server) == before


def test_the_program_holds_the_engine_and_nothing_of_ansible(confirm: Module, points: Path) -> None:
    confirm("armed")
    names = zipfile.ZipFile(points / "confirm" / "rollback.pyz").namelist()
    assert any(name.endswith("_section/restoring.py") for name in names)
    assert not [name for name in names if "_tasks" in name or name.startswith("ansible/")]


def test_a_host_that_goes_down_meanwhile(
    server: Server, module: Module, confirm: Module, points: Path, systemd: Path
) -> None:
    module("config", tables=SERVERS, restore_points=str(points))
    before = everything(server)
    confirm("armed")
    module("config", tables=OTHERS, restore_points=str(points), state="overridden")
    (systemd / "timer").unlink()
    unit = systemd / "units" / "multi-user.target.wants" / "proxysql-confirm-boot.service"
    said = dict(line.split("=", 1) for line in unit.read_text().splitlines() if "=" in line)
    assert Path(said["ConditionPathExists"]).is_file()
    done = subprocess.run(shlex.split(said["ExecStart"]), env={}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert everything(server) == before
    assert not Path(said["ConditionPathExists"]).exists()
    assert [path.name for path in (systemd / "units").rglob("*")] == ["multi-user.target.wants"]
    assert "has already put back" in confirm("confirmed")["msg"]


def test_a_guard_that_is_gone_is_told(confirm: Module, systemd: Path) -> None:
    confirm("armed")
    (systemd / "timer").unlink()
    for check in (True, False):
        assert "nobody was guarding" in str(confirm("confirmed", check=check)["warnings"])
    assert "warnings" not in confirm("confirmed")


def test_a_rollback_at_work_is_waited_for_and_not_cut_off(confirm: Module, systemd: Path) -> None:
    confirm("armed")
    busy = 'case "$*" in *.service) test "$(grep -c is-active.*confirm.service log)" -lt 4 ;; esac'
    (systemd / "systemctl").write_text(FAKE.replace("test -e timer", busy))
    confirm("confirmed")
    log = (systemd / "log").read_text()
    assert "systemctl stop proxysql-confirm.timer" in log
    assert "stop proxysql-confirm.service" not in log
    assert log.count("is-active --quiet proxysql-confirm.service") == 4
