"""Which step of a rotation is next, for every way that places can stand; and whose passwords it is about."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from ansible_collections.mysqlha.proxysql.plugins.filter.hex import to_hex
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.passwords import native, salted
from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning.rotation import (
    STEPS,
    Standing,
    next_step,
)
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._site.rotation import additional_password
from test_site import planned

ALL = [Standing(*pair) for pair in itertools.product((True, False), repeat=2)]


def names(databases: list[Standing], proxies: list[Standing], two: bool = True) -> tuple[str, str]:
    step = next_step(
        {f"db{number}": each for number, each in enumerate(databases)},
        {f"px{number}": each for number, each in enumerate(proxies)},
        two,
    )
    return step.name, step.text


def test_no_step_comes_before_what_it_needs() -> None:
    for databases, proxies in itertools.product(itertools.product(ALL, repeat=2), repeat=2):
        name, text = names(list(databases), list(proxies))
        assert name in STEPS and text
        good, told = all(each.new for each in databases), all(each.new for each in proxies)
        old = any(each.previous for each in proxies)
        assert (name == "retain") == (not good), (databases, proxies)
        assert (name == "proxy") == (good and not told), (databases, proxies)
        assert (name == "applications") == (good and told and old), (databases, proxies)
        if name in ("discard", "done"):
            # nobody is locked out: all that let in at all do so with the new one
            assert good and told and not old, (databases, proxies)
            assert (name == "discard") == any(each.previous for each in databases), (databases, proxies)


def test_what_is_not_known_is_looked_at_again() -> None:
    name, text = names([Standing(True, None)], [Standing(True, False)])
    assert name == "look" and "db0" in text


def test_places_are_named() -> None:
    _name, text = names([Standing(True, True), Standing(False, True)], [Standing(True, False)])
    assert text.startswith("db1 refuses the new password") and "px0 has it already" in text
    assert "px" not in names([Standing(False, True)], [Standing(False, True)])[1]


def test_the_monitor_has_no_applications() -> None:
    both, none = Standing(True, True), Standing(False, False)
    for databases, proxies, step in (
        (none, Standing(False, True), "retain"), (both, Standing(False, True), "proxy"),
        (both, none, "proxy"),
        (both, Standing(True, False), "discard"), (Standing(True, False), Standing(True, False), "done"),
        (both, Standing(None, None), "look"),
    ):  # fmt: skip
        found = next_step({"db": databases}, {"px": proxies}, False, monitor=True)
        assert found.name == step and "applications" not in found.text
    urgent = next_step({"db": none}, {"px": Standing(True, False)}, False, monitor=True)
    assert "its servers count as read only" in urgent.text


def test_one_password_or_two_are_told_apart() -> None:
    stands = [Standing(True, True)], [Standing(False, True)]
    assert "additional_password" in names(*stands, two=True)[1]
    assert "refuses the previous one from that moment on" in names(*stands, two=False)[1]


# -- whose -------------------------------------------------------------------------------

TABLES: dict[str, Any] = {
    "proxysql_mysql_servers": [
        {"hostgroup_id": 10, "hostname": "192.0.2.31"},
        {"hostgroup_id": 20, "hostname": "192.0.2.32", "port": 3307},
        {"hostgroup_id": 20, "hostname": "192.0.2.31"},
        {"hostgroup_id": 30, "hostname": "192.0.2.33"},
    ],
    "proxysql_mysql_replication_hostgroups": [{"writer_hostgroup": 10, "reader_hostgroup": 20}],
    "proxysql_mysql_users": [
        {"username": "shop", "password": "new", "default_hostgroup": 10,
         "attributes": {"additional_password": "6f6c64"}},
        {"username": "reports", "password": "word", "default_hostgroup": 30},
    ],
}  # fmt: skip


def found(**asked: Any) -> tuple[list[dict[str, Any]], list[str]]:
    plan = planned(playbook="rotate", **TABLES, **{f"proxysql_rotate_{name}": v for name, v in asked.items()})
    return plan["rotations"], plan["problems"]


def test_all_that_have_two_passwords() -> None:
    (one,), problems = found()
    assert problems == []
    assert (one["user"], one["password"], one["previous_password"]) == ("shop", "new", "old")
    assert one["databases"] == [
        {"host": "192.0.2.31", "port": 3306},
        {"host": "192.0.2.32", "port": 3307},
    ]
    assert one["proxies"] == [{"host": f"192.0.2.{last}", "port": 6033} for last in (11, 12, 13)]


def test_the_one_that_is_named() -> None:
    (one,), problems = found(user="reports", previous_password="before")
    assert problems == [] and one["previous_password"] == "before"
    assert one["databases"] == [{"host": "192.0.2.33", "port": 3306}]


SALTED = salted("new")


@pytest.mark.parametrize(
    "form",
    ["new", native("new"), native("new").lower(), SALTED, "0x" + SALTED.encode().hex().upper()],
    ids=["clear", "sha1", "sha1 in small letters", "caching_sha2", "caching_sha2 as hex"],
)
def test_the_clear_password_of_each_form(monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    shop = {**TABLES["proxysql_mysql_users"][0], "password": form}
    monkeypatch.setitem(TABLES, "proxysql_mysql_users", [shop, *TABLES["proxysql_mysql_users"][1:]])
    for asked in ({"user": "shop", "password": "new"}, {"passwords": {"shop": "new"}}):
        (one,), problems = found(**asked)
        assert problems == [] and (one["password"], one["previous_password"]) == ("new", "old")
    for asked in ({"user": "shop", "password": "other-word"}, {"passwords": {"shop": "other-word"}}):
        none, problems = found(**asked)
        assert (none, problems) == (
            [],
            ["the password of the user shop that is given in clear does not fit the declared one"],
        )
    one_or_none, problems = found()
    if form == "new":
        assert one_or_none[0]["password"] == "new" and problems == []
    else:
        (only,) = problems
        assert only.startswith("the password of the user shop is declared as a hash, and is to be logged")
    assert found(passwords={"shop": "new", "nobody": "new"})[1] == [
        "proxysql_rotate_passwords has 'nobody', which is not in proxysql_mysql_users"
    ]


def test_a_hash_that_lets_nobody_in_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    foreign = {**TABLES["proxysql_mysql_users"][0], "password": SALTED.replace("$A$005$", "$A$00A$")}
    monkeypatch.setitem(TABLES, "proxysql_mysql_users", [foreign, *TABLES["proxysql_mysql_users"][1:]])
    (problem,) = found(user="shop", password="new")[1]
    assert "lets nobody in through ProxySQL" in problem


def test_all_databases_that_the_user_reaches(monkeypatch: pytest.MonkeyPatch) -> None:
    servers = [*TABLES["proxysql_mysql_servers"], {"hostgroup_id": 40, "hostname": "192.0.2.34"}]
    rules = [
        {"rule_id": 1, "active": True, "username": "shop", "destination_hostgroup": 30, "match_digest": "."},
        {"rule_id": 2, "active": True, "match_digest": "^SELECT", "destination_hostgroup": 40},
        {"rule_id": 3, "active": True, "match_digest": "^SELECT 1", "destination_hostgroup": 10},
    ]
    monkeypatch.setitem(TABLES, "proxysql_mysql_servers", servers)
    monkeypatch.setitem(TABLES, "proxysql_mysql_query_rules", rules)
    (shop,), problems = found()
    assert problems == []
    assert [each["host"] for each in shop["databases"]] == [f"192.0.2.{last}" for last in (31, 32, 33)]
    assert shop["maybe_databases"] == [{"host": "192.0.2.34", "port": 3306}]


def test_many_at_once() -> None:
    both, problems = found(step="retain", previous_passwords={"reports": "before"})
    assert problems == []
    assert [(one["user"], one["previous_password"]) for one in both] == [
        ("shop", "old"),
        ("reports", "before"),
    ]
    assert [one["user"] for one in found(user="reports", previous_passwords={"reports": "before"})[0]] == [
        "reports"
    ]
    assert found(previous_passwords={"nobody": "before"})[1] == [
        "proxysql_rotate_previous_passwords has 'nobody', which is not in proxysql_mysql_users"
    ]


def test_the_monitor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TABLES, "proxysql_monitor_user", "watch")
    monkeypatch.setitem(TABLES, "proxysql_monitor_password", "seen")
    (_shop, one), problems = found(previous_passwords={"watch": "before"})
    assert problems == []
    assert (one["user"], one["password"], one["previous_password"]) == ("watch", "seen", "before")
    # all of them, and the nodes by their Admin
    assert [each["port"] for each in one["databases"]] == [3306, 3307, 3306] and one["monitor"]
    assert [each["port"] for each in one["proxies"]] == 3 * [6032]
    (named,), problems = found(user="watch", previous_password="before")
    assert problems == [] and named == one
    # who is among the applications' users is one of them
    users = [
        *TABLES["proxysql_mysql_users"],
        {"username": "watch", "password": "seen", "default_hostgroup": 30},
    ]
    monkeypatch.setitem(TABLES, "proxysql_mysql_users", users)
    (user,), problems = found(user="watch", previous_password="before")
    assert problems == [] and not user["monitor"] and len(user["databases"]) == 1


def test_a_step_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TABLES, "proxysql_mysql_users", TABLES["proxysql_mysql_users"][1:])
    assert found(step="look") == ([], [])
    (problem,) = found(step="retain")[1]
    assert problem.startswith("proxysql_rotate_step is retain, and no user has a previous password")


@pytest.mark.parametrize("frontend", [False, 0, "0", "no"])
def test_the_row_for_clients_is_the_one_that_changes(monkeypatch: pytest.MonkeyPatch, frontend: Any) -> None:
    behind = {"username": "shop", "password": "other", "default_hostgroup": 30, "frontend": frontend}
    clients = {**TABLES["proxysql_mysql_users"][0], "backend": False}
    monkeypatch.setitem(TABLES, "proxysql_mysql_users", [behind, clients])
    (one,), problems = found(user="shop", previous_password="old")
    assert problems == [] and one["password"] == "new"
    monkeypatch.setitem(TABLES, "proxysql_mysql_users", [behind])
    _none, problems = found(user="shop", previous_password="old")
    assert any("'shop', whose frontend is false" in problem for problem in problems), problems


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"user": "nobody"}, "proxysql_rotate_user is 'nobody', which is not in proxysql_mysql_users"),
        ({"user": "reports"}, "the user reports has no previous password"),
    ],
)
def test_refused_in_a_sentence(asked: dict[str, str], sentence: str) -> None:
    assert sentence in found(**asked)[1][0]


@pytest.mark.parametrize("word", ["old", "p\u00e4ss 'w\"ord", ""])
def test_a_second_password_is_written_and_read_as_hex(word: str) -> None:
    assert additional_password({"attributes": {"additional_password": to_hex(word)}}) == word


@pytest.mark.parametrize("attributes", [None, "", "{}", '{"additional_password": "xy"}', "[1]"])
def test_users_without_one(attributes: Any) -> None:
    assert additional_password({"attributes": attributes}) is None
