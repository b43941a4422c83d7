"""The catalog against the server's own tables, and what only the server knows."""

from __future__ import annotations

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._catalog.tables import REQUIRED, TABLES
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.errors import DeclarationError
from cases import FIRST, PGSQL_FIRST
from driver import Admin, everything, login, run, sql, tables_of
from test_apply import NOTHING

INTEGERS = ("INT", "INTEGER", "INT UNSIGNED")


def described(server, name):
    """(name, type, nullable, default, key position) of each column, as the server says it."""
    rows = sql(server, f"PRAGMA table_info({name})")
    return [(row[1], row[2], row[3] == "0", row[4], int(row[5])) for row in rows]


def assert_the_catalog_is_the_server(server, name):
    table = TABLES[name]
    there = described(server, name)
    names = [column[0] for column in there]
    assert [column.name for column in table.columns if column.name in names] == names
    missing = [column for column in table.columns if column.name not in names]
    assert all(column.since for column in missing), f"the server lacks {missing}"
    key = [column[0] for column in sorted(there, key=lambda column: column[4]) if column[4]]
    assert sorted(table.key) == sorted(key)
    for column_name, declared, nullable, default, place in there:
        column = table.by_name[column_name]
        assert column.nullable == (nullable and not place), column_name
        assert (column.kind in ("int", "bool")) == (declared in INTEGERS), column_name
        value = column.default
        if default is None or default == "NULL":
            assert value in (REQUIRED, None) or (value == "" and column.implied), column_name
        elif isinstance(value, str):
            assert default == f"'{value}'", column_name
        else:
            assert default == str(int(value)), column_name


@pytest.mark.parametrize("name", [name for name in TABLES if not TABLES[name].since])
def test_the_catalog_is_what_the_server_has(server, name):
    assert_the_catalog_is_the_server(server, name)


@pytest.mark.parametrize("name", TABLES)
def test_the_catalog_is_what_the_newest_schema_has(three, name):
    assert_the_catalog_is_the_server(three, name)
    if not TABLES[name].since and not three.binary:  # the emulator has the newest
        assert [column[0] for column in described(three, name)] == [c.name for c in TABLES[name].columns]


def test_every_table_with_a_runtime_is_in_the_catalog(server, three):
    """Except for what is no configuration, and variables, which are not rows here."""
    for each in (server, three):
        present = {name for (name,) in sql(each, "SHOW TABLES")}
        configured = {name for name in present if f"runtime_{name}" in present} - {"global_variables"}
        configured -= {"pgsql_ldap_mapping"}  # of a plugin that does not come with it
        assert configured == set(tables_of(each))


def test_every_table_has_a_case():
    newer = {name for name, table in TABLES.items() if table.since}
    for name in TABLES:
        where, there = ("PGSQL_FIRST", PGSQL_FIRST) if name in newer else ("FIRST", FIRST)
        assert name in there, f"tests/engine/cases.py: no {name} in {where}"
    assert set(FIRST) | set(PGSQL_FIRST) == set(TABLES) and set(PGSQL_FIRST) == newer


# -- what the server lacks -----------------------------------------------------------------


def test_a_table_the_server_lacks_is_refused_before_anything_is_written(server):
    before = everything(server)
    with pytest.raises(DeclarationError, match=r"pgsql_servers_ssl_params: ProxySQL .* has no such table"):
        run(server, {"mysql_users": FIRST["mysql_users"], "pgsql_servers_ssl_params": [{"hostname": "pg1"}]})
    assert everything(server) == before


def test_a_column_of_a_newer_release_is_refused_by_an_older_one(server, three):
    if three.binary:
        pytest.skip("3.0.3 does not have the column either")
    rows = [{**FIRST["mysql_aws_aurora_hostgroups"][0], "autopurge_missing_checks": 5}]
    before = everything(server)
    with pytest.raises(DeclarationError, match=r"autopurge_missing_checks: ProxySQL .* no such column"):
        run(server, {"mysql_aws_aurora_hostgroups": rows})
    assert everything(server) == before
    run(three, {"mysql_aws_aurora_hostgroups": rows})
    assert not run(three, {"mysql_aws_aurora_hostgroups": rows}).changed
    with pytest.raises(DeclarationError, match=r"autopurge_missing_checks: 101 is out of range"):
        run(three, {"mysql_aws_aurora_hostgroups": [{**rows[0], "autopurge_missing_checks": 101}]})


# -- what only the server knows ------------------------------------------------------------


@pytest.fixture
def newer(server):
    """A server whose mysql_servers has two columns that the catalog does not know."""
    columns = ("zone INT NOT NULL DEFAULT 7", "note VARCHAR")
    for source in ("main.mysql_servers", "disk.mysql_servers"):
        sql(server, *(f"ALTER TABLE {source} ADD COLUMN {column}" for column in columns))
    yield server
    for source in ("main.mysql_servers", "disk.mysql_servers"):
        sql(server, *(f"ALTER TABLE {source} DROP COLUMN {name}" for name in ("zone", "note")))


def stored(server, name):
    query = "SELECT zone, note FROM {}.mysql_servers WHERE hostname = '{}'"
    return [sql(server, query.format(source, name))[0] for source in ("main", "disk")]


@pytest.mark.parametrize("state", ["merged", "replaced", "overridden"])
def test_a_column_that_only_the_server_knows_is_managed_with_a_warning(newer, state):
    rows = [{"hostname": "a", "zone": 8, "note": "it's"}, {"hostname": "b", "zone": True}]
    done = run(newer, {"mysql_servers": rows}, state=state)
    assert len(done.warnings) == 2 and "the column zone is not known to this collection" in str(done.warnings)
    assert [stored(newer, name) for name in "ab"] == [[("8", "it's")] * 2, [("1", None)] * 2]
    again = run(newer, {"mysql_servers": rows}, state=state)
    assert again.layers == NOTHING, again.statements


@pytest.mark.parametrize("state", ["merged", "replaced", "overridden"])
def test_a_column_that_only_the_server_knows_takes_its_default(newer, state):
    sql(newer, "INSERT INTO mysql_servers (hostname, zone, note) VALUES ('a', 8, 'x')")
    sql(newer, "LOAD MYSQL SERVERS TO RUNTIME", "SAVE MYSQL SERVERS TO DISK")
    rows = [{"hostname": "a"}, {"hostname": "b"}]
    run(newer, {"mysql_servers": rows}, state=state)
    assert stored(newer, "a") == ([("8", "x")] * 2 if state == "merged" else [("7", None)] * 2)
    assert stored(newer, "b") == [("7", None)] * 2
    assert run(newer, {"mysql_servers": rows}, state=state).layers == NOTHING


def test_a_wrong_value_in_such_a_column_is_refused(newer):
    before = everything(newer)
    with pytest.raises(DeclarationError, match="row hostname=a, column zone: expected a whole number"):
        run(newer, {"mysql_servers": [{"hostname": "a", "zone": "x"}]})
    assert everything(newer) == before


@pytest.fixture
def with_a_table(server):
    """A server with a table of hostgroups that the catalog does not know."""
    columns = (
        "writer_hostgroup INT NOT NULL PRIMARY KEY, mode VARCHAR NOT NULL DEFAULT 'a''b', api_token VARCHAR"
    )
    names = ("main.mysql_zone_hostgroups", "main.runtime_mysql_zone_hostgroups", "disk.mysql_zone_hostgroups")
    sql(server, *(f"CREATE TABLE {name} ({columns})" for name in names))
    yield server
    sql(server, *(f"DROP TABLE {name}" for name in names))


def test_the_server_says_what_an_unknown_table_is(with_a_table):
    from ansible_collections.mysqlha.proxysql.plugins.module_utils._server.schema import table_of

    with Admin(login(with_a_table)) as admin:
        table = table_of(admin, "mysql_zone_hostgroups")
    assert (table.section, table.key, table.known) == ("MYSQL SERVERS", ("writer_hostgroup",), False)
    assert [table.default(column.name) for column in table.columns] == [None, "a'b", None]
    assert table.secrets == ("api_token",)
    for name in ("mysql_nope_hostgroups", "sqlite_master"):
        with Admin(login(with_a_table)) as admin, pytest.raises(DeclarationError, match="no such table"):
            table_of(admin, name)


def test_a_table_that_only_the_server_knows_is_managed_with_a_warning(module, with_a_table):
    name = "mysql_zone_hostgroups"
    rows = [{"writer_hostgroup": 1, "mode": "it's"}, {"writer_hostgroup": 2, "api_token": "s3cret"}]
    # Memory alone: no LOAD takes a table that we have made.
    given = {"tables": {name: rows}, "state": "overridden", "load": False, "save": False}
    planned = module("config", check=True, **given)
    done = module("config", **given, diff=True)
    assert "s3cret" not in module.text
    assert done["statements"] == planned["statements"]
    assert f"{name}: this table is not known to this collection" in str(done["warnings"])
    assert done["after"]["tables"][name][1] == {
        "writer_hostgroup": 2,
        "mode": "a'b",
        "api_token": "********",
    }
    assert sql(with_a_table, f"SELECT * FROM {name}") == [("1", "it's", None), ("2", "a'b", "s3cret")]
    assert module("config", **given)["layers"] == {
        "memory": "unchanged",
        "runtime": "skipped",
        "disk": "skipped",
    }
    refused = module("config", **{**given, "load": True})
    assert f"{name}, row writer_hostgroup=1: ProxySQL left this row out of runtime" in refused["msg"]


def test_such_a_table_is_gathered_and_refused_by_name(module, with_a_table):
    name = "mysql_zone_hostgroups"
    sql(with_a_table, f"INSERT INTO {name} (writer_hostgroup, api_token) VALUES (1, 's3cret')")
    gathered = module("config", tables={name: []}, state="gathered")["gathered"]["tables"]
    assert gathered == {name: [{"writer_hostgroup": 1, "mode": "a'b"}]}
    for rows, message in (
        ([{"writer_hostgroup": "x"}], "row writer_hostgroup=x, column writer_hostgroup: expected a whole"),
        ([{"writer_hostgroup": 2, "mode": None}], "column mode: NULL is not allowed"),
        ([{"writer_hostgroup": 2, "nope": 1}], "column nope: ProxySQL "),
        ([{"mode": "x"}], "column writer_hostgroup: this key column must be given"),
    ):
        result = module("config", tables={name: rows})
        assert result["failed"] and message in result["msg"], result
    missing = module("config", tables={"mysql_nope_hostgroups": []}, state="merged")
    assert missing["failed"] and "mysql_nope_hostgroups: ProxySQL " in missing["msg"]
    rendered = module("config", tables={name: []}, state="rendered")
    assert rendered["failed"] and "only a server knows this table" in rendered["msg"]
