"""Members of Group Replication and Galera behind a real ProxySQL, whose monitor stand-ins answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import REAL, REAL_THREE
from databases import Database
from driver import sql
from proxysql_emulator.admin import Answer
from server import Server

INTERVAL = 400
GALERA = [
    "wsrep_local_state", "read_only", "wsrep_local_recv_queue", "wsrep_desync", "wsrep_reject_queries",
    "wsrep_sst_donor_rejects_queries", "wsrep_cluster_status", "pxc_maint_mode",
]  # fmt: skip


class Member(Database):
    """One of a cluster. read_only: whether it is no writer; what follows from it is ProxySQL's."""

    def __init__(self) -> None:
        super().__init__()
        self.known: list[Member] = []

    def _answer(self, sql: bytes, user: str) -> Answer:
        if b"viable_candidate" in sql:
            members = ",".join(f"{each.host}:{each.port}" for each in self.known)
            columns = ["viable_candidate", "read_only", "transactions_behind", "members"]
            return Answer(columns, [("YES", "YES" if self.read_only else "NO", 0, members)])
        if b"wsrep_local_state" in sql:
            read_only = "ON" if self.read_only else "OFF"
            return Answer(GALERA, [("4", read_only, "0", "OFF", "NONE", "OFF", "Primary", "DISABLED")])
        return super()._answer(sql, user)


@pytest.fixture
def members() -> Iterator[list[Member]]:
    with Member() as one, Member() as two, Member() as three:
        found = [one, two, three]
        for each in found:
            each.known, each.read_only = found, each is not one
        yield found


@pytest.fixture(params=[REAL, REAL_THREE], ids=["2.7", "3.0"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """With a monitor."""
    if not request.param:
        pytest.skip(
            "the emulator has no such monitor, and no real one is named (PROXYSQL_BIN, PROXYSQL3_BIN)"
        )
    made = Server(
        binary=request.param,
        mysql_variables={
            "monitor_username": "shop",
            "monitor_password": "old-word",
            "monitor_groupreplication_healthcheck_interval": INTERVAL,
            "monitor_galera_healthcheck_interval": INTERVAL,
        },
    )
    text = made.cnf.read_text()
    made.cnf.write_text(text.replace("monitor_enabled=false", "monitor_enabled=true"))
    with made:
        yield made


@pytest.fixture(params=["group_replication", "galera"])
def sets(request: pytest.FixtureRequest) -> dict[str, list[dict[str, Any]]]:
    row = {
        "writer_hostgroup": 10, "backup_writer_hostgroup": 30, "reader_hostgroup": 20,
        "offline_hostgroup": 40, "max_transactions_behind": 100,
    }  # fmt: skip
    return {f"mysql_{request.param}_hostgroups": [row]}


def rows(members: list[Member], hostgroup: int = 10, **more: Any) -> list[dict[str, Any]]:
    return [{"hostgroup_id": hostgroup, "hostname": each.host, "port": each.port, **more} for each in members]


def config(module: Any, tables: dict[str, Any], **more: Any) -> Any:
    """As site declares them: the tables are exactly that."""
    done = module("config", tables=tables, state="overridden", allow_empty=True, **more)
    assert not done.get("failed"), done
    return done


def standing(server: Server) -> list[tuple[int, int, int]]:
    """Hostgroup, port and max_connections of each live row."""
    found = sql(
        server,
        "SELECT hostgroup_id, port, max_connections FROM runtime_mysql_servers"
        " WHERE status <> 'OFFLINE_HARD'",
    )
    return sorted((int(group), int(port), int(most)) for group, port, most in found)


def as_chosen(members: list[Member], most: int) -> list[tuple[int, int, int]]:
    return sorted((20 if each.read_only else 10, each.port, most) for each in members)


def wait(server: Server, ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not ready():
        assert time.monotonic() < deadline, standing(server)
        time.sleep(0.05)


def until(server: Server, wanted: list[tuple[int, int, int]]) -> None:
    wait(server, lambda: standing(server) == wanted)


class Watch:
    """Which servers were in the writer hostgroup at any time."""

    def __init__(self, server: Server) -> None:
        self._server, self._over = server, threading.Event()
        self.seen: set[int] = set()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._over.wait(0.01):
            self.seen |= {port for group, port, _most in standing(self._server) if group == 10}

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        time.sleep(3 * INTERVAL / 1000)
        self._over.set()
        self._thread.join(20)


def test_a_change_by_hand_is_lost(
    module: Any, server: Server, members: list[Member], sets: dict[str, Any]
) -> None:
    """What ProxySQL does, and this collection has to get round."""
    config(module, {"mysql_servers": rows(members), **sets})
    until(server, as_chosen(members, 1000))
    sql(server, "UPDATE mysql_servers SET max_connections = 77", "LOAD MYSQL SERVERS TO RUNTIME")
    # who looks into runtime meanwhile has the rows that were taken away forgotten
    time.sleep(4 * INTERVAL / 1000)
    found = {port: most for _group, port, most in standing(server)}
    assert {found[each.port] for each in members[1:]} >= {1000}
    # though memory says what is declared, and so does what was loaded last
    tables = {"mysql_servers": rows(members, max_connections=77), **sets}
    assert config(module, tables, check=True)["changed"]
    assert config(module, tables)["changed"]
    assert standing(server) == as_chosen(members, 77)
    assert not config(module, tables)["changed"]


def test_a_change_finds_each_member_where_it_stands(
    module: Any, server: Server, members: list[Member], sets: dict[str, Any]
) -> None:
    one, two, three = members

    def declared(most: int, some: list[Member] = members, **more: Any) -> dict[str, Any]:
        return {"mysql_servers": rows(some, max_connections=most), **sets, **more}

    config(module, declared(1000))
    until(server, as_chosen(members, 1000))
    assert not config(module, declared(1000))["changed"]
    with Watch(server) as watch:
        assert config(module, declared(77), check=True)["changed"]
        assert config(module, declared(77))["changed"]
        assert standing(server) == as_chosen(members, 77)
        assert not config(module, declared(77))["changed"]
    assert watch.seen == {one.port} and standing(server) == as_chosen(members, 77)

    # after they have chosen another one, too; that alone is no drift
    one.read_only, two.read_only = True, False
    until(server, as_chosen(members, 77))
    assert not config(module, declared(77))["changed"]
    with Watch(server) as watch:
        assert config(module, declared(88))["changed"]
    assert watch.seen == {two.port} and standing(server) == as_chosen(members, 88)

    # a LOAD for the sake of another table, too
    attributes = [{"hostgroup_id": 20, "comment": "readers"}]
    with Watch(server) as watch:
        one.read_only, two.read_only, three.read_only = True, True, False
        until(server, as_chosen(members, 88))
        watch.seen.clear()
        assert config(module, declared(88, mysql_hostgroup_attributes=attributes))["changed"]
        assert not config(module, declared(88, mysql_hostgroup_attributes=attributes))["changed"]
    assert watch.seen == {three.port} and standing(server) == as_chosen(members, 88)


def test_a_member_comes_and_goes(
    module: Any, server: Server, members: list[Member], sets: dict[str, Any]
) -> None:
    one, two, three = members
    settled(module, server, members[:2], sets)
    with Watch(server) as watch:
        assert module("mysql_servers", config=rows([three]), state="merged")["changed"]
        assert not module("mysql_servers", config=rows([three]), state="merged")["changed"]
        until(server, sorted([*as_chosen([one, two], 77), *as_chosen([three], 1000)]))
    assert watch.seen == {one.port}
    # by the name under which it was declared, wherever it is
    assert module("mysql_servers", config=rows([two]), state="deleted")["changed"]
    assert not module("mysql_servers", config=rows([two]), state="deleted")["changed"]
    there = {int(port) for (port,) in sql(server, "SELECT port FROM mysql_servers")}
    assert there == {one.port, three.port}


def settled(module: Any, server: Server, some: list[Member], sets: dict[str, Any]) -> None:
    """Memory has them where the monitor has them, for something had to be written."""
    config(module, {"mysql_servers": rows(some, weight=5), **sets})
    wait(server, lambda: set(as_chosen(some, 1000)) <= set(standing(server)))
    config(module, {"mysql_servers": rows(some, weight=5, max_connections=77), **sets})
    memory = sql(server, "SELECT hostgroup_id, port, max_connections FROM mysql_servers")
    assert sorted(tuple(map(int, row)) for row in memory) == as_chosen(some, 77)


def test_a_row_alone_keeps_what_is_not_given_and_edits_of_others_are_seen(
    module: Any, server: Server, members: list[Member], sets: dict[str, Any]
) -> None:
    one, two, three = members
    settled(module, server, members, sets)
    with Watch(server) as watch:
        assert module("mysql_servers", config=rows([two], max_connections=66), state="merged")["changed"]
    assert watch.seen == {one.port}
    found = sql(server, f"SELECT hostgroup_id, weight FROM mysql_servers WHERE port = {two.port}")
    assert found == [("20", "5")]
    sql(server, f"UPDATE mysql_servers SET weight = 0 WHERE port = {three.port}")
    done = module("mysql_servers", config=rows([two], max_connections=55), state="merged")
    assert done["failed"] and "never loaded" in done["msg"]


def test_who_stood_there_before_leaves_nothing_behind(
    module: Any, server: Server, members: list[Member], sets: dict[str, Any]
) -> None:
    """From a pair of replication to a cluster: rows of the reader hostgroup are written, not taken away."""
    pair = [{"writer_hostgroup": 10, "reader_hostgroup": 20}]
    before = rows(members[:1]) + rows(members[1:], 20)
    config(module, {"mysql_servers": before, "mysql_replication_hostgroups": pair})
    until(server, as_chosen(members, 1000))
    tables = {"mysql_servers": rows(members, max_connections=66), "mysql_replication_hostgroups": [], **sets}
    with Watch(server) as watch:
        assert config(module, tables)["changed"]
    assert watch.seen == {members[0].port} and standing(server) == as_chosen(members, 66)
    assert not config(module, tables)["changed"]


def test_without_a_monitor_they_are_where_they_are_declared(
    module: Any, server: Server, members: list[Member], sets: dict[str, Any]
) -> None:
    config(module, {"mysql_servers": rows(members), **sets})
    until(server, as_chosen(members, 1000))
    sql(server, "SET mysql-monitor_enabled = 'false'", "LOAD MYSQL VARIABLES TO RUNTIME")
    tables = {"mysql_servers": rows(members, max_connections=55), **sets}
    assert config(module, tables)["changed"]
    assert standing(server) == sorted((10, each.port, 55) for each in members)


def test_backup_writers_stay_what_they_are(
    module: Any, server: Server, members: list[Member], sets: dict[str, Any]
) -> None:
    """All could be written to, and one is: Galera's others are SHUNNED in the writer hostgroup besides."""
    for each in members:
        each.read_only = False
    one = members[0]
    declared = [{**row, "weight": 9 - number} for number, row in enumerate(rows(members))]

    def writers() -> set[int]:
        found = sql(
            server, "SELECT port FROM runtime_mysql_servers WHERE hostgroup_id = 10 AND status = 'ONLINE'"
        )
        return {int(port) for (port,) in found}

    config(module, {"mysql_servers": declared, **sets})
    wait(server, lambda: writers() == {one.port})
    for row in declared:
        row["max_connections"] = 77
    assert config(module, {"mysql_servers": declared, **sets})["changed"]
    for _look in range(60):
        assert writers() == {one.port}
        time.sleep(0.02)
    assert not config(module, {"mysql_servers": declared, **sets})["changed"]
    backup = {(port, most) for group, port, most in standing(server) if group == 30}
    assert backup == {(each.port, 77) for each in members[1:]}


def test_a_set_of_another_reader_hostgroup_takes_its_readers_along(
    module: Any, server: Server, members: list[Member], sets: dict[str, Any]
) -> None:
    settled(module, server, members, sets)
    ((name, (row,)),) = sets.items()
    tables = {"mysql_servers": rows(members), name: [{**row, "reader_hostgroup": 21}]}
    with Watch(server) as watch:
        assert module("config", tables=tables)["changed"]
        assert not module("config", tables=tables)["changed"]
    assert watch.seen == {members[0].port}
    assert standing(server) == [(10 if group == 10 else 21, *more) for group, *more in as_chosen(members, 77)]


def test_edits_are_discarded_without_making_a_reader_a_writer(
    module: Any, server: Server, members: list[Member], sets: dict[str, Any]
) -> None:
    one, two, three = members
    settled(module, server, members, sets)
    one.read_only, two.read_only = True, False
    until(server, as_chosen(members, 77))
    sql(server, f"UPDATE mysql_servers SET comment = 'by hand' WHERE port = {three.port}")
    attributes = {"mysql_hostgroup_attributes": [{"hostgroup_id": 20, "comment": "readers"}]}
    tables = {"mysql_servers": rows(members, weight=5, max_connections=77), **sets, **attributes}
    with Watch(server) as watch:
        assert config(module, tables, open_edits="discard")["changed"]
    assert watch.seen == {two.port}


def test_a_writer_that_is_read_from_is_deleted_as_a_whole(
    module: Any, server: Server, members: list[Member], sets: dict[str, Any]
) -> None:
    ((name, (row,)),) = sets.items()
    sets = {name: [{**row, "writer_is_also_reader": 1}]}
    tables = {"mysql_servers": rows(members), **sets}
    config(module, tables)
    time.sleep(4 * INTERVAL / 1000)
    config(module, {**tables, "mysql_servers": rows(members, max_connections=77)})
    assert module("mysql_servers", config=rows(members[:1]), state="deleted")["changed"]
    left = {int(port) for (port,) in sql(server, "SELECT port FROM mysql_servers")}
    assert left == {each.port for each in members[1:]}


def test_a_set_that_goes_leaves_its_members_as_they_are_declared(
    module: Any, server: Server, members: list[Member], sets: dict[str, Any]
) -> None:
    settled(module, server, members, sets)
    apart = [row for each, group in zip(members, (50, 51, 20)) for row in rows([each], group)]
    tables = {"mysql_servers": apart, **dict.fromkeys(sets, [])}
    assert config(module, tables)["changed"]
    assert not config(module, tables)["changed"]
    assert [group for group, *_more in standing(server)] == [20, 50, 51]
    # back in one run, too, and out of the set's hostgroups: where it was is where it is declared
    config(module, {"mysql_servers": rows(members), **sets})
    until(server, as_chosen(members, 1000))
    tables["mysql_servers"] = rows(members[:1], 20) + rows(members[1:], 10)
    assert config(module, tables)["changed"]
    assert not config(module, tables)["changed"]
    assert [group for group, *_more in standing(server)] == [10, 10, 20]
