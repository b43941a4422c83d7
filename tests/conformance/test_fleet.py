"""Many nodes in one process: they follow as nodes in processes of their own do, and take little."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymysql
import pytest
from fleets import PROGRAM, RunningFleet
from test_emulator import eventually

NODES = 1000 if os.environ.get("FULL") else 50
# Of more than 100 nodes each asks less often.
INTERVAL = max(0.15, 0.15 * NODES / 100)
FIRST, LAST = "node0001", f"node{NODES - 2:04}"
HELD = "SELECT checksum FROM runtime_checksums_values WHERE name = 'mysql_users'"
PEERS = (
    f"SELECT diff_check, updated_at >= strftime('%s', 'now') - {2 + round(INTERVAL)}"
    " FROM stats_proxysql_servers_checksums WHERE name = 'mysql_users' ORDER BY hostname"
)


@pytest.fixture(scope="module")
def fleet() -> Iterator[RunningFleet]:
    with RunningFleet(NODES, "--dead", "1", "--hanging", "1") as running:
        yield running


def ask(fleet: RunningFleet, host: str, *statements: str) -> tuple[tuple[Any, ...], ...]:
    with fleet.connect(host) as link, link.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        return cursor.fetchall()


def add_user(fleet: RunningFleet, name: str) -> None:
    # never two LOADs in one second
    time.sleep(1.1)
    ask(fleet, FIRST, f"INSERT INTO mysql_users(username) VALUES ('{name}')", "LOAD MYSQL USERS TO RUNTIME")


def test_a_change_on_a_core_gets_to_all(fleet: RunningFleet) -> None:
    add_user(fleet, "everywhere")
    wanted = ask(fleet, FIRST, HELD)
    began = time.monotonic()
    for host in list(fleet.places)[:-2]:
        eventually(lambda host=host: ask(fleet, host, HELD) == wanted, 60)
    assert time.monotonic() - began < 60
    assert ask(fleet, LAST, "SELECT username FROM disk.mysql_users") == (("everywhere",),), "saved, too"
    ((followers,),) = ask(fleet, FIRST, "SELECT COUNT(*) FROM stats_proxysql_servers_clients_status")
    assert int(followers) == NODES - 2


def test_it_takes_little(fleet: RunningFleet) -> None:
    before = fleet.seconds()
    time.sleep(2)
    assert fleet.seconds() - before < 0.2, "nodes that agree ask each other nothing"
    assert fleet.kilobytes() < 60_000 + NODES * 2_000


def test_a_node_that_does_not_follow_goes_on_looking(fleet: RunningFleet) -> None:
    off = "UPDATE global_variables SET variable_value = '{}'" \
        " WHERE variable_name = 'admin-cluster_mysql_users_diffs_before_sync'"  # fmt: skip
    ask(fleet, LAST, off.format(0), "LOAD ADMIN VARIABLES TO RUNTIME")
    add_user(fleet, "not-here")
    # the other core follows first
    eventually(lambda: all(int(differs) >= 3 for differs, _recent in ask(fleet, LAST, PEERS)))
    seen = ask(fleet, LAST, PEERS)
    assert all(int(differs) <= 40 and recent == "1" for differs, recent in seen), seen
    time.sleep(7 * INTERVAL)
    assert int(ask(fleet, LAST, PEERS)[0][0]) >= int(seen[0][0]) + 4, "a check in each interval"
    ask(fleet, LAST, off.format(2), "LOAD ADMIN VARIABLES TO RUNTIME")
    wanted = ask(fleet, FIRST, HELD)
    eventually(lambda: ask(fleet, LAST, HELD) == wanted)
    eventually(lambda: [row[0] for row in ask(fleet, LAST, PEERS)] == ["0", "0"])


def test_logins_are_needed(fleet: RunningFleet) -> None:
    host = f"node{NODES - 3:04}"
    set_password = (
        "UPDATE global_variables SET variable_value = '{}' WHERE variable_name = 'admin-cluster_password'"
    )

    load = ("LOAD ADMIN VARIABLES TO RUNTIME", "LOAD PROXYSQL SERVERS TO RUNTIME")
    # A link that is open stays open: peers are taken out, and followed anew with the wrong password.
    gone = "DELETE FROM proxysql_servers"
    rows = ask(fleet, host, "SELECT hostname, port FROM proxysql_servers")
    ask(fleet, host, set_password.format("wrong"), gone, *load)
    values = ",".join(f"('{address}', {port}, 0, '')" for address, port in rows)
    ask(fleet, host, f"INSERT INTO proxysql_servers VALUES {values}", "LOAD PROXYSQL SERVERS TO RUNTIME")
    add_user(fleet, "locked-out")
    time.sleep(1)
    wanted = ask(fleet, FIRST, HELD)
    assert ask(fleet, host, HELD) != wanted
    password = fleet.told["proxysql_cluster_password"]
    ask(fleet, host, set_password.format(password), load[0])
    eventually(lambda: ask(fleet, host, HELD) == wanted)


def test_a_core_that_is_gone_is_not_heard_of(fleet: RunningFleet) -> None:
    with pytest.raises(pymysql.MySQLError):
        ask(fleet, "node0002", "PROXYSQL SHUTDOWN", "SELECT 1")
    recent = f"SELECT updated_at >= strftime('%s', 'now') - {1 + round(INTERVAL)}" \
        " FROM stats_proxysql_servers_checksums" \
        " WHERE name = 'mysql_users' ORDER BY hostname"  # fmt: skip
    eventually(lambda: [row[0] for row in ask(fleet, LAST, recent)] == ["1", "0"])
    add_user(fleet, "by-the-other")
    wanted = ask(fleet, FIRST, HELD)
    eventually(lambda: ask(fleet, LAST, HELD) == wanted)


def test_the_dead_refuse_and_the_hanging_say_nothing(fleet: RunningFleet) -> None:
    dead, hanging = f"node{NODES:04}", f"node{NODES - 1:04}"
    with pytest.raises(pymysql.MySQLError, match="refused"):
        fleet.connect(dead)
    began = time.monotonic()
    with pytest.raises(pymysql.MySQLError):
        pymysql.connect(
            host=fleet.places[hanging], port=fleet.port, user="x", connect_timeout=1, read_timeout=1
        )
    assert time.monotonic() - began >= 1


def play(
    fleet: RunningFleet, collections_path: str, name: str, *options: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), *fleet.options]
        + [f"mysqlha.proxysql.{name}", *options],
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": collections_path, "ANSIBLE_NOCOLOR": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_status_of_a_fleet(collections_path: str) -> None:
    """Satellites are asked by a core, and those that do not answer cost their time once."""
    with RunningFleet(NODES, "--dead", "3", "--hanging", "3") as fleet:
        # a difference that nobody follows
        ask(
            fleet,
            "node0003",
            "UPDATE global_variables SET variable_value = '9' WHERE variable_name = 'mysql-max_connections'",
        )
        began = time.monotonic()
        declared = '{"proxysql_global_variables": {"mysql-max_connections": 10000}}'
        done = play(fleet, collections_path, "status", "-e", declared)
        took = time.monotonic() - began
    assert done.returncode == 2, done.stdout + done.stderr
    assert f"NOT healthy: {NODES - 6} of {NODES} nodes answer, 7 findings" in done.stdout
    assert "node0003 differs from what is declared: global_variables (memory 1)" in done.stdout
    assert done.stdout.count('"! node') == 7 and done.stdout.count("gives no answer: ") >= 6
    assert f"{NODES - 9} satellites: in order" in done.stdout
    assert "node0004 " not in done.stdout, "no task ran for a satellite"
    assert took < 60


@pytest.mark.parametrize("nodes", [3, 16])
def test_status_goes_on_looking(collections_path: str, nodes: int) -> None:
    """Each node is looked at again, or asked by a core again; the last look is the verdict."""
    # more than are prepared at once
    looks = 22 if os.environ.get("FULL") else 3
    with RunningFleet(nodes) as fleet:
        playing = subprocess.Popen(
            [Path(sys.executable).with_name("ansible-playbook"), *fleet.options, "mysqlha.proxysql.status"]
            + ["-e", "proxysql_status_watch=1", "-e", f"proxysql_status_watch_times={looks}"]
            + ["-e", '{"proxysql_global_variables": {"mysql-max_connections": 10000}}'],
            env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": collections_path, "ANSIBLE_NOCOLOR": "1"},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert playing.stdout is not None
        verdicts, last = [], "node0003"
        for line in playing.stdout:
            if "nodes answer" in line:
                verdicts.append(line.strip(' "\n').partition(":")[0])
                if len(verdicts) in (1, 2):
                    value = 9 if len(verdicts) == 1 else 10000
                    held = f"UPDATE global_variables SET variable_value = '{value}'"
                    ask(fleet, last, f"{held} WHERE variable_name = 'mysql-max_connections'")
        assert playing.wait() == 0
    assert verdicts == ["healthy", "NOT healthy", *["healthy"] * (looks - 1)]


@pytest.mark.skipif(os.getuid() != 0, reason="the role gives files to root, and this is not root")
@pytest.mark.skipif(not os.environ.get("FULL"), reason="takes a minute: `make matrix` and FULL=1 run it")
def test_two_nodes_are_written_to_and_looked_at(collections_path: str) -> None:
    """With whichever ansible-core is there: `make matrix` runs it with the oldest."""
    users = {"proxysql_mysql_users": [{"username": "shop", "password": "a word"}]}
    declared = ("-e", json.dumps(users))
    with RunningFleet(2) as fleet:
        done = play(fleet, collections_path, "site", "--tags", "configuration", *declared)
        assert done.returncode == 0 and "changed: [" in done.stdout, done.stdout + done.stderr
        done = play(fleet, collections_path, "status", *declared)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(not os.environ.get("FULL"), reason="`make matrix` and FULL=1 run it")
def test_two_nodes_without_keepalived_have_nothing_to_move(collections_path: str) -> None:
    sentence = (
        "keepalived_vips is empty, and keepalived_health_port is 0; there is nothing that could be moved"
    )
    with RunningFleet(2) as fleet:
        done = play(fleet, collections_path, "switchover")
    assert done.returncode == 2 and sentence in done.stdout, done.stdout + done.stderr


def test_an_inventory_of_ones_own(tmp_path: Path) -> None:
    """Its secrets are not looked at, and its hosts are not reached."""
    (tmp_path / "hosts.yml").write_text(
        "proxysql_core: {hosts: {one: {ansible_host: 192.0.2.1}, two: }}\n"
        "proxysql_satellite: {children: {shops: {hosts: {'shop[1:3]': , one: }}}}\n",
        encoding="utf-8",
    )
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars/all.yml").write_text("$ANSIBLE_VAULT;1.1;AES256\n00\n", encoding="utf-8")
    with RunningFleet(0, str(tmp_path)) as fleet:
        assert list(fleet.places) == ["one", "two", "shop1", "shop2", "shop3"]
        assert fleet.options[:2] == ["-i", str(tmp_path)]
        assert {address.partition(".")[0] for address in fleet.places.values()} == {"127"}
        assert fleet.told["ansible_connection"] == "local"
        ((comment,),) = ask(fleet, "shop3", "SELECT comment FROM proxysql_servers LIMIT 1")
        assert comment == "one"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [([], "give an inventory, or --nodes"), (["--nodes", "3", "--dead", "2"], "of 1 satellites")],
)
def test_what_cannot_be_is_refused(arguments: list[str], said: str) -> None:
    done = subprocess.run(
        [sys.executable, str(PROGRAM), *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode and said in done.stderr
