"""Lint: hostgroups, the monitor, users and logs, case by case; and what lint takes for granted."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.errors import DeclarationError
from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning.lint.look import Look, look_of
from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning.lint.run import lint
from test_lint import PRUNE, rule, rules, server, user

FAST = "mysql_query_rules_fast_routing"
PAIR = {"mysql_replication_hostgroups": [{"writer_hostgroup": 10, "reader_hostgroup": 20}]}
OFF = {"mysql-monitor_enabled": False}
FOREIGN = "$A$00A$" + 63 * "x"  # as of MySQL 9.7
APART = {"mysql-monitor_writer_is_also_reader": False}


def of(name: str, *given: Any, **more: Any) -> list[tuple[str, str, str]]:
    return [(each.severity, each.row, each.column) for each in lint(*given, **more) if each.rule == name]


# -- hostgroups without servers ----------------------------------------------------------

EMPTY = "hostgroup-without-servers"


@pytest.mark.parametrize(
    ("row", "severity", "column"),
    [
        ({"destination_hostgroup": 3}, "warning", "destination_hostgroup"),
        ({"destination_hostgroup": 3, "apply": False}, "warning", "destination_hostgroup"),
        ({"mirror_hostgroup": 3}, "warning", "mirror_hostgroup"),
        ({"mirror_hostgroup": 3, "error_msg": "no"}, "warning", "mirror_hostgroup"),
        ({"destination_hostgroup": 3, "OK_msg": "yes"}, None, ""),
        ({"destination_hostgroup": 3, "error_msg": ""}, None, ""),
        ({"destination_hostgroup": 3, "mirror_hostgroup": 3, "active": False}, None, ""),
        ({"destination_hostgroup": 1, "mirror_hostgroup": 1}, None, ""),
    ],
)
def test_rules_that_lead_nowhere(row: dict[str, Any], severity: str | None, column: str) -> None:
    tables = {"mysql_servers": [server(1)], **rules(rule(1, match_digest="x", **row))}
    assert of(EMPTY, tables) == ([(severity, "rule_id=1", column)] if severity else [])
    # With the sets known, it is certain of a rule that applies.
    worse = "error" if severity and column[0] == "d" and row.get("apply", True) else severity
    assert of(EMPTY, {**tables, **PAIR}) == ([(worse, "rule_id=1", column)] if severity else [])
    assert of(EMPTY, tables, states="merged") == []


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ({}, True), ({"active": False}, False), ({"frontend": False}, False),
        ({"default_hostgroup": -1}, False),
        ({"default_hostgroup": 0}, True), ({"default_hostgroup": 1}, False),
    ],
)  # fmt: skip
def test_users_that_lead_nowhere(columns: dict[str, Any], found: bool) -> None:
    tables = {"mysql_servers": [server(1)], "mysql_users": [user(**columns)]}
    assert bool(of(EMPTY, tables)) is found


def test_a_rule_may_take_a_user_elsewhere_wherever_it_comes() -> None:
    tables: dict[str, Any] = {"mysql_servers": [server(1)], "mysql_users": [user()]}
    chosen = rule(7, flagIN=5, next_query_flagIN=5, destination_hostgroup=1)
    assert of(EMPTY, {**tables, **rules(rule(1, match_digest="x"), chosen)}) == []
    assert of(EMPTY, {**tables, **rules({**chosen, "destination_hostgroup": None})})


def test_rows_of_the_fast_routing_that_lead_nowhere() -> None:
    row = {"username": "u", "schemaname": "s", "destination_hostgroup": 3}
    place = "username=u, schemaname=s, flagIN=0"
    tables = {"mysql_servers": [server(1)], FAST: [row]}
    assert of(EMPTY, tables) == [("warning", place, "destination_hostgroup")]
    assert of(EMPTY, {**tables, **PAIR}) == [("error", place, "destination_hostgroup")]


# -- sets --------------------------------------------------------------------------------


def test_sets_none_of_whose_hostgroups_has_a_server() -> None:
    galera = {
        "writer_hostgroup": 5,
        "backup_writer_hostgroup": 6,
        "reader_hostgroup": 7,
        "offline_hostgroup": 8,
    }
    tables = {**PAIR, "mysql_galera_hostgroups": [galera], "mysql_servers": [server(8)]}
    found = "set-without-servers"
    assert of(found, tables) == [("warning", "writer_hostgroup=10", "writer_hostgroup")]
    tables["mysql_servers"] = [server(20, status="OFFLINE_HARD"), server(10, "db2")]
    assert of(found, tables) == [("warning", "writer_hostgroup=5", "writer_hostgroup")]
    tables["mysql_galera_hostgroups"] = [{**galera, "active": False}]
    assert of(found, tables) == []
    tables["mysql_servers"] = [server(20, status="OFFLINE_HARD")]
    assert of(found, tables) and not of(found, tables, states="merged")


@pytest.mark.parametrize(
    ("row", "variables", "found"),
    [
        ({"ssl_ca": "/ca.pem"}, {}, False), ({"ssl_capath": "/etc/cas"}, {}, False),
        ({"ssl_cert": "/cert.pem"}, {}, True), ({"ssl_ca": "/ca.pem", "username": "shop"}, {}, True),
        ({"ssl_ca": "/ca.pem", "hostname": "db2"}, {}, True), ({"ssl_ca": "/ca.pem", "port": 3307}, {}, True),
        # such a row is taken for all that it has
        ({"ssl_cert": "/cert.pem"}, {"mysql-ssl_p2s_ca": "/ca.pem"}, True),
        ({"hostname": "db2"}, {"mysql-ssl_p2s_ca": "/ca.pem"}, False),
        ({"hostname": "db2"}, {"mysql-ssl_p2s_capath": "/etc/cas"}, False),
    ],
)  # fmt: skip
def test_a_ca_for_some(row: dict[str, Any], variables: dict[str, str], found: bool) -> None:
    tables = {
        "mysql_servers": [server(10, use_ssl=True), server(20)],
        "mysql_servers_ssl_params": [{"hostname": "db1", "port": 3306, **row}],
    }
    assert bool(of("tls-without-ca", tables, variables)) == found
    assert of("tls-without-ca", tables, variables, states={"mysql_servers_ssl_params": "merged"}) == []


@pytest.mark.parametrize(
    ("servers", "severities"),
    [
        ([], (None, None)), ([server(10)], (None, None)), ([server(20)], ("info", "error")),
        ([server(10), server(20)], (None, None)), ([server(3)], (None, None)),
        ([server(20), server(10, status="OFFLINE_HARD")], ("info", "error")),
    ],
)  # fmt: skip
def test_a_pair_without_a_writer(servers: Any, severities: tuple[str | None, str | None]) -> None:
    tables = {**PAIR, "mysql_servers": servers}
    for variables, severity in zip(({}, OFF), severities):
        expected = [(severity, "writer_hostgroup=10", "writer_hostgroup")] if severity else []
        assert of("set-without-writer", tables, variables) == expected
    assert of("set-without-writer", tables, OFF, states="merged") == []


def test_a_writer_that_is_declared_among_the_readers() -> None:
    found = "writer-reads"
    both = [server(10), server(20)]
    row = ("warning", "hostgroup_id=20, hostname=db1, port=3306", "hostgroup_id")
    other = {"writer_hostgroup": 1, "reader_hostgroup": 2}
    tables: dict[str, Any] = {"mysql_replication_hostgroups": [other, *PAIR["mysql_replication_hostgroups"]]}
    alone = server(20, "db2")
    assert of(found, {**tables, "mysql_servers": [*both, alone]}, APART) == [row]
    assert (
        of(
            found,
            {**tables, "mysql_servers": [*both, alone]},
            {**APART, "mysql-monitor_writer_is_also_reader": True},
        )
        == []
    )
    for one in (0, 1):
        away = [{**each, "status": "OFFLINE_HARD"} if n == one else each for n, each in enumerate(both)]
        assert of(found, {**tables, "mysql_servers": [*away, alone]}, APART) == []
    assert of(found, {**tables, "mysql_servers": [server(10), server(20, port=3307), alone]}, APART) == []
    # All of the pair in both: that is how members are declared whom the monitor is to place.
    every = [*both, server(10, "db2"), alone]
    assert of(found, {**tables, "mysql_servers": every}, APART) == []


def test_a_writer_that_the_monitor_has_moved() -> None:
    found, tables = "moved-by-monitor", {**PAIR, "mysql_servers": [server(10), server(20, "db2")]}
    now = {"hostname": "db1", "port": 3306, "status": "ONLINE"}
    reads, writes = {**now, "hostgroup_id": 20}, {**now, "hostgroup_id": 10}
    row = ("warning", "hostgroup_id=10, hostname=db1, port=3306", "hostgroup_id")
    assert of(found, tables, placed=[reads]) == [row]
    assert of(found, tables, {"mysql-monitor_enabled": True}, placed=[reads]) == [row]
    assert of(found, tables, OFF, placed=[reads]) == []
    assert of(found, tables, placed=[reads, writes]) == []
    assert of(found, tables, placed=[reads, {**writes, "status": "OFFLINE_HARD"}]) == [row]
    assert of(found, tables, placed=[{**reads, "status": "OFFLINE_HARD"}]) == []
    assert of(found, tables, placed=[{**reads, "port": 3307}]) == []
    assert of(found, tables, placed=[{**reads, "hostgroup_id": 0}]) == []
    assert of(found, tables) == of(found, tables, placed=[]) == []
    every = [server(group, host) for group in (10, 20) for host in ("db1", "db2")]
    assert of(found, {**PAIR, "mysql_servers": every}, placed=[reads]) == []
    assert of(found, {**PAIR, "mysql_servers": [server(30), server(20, "db2")]}, placed=[reads]) == []


@pytest.mark.parametrize(
    ("servers", "limit", "nodes", "found"),
    [
        ([server(1)], 1000, 1, False), ([server(1)], 999, 1, True), ([server(1)], 1999, 2, True),
        ([server(1), server(2)], 2000, 1, False), ([server(1), server(2)], 1999, 1, True),
        ([server(1), server(2, status="OFFLINE_SOFT")], 1000, 1, False),
        ([server(1, max_connections=10)], 10, 1, False), ([server(1, "db2")], 1, 1, False),
        ([server(1, port=3307)], 1, 1, False),
    ],
)  # fmt: skip
def test_connections_of_all_together(servers: Any, limit: int, nodes: int, found: bool) -> None:
    tables = {"mysql_servers": servers}
    rows = of("too-many-connections", tables, limits={"db1:3306": str(limit), "other:1": 1}, nodes=nodes)
    assert rows == (
        [("warning", "hostgroup_id=1, hostname=db1, port=3306", "max_connections")] if found else []
    )


# -- users -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ({"password": ""}, True), ({"password": None}, True), ({}, False),
        ({"password": "", "active": False}, False),
        ({"password": "", "frontend": False}, False),
        ({"password": "", "attributes": {"spiffe_id": "spiffe://x"}}, False),
        ({"password": "", "attributes": {"other": "x"}}, True),
    ],
)  # fmt: skip
def test_users_without_a_password(columns: dict[str, Any], found: bool) -> None:
    rows = of("user-without-password", {"mysql_users": [user(**columns)]})
    assert [(severity, column) for severity, _row, column in rows] == (
        [("warning", "password")] if found else []
    )


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ({"password": FOREIGN}, True), ({"password": "0x" + FOREIGN.encode().hex()}, True),
        ({"password": FOREIGN.replace("$00A$", "$005$")}, False), ({"password": FOREIGN[:-1]}, False),
        ({"password": "*" + 40 * "A"}, False), ({"password": None}, False), ({}, False),
        ({"password": FOREIGN, "active": False}, False), ({"password": FOREIGN, "frontend": False}, False),
    ],
)  # fmt: skip
def test_hashes_that_let_nobody_in(columns: dict[str, Any], found: bool) -> None:
    rows = of("hash-lets-nobody-in", {"mysql_users": [user(**columns)]})
    assert [(severity, column) for severity, _row, column in rows] == (
        [("warning", "password")] if found else []
    )


@pytest.mark.parametrize(
    ("who", "which", "found"),
    [
        ({}, {}, True), ({"transaction_persistent": True}, {}, False), ({"active": False}, {}, False),
        ({"fast_forward": True}, {}, False), ({"default_hostgroup": 20}, {}, False),
        ({}, {"username": "shop"}, True), ({}, {"username": ""}, True), ({}, {"username": "other"}, False),
        ({}, {"destination_hostgroup": 30}, False), ({}, {"active": False}, False),
        ({}, {"match_digest": "^UPDATE"}, False),
        ({}, {"match_digest": None, "match_pattern": "^SELECT"}, True),
        ({}, {"match_digest": None}, False), ({}, {"negate_match_pattern": True}, False),
    ],
)  # fmt: skip
def test_transactions_that_rules_part(who: dict[str, Any], which: dict[str, Any], found: bool) -> None:
    columns = {"match_digest": "^SELECT", "destination_hostgroup": 20, **which}
    tables = {
        **PAIR, "mysql_users": [user(**{"transaction_persistent": False, **who}), user(username="calm")],
        **rules(rule(1, match_digest="^SHOW", destination_hostgroup=10), {**rule(2), **columns}),
    }  # fmt: skip
    rows = of("parted-transactions", tables)
    expected = ("warning", "username=shop, backend=True", "transaction_persistent")
    assert rows == ([expected] if found else [])
    # Once for a user, however many rules do it.
    tables["mysql_query_rules"].append({**tables["mysql_query_rules"][1], "rule_id": 3})
    assert of("parted-transactions", tables) == rows


# -- logs --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mysql-eventslog_filename", "mysql-auditlog_filename"])
def test_jobs_that_may_remove_the_files_of_a_log(name: str) -> None:
    job = {key: value for key, value in PRUNE.items() if not key.startswith("arg")}
    arguments = {f"arg{place}": "x" for place in range(1, 6)}

    def found(*jobs: dict[str, Any], file: str = "/var/log/queries") -> bool:
        return of("log-without-bound", {"scheduler": list(jobs)}, {name: file}) == [("warning", name, "")]

    assert found() and found({**job, **arguments}) and found(job, file="queries")
    assert not found(file="")
    for place in arguments:
        assert not found(job, {**job, "id": 2, **arguments, place: "rm -f /var/log/queries.*"}), place
        assert found({**job, **arguments, place: "rm -f queries", "active": False})
    assert found({**job, "arg1": "a", "arg2": "b"}, file="a b")


def test_a_finding_of_a_variable_is_ignored_by_its_name() -> None:
    name = "mysql-auditlog_filename"
    entry = {"rule": "log-without-bound", "reason": "so"}
    for row, left in ((name, []), ("", [name]), ("other", [name])):
        found = lint({}, {name: "a"}, ignore=[{**entry, "row": row}])
        assert [each.row for each in found if each.rule == entry["rule"]] == left


# -- what is known -----------------------------------------------------------------------


def look(tables: Any = None, *, present: Any = None, states: Any = "overridden", scope: Any = None,
         variables: Any = None, present_variables: Any = None) -> Look:  # fmt: skip
    return look_of(tables or {}, variables or {}, present or {}, present_variables or {}, states, scope or {})


def test_which_rows_there_will_be() -> None:
    mine, there = [server(1, weight=5)], [{**server(1), "port": 3306}, {**server(2), "port": 3306}]
    name = "mysql_servers"

    def after(state: Any, **more: Any) -> tuple[list[tuple[Any, Any]], bool]:
        seen = look({name: mine}, states=state, **more)
        return [(row["hostgroup_id"], row["weight"]) for row in seen.rows(name)], seen.whole(name)

    both = {"present": {name: there}}
    assert after("overridden") == ([(1, 5)], True)
    assert after({}) == ([(1, 5)], True) and after({name: "merged"}) == ([(1, 5)], False)
    assert after("replaced") == ([(1, 5)], False)
    assert after("deleted") == ([], False)
    assert after("overridden", scope={name: {"hostgroup_id": [1]}}) == ([(1, 5)], False)
    assert after("overridden", **both) == ([(1, 5)], True)
    assert after("merged", **both) == ([(1, 5), (2, 1)], True)
    assert after("deleted", **both) == ([(2, 1)], True)
    assert after("overridden", scope={name: {"hostgroup_id": [1]}}, **both) == ([(1, 5), (2, 1)], True)
    seen = look(present={name: there, "a_table_of_tomorrow": [{}]})
    assert [row["weight"] for row in seen.rows(name)] == [1, 1] and seen.whole(name)
    assert list(seen.rows("a_table_of_tomorrow")) == [] and not seen.whole("mysql_users")
    assert list(look({name: None}).rows(name)) == [] and look({name: None}).whole(name)


def test_a_secret_that_is_not_given_may_be_there() -> None:
    given = {"mysql_users": [{"username": "u"}]}
    assert "password" not in look(given, states="merged").rows("mysql_users")[0]
    assert look(given).rows("mysql_users")[0]["password"] is None


def test_which_values_variables_will_have() -> None:
    seen = look(
        variables={"mysql-threads": 8, "mysql-monitor_enabled": "no"},
        present_variables={
            "mysql-threads": 4,
            "mysql-have_ssl": "On",
            "mysql-have_compress": None,
            "admin-x": 1,
        },
    )
    assert seen.variables == {
        "mysql-threads": "8", "mysql-monitor_enabled": "false", "mysql-have_ssl": "On", "admin-x": "1",
    }  # fmt: skip
    flags = [
        seen.flag(f"mysql-{name}") for name in ("monitor_enabled", "have_ssl", "have_compress", "threads")
    ]
    assert flags == [False, True, None, None]


def test_active_rules_by_their_numbers() -> None:
    given = rules(rule(10), rule(9), rule(8, active=False), rule(7, client_addr="10.%"))
    assert [row["rule_id"] for row in look(given).active_rules] == [7, 9, 10]
    assert look(given, states="merged").active_rules == []
    row = {**rule(3), "client_addr": "10.%.%"}
    assert look(present={"mysql_query_rules": [row]}).active_rules == []


def test_all_that_is_wrong_with_a_declaration_at_once() -> None:
    with pytest.raises(DeclarationError) as caught:
        look(
            {"mysql_servers": [{"hostgroup_id": "a"}], "mysql_users": 3}, variables={"mysql-threads": "many"}
        )
    for part in ("mysql_servers, row hostgroup_id=a", "mysql_users: expected a list", "mysql-threads"):
        assert part in caught.value.message
    with pytest.raises(DeclarationError, match=r"\Atables: nosuch is not one of .*, mysql_users, ") as caught:
        look({"nosuch": []})
    assert caught.value.fields["table"] == "nosuch"
    with pytest.raises(DeclarationError, match=r"\Atables: expected a dict of table names and rows\Z"):
        look([server(1)])
    with pytest.raises(
        DeclarationError, match=r"\Awhat lint ignores: expected a list of dicts with rule and reason\Z"
    ):
        lint({}, ignore="all")
    assert not look({"mysql_servers_of_tomorrow": []}).tables
