"""The logins of a cluster change, and no node stops following; whoever is interrupted goes on."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Any

import pymysql
import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.errors import (
    ConnectError,
    StatementError,
)
from ansible_collections.mysqlha.proxysql.plugins.module_utils._server.admin import Admin
from conftest import KINDS, REAL
from driver import login, sql
from server import Server

NAMES = (
    "admin-admin_credentials",
    "admin-cluster_username",
    "admin-cluster_password",
    "admin-stats_credentials",
)
SETTINGS = {
    "admin_credentials": "admin:admin;radmin:old-r;cluster:clusterpw",
    "stats_credentials": "stats:old-s",
    "cluster_check_interval_ms": 200,
    "cluster_check_status_frequency": 10,
} | {
    f"cluster_{name}_diffs_before_sync": 2
    for name in ("admin_variables", "mysql_query_rules", "mysql_servers", "proxysql_servers")
}
# Seconds for which a node may not follow.
MARK = 2.0


@pytest.fixture(params=KINDS)
def nodes(request: pytest.FixtureRequest) -> Iterator[list[Server]]:
    """Two cores and a satellite that agree and follow."""
    binary = REAL if request.param == "real" else ""
    servers = [Server(binary=binary, admin_variables=SETTINGS) for _ in range(3)]
    for server in servers:
        text = server.cnf.read_text().replace('    admin_credentials="admin:admin;cluster:clusterpw"\n', "")
        cores = ",".join(f'{{hostname="{s.host}" port={s.admin_port}}}' for s in servers[:2])
        server.cnf.write_text(f"{text}proxysql_servers=({cores})\n")
    try:
        for server in servers:
            server.start()
        changed(servers[0], 1)
        assert arrives(servers, 1, 20)
        yield servers
    finally:
        for server in servers:
            server.kill()


def changed(node: Server, number: int) -> None:
    sql(
        node,
        "DELETE FROM mysql_query_rules",
        f"INSERT INTO mysql_query_rules (rule_id, active, match_pattern) VALUES ({number}, 1, 'x')",
        "LOAD MYSQL QUERY RULES TO RUNTIME",
    )


def number_of(node: Server) -> int:
    rows = sql(node, "SELECT rule_id FROM runtime_mysql_query_rules")
    return int(rows[0][0]) if rows else 0


def arrives(nodes: list[Server], number: int, seconds: float) -> float:
    """Seconds until every node has it; 0 where one has not by then."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if all(number_of(node) == number for node in nodes):
            return time.monotonic() - began
        time.sleep(0.02)
    return 0


class Watch:
    """Changes rules on the first node all the time. slowest: seconds that the slowest took to arrive."""

    def __init__(self, nodes: list[Server]) -> None:
        self.nodes = nodes
        self.slowest = 0.0
        self.changes = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.is_set():
            time.sleep(1.05)  # never two LOADs in one second
            number = 100 + self.changes
            changed(self.nodes[0], number)
            self.slowest = max(self.slowest, arrives(self.nodes, number, 10) or 99)
            self.changes += 1


def want(**passwords: str) -> dict[str, Any]:
    """Options: the admin radmin, and the cluster's user; words that are no part of any message."""
    user, word = passwords.get("user", "cluster"), passwords.get("cluster", "new-c")
    admins = f"admin:admin;radmin:{passwords.get('radmin', 'old-r')};{user}:{word}"
    stats = f"stats:{passwords.get('stats', 'old-s')}"
    return {
        "admin_credentials": admins,
        "cluster_user": user,
        "cluster_password": word,
        "stats_credentials": stats,
    }


@pytest.fixture
def rotate(nodes: list[Server], module: Any) -> Any:
    def call(check: bool = False, among: list[Server] | None = None, **passwords: str) -> dict[str, Any]:
        result: dict[str, Any] = module(
            "cluster_credentials",
            check=check,
            diff=True,
            nodes=[{"login_host": s.host, "login_port": s.admin_port} for s in among or nodes],
            login_user="radmin",
            login_password=passwords.get("radmin", "old-r"),
            previous_passwords=["older", "old-r"],
            connect_timeout=2,
            **want(**passwords),
        )
        for word in ("old-r", "new-r", "new-c", "clusterpw", "old-s", "new-s"):
            assert word not in module.text
        return result

    return call


def assert_stands(nodes: list[Server], **passwords: str) -> None:
    given = want(**passwords)
    options = ("admin_credentials", "cluster_user", "cluster_password", "stats_credentials")
    expected = tuple(given[option] for option in options)
    for node in nodes:
        for layer in ("main.", "runtime_", "disk."):
            rows = dict(sql(node, f"SELECT variable_name, variable_value FROM {layer}global_variables"))
            assert tuple(rows[name] for name in NAMES) == expected, layer
        for word in ("old-s", "new-s"):
            lets_in = (
                contextlib.nullcontext() if expected[-1].endswith(word) else pytest.raises(pymysql.Error)
            )
            with lets_in:
                node.connect(user="stats", password=word).close()


@pytest.mark.parametrize(
    ("passwords", "steps"),
    [
        ({}, 5),
        ({"radmin": "new-r", "stats": "new-s"}, 5),
        ({"cluster": "clusterpw", "stats": "new-s"}, 1),
        ({"user": "other"}, 3),
        ({"cluster": "clusterpw", "radmin": "new-r"}, 1),
    ],
)
def test_every_node_goes_on_following(nodes, rotate, passwords, steps):
    planned = rotate(check=True, **passwords)
    assert_stands(nodes, cluster="clusterpw")
    with Watch(nodes) as watch:
        done = rotate(**passwords)
        time.sleep(2)
    print(f"{watch.changes} changes, the slowest took {watch.slowest:.2f} s to be on every node")
    assert done["changed"] and len(done["steps"]) == steps, done
    assert planned["steps"] == done["steps"] and planned["diff"] == done["diff"]
    assert watch.changes >= 2 and watch.slowest < MARK
    assert_stands(nodes, **passwords)
    assert not rotate(**passwords)["changed"]


# The order of the steps is tried in full in tests/unit/test_login_order.py, without servers.
@pytest.mark.parametrize("at", range(0, 30, 5))
def test_interrupted_anywhere_the_nodes_follow_and_the_next_run_goes_on(nodes, rotate, monkeypatch, at):
    """From one write on no node takes another, as when the host of the task is lost."""
    sent, write, left = [], Admin.write, threading.Event()

    def failing(admin: Admin, statement: Any) -> None:
        sent.append(statement)
        if len(sent) > at or left.is_set():
            left.set()
            raise StatementError("the host of the task is lost")
        write(admin, statement)

    monkeypatch.setattr(Admin, "write", failing)
    first = rotate(radmin="new-r", stats="new-s")
    assert first["failed"] and "Run this again" in first["msg"], first
    monkeypatch.setattr(Admin, "write", write)
    time.sleep(1.05)
    changed(nodes[0], 7)
    assert arrives(nodes, 7, 5), "the nodes are apart"
    again = rotate(radmin="new-r", stats="new-s")
    assert again["changed"] and not again.get("failed"), again
    assert_stands(nodes, radmin="new-r", stats="new-s")


def test_a_satellite_that_was_away_comes_back(nodes, rotate):
    nodes[2].stop()
    done = rotate(radmin="new-r")
    assert list(done["absent"]) == [f"{nodes[2].host}:{nodes[2].admin_port}"]
    assert "is told when this is run again" in str(done["warnings"])
    nodes[2].start()
    time.sleep(1)
    with Watch(nodes[:2]) as watch:
        assert rotate(radmin="new-r")["changed"]
    assert watch.slowest < MARK
    assert_stands(nodes, radmin="new-r")
    time.sleep(1.05)
    changed(nodes[0], 9)
    assert arrives(nodes, 9, 5)


def test_what_could_never_be_is_refused_before_anything_is_written(nodes, rotate, module):
    place = [{"login_host": nodes[0].host, "login_port": nodes[0].admin_port}]
    for admins, message in (
        ("radmin:old-r", "lacks cluster_user"),
        ("cluster:new-c", "lacks 'radmin', the login in use"),
        ("radmin:old-r;cluster:new-c;radmin:x", "a user is in it twice"),
        ("radmin:old-r;cluster:new-c;cluster_rotating:x", "is needed while"),
    ):
        found = module(
            "cluster_credentials",
            nodes=place,
            login_user="radmin",
            login_password="old-r",
            admin_credentials=admins,
            cluster_user="cluster",
            cluster_password="new-c",
        )
        assert message in found["msg"]
    assert_stands(nodes, cluster="clusterpw")


# -- the login ---------------------------------------------------------------------------


def test_a_login_by_a_previous_password(server, module):
    info = {"tables": ["mysql_servers"], "layers": ["memory"], "subsets": []}
    found = module(
        "proxysql_info", **info, login_password="not-yet", previous_passwords=["", "wrong", "admin"]
    )
    assert not found.get("failed"), found
    found = module("proxysql_info", **info, login_password="not-yet", previous_passwords=["wrong1", "wrong2"])
    assert "refused the login of 'admin' with each of its passwords" in found["msg"]
    assert not any(word in module.text for word in ("not-yet", "wrong1", "wrong2"))


def test_a_server_that_does_not_answer_is_not_asked_with_each_password(server):
    began = time.monotonic()
    with pytest.raises(ConnectError, match="did not answer"):
        Admin(login(server, port=1, connect_timeout=1, previous=("a", "b", "c")))
    assert time.monotonic() - began < 2


def test_passwords_are_no_part_of_what_a_login_shows(server):
    assert "s3cret" not in repr(login(server, password="s3cret1", previous=("s3cret2",)))
    with pytest.raises(pymysql.Error):
        server.connect(password="s3cret1")
