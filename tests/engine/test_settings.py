"""Variables: what the server makes of a value is foretold, and what it does not take is an error."""

from __future__ import annotations

import re

import pymysql
import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._catalog.newer_variables import (
    NEWER_BOOLEANS,
    NEWER_INTEGERS,
    NEWER_TEXTS,
)
from ansible_collections.mysqlha.proxysql.plugins.module_utils._catalog.variables import (
    BOOLEANS,
    INTEGERS,
    READ_ONLY,
    TEXTS,
)
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.errors import (
    DeclarationError,
    RefusedError,
)
from ansible_collections.mysqlha.proxysql.plugins.module_utils._server.admin import Admin
from driver import everything, login, run, sql, variable
from server import Server
from test_apply import NOTHING


def set_in_memory(server, name, value):
    text = value.replace("'", "''")
    sql(server, f"UPDATE global_variables SET variable_value = '{text}' WHERE variable_name = '{name}'")


NEWER = NEWER_BOOLEANS | NEWER_TEXTS | set(NEWER_INTEGERS)


def test_the_catalog_is_what_the_server_has(server):
    with Admin(login(server)) as admin:
        newer = NEWER if admin.version.startswith("2.") else set()
    assert_the_catalog_is_the_server(server, (BOOLEANS | set(INTEGERS) | TEXTS | READ_ONLY) - newer)


def test_the_catalog_is_what_a_newer_server_has(running_three):
    assert_the_catalog_is_the_server(running_three, BOOLEANS | set(INTEGERS) | TEXTS | READ_ONLY)


def assert_the_catalog_is_the_server(server, known):
    present = {name for (name,) in sql(server, "SELECT variable_name FROM runtime_global_variables")}
    # Some are of one build or another.
    conditional = {name for name in present ^ known if re.search("debug|ssl_keylog|ldap", name)}
    assert present - conditional == known - conditional
    shown = dict(sql(server, "SELECT variable_name, variable_value FROM runtime_global_variables"))
    assert {name for name, value in shown.items() if value in ("true", "false")} <= BOOLEANS
    assert all(low <= int(shown[name]) <= high for name, (low, high) in INTEGERS.items() if name in shown)


SAME = [
    ("mysql-multiplexing", "False", False),
    ("mysql-multiplexing", "0", "no"),
    ("mysql-multiplexing", "TRUE", 1),
    ("mysql-max_connections", "05000", 5000),
    ("mysql-max_connections", " 5000", "5000"),
    ("mysql-max_connections", "5000 ", "+5000"),
    ("mysql-max_connections", "5000.7", 5000),
    ("mysql-max_connections", "2x", 2),
]


@pytest.mark.parametrize(("name", "written", "declared"), SAME)
def test_a_value_in_the_words_of_others_is_no_change(server, name, written, declared):
    set_in_memory(server, name, written)
    sql(server, "LOAD MYSQL VARIABLES TO RUNTIME", "SAVE MYSQL VARIABLES TO DISK")
    assert run(server, variables={name: declared}).layers == NOTHING


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("mysql-default_authentication_plugin", "mysql_clear_password", "mysql_native_password"),
        ("mysql-eventslog_filename", "/nowhere/to/be/found/log", ""),
        ("mysql-auditlog_filename", "folder/", ""),
    ],
)
def test_a_value_that_load_refuses_names_variable_value_and_what_is_kept(server, name, value, kept):
    before = everything(server)
    with pytest.raises(RefusedError) as caught:
        run(server, variables={name: value, "mysql-max_connections": 700})
    message = caught.value.message
    assert f"variable {name}: declared '{value}', ProxySQL keeps '{kept}'" in message
    assert message.endswith("Everything has been put back as it was.")
    assert everything(server) == before


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("mysql-max_connections", 0, "0 is out of range"),
        ("mysql-default_authentication_plugin", "sha256", "'sha256' is not mysql_native_password or"),
        ("mysql-default_authentication_plugin", "Caching_sha2_password", "would keep the present value"),
        ("mysql-max_connections", "5e3", "expected a whole number"),
        ("mysql-monitor_read_only_interval", 99, "99 is out of range"),
        ("mysql-multiplexing", "maybe", "expected true or false"),
        ("mysql-default_schema", "", "cannot be empty"),
        ("admin-cluster_password", 'a"b', "double quote"),
        ("admin-mysql_ifaces", '127.0.0.1:1;"', "double quote"),
        ("mysql-server_version", "a\0b", "NUL"),
        ("mysql-no_such_thing", "x", "has no such variable"),
        ("admin-version", "9", "set by the server"),
        ("mysql-default_charset", "nope", "knows no charset"),
    ],
)
def test_a_value_that_can_not_be_is_refused_before_anything_is_written(server, name, value, reason):
    before = everything(server)
    with pytest.raises(DeclarationError, match=f"variable {name}: .*{reason}"):
        run(server, variables={"mysql-max_connections": 700, name: value})
    assert everything(server) == before


@pytest.mark.parametrize(
    "value", ["it's", "a\\'b\\", "日本 😀", "--; DROP TABLE x; /*", "%s {} \n\t\r", "x" * 1000000]
)
def test_any_text_is_kept_as_it_is(server, value):
    name = "mysql-firewall_whitelist_errormsg"
    run(server, variables={name: value})
    assert variable(server, name) == dict.fromkeys(("memory", "runtime", "disk"), value)
    assert run(server, variables={name: value}).layers == NOTHING


def test_a_password_changed_in_case_alone_is_refused(server):
    """It would be shown, and the old one would stay in force."""
    run(server, variables={"admin-admin_credentials": "admin:admin;cluster:clusterpw;other:newpw"})
    before = everything(server)
    with pytest.raises(DeclarationError, match="letter case alone") as caught:
        run(server, variables={"admin-admin_credentials": "admin:admin;cluster:clusterpw;other:NEWPW"})
    assert "NEWPW" not in caught.value.message and everything(server) == before


@pytest.mark.parametrize(
    ("name", "present", "other"),
    [
        ("admin-stats_credentials", "stats:stats;watch:secret", "stats:stats;watch:SECRET"),
        ("admin-telnet_stats_ifaces", "localhost:6099", "LOCALHOST:6099"),
    ],
)
def test_so_is_every_list_that_proxysql_compares_without_case(server, name, present, other):
    run(server, variables={name: present})
    before = everything(server)
    with pytest.raises(DeclarationError, match=f"variable {name}: differs from the present value in letter"):
        run(server, variables={name: other})
    assert everything(server) == before


def test_why_it_is_refused(server):
    run(server, variables={"admin-admin_credentials": "admin:admin;cluster:clusterpw;other:newpw"})
    set_in_memory(server, "admin-admin_credentials", "admin:admin;cluster:clusterpw;other:NEWPW")
    sql(server, "LOAD ADMIN VARIABLES TO RUNTIME")
    assert variable(server, "admin-admin_credentials")["runtime"].endswith("NEWPW")
    server.connect("other", "newpw").close()
    with pytest.raises(pymysql.err.OperationalError):
        server.connect("other", "NEWPW")
    run(server, variables={"admin-admin_credentials": "admin:admin;cluster:clusterpw"})


def test_somebodys_open_edits_of_variables_are_warned_about(server):
    set_in_memory(server, "mysql-multiplexing", "false")
    done = run(server, variables={"mysql-max_connections": 900}, check=True, open_edits="publish")
    assert "variable mysql-multiplexing" in str(done.warnings)
    assert not run(server, variables={"mysql-multiplexing": False}).warnings


def test_a_variable_that_only_the_server_knows_is_managed_with_a_warning(server):
    """As one of a newer release. ProxySQL drops a name that it does not know from memory."""
    done = run(server, variables={"mysql-max_connections": 900})
    assert not done.warnings
    from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared import variables as _variables

    known = _variables.TEXTS
    try:
        _variables.TEXTS = known - {"mysql-init_connect"}
        done = run(server, variables={"mysql-init_connect": "SET @x = 1"})
    finally:
        _variables.TEXTS = known
    assert "variable mysql-init_connect: not known to this collection" in str(done.warnings)
    assert variable(server, "mysql-init_connect")["runtime"] == "SET @x = 1"


def test_several_static_variables_beside_others(server):
    wanted = {"mysql-threads": 3, "mysql-interfaces": "127.0.0.1:1", "mysql-max_connections": 701}
    interfaces = variable(server, "mysql-interfaces")["runtime"]
    done = run(server, variables=wanted)
    assert done.restart_required == ["mysql-interfaces", "mysql-threads"]
    loads = [each.sql for each in done.statements if each.sql.startswith("LOAD")]
    assert loads == ["LOAD MYSQL VARIABLES TO RUNTIME"]
    assert variable(server, "mysql-threads")["disk"] == "3"
    assert variable(server, "mysql-interfaces")["disk"] == "127.0.0.1:1"
    again = run(server, variables=wanted)
    assert again.layers == NOTHING and again.restart_required == done.restart_required
    back = run(server, variables={"mysql-threads": 2, "mysql-interfaces": interfaces})
    assert back.layers == {"memory": "unchanged", "runtime": "unchanged", "disk": "saved"}
    assert back.restart_required == []


def test_what_new_threads_alone_take_over_waits_for_a_restart(server):
    """ProxySQL shows it in runtime at once; threads that run keep their stack."""
    done = run(server, variables={"mysql-stacksize": 2097152})
    assert done.restart_required == ["mysql-stacksize"]
    assert variable(server, "mysql-stacksize")["runtime"] == "2097152"


def test_what_postgresqls_monitor_was_started_with(running_three: Server) -> None:
    """A monitor that was off at the start has ended; one that is switched off does so at once (3.0.3)."""
    assert run(running_three, variables={"pgsql-monitor_enabled": "False"}).restart_required == []
    done = run(running_three, variables={"pgsql-monitor_enabled": True, "pgsql-monitor_threads": 3})
    assert done.restart_required == ["pgsql-monitor_enabled", "pgsql-monitor_threads"]
    assert not done.warnings
    run(running_three, variables={"pgsql-monitor_enabled": False, "pgsql-monitor_threads": 2})


def test_variables_of_postgresql_have_kinds_and_ranges(running_three: Server) -> None:
    for name, value in (
        ("pgsql-max_connections", 0),
        ("pgsql-authentication_method", 4),
        ("pgsql-multiplexing", "perhaps"),
        ("pgsql-default_session_track_gtids", "on"),
        ("pgsql-default_client_encoding", "utf9"),
        ("pgsql-default_datestyle", "ISO"),
        ("pgsql-default_intervalstyle", "weeks"),
        ("pgsql-default_standard_conforming_strings", "y"),
        ("pgsql-default_timezone", ""),
        ("pgsql-server_version", ""),
        ("admin-pgsql_ifaces", "127.0.0.1:6132; 127.0.0.2:6132"),
    ):
        with pytest.raises(DeclarationError, match=f"variable {name}: "):
            run(running_three, variables={name: value}, check=True)


@pytest.mark.parametrize(
    ("name", "given", "held", "default"),
    [
        ("pgsql-default_client_encoding", "latin1", "LATIN1", "UTF8"),
        ("pgsql-default_datestyle", "dmy , postgres", "Postgres, DMY", "ISO, MDY"),
        ("pgsql-default_intervalstyle", "SQL_Standard", "sql_standard", "postgres"),
        ("pgsql-default_standard_conforming_strings", False, "off", "on"),
    ],
)
def test_words_of_postgresql_are_written_as_they_are_shown(
    running_three: Server, name: str, given: str | bool, held: str, default: str
) -> None:
    run(running_three, variables={name: given})
    assert variable(running_three, name) == dict.fromkeys(("memory", "runtime", "disk"), held)
    assert run(running_three, variables={name: given}).layers == NOTHING
    # as somebody else has written it
    sql(
        running_three,
        f"UPDATE global_variables SET variable_value = '{given}' WHERE variable_name = '{name}'",
    )
    assert run(running_three, variables={name: held}).layers == NOTHING
    run(running_three, variables={name: default})
