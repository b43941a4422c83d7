"""Declared state reaches memory, runtime and disk; drift in any of them is found and mended."""

from __future__ import annotations

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._catalog.tables import SECTIONS, TABLES
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.errors import (
    ConnectError,
    DeclarationError,
)
from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning.layers import expected
from cases import FIRST, SECOND
from driver import Admin, epochs, everything, layers, login, run, sql


def verdict(name, memory, runtime, disk):
    """What a task says it did, as far as the table has a disk layer."""
    disk = disk if SECTIONS[TABLES[name].section].disk else "unchanged"
    return {"memory": memory, "runtime": runtime, "disk": disk}


NOTHING = {"memory": "unchanged", "runtime": "unchanged", "disk": "unchanged"}


def settled(server, name):
    """Memory, with a check that runtime and disk agree with it."""
    seen = layers(server, name)
    assert seen["runtime"] == expected(TABLES[name], "runtime", seen["memory"])
    assert seen["disk"] == (seen["memory"] if SECTIONS[TABLES[name].section].disk else {})
    return seen["memory"]


@pytest.mark.parametrize("name", FIRST)
def test_check_mode_then_apply_then_nothing(server, name):
    before = everything(server)
    planned = run(server, {name: FIRST[name]}, state="overridden", check=True)
    assert everything(server) == before, "check mode wrote something"
    done = run(server, {name: FIRST[name]}, state="overridden")
    assert (planned.statements, planned.layers, planned.diff()) == (done.statements, done.layers, done.diff())
    assert done.layers == verdict(name, "changed", "loaded", "saved")
    assert len(settled(server, name)) == len(FIRST[name])
    versions = epochs(server)
    again = run(server, {name: FIRST[name]}, state="overridden")
    assert not again.changed and again.layers == NOTHING and again.diff() == []
    assert epochs(server) == versions, "an unchanged run must not LOAD"


@pytest.mark.parametrize("state", ["merged", "replaced", "overridden", "deleted"])
@pytest.mark.parametrize("name", FIRST)
def test_from_one_declaration_to_another(server, name, state):
    run(server, {name: FIRST[name]}, state="overridden")
    rows = SECOND[name]
    if name == "mysql_replication_hostgroups" and state in ("merged", "replaced"):
        with pytest.raises(DeclarationError, match="same reader_hostgroup"):
            run(server, {name: rows}, state=state)
        return
    run(server, {name: rows}, state=state)
    settled(server, name)
    assert not run(server, {name: rows}, state=state).changed


def test_everything_in_one_task_with_one_load_and_one_save_a_section(server):
    done = run(server, FIRST, {"mysql-max_connections": 500}, state="overridden")
    verbs = [statement.sql for statement in done.statements if statement.sql.startswith(("LOAD", "SAVE"))]
    declared = {"MYSQL VARIABLES", *(TABLES[name].section for name in FIRST)}
    sections = [section for section in SECTIONS.values() if section.name in declared]
    saved = [f"SAVE {section.name} TO DISK" for section in sections if section.disk]
    assert verbs == [f"LOAD {section.name} TO RUNTIME" for section in sections] + saved
    assert not run(server, FIRST, {"mysql-max_connections": "0500"}, state="overridden").changed


@pytest.mark.parametrize("name", FIRST)
def test_memory_never_loaded_is_drift(server, name):
    run(server, {name: FIRST[name]}, state="overridden", load=False, save=False)
    assert not layers(server, name)["runtime"]
    done = run(server, {name: FIRST[name]}, state="overridden")
    assert done.layers == verdict(name, "unchanged", "loaded", "saved")
    settled(server, name)


@pytest.mark.parametrize("name", FIRST)
def test_runtime_never_saved_is_drift(server, name):
    run(server, {name: FIRST[name]}, state="overridden", save=False)
    done = run(server, {name: FIRST[name]}, state="overridden")
    assert done.layers == verdict(name, "unchanged", "unchanged", "saved")
    settled(server, name)


@pytest.mark.parametrize("name", FIRST)
def test_drift_loaded_by_somebody_who_then_put_memory_back(server, name):
    run(server, {name: FIRST[name]}, state="overridden")
    section = TABLES[name].section
    sql(server, f"DELETE FROM {name}", f"LOAD {section} TO RUNTIME")
    if not SECTIONS[section].disk:
        pytest.skip(f"{section} has no disk from which memory could be put back")
    sql(server, f"LOAD {section} FROM DISK")
    done = run(server, {name: FIRST[name]}, state="overridden")
    assert done.layers == {"memory": "unchanged", "runtime": "loaded", "disk": "unchanged"}
    settled(server, name)


@pytest.mark.parametrize("name", FIRST)
def test_edits_in_memory_alone_are_undone_without_a_load(server, name):
    run(server, {name: FIRST[name]}, state="overridden")
    sql(server, f"DELETE FROM {name}")
    done = run(server, {name: FIRST[name]}, state="overridden")
    assert done.layers == {"memory": "changed", "runtime": "unchanged", "disk": "unchanged"}
    settled(server, name)


def test_two_loads_never_share_a_second(server):
    seen = set()
    for weight in (1, 2, 3):
        run(server, {"mysql_servers": [{"hostname": "db1", "weight": weight}]})
        seen.add(epochs(server)["mysql_servers_v2"][1])
    assert len(seen) == 3


def test_rows_outside_the_scope_stay(server):
    run(server, {"mysql_servers": FIRST["mysql_servers"]})
    mine = [{"hostgroup_id": 20, "hostname": "db2"}]
    run(server, {"mysql_servers": mine}, state="overridden", scope={"hostgroup_id": 20})
    assert sorted(settled(server, "mysql_servers")) == [(10, "db1", 3306), (20, "db2", 3306)]


SPLIT = (
    "INSERT INTO mysql_users (username, backend, frontend) VALUES ('u', 1, 0), ('u', 0, 1)",
    "LOAD MYSQL USERS TO RUNTIME",
    "SAVE MYSQL USERS TO DISK",
)


@pytest.mark.parametrize(
    "state, rows, left",
    [
        ("overridden", [], []),
        ("deleted", [{"username": "u"}], []),
        ("deleted", [{"username": "u", "backend": False}], [("1", "0")]),
        ("merged", [{"username": "u", "frontend": False}], [("0", "1"), ("1", "0")]),
        ("deleted", [{"username": "u", "frontend": False}], [("0", "1")]),
        ("merged", [{"username": "u", "comment": "one row again"}], [("1", "1")]),
        (
            "merged",
            [{"username": "u", "frontend": False}, {"username": "u", "backend": False}],
            [("0", "1"), ("1", "0")],
        ),
    ],
)
def test_a_user_stored_in_one_row_for_each_role(server, state, rows, left):
    sql(server, *SPLIT)
    run(server, {"mysql_users": rows}, state=state)
    for source in ("mysql_users", "disk.mysql_users"):
        assert sorted(sql(server, f"SELECT backend, frontend FROM {source}")) == left
    assert not run(server, {"mysql_users": rows}, state=state).changed


def test_bytes_that_are_not_text_survive(server):
    # a caching_sha2 salt may hold any byte
    salted = "$A$005$" + bytes(range(1, 21)).decode("latin-1").encode().decode() + "x" * 43
    raw = salted.encode()[:20] + b"\xff\xfe\x80" + b"y" * 43
    user = {"username": "salted", "password": raw.decode("utf-8", "surrogateescape")}
    run(server, {"mysql_users": [user]})
    for source in ("mysql_users", "disk.mysql_users", "runtime_mysql_users"):
        stored = sql(server, f"SELECT HEX(password) FROM {source} WHERE username = 'salted'")
        assert {value for (value,) in stored} == {raw.hex().upper()}, source
    assert not run(server, {"mysql_users": [user]}).changed


def test_a_hash_that_lets_nobody_in_is_warned_of_and_is_no_form_of_a_password(server):
    """MySQL 9.7 makes them of 10000 rounds, here of s3cret."""
    foreign = "$A$00A$abcdefghij0123456789owXjvx6/2/7wdqKUxWUSBm1s9JviWBXtv1t0K5mSzD2"
    (warning,) = run(server, {"mysql_users": [{"username": "app", "password": foreign}]}).warnings
    place = "mysql_users, row username=app, backend=True, column password"
    assert warning.startswith(f"{place}: a hash of caching_sha2") and foreign not in warning
    again = run(server, {"mysql_users": [{"username": "app", "password": foreign}]})
    assert not again.changed and not again.warnings
    done = run(server, {"mysql_users": [{"username": "app", "password": "s3cret"}]})
    assert done.changed and not done.warnings
    assert {row["password"] for row in settled(server, "mysql_users").values()} == {"s3cret"}


@pytest.mark.parametrize("function", ["MYSQL_NATIVE_PASSWORD", "CACHING_SHA2_PASSWORD"])
def test_a_clear_password_is_recognised_in_its_stored_form(server, function):
    user = {"username": "app", "password": "s3cret", "comment": "a"}
    sql(
        server,
        f"INSERT INTO mysql_users (username, password, comment) VALUES ('app', {function}('s3cret'), 'a')",
    )
    (stored,) = (row["password"] for row in layers(server, "mysql_users")["memory"].values())
    sql(server, "LOAD MYSQL USERS TO RUNTIME", "SAVE MYSQL USERS TO DISK")
    assert not run(server, {"mysql_users": [user]}).changed
    # another column changes: the stored hash stays, and no new salt is made
    run(server, {"mysql_users": [{**user, "comment": "b"}]})
    assert {row["password"] for row in settled(server, "mysql_users").values()} == {stored}
    run(server, {"mysql_users": [{**user, "password": "new"}]})
    assert {row["password"] for row in settled(server, "mysql_users").values()} == {"new"}


def test_many_rows_in_few_statements(server):
    rows = [{"hostgroup_id": n % 50, "hostname": f"db{n}.example", "comment": "x" * 300} for n in range(5000)]
    done = run(server, {"mysql_servers": rows}, state="overridden")
    assert len(done.statements) <= 5
    assert len(settled(server, "mysql_servers")) == 5000
    assert not run(server, {"mysql_servers": rows}, state="overridden").changed


def test_an_unreachable_port_is_named_after_the_deadline(server):
    with pytest.raises(ConnectError, match=r"127.0.0.1:1 did not answer within 1 s"):
        Admin(login(server, port=1, connect_timeout=1))


def test_a_wrong_password_is_said_at_once(server):
    with pytest.raises(ConnectError, match="refused the login of 'admin'.*Access denied") as caught:
        Admin(login(server, password="s3cret-wrong"))
    assert "s3cret-wrong" not in caught.value.message
