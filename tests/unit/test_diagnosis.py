"""From what nodes show to what is likely wrong; and that a bundle for strangers holds no secret."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._diagnosis.bundle import bundle
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._diagnosis.clues import SYMPTOMS, clues
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._diagnosis.evidence import (
    Evidence,
    evidence_of,
    full,
    units,
)
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._diagnosis.masking import (
    mask_log,
    masker,
    secrets_of,
)
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._site.options import playbook_options
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._status import judge
from test_status import VIP, nodes

MOVE = "2026-11-27T09:00:00 core1 proxysql-vip[1]: instance proxysql: MASTER -> FAULT, priority 250: it hangs"


def met(**activity: Any) -> dict[str, Any]:
    return {"activity": activity}


def error(number: int) -> dict[str, Any]:
    return {
        "hostgroup": 10,
        "hostname": "db1",
        "port": 3306,
        "username": "shop",
        "errno": number,
        "count_star": 7,
        "last_error": "x",
    }


def server(**pool: Any) -> dict[str, Any]:
    row = {"hostgroup_id": 10, "hostname": "db1", "port": 3306, "max_connections": 100}
    used = {"hostgroup": 10, "srv_host": "db1", "srv_port": 3306, "ConnUsed": 0, "Latency_us": 300, **pool}
    return {"tables": {"mysql_servers": {"runtime": [row]}}, "pool": [used]}


DIGESTS = [
    {"sum_time": 9_000_000, "count_star": 2, "digest_text": "SELECT SLEEP(?)"},
    {"sum_time": 1_000_000, "count_star": 900, "digest_text": "SELECT ?"},
]
MANY = {
    "variables": {"runtime": {"mysql-max_connections": "100"}},
    **met(counters=[{"name": "Client_Connections_connected", "value": 85}]),
}
TELLING: list[tuple[dict[str, Any], str, str]] = [
    (
        {"units": [{"Id": "keepalived.service", "ActiveState": "failed"}]},
        "keepalived.service is failed",
        "vip",
    ),
    ({"units": [{"Id": "x", "ActiveState": "active", "NRestarts": "3"}]}, "has restarted x 3 times", ""),
    (
        {"said": ["kernel: Out of memory: Killed process 7 (proxysql)"]},
        "for lack of memory (1 line of",
        "connect",
    ),
    (
        {"said": ["systemd[1]: Main process exited, code=dumped, status=11/SEGV"] * 2},
        "crashed (2 lines",
        "errors",
    ),
    ({"said": ["write: No space left on device"]}, "a disk is full", "cluster"),
    ({"said": ["accept(): Too many open files"]}, "too few files", "connect"),
    ({"said": ["Sync conflict, epoch times are EQUAL"]}, "in the same second", "cluster"),
    ({"said": ["but version 1 doesn't allow sync"]}, "has loaded nothing since its start", "cluster"),
    (
        {
            "said": [
                "[ERROR] ProxySQL Error: Access denied for user 'shop'@'192.0.2.9' (using password: YES)"
            ]
            * 2
        },
        "refused the login of 'shop' 2 times",
        "connect",
    ),
    ({"full": ["/var (99%)"]}, "almost nothing is left on /var (99%)", "errors"),
    ({"layers": {"runtime": ["MYSQL USERS"]}}, "edits of MYSQL USERS in memory are not in effect", "cluster"),
    ({"layers": {"disk": ["MYSQL USERS"]}}, "are gone at the next start", "cluster"),
    (
        {
            "info": met(
                monitor_ping=[{"hostname": "db1", "port": 3306, "error": "Access denied for 'monitor'"}]
            )
        },
        "could not ping db1:3306: Access denied for 'monitor'",
        "errors",
    ),
    (
        {"info": met(errors=[error(1045)])},
        "refuses the user: error 1045 of db1:3306 for 'shop', 7 in all",
        "connect",
    ),
    ({"info": met(errors=[error(1290)])}, "writes came to a server that is read-only", "errors"),
    ({"info": MANY}, "85 clients are connected, of 100", "connect"),
    (
        {
            "info": met(
                users=[{"username": "shop", "frontend_connections": 9, "frontend_max_connections": 10}]
            )
        },
        "'shop' has 9 of the 10 connections",
        "connect",
    ),
    ({"info": server(ConnUsed=95)}, "95 of 100 connections to db1:3306 in hostgroup 10 are in use", "slow"),
    ({"info": server(Latency_us=250_000)}, "db1:3306 answers a ping only after 250 ms", "slow"),
    (
        {"info": met(counters=[{"name": "max_connect_timeouts", "value": 4}])},
        "4 queries got no connection",
        "slow",
    ),
    ({"info": met(digests=DIGESTS)}, "one query takes 90 % of the time of all, on average 4.500 s", "slow"),
    ({"said": [MOVE]}, "1 times in the last hour, the last time: proxysql: MASTER -> FAULT", "vip"),
]


@pytest.mark.parametrize(("shown", "sentence", "symptom"), TELLING, ids=[one[1] for one in TELLING])
def test_a_clue(shown: dict[str, Any], sentence: str, symptom: str) -> None:
    (clue,) = clues(Evidence("core1", **shown))
    assert sentence in clue.text and clue.todo
    assert symptom in clue.about or not symptom


WELL = {
    **server(),
    **met(
        errors=[error(1062)],
        users=[{"username": "shop", "frontend_connections": 1, "frontend_max_connections": 0}],
        counters=[{"name": "Client_Connections_connected", "value": 5}],
        digests=[dict(DIGESTS[1], sum_time=5) for _time in range(3)],
    ),
}


def test_a_node_that_is_well_gives_none() -> None:
    active = {"Id": "proxysql.service", "ActiveState": "active", "NRestarts": "0"}
    assert clues(Evidence("core1", WELL, {}, [active], ["Started ProxySQL"])) == []
    assert clues(Evidence("core1")) == []


def test_the_symptoms_are_those_that_the_playbook_takes() -> None:
    asked = playbook_options()["diagnose"]["proxysql_diagnose_symptom"]["choices"]
    assert asked == list(SYMPTOMS)
    assert {symptom for one in TELLING for symptom in [one[2]] if symptom} == set(SYMPTOMS[1:])


def test_what_commands_print() -> None:
    assert units("Id=a.service\nLoadState=loaded\nNRestarts=2\n\nId=b.service\nLoadState=not-found\n") == [
        {"Id": "a.service", "LoadState": "loaded", "NRestarts": "2"}
    ]
    table = (
        "Filesystem 1024-blocks Used Available Capacity Mounted on\n"
        "/dev/a 100 96 4 96% /var\n/dev/a 100 96 4 96% /var\n/dev/b 100 95 5 95% /\nproc - - - - /proc\n"
    )
    assert full(table) == ["/var (96%)"]


def left(log: str = "", **status: Any) -> dict[str, Any]:
    """What the role registers on a host."""
    commands = [
        {"item": {"name": "journal"}, "stdout": MOVE, "stderr": ""},
        {"item": {"name": "log"}, "stdout": log, "stderr": ""},
    ]
    return {
        "__proxysql_status": {"uptime": 3, "invocation": {"module_args": {}}, **status},
        "__proxysql_met": {
            **met(errors=[error(1040)]),
            "differences": {"runtime": ["MYSQL USERS"], "disk": []},
        },
        "__proxysql_printed": {"results": commands},
    }


def test_what_was_registered_is_evidence() -> None:
    seen = evidence_of("core1", left("a\nb"))
    assert (seen.layers, list(seen.said)) == ({"runtime": ["MYSQL USERS"]}, [MOVE, "a", "b"])
    assert seen.moves() == [MOVE] and len(seen.rows("errors")) == 1
    nothing = evidence_of("core2", {})
    assert not (nothing.info or nothing.layers or nothing.units or nothing.said or nothing.full)


def made(symptom: str = "any", **more: Any) -> dict[str, Any]:
    report = judge(nodes(sat1="down"), [VIP])
    hosts = {"core1": left(**more), "core2": left(), "sat1": {}}
    return bundle(report, hosts, symptom, masker({"S3cret-a", "S3cret-a-and-more"}), "noon")


def test_the_likely_ones_come_first_with_all_their_nodes() -> None:
    lines = made("vip")["findings"]
    assert lines[0].startswith("1. core1, core2: VRRP changed its state 1 times")
    assert lines[0].endswith(" (perhaps)") and lines[1] == "   vip.txt has them all, with the reasons"
    first = made("connect")["findings"][0]
    assert first.startswith("1. sat1 gives no answer") or "max_connections" in first
    assert len(lines) == len(set(lines[::2])) * 2


def test_a_bundle_is_whole_and_holds_no_secret() -> None:
    log = "Received command SET admin-stats_credentials='stats:typed1'\nand S3cret-a-and-more"
    found = made(log=log, drift_unknown="has S3cret-a in it")
    files = {each["path"]: each["content"] for each in found["files"]}
    assert list(files) == [
        *("findings.txt", "status.txt", "vip.txt"),
        *(f"{host}.{kind}" for host in ("core1", "core2", "sat1") for kind in ("txt", "json")),
    ]
    whole = json.dumps(found)
    assert "S3cret" not in whole and "typed1" not in whole and "invocation" not in whole
    assert "SET admin-stats_credentials=********\nand ********\n" in files["core1.txt"]
    assert json.loads(files["core1.json"])["met"]["differences"]["runtime"] == ["MYSQL USERS"]
    assert "core1: " + MOVE in files["vip.txt"]


def test_secrets_that_are_declared() -> None:
    options = {
        "proxysql": {"admin_password": "a-pass", "previous_passwords": ["older"], "stats_password": "st"},
        "keepalived": {"auth_password": "vrrp-pass"},
    }
    users = [{"username": "shop", "password": "u-pass", "attributes": {"additional_password": "616263"}}, "?"]
    # one that is so short is a part of any text
    assert secrets_of(options, users) == {"a-pass", "older", "vrrp-pass", "u-pass", "616263"}


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("SET mysql-monitor_password='it''s'; x", "SET mysql-monitor_password=********; x"),
        ("SET admin-admin_credentials = a:b;c:d", "SET admin-admin_credentials = ********"),
        ("CREATE USER a IDENTIFIED BY 'x y'", "CREATE USER a IDENTIFIED BY ********"),
        ("user 'a' (using password: YES)", "user 'a' (using password: YES)"),
        ("set proxysql_monitor_password to it", "set proxysql_monitor_password to it"),
        ("'*" + "2A" * 20 + "'", "'********'"),
        ("$A$005$salt+hash", "********"),
    ],
)
def test_secrets_that_a_log_shows(line: str, shown: str) -> None:
    assert mask_log(line) == shown
