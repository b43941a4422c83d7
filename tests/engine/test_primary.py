"""A change of the primary on two nodes, with databases that can be told to fail at each statement."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
from driver import everything, layers, sql, wipe
from replica_set import Member
from server import Server
from test_examples import COMMON, documented, examples

Module = Callable[..., dict[str, Any]]

# The guardian of a change is forked, here beside the threads of the stand-ins.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
SECRETS = ("switch-word", "repl-word")


@pytest.fixture(scope="module")
def second() -> Iterator[Server]:
    with Server(binary="") as server:
        yield server


@pytest.fixture(params=["MariaDB", "MySQL"])
def members(request: pytest.FixtureRequest) -> Iterator[list[Member]]:
    """A primary and two replicas."""
    everybody: dict[str, Member] = {}
    with contextlib.ExitStack() as stack:
        found = [stack.enter_context(Member(everybody, request.param)) for _number in range(3)]
        found[0].read_only = False
        for replica in found[1:]:
            replica.source = found[0].place
        yield found


@pytest.fixture
def nodes(server: Server, second: Server, members: list[Member]) -> list[Server]:
    """What the inventory by role declares, on both nodes and in all layers."""
    if server.is_real:
        pytest.skip("stand-ins know no answer to its monitor: tests/engine/test_primary_real.py")
    rows = ", ".join(
        f"({10 if not number else 20}, '{each.host}', {each.port}, {100 + number})"
        for number, each in enumerate(members)
    )
    for node in (server, second):
        sql(
            node,
            "DELETE FROM mysql_servers",
            "DELETE FROM mysql_replication_hostgroups",
            "INSERT INTO mysql_replication_hostgroups VALUES (10, 20, 'read_only', '')",
            f"INSERT INTO mysql_servers (hostgroup_id, hostname, port, weight) VALUES {rows}, (30,"
            " 'else', 3306, 1)",
            "LOAD MYSQL SERVERS TO RUNTIME",
            "SAVE MYSQL SERVERS TO DISK",
        )
    return [server, second]


@pytest.fixture
def change(nodes: list[Server], members: list[Member], module: Module, tmp_path: Path) -> Module:
    def call(**options: Any) -> dict[str, Any]:
        given = {
            "nodes": [{"login_host": each.host, "login_port": each.admin_port} for each in nodes],
            "new_primary": members[1].place,
            "database_user": "switch",
            "database_password": "switch-word",
            "replication_user": "repl",
            "replication_password": "repl-word",
            "restore_points": str(tmp_path / "points"),
            "timeout": 1,
        }
        found = module("primary_switchover", **{**given, **options})
        assert not [word for word in SECRETS if word in module.text]  # type: ignore[attr-defined]
        if not found.get("failed"):
            assert not (tmp_path / "points/primary_switchover.json").exists()
        return found

    return call


def writers(node: Server, layer: str) -> list[tuple[Any, ...]]:
    rows = layers(node, "mysql_servers")[layer].values()
    return [(row["port"], row["weight"], row["status"]) for row in rows if row["hostgroup_id"] == 10]


def test_there_and_back(change: Module, nodes: list[Server], members: list[Member]) -> None:
    before = [layers(node, "mysql_servers") for node in nodes]
    old, new, other = members
    done = change()
    assert done["changed"] and done["left"] == [], done
    assert list(done["times"]) == [
        "hold",
        "drain",
        "forbid",
        "catch_up",
        "stop",
        "allow",
        "release",
        "follow",
    ]
    for node in nodes:
        for layer in ("memory", "runtime", "disk"):
            assert writers(node, layer) == [(new.port, 100, "ONLINE")], layer
    assert (old.state, new.state) == ((True, new.place, True), (False, "", False))
    assert other.state == (True, new.place, True)
    assert change()["changed"] is False
    back = change(new_primary=old.place)
    assert back["changed"] and [layers(node, "mysql_servers") for node in nodes] == before
    assert [each.read_only for each in members] == [False, True, True]


def test_named_by_pair_the_declaration_stays_as_it_is(
    change: Module, nodes: list[Server], members: list[Member], module: Module
) -> None:
    def declare() -> bool:
        servers = [
            {"hostgroup_id": group, "hostname": each.host, "port": each.port, "weight": 7}
            for group in (10, 20)
            for each in members
        ]
        pairs = [{"writer_hostgroup": 10, "reader_hostgroup": 20}]
        tables = {"mysql_servers": servers, "mysql_replication_hostgroups": pairs}
        places = [{"login_host": node.host, "login_port": node.admin_port} for node in nodes]
        done = [module("config", tables=tables, state="overridden", **place)["changed"] for place in places]
        return any(done)

    for node in nodes:
        wipe(node)
    assert declare() and not declare()
    assert writers(nodes[0], "runtime") == [(members[0].port, 7, "ONLINE")]
    for new in (members[1], members[2], members[0]):
        assert change(new_primary=new.place)["changed"]
        assert writers(nodes[1], "runtime") == [(new.port, 7, "ONLINE")]
        assert not declare(), new.place


def test_check_mode_tells_and_writes_nothing(
    change: Module, nodes: list[Server], members: list[Member]
) -> None:
    before = [everything(node) for node in nodes]
    members[0].busy = [(7, "shop", "h:1", 90)]
    told = change(check=True)
    assert told["changed"] and "would be the primary" in told["text"]
    assert "session 7 of shop from h:1 has been at a transaction for 90 s" in told["notes"][0]
    assert f"{members[1].place} is in hostgroup 10" in told["declare"]
    assert [everything(node) for node in nodes] == before and members[0].log == []


def test_a_node_without_a_ca_for_the_new_primary_is_named(
    change: Module, nodes: list[Server], members: list[Member]
) -> None:
    def give(node: Server, *statements: str) -> None:
        sql(node, *statements, "LOAD MYSQL SERVERS TO RUNTIME", "LOAD MYSQL VARIABLES TO RUNTIME")

    def blind() -> list[bool]:
        found = change(check=True)
        assert not found.get("failed"), found
        told = [
            each
            for each in map(str, found.get("warnings", ()))
            if f"no CA for TLS with {members[1].place}" in each
        ]
        return [any(f":{node.admin_port}" in each for each in told) for node in nodes]

    def row(column: str) -> str:
        columns = f"mysql_servers_ssl_params (hostname, port, username, {column})"
        return f"INSERT INTO {columns} VALUES ('{members[1].host}', {members[1].port}, '', '/x.pem')"

    ca = "UPDATE global_variables SET variable_value = '{}' WHERE variable_name = 'mysql-ssl_p2s_ca'"
    assert blind() == [False, False]
    for node in nodes:
        give(node, "UPDATE mysql_servers SET use_ssl = 1")
    assert blind() == [True, True]
    give(nodes[0], row("ssl_ca"))
    assert blind() == [False, True]
    give(nodes[1], ca.format("/x.pem"))
    assert blind() == [False, False]
    # its own row is taken for all that it has
    give(nodes[1], row("ssl_cert"))
    assert blind() == [False, True]
    for node in nodes:
        give(node, "DELETE FROM mysql_servers_ssl_params", ca.format(""))


@pytest.mark.parametrize(
    "part", ["lock_wait_timeout", "read_only = 1", "WAIT", "STOP", "read_only = 0"]
)  # fmt: skip
def test_what_fails_before_it_takes_writes_is_taken_back(
    change: Module, nodes: list[Server], members: list[Member], part: str
) -> None:
    before, stood = [everything(node) for node in nodes], [each.state for each in members]
    for each in members[:2]:
        each.fails = {"_read_only = 1" if part == "read_only = 1" and each.dialect == "MySQL" else part: 1}
    members[0].fails.pop("read_only = 0", None)
    done = change()
    assert done["failed"] and "told to fail" in done["msg"] and "everything is as it was" in done["msg"], done
    assert [everything(node) for node in nodes] == before
    assert [each.state for each in members] == stood
    for each in members:
        each.fails = {}
    assert change()["changed"]


@pytest.mark.parametrize(("who", "part"), [(0, "CHANGE"), (2, "CHANGE"), (1, "RESET"), (2, "START")])
def test_what_fails_afterwards_is_told_or_tried_again(
    change: Module, members: list[Member], nodes: list[Server], who: int, part: str
) -> None:
    members[who].fails = {part: 1}
    done = change()
    assert done["changed"] and done["left"] == [], done
    assert members[1].read_only is False and members[2].source == members[1].place


def test_one_that_dies_at_the_turning_point(
    change: Module, nodes: list[Server], members: list[Member], tmp_path: Path
) -> None:
    old, new = members[:2]
    new.dies = "read_only = 0"
    done = change()
    assert done["failed"] and "it is not known whether it does" in done["msg"], done
    assert (
        f"{old.place} is read only" in done["left"] and (tmp_path / "points/primary_switchover.json").exists()
    )
    assert writers(nodes[0], "runtime") == [(old.port, 100, "OFFLINE_SOFT")] and old.read_only
    told = change()
    assert told["failed"] and f"{new.place} cannot be asked" in told["msg"] and old.read_only
    new.dies, new.fails = "", {}
    done = change()
    assert done["changed"] and "it was taken back" in done["cut_off"], done
    assert writers(nodes[0], "disk") == [(new.port, 100, "ONLINE")]


def test_a_node_that_cannot_be_written_ends_it(
    change: Module, nodes: list[Server], members: list[Member]
) -> None:
    before, stood = [everything(node) for node in nodes], [each.state for each in members]
    sql(nodes[1], "PROXYSQL READONLY")
    try:
        done = change()
        assert done["failed"] and "readonly" in done["msg"], done
    finally:
        sql(nodes[1], "PROXYSQL READWRITE")
    assert [each.state for each in members] == stood
    assert [everything(node) for node in nodes] == before


def test_a_node_that_is_away_ends_it_before_it_begins(
    change: Module, nodes: list[Server], members: list[Member]
) -> None:
    places = [{"login_host": nodes[0].host, "login_port": port} for port in (nodes[0].admin_port, 1)]
    done = change(nodes=places, connect_timeout=0.5)
    assert done["failed"] and "127.0.0.1:1" in done["msg"] and members[0].log == []


def test_all_reasons_at_once(change: Module, nodes: list[Server], members: list[Member]) -> None:
    members[1].running, members[1].transactions = False, 12
    members[2].rights = "RELOAD, PROCESS, SLAVE MONITOR, REPLICATION CLIENT"
    sql(nodes[1], "UPDATE mysql_servers SET weight = 7 WHERE hostgroup_id = 30")
    done = change(timeout=30)
    reasons = " | ".join(done["problems"])
    for text in (
        "does not run (IO and SQL)",
        "has 3 transactions that",
        "was never loaded",
        "lets a statement wait for 10 s",
        "lacks REPLICATION",
    ):
        assert text in reasons, done
    assert members[0].log == []


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"new_primary": "nobody"}, "new_primary is 'nobody'; it is to be one of"),
        ({"new_primary": None}, "new_primary is None"),
        ({"writer_hostgroup": 11}, "have 10: name one"),
        ({"database_user": "stranger"}, "cannot be asked as 'stranger'"),
        ({"emergency": True}, "answers: change the primary without emergency"),
    ],
)
def test_what_is_refused(change: Module, members: list[Member], options: dict[str, Any], text: str) -> None:
    assert text in change(**options)["msg"]
    assert members[0].log == []


def test_what_cannot_be_read_of_a_run_that_was_cut_off(
    change: Module, members: list[Member], tmp_path: Path
) -> None:
    path = tmp_path / "points/primary_switchover.json"
    path.parent.mkdir(mode=0o700)
    path.write_text(json.dumps({"format": 99}))
    assert "cannot be read" in change()["msg"]
    path.unlink()
    assert members[0].log == [] and change()["changed"]


def test_instead_of_a_dead_one(change: Module, nodes: list[Server], members: list[Member]) -> None:
    old, less, most = members
    old.fails = {"": 10**6}
    less.lost = most.lost = True
    less.transactions = less.received = 7
    asked = change(emergency=True, new_primary=None)
    assert asked["failed"] and f"Say confirm: {most.place}" in asked["msg"] and members[0].log == []
    assert "has 2 transactions that" in change(emergency=True, new_primary=less.place)["msg"]
    places = [{"login_host": nodes[0].host, "login_port": port} for port in (nodes[0].admin_port, 1)]
    one = change(emergency=True, new_primary=None, check=True, nodes=places, connect_timeout=0.5)
    assert "It is gone without" in str(one["warnings"]), one
    told = change(emergency=True, new_primary=None, check=True)
    assert told["changed"] and "is lost" in told["text"] and members[0].log == []
    done = change(emergency=True, new_primary=None, confirm=most.place)
    assert done["changed"] and done["left"] == [], done
    assert (less.state, most.state) == ((True, most.place, True), (False, "", False))
    for node in nodes:
        assert writers(node, "runtime") == [(most.port, 100, "ONLINE")]
        rows = layers(node, "mysql_servers")["disk"].values()
        assert [row["status"] for row in rows if row["port"] == old.port] == ["OFFLINE_HARD"]


def test_the_example_returns_what_is_documented(change: Module) -> None:
    options = examples("primary_switchover")[0]
    named = {name: options[name] for name in options if name.startswith("replication")}
    found = change(**{**named, "replication_password": "repl-word"})
    assert set(found) <= {*documented("primary_switchover", "RETURN"), *COMMON}, found
