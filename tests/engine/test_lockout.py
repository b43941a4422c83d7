"""What would lock people out is refused, also in check mode; what was typed is what is written."""

from __future__ import annotations

import functools
import json

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.errors import DeclarationError
from driver import everything, layers, run, sql, variable

ADMINS = "admin:admin;cluster:clusterpw;radmin:Xq7-s3cret"


@pytest.fixture
def admins(server):
    """A server with a second admin and a login for statistics."""
    credentials = {name: variable(server, name)["runtime"] for name in CREDENTIALS}
    run(server, variables=dict(zip(CREDENTIALS, (ADMINS, "stats:stats"))))
    yield server
    run(server, variables=credentials)


@pytest.fixture
def asked(admins, module):
    """Runs a module by a login whose password is no word of the messages, which Ansible would mask."""
    return functools.partial(module, login_user="radmin", login_password="Xq7-s3cret")


CREDENTIALS = ("admin-admin_credentials", "admin-stats_credentials")


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("name", ["admin", "radmin", "stats"])
def test_an_application_user_of_an_admins_name(admins, asked, name, check):
    before = everything(admins)
    rows = [{"username": name, "password": "x"}, {"username": "app", "password": "x"}]
    for found in (
        asked("mysql_users", config=rows, check=check),
        asked("config", tables={"mysql_users": rows}, check=check),
    ):
        assert f"row username={name}, backend=True, column username" in found["msg"]
        assert "is a login of the admin port" in found["msg"]
    assert everything(admins) == before


def test_one_that_is_made_an_admin_in_the_same_task(admins, module):
    found = module(
        "config",
        tables={"mysql_users": [{"username": "app", "password": "x"}]},
        variables={"admin-admin_credentials": f"{ADMINS};app:secret"},
    )
    assert "2 problems: " in found["msg"] and found["failed"]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    "credentials, message",
    [
        ("admin:admin", "lacks 'radmin', the login in use"),
        (f"{ADMINS};app:x", "has 'app', which is an application user"),
    ],
)
def test_credentials(admins, asked, credentials, message, check):
    run(admins, {"mysql_users": [{"username": "app", "password": "x"}]})
    before = everything(admins)
    found = asked("global_variables", config={"admin-admin_credentials": credentials}, check=check)
    assert "variable admin-admin_credentials: " in found["msg"] and message in found["msg"]
    assert everything(admins) == before


@pytest.mark.parametrize("check", [True, False])
def test_a_login_that_would_become_one_of_stats(admins, asked, check):
    """It would get in, or not, and see no configuration."""
    before = everything(admins)
    for password in ("", "another"):
        found = asked(
            "global_variables", config={"admin-stats_credentials": f"stats:s;radmin:{password}"}, check=check
        )
        assert "variable admin-stats_credentials: has 'radmin', the login in use" in found["msg"]
    assert everything(admins) == before


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    "interfaces", ["/tmp/some.sock", "192.0.2.7:6032", "127.0.0.1", "0.0.0.0:0", "[2001:db8::1]:6032"]
)
def test_interfaces_without_a_port_for_the_login(server, asked, interfaces, check):
    before = everything(server)
    found = asked("global_variables", config={"admin-mysql_ifaces": interfaces}, check=check)
    assert "variable admin-mysql_ifaces: " in found["msg"] and "leaves no port" in found["msg"]
    assert everything(server) == before


@pytest.mark.parametrize(
    "column, value",
    [
        ("digest", 0x00123A841EF5443C),
        ("comment", 1e3),
        ("match_digest", 123456),
        ("username", True),
        ("schemaname", 5),
        ("re_modifiers", 0),
    ],
)
def test_what_yaml_made_a_number_of_is_to_be_quoted(server, column, value):
    with pytest.raises(DeclarationError, match=f"column {column}: expected .*put it in quotes"):
        run(server, {"mysql_query_rules": [{"rule_id": 1, column: value}]}, check=True)


@pytest.mark.parametrize(
    "column, value, message",
    [
        ("client_addr", "10.%.1", "only be the last character"),
        ("client_addr", "10.115.%.%", "only be the last character"),
        ("digest", "0x0000000000000000", "expected a digest"),
        ("digest", "0xFFFFFFFFFFFFFFFF", "expected a digest"),
    ],
)
def test_a_rule_that_load_would_not_take_is_refused_in_check_mode(server, column, value, message):
    with pytest.raises(DeclarationError, match=f"row rule_id=9, column {column}: .*{message}"):
        run(server, {"mysql_query_rules": [{"rule_id": 9, "active": True, column: value}]}, check=True)


def test_all_problems_of_a_task_are_said_at_once(module):
    found = module(
        "config",
        tables={
            "mysql_servers": [{"hostname": "db1", "weight": "x", "port": 0.5}, {"port": 1}],
            "mysql_query_rules": [{"rule_id": 1, "digest": 5}],
        },
        variables={"mysql-max_connections": 0},
    )
    assert len(found["problems"]) == 5, found["msg"]
    unknown = {"mysql_servers": [{"hostname": "a", "wieght": 1}], "mysql_users": [{"username": "u", "x": 1}]}
    found = module("config", tables=unknown, variables={"mysql-nope": 1}, check=True)
    assert len(found["problems"]) == 3, found["msg"]


@pytest.mark.parametrize("level", ["READ-COMMITTED", "read committed", "REPEATABLE READ"])
@pytest.mark.parametrize("present", [True, False])
def test_isolation_levels(server, level, present):
    user = {"username": "app", "password": "x"}
    if present:
        run(server, {"mysql_users": [user]})
    rows = {"mysql_users": [{**user, "attributes": {"default-transaction_isolation": level}}]}
    assert run(server, rows).changed
    assert not run(server, rows).changed


def test_attributes_that_proxysql_would_not_take_are_refused_at_once(server):
    user = {"username": "app", "password": "x"}
    run(server, {"mysql_users": [{**user, "attributes": {"team": "Shop"}}]})
    before = everything(server)
    for attributes, message in (
        ({"default-transaction_isolation": "SNAPSHOT"}, "'SNAPSHOT' is not one of READ UNCOMMITTED"),
        ({"team": "shop"}, "in letter case alone"),
    ):
        for check in (True, False):
            with pytest.raises(DeclarationError, match=f"column attributes: .*{message}"):
                run(server, {"mysql_users": [{**user, "attributes": attributes}]}, check=check)
    assert everything(server) == before


def test_members_that_proxysql_does_not_know_are_warned_of(server):
    done = run(
        server,
        {
            "mysql_hostgroup_attributes": [{"hostgroup_id": 1, "servers_defaults": {"wieght": 5}}],
            "mysql_users": [
                {"username": "a", "attributes": {"team": "shop", "additional_pasword": "00"}},
            ],
        },
        check=True,
    )
    assert (
        "column servers_defaults: ProxySQL knows no wieght here and ignores it; did you mean weight?"
        in str(done.warnings)
    )
    assert "did you mean additional_password?" in str(done.warnings) and "team" not in str(done.warnings)


@pytest.mark.parametrize("pattern", ["^SELECT (a|b", "a)", "[a-z", "x[^]", "(?:a"])
def test_patterns_that_cannot_compile_are_warned_of(server, pattern):
    done = run(server, {"mysql_query_rules": [{"rule_id": 1, "match_digest": pattern}]}, check=True)
    assert "row rule_id=1, column match_digest: brackets that do not balance" in str(done.warnings)


@pytest.mark.parametrize(
    "pattern", [r"^SELECT \(", "[(]", "[](]", r"\Q((\E", "(a|[)])", r"[\]]", "[[:alpha:]]"]
)
def test_patterns_that_can(server, pattern):
    assert not run(
        server, {"mysql_query_rules": [{"rule_id": 1, "match_digest": pattern}]}, check=True
    ).warnings


def test_rows_typed_by_hand_that_do_not_mean_what_they_say_are_mended(server, module):
    sql(
        server,
        "INSERT INTO mysql_query_rules (rule_id, active, digest) VALUES (1, 1, 'DB3A841EF5443C35')",
        "LOAD MYSQL QUERY RULES TO RUNTIME",
        "INSERT INTO mysql_servers (hostname, status) VALUES ('db1', 'SHUNNED')",
        "LOAD MYSQL SERVERS TO RUNTIME",
    )
    rule = {"rule_id": 1, "active": True, "digest": "0xDB3A841EF5443C35"}
    assert run(server, {"mysql_query_rules": [rule]}).changed
    assert {row["digest"] for row in layers(server, "mysql_query_rules")["runtime"].values()} == {
        "0xDB3A841EF5443C35"
    }
    gathered = module("mysql_servers", state="gathered")["gathered"]
    assert gathered[0]["status"] == "ONLINE"
    assert run(server, {"mysql_servers": gathered}, state="overridden").changed
    assert not run(server, {"mysql_servers": gathered}, state="overridden").changed
    assert sql(server, "SELECT status FROM mysql_servers") == [("ONLINE",)]


def test_two_rows_of_a_user_that_become_equal(server):
    """Beside drift in runtime, which makes the task look at all of it."""
    two = [
        {"username": "f", "password": "x", "backend": False},
        {"username": "f", "password": "y", "frontend": False},
    ]
    run(server, {"mysql_users": [*two, {"username": "g", "password": "g"}]}, state="overridden")
    sql(
        server,
        "UPDATE mysql_users SET comment = 'drift' WHERE username = 'g'",
        "LOAD MYSQL USERS TO RUNTIME",
        "LOAD MYSQL USERS FROM DISK",
    )
    rows = {
        "mysql_users": [{"username": "f", "password": "x"}, {"username": "g", "password": "g", "comment": ""}]
    }
    assert run(server, rows).changed
    assert not run(server, rows).changed


# -- variables ---------------------------------------------------------------------------

CHECKSUM, DIFFS = "admin-checksum_mysql_users", "admin-cluster_mysql_users_diffs_before_sync"


def test_a_checksum_that_is_off_is_no_open_edit_and_can_be_put_on_again(server):
    run(server, variables={CHECKSUM: True, DIFFS: 3})
    for _ in range(2):
        run(server, variables={CHECKSUM: False})
        run(server, variables={"admin-web_port": 16080})
        assert run(server, variables={CHECKSUM: True}).changed
        assert set(variable(server, DIFFS).values()) == {"3"}
        assert not run(server, variables={CHECKSUM: True, DIFFS: 3}).changed


def test_both_at_once(server):
    run(server, variables={CHECKSUM: True, DIFFS: 3})
    run(server, variables={CHECKSUM: False})
    run(server, variables={DIFFS: 4, CHECKSUM: True})
    assert set(variable(server, DIFFS).values()) == {"4"}


def test_capabilities_that_follow_are_no_open_edit(server):
    try:
        run(server, variables={"mysql-have_compress": False})
        assert run(server, variables={"mysql-max_connections": 700}).changed
    finally:
        run(server, variables={"mysql-have_compress": True})


def test_a_charset_says_that_it_takes_the_collation_along(server):
    run(
        server,
        variables={
            "mysql-default_charset": "utf8mb4",
            "mysql-default_collation_connection": "utf8mb4_unicode_ci",
        },
    )
    planned = run(server, variables={"mysql-default_charset": "latin1"}, check=True)
    done = run(server, variables={"mysql-default_charset": "latin1"})
    assert planned.diff() == done.diff() and "latin1_swedish_ci" in str(done.diff())
    assert set(variable(server, "mysql-default_collation_connection").values()) == {"latin1_swedish_ci"}
    assert not run(server, variables={"mysql-default_charset": "latin1"}).changed
    with pytest.raises(DeclarationError, match="knows no charset 'nope'"):
        run(server, variables={"mysql-default_charset": "nope"}, check=True)


def test_values_that_proxysql_writes_otherwise(server):
    for name, value in (
        ("mysql-default_session_track_gtids", "own_gtid"),
        ("admin-stats_mysql_connections", 150),
        ("admin-stats_system_cpu", 600),
        ("mysql-server_version", "5.1.30"),
    ):
        before = variable(server, name)["runtime"]
        assert run(server, variables={name: value}).changed, name
        assert not run(server, variables={name: value}).changed, name
        run(server, variables={name: before})


def test_a_file_beside_the_data_is_shown_with_its_folder(server):
    name = "admin-ssl_keylog_file"
    if variable(server, name)["memory"] is None:
        pytest.skip("this ProxySQL has no admin-ssl_keylog_file")
    run(server, variables={name: "keys.log"})
    shown = variable(server, name)
    assert shown["runtime"] == f"{server.datadir}/keys.log" and shown["disk"] == "keys.log"
    assert not run(server, variables={name: "keys.log"}).changed
    # Nor is it taken for somebody's edit.
    assert run(server, variables={"admin-refresh_interval": 2500}).changed
    run(server, variables={name: ""})


def test_a_static_variable_that_is_written_nowhere_waits_for_nothing(server):
    assert run(server, variables={"mysql-threads": 7}, save=False).restart_required == []


# -- secrets -----------------------------------------------------------------------------


@pytest.mark.parametrize("check", [True, False])
def test_a_second_password_in_attributes_is_shown_nowhere(server, module, check):
    secret = "4D79536563726574"
    user = {"username": "dual", "password": "one", "attributes": {"additional_password": secret, "team": "a"}}
    for options in (
        {"name": "mysql_users", "config": [user]},
        {"name": "config", "tables": {"mysql_users": [user]}},
        {"name": "mysql_users", "state": "rendered", "config": [user]},
        {"name": "mysql_users", "state": "gathered"},
        {"name": "proxysql_info", "tables": ["mysql_users"]},
        {"name": "node_info", "tables": {"mysql_users": [user]}},
    ):
        module(check=check, diff=True, _ansible_inject_invocation=True, **options)
        assert secret not in module.text, options
    if not check:
        shown = module("proxysql_info", tables=["mysql_users"], show_secrets=True)
        assert secret in json.dumps(shown), "what is asked for is shown"


def test_a_variable_that_only_the_server_knows(server, module):
    sql(server, "INSERT INTO main.global_variables VALUES ('mysql-new_api_token', 'old')")
    module("global_variables", config={"mysql-new_api_token": "S3CRETXYZ"}, check=True, diff=True)
    assert "S3CRETXYZ" not in module.text
    module("global_variables", config={"mysql-new_api_token": "x"}, state="gathered")
    assert "old" not in module.text
