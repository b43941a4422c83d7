"""The primary changes under load: two real ProxySQL that follow each other, real databases behind them."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pymysql
import pytest
from mysqls import MYSQLD, initialized
from replicated import BINARY, READER, WRITER, Load, Site, site_of
from replicating import INSTALL, MARIADBD, USERS
from replicating_mysql import ReplicatingMySQL

SWITCHES = int(os.environ.get("PRIMARY_SWITCHES", "4"))
STEPS = ("hold", "drain", "forbid", "catch_up", "stop", "allow", "release", "follow")

pytestmark = pytest.mark.skipif(not BINARY, reason="PROXYSQL_BIN is not set")


@pytest.fixture(scope="module", params=["MariaDB", "MySQL"])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    if request.param == "MariaDB":
        if not (MARIADBD and INSTALL):
            pytest.skip("there is no mariadbd")
        with site_of(3, folder) as site:
            yield site
        return
    if not MYSQLD:
        pytest.skip("MYSQLD_BIN is not set; tests/tools/mysqld brings one")
    data = initialized(tmp_path_factory.mktemp("mysql"))
    make = partial(ReplicatingMySQL, data=data)
    with site_of(3, folder, make, str(data / "ca.pem")) as site:
        yield site


@pytest.fixture
def site(running: Site) -> Site:
    """With one primary that all follow; the monitors have looked."""
    running.settle()
    running.check(running.primary)
    return running


def test_back_and_forth_under_load(site: Site) -> None:
    slowest: list[float] = []
    with Load(site) as load:
        for _number in range(SWITCHES):
            site.settle()
            load.slowest = 0
            new = site.replicas[0]
            done = site.to(new)
            assert done.get("changed"), done
            assert done["left"] == [], done
            time.sleep(0.3)
            slowest.append(load.slowest)
            print(done["times"], round(load.slowest, 3))
            site.check(new)
            if load.failed:
                break
    print(load.count, "statements, slowest", [round(each, 2) for each in slowest])
    assert not load.failed, load.failed[:5]
    assert not load.lost()
    assert sorted(slowest)[len(slowest) // 2] < 1.5


def client(site: Site) -> Any:
    node = site.nodes[0]
    return pymysql.connect(
        host=node.host,
        port=node.data_port,
        user="app",
        password=USERS["app"][0],
        database="shop",
        autocommit=True,
    )


def test_check_mode_changes_nothing(site: Site) -> None:
    old, new = site.primary, site.replicas[0]
    told = site.to(new, check=True)
    assert told["changed"] and told["text"] == f"{new.place} would be the primary instead of {old.place}"
    assert f"{new.place} is in hostgroup {WRITER}" in told["declare"]
    site.check(old)


def test_who_is_the_primary_already(site: Site) -> None:
    done = site.to(site.primary)
    assert done["changed"] is False and done["text"] == "it is the primary"


def test_a_transaction_past_the_deadline_is_told_and_ends_it(site: Site) -> None:
    old, new = site.primary, site.replicas[0]
    with contextlib.closing(client(site)) as connection, connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("INSERT INTO written VALUES (1)")
        time.sleep(2.5)
        (note, fate) = site.to(new, check=True)["notes"]
        assert "of app from" in note and "has been at a transaction for " in note and "called off" in fate
        done = site.to(new, timeout=1)
        assert (
            done["failed"]
            and "after 1 s connections" in done["msg"]
            and "everything is as it was" in done["msg"]
        )
        assert done["held"] < 2 and "left" not in done
        site.check(old)
        cursor.execute("INSERT INTO written VALUES (2)")
        cursor.execute("SELECT COUNT(*) FROM written WHERE id IN (1, 2) FOR UPDATE")
        assert cursor.fetchone() == (2,)
        cursor.execute("ROLLBACK")


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("DO GET_LOCK('a', 1)", "GET_LOCK"),
        ("CREATE TEMPORARY TABLE t (id INT)", "a temporary table"),
        ("SET @a = 1", "user variables"),
    ],
)
def test_sessions_that_keep_a_connection_are_named(site: Site, statement: str, why: str) -> None:
    old, new = site.primary, site.replicas[0]
    with contextlib.closing(client(site)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        (note, _fate) = site.to(new, check=True)["notes"]
        assert f"keeps a connection to the primary ({why}" in note
        assert site.to(new, timeout=0.5)["failed"]
        cursor.execute("DO 1")
    site.check(old)


def test_an_insert_keeps_nobody(site: Site) -> None:
    new = site.replicas[0]
    with contextlib.closing(client(site)) as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO numbered (word) VALUES ('y')")
        number = cursor.lastrowid
        done = site.to(new)
        assert done["changed"] and done["times"]["drain"] < 1, done
        cursor.execute("INSERT INTO numbered (word) VALUES ('y')")
        assert cursor.lastrowid > number
    site.check(new)


def test_what_speaks_against_it_is_told_at_once(site: Site) -> None:
    old, new = site.primary, site.replicas[0]
    new.run(f"STOP {new.REPLICA} SQL_THREAD")
    if old.SEMISYNC:
        old.run(f"SET GLOBAL {old.SEMISYNC} = 1")
    try:
        found = site.to(new, timeout=9)
        assert found["failed"] and f"replication of {new.place} does not run (SQL)" in found["msg"]
        assert "lets a statement wait for 10 s" in found["msg"]
        waits = f"commits at {old.place} wait for a replica's word" in found["msg"]
        assert waits == bool(old.SEMISYNC)
    finally:
        new.run(f"START {new.REPLICA} SQL_THREAD")
        if old.SEMISYNC:
            old.run(f"SET GLOBAL {old.SEMISYNC} = 0")
    wrong = site.to(new, database_password="wrong")
    assert wrong["failed"] and "cannot be asked as 'switch'" in wrong["msg"]
    site.check(old)


def test_a_hangup_ends_nothing(site: Site) -> None:
    new = site.replicas[0]
    process = site.start(new_primary=new.place)
    while not (site.folder / "points" / "primary_switchover.json").exists():
        time.sleep(0.01)
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGTERM)
    out, _err = process.communicate(timeout=60)
    assert '"changed": true' in out
    site.check(new)


@pytest.mark.parametrize("step", STEPS)
def test_killed_it_is_finished_or_taken_back_by_its_guardian(site: Site, step: str) -> None:
    old, new = site.primary, site.replicas[0]
    with Load(site) as load:
        process = site.start(new_primary=new.place, die_at=step)
        process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL
        time.sleep(1.5)
    forth = STEPS.index(step) >= STEPS.index("allow")
    site.check(new if forth else old)
    assert not load.failed and not load.lost()


@pytest.mark.parametrize("step", STEPS)
def test_with_the_guardian_killed_too_the_next_run_begins_with_it(site: Site, step: str) -> None:
    new = site.replicas[0]
    process = site.start(new_primary=new.place, die_at=step, alone=True)
    process.communicate(timeout=60)
    assert (site.folder / "points" / "primary_switchover.json").stat().st_mode & 0o777 == 0o600
    assert "was cut off" in site.to(new, check=True)["msg"]
    done = site.to(new)
    forth = STEPS.index(step) >= STEPS.index("allow")
    assert done["changed"] and f"it was {'finished' if forth else 'taken back'}" in done["cut_off"], done
    site.settle()
    site.check(new)


def test_what_somebody_wrote_since_is_not_written_over(site: Site) -> None:
    old, new = site.primary, site.replicas[0]
    site.start(new_primary=new.place, die_at="hold", alone=True).communicate(timeout=60)
    write = f"UPDATE mysql_servers SET status = 'ONLINE', weight = {{}} WHERE hostgroup_id = {WRITER}"
    site.sql(site.nodes[1], write.format(7), "LOAD MYSQL SERVERS TO RUNTIME")
    found = site.to(new)
    assert found["failed"] and "somebody has written other servers" in found["msg"]
    assert old.read_only is False
    # as a person would
    for node in site.nodes:
        site.sql(
            node,
            write.format(1),
            "UPDATE global_variables SET variable_value = '5' WHERE variable_name ="
            " 'mysql-auto_increment_delay_multiplex'",
            "LOAD MYSQL VARIABLES TO RUNTIME",
            "LOAD MYSQL SERVERS TO RUNTIME",
        )
    (site.folder / "points" / "primary_switchover.json").unlink()
    site.check(old)


def test_the_playbook(site: Site, collections_path: str, tmp_path: Path) -> None:
    old, new = site.primary, site.replicas[0]
    prefix = "proxysql_primary_switchover"
    told = site.play(collections_path, tmp_path, f"{prefix}_to={new.place}", f"{prefix}_dry_run=true")
    assert f"{new.place} would be the primary instead of {old.place}" in told and "changed=0" in told, told
    site.check(old)
    done = site.play(collections_path, tmp_path, f"{prefix}_to={new.place}")
    assert f"{new.place} is the primary instead of {old.place}" in done, done
    assert f"to be declared: {new.place} is in hostgroup {WRITER}" in done
    site.check(new)


def test_a_dead_primary(site: Site) -> None:
    old, (less, best) = site.primary, site.replicas
    # the other one has less
    less.run(f"STOP {less.REPLICA} IO_THREAD")
    old.run("INSERT INTO shop.written VALUES (77)")
    time.sleep(0.5)
    alive = site.switch(emergency=True)
    assert alive["failed"] and "answers: change the primary without emergency" in alive["msg"]
    old.kill()
    killed = time.monotonic()
    time.sleep(2)
    asked = site.switch(emergency=True)
    assert asked["failed"] and f"confirm: {best.place}" in asked["msg"] and "is lost" in asked["msg"]
    wrong = site.switch(emergency=True, new_primary=less.place)
    assert wrong["failed"] and "has 1 transactions that" in wrong["msg"]
    done = site.switch(emergency=True, confirm=best.place)
    assert done["changed"] and done["left"] == [], done
    print("gap", round(time.monotonic() - killed, 2), done["times"])
    assert site.writers() == [[best.port]] * 2
    # It comes back, and is not written to.
    old.start()
    old.run("SET GLOBAL read_only = 0")  # and with it super_read_only
    site.settle()
    assert site.writers() == [[best.port]] * 2
    query = f"SELECT status FROM mysql_servers WHERE hostgroup_id = {READER} AND port = {old.port}"
    assert site.sql(site.nodes[1], query) == [("OFFLINE_HARD",)]
    with contextlib.closing(client(site)) as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO written VALUES (78)")
