"""An application's password changes step by step; at each, those with a good password get in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.passwords import native, salted
from databases import Database
from driver import sql
from server import Server
from test_examples import COMMON, documented, examples

OLD, NEW = "old-word", "new-word"


@pytest.fixture
def primary() -> Iterator[Database]:
    with Database() as database:
        yield database


@pytest.fixture
def replica(primary: Database) -> Iterator[Database]:
    with Database(primary=primary) as database:
        yield database


@pytest.fixture
def step(server: Server, module: Any, primary: Database, replica: Database) -> Any:
    declare(server, OLD)

    def call(name: str = "look", **options: Any) -> dict[str, Any]:
        given = {
            "user": "shop",
            "password": NEW,
            "previous_password": OLD,
            "proxies": [{"host": server.host, "port": server.data_port}],
            "databases": [primary.place, replica.place],
            "step": name,
            "database_user": "dba",
            "database_password": "dba-word",
            "timeout": 2,
        }
        result: dict[str, Any] = module("user_rotation", **{**given, **options})
        assert not [word for word in (OLD, NEW, "dba-word") if word in module.text]
        return result

    return call


def declare(server: Server, password: str) -> None:
    sql(
        server,
        "DELETE FROM mysql_users",
        f"INSERT INTO mysql_users (username, password) VALUES ('shop', '{password}')",
        "LOAD MYSQL USERS TO RUNTIME",
    )


def test_from_the_first_step_to_the_last(
    step: Any, server: Server, primary: Database, replica: Database
) -> None:
    place = f"{primary.host}:{primary.port}"
    first = step()
    assert (first["next"], first["changed"]) == ("retain", False)
    assert f"{place}, {replica.host}:{replica.port} refuse the new password" in first["text"]
    assert first["databases"][place] == {"new": False, "previous": True}

    assert step("retain", check=True)["changed"] and primary.users["shop"] == [b"old-word"]
    done = step("retain")
    assert (done["changed"], done["next"]) == (True, "proxy")
    # ProxySQL 3 has two passwords, too
    assert any(
        text in done["text"]
        for text in (
            "refuses the previous one from that moment on",
            "with the previous one as additional_password",
        )
    )
    assert primary.users["shop"] == [b"new-word", b"old-word"]
    # again: nothing, or else the previous password would be lost
    assert step("retain")["changed"] is False and primary.users["shop"][1] == b"old-word"
    assert replica.statements == [] and len(primary.statements) == 1

    early = step("discard")
    assert early["failed"] and "too early" in early["msg"] and primary.users["shop"][1] == b"old-word"
    declare(server, NEW)
    assert step()["next"] == "discard"
    assert step("discard", check=True)["changed"] and len(primary.users["shop"]) == 2
    done = step("discard")
    assert (done["changed"], done["next"]) == (True, "done")
    assert primary.users["shop"] == [b"new-word"]
    for name in ("discard", "retain", "look"):
        again = step(name)
        assert (again["changed"], again["next"]) == (False, "done")


@pytest.mark.parametrize("form", [native, salted])
def test_nodes_may_have_a_hash(step: Any, server: Server, primary: Database, form: Any) -> None:
    """What is logged in with is the clear one, whatever form the node has of it."""
    if form is salted and not server.is_real:
        pytest.skip("the emulator lets nobody in by caching_sha2_password: needs PROXYSQL_BIN")
    sql(
        server,
        "SET mysql-default_authentication_plugin = 'caching_sha2_password'",
        "LOAD MYSQL VARIABLES TO RUNTIME",
    )
    declare(server, form(OLD))
    first = step()
    (seen,) = first["proxies"].values()
    assert (first["next"], seen) == ("retain", {"new": False, "previous": True}), first
    assert step("retain")["next"] == "proxy"
    declare(server, form(NEW))
    assert step()["next"] == "discard"
    assert step("discard")["next"] == "done" and primary.users["shop"] == [b"new-word"]


def watches(server: Server, user: str, password: str) -> None:
    sql(
        server,
        f"SET mysql-monitor_username = '{user}'",
        f"SET mysql-monitor_password = '{password}'",
        "LOAD MYSQL VARIABLES TO RUNTIME",
    )


def test_the_monitor_from_the_first_step_to_the_last(step: Any, server: Server, primary: Database) -> None:
    """The password of shop here, as if it were the monitor's: who it is says the node's Admin."""
    nodes = [{"host": server.host, "port": server.admin_port}]
    given = {"monitor": True, "proxies": nodes, "databases": [primary.place]}
    where = f"{server.host}:{server.admin_port}"
    watches(server, "shop", OLD)
    first = step(**given)
    assert first["next"] == "retain" and first["proxies"] == {where: {"new": False, "previous": True}}
    assert step("retain", **given)["next"] == "proxy"
    early = step("discard", **given)
    assert early["failed"] and f"too early to discard the previous password: {where}" in early["msg"]
    assert len(primary.users["shop"]) == 2
    watches(server, "somebody", NEW)
    assert step(**given)["next"] == "proxy"
    watches(server, "shop", NEW)
    assert step(**given)["next"] == "discard"
    assert step("discard", **given)["next"] == "done" and primary.users["shop"] == [b"new-word"]


def test_a_node_that_does_not_say_what_its_monitor_is(step: Any, server: Server, primary: Database) -> None:
    watches(server, "shop", NEW)
    nodes = [{"host": server.host, "port": server.admin_port}, {"host": server.host, "port": 1}]
    found = step("retain", monitor=True, proxies=nodes, databases=[primary.place])
    assert found["next"] == "look" and f"{server.host}:1" in found["text"] and not found["changed"]


def test_what_is_refused(step: Any, primary: Database) -> None:
    assert "are the same" in step(password=OLD)["msg"]
    assert "is a hash" in step(password="*" + 40 * "A")["msg"]
    assert "needs database_user" in step("retain", database_user=None)["msg"]
    found = step("retain", database_password="wrong")
    assert "could not be changed as 'dba' (1045)" in found["msg"]
    assert primary.users["shop"] == [b"old-word"]


def test_one_that_may_not_change_users(step: Any, primary: Database) -> None:
    primary.users["clerk"] = [b"clerk-word"]
    found = step("retain", database_user="clerk", database_password="clerk-word")
    assert "could not be changed as 'clerk' (1227)" in found["msg"]


def test_mariadb_has_two_ways_to_log_in(step: Any, server: Server) -> None:
    with Database(version="5.5.5-10.11.19-MariaDB") as database:
        given = {"databases": [database.place]}
        assert step("retain", **given)["next"] == "proxy"
        assert database.users["shop"] == [b"new-word", b"old-word"]
        assert step("retain", **given)["changed"] is False
        declare(server, NEW)
        assert step("discard", **given)["next"] == "done"
        assert database.users["shop"] == [b"new-word"]


def test_mariadb_of_another_plugin_is_left_alone(step: Any) -> None:
    with Database(version="5.5.5-10.11.19-MariaDB") as database:
        database.plugin = "ed25519"
        found = step("retain", databases=[database.place])
        assert "is MariaDB, where 'shop' logs in by ed25519" in found["msg"] and database.statements == []


def test_a_database_that_may_be_the_users(step: Any, server: Server, primary: Database) -> None:
    """By rules that are for all: where it knows the user it counts, and where not it stops nothing."""
    with Database() as another, Database() as foreign:
        foreign.users["shop"] = [b"a third word"]
        given = {"databases": [primary.place], "maybe_databases": [another.place, foreign.place]}
        place = f"{foreign.host}:{foreign.port}"
        first = step(**given)
        assert first["next"] == "retain" and f"{another.host}:{another.port} refuse" in first["text"]
        assert place not in first["databases"] and f"{place} knows shop by neither" in str(first["warnings"])
        assert step("retain", **given)["next"] == "proxy"
        declare(server, NEW)
        assert step("discard", **given)["next"] == "done"
        assert another.users["shop"] == primary.users["shop"] == [b"new-word"]
        assert foreign.statements == [] and foreign.users["shop"] == [b"a third word"]


def test_replicas_alone_are_not_written_to(step: Any, replica: Database) -> None:
    assert "all read only" in step("retain", databases=[replica.place])["msg"]


def test_one_that_does_not_answer(step: Any, primary: Database) -> None:
    found = step(databases=[primary.place, {"host": "127.0.0.1", "port": 1}])
    assert not found.get("failed"), found
    assert found["next"] == "look" and "127.0.0.1:1" in found["text"]


def test_the_example_works_and_returns_what_is_documented(step: Any, module: Any) -> None:
    (options,) = examples("user_rotation")
    given = {name: options[name] for name in ("proxies", "databases")}
    found = step(**given)
    assert found["next"] == "look" and set(found) <= {*documented("user_rotation", "RETURN"), *COMMON}
