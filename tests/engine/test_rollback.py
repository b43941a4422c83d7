"""Restore points, made before a run writes, and the way back to them."""

from __future__ import annotations

import json
import os
import re
import stat
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable

import pytest
from driver import epochs, everything, layers, sql, variable
from server import Server

Module = Callable[..., dict[str, Any]]

SERVERS = [{"hostgroup_id": 10, "hostname": "192.0.2.31"}, {"hostgroup_id": 20, "hostname": "192.0.2.32"}]
USERS = [{"username": "shop", "password": "a secret of shop", "default_hostgroup": 10}]
RULES = [
    {"rule_id": 1, "active": True, "match_digest": "^SELECT", "destination_hostgroup": 20, "apply": True}
]
CONFIG = {"mysql_servers": SERVERS, "mysql_users": USERS, "mysql_query_rules": RULES}


def test_the_last_run_is_taken_back_in_every_layer(server: Server, write: Module, back: Module) -> None:
    write(tables=CONFIG, variables={"mysql-max_connections": 900})
    before = everything(server)
    epoch = epochs(server)["mysql_servers_v2"]
    result = write(
        tables={
            "mysql_servers": [{"hostgroup_id": 10, "hostname": "192.0.2.99", "weight": 7}],
            "mysql_users": [
                {"username": "shop", "password": "another", "max_connections": 5},
                {**USERS[0], "username": "new"},
            ],
            "mysql_query_rules": [],
        },
        variables={"mysql-max_connections": 901, "mysql-monitor_password": "new secret"},
        state="overridden",
        allow_empty=True,
    )
    assert result["changed"]
    assert everything(server) != before
    done = back()
    assert done["changed"], done
    assert everything(server) == before
    assert [point["name"] for point in done["undone"]] == [result["restore_point"]]
    loads = [text for text in done["statements"] if text.startswith("LOAD ")]
    assert len(loads) == len(set(loads)) == 4
    assert epochs(server)["mysql_servers_v2"][1] > epoch[1], "peers would not follow"
    assert not back(to=result["restore_point"])["changed"]


def test_check_mode_tells_and_writes_nothing(
    server: Server, write: Module, back: Module, folder: Path
) -> None:
    write(tables=CONFIG)
    write(tables={"mysql_servers": [{"hostgroup_id": 10, "hostname": "192.0.2.31", "weight": 7}]})
    before, files = everything(server), sorted(os.listdir(folder))
    told = back(check=True, diff=True)
    assert told["changed"]
    assert [
        (each["before"].count("weight: 7"), each["after"].count("weight: 1")) for each in told["diff"]
    ] == [(1, 1)]
    assert (everything(server), sorted(os.listdir(folder))) == (before, files)
    done = back()
    assert done["statements"] == told["statements"]
    assert done["restore_point"]


def test_a_step_back_can_be_taken_back(server: Server, write: Module, back: Module) -> None:
    write(tables=CONFIG)
    after = everything(server)
    before = back()["restore_point"]
    assert everything(server) != after
    assert not back()["changed"]
    back(to=before)
    assert everything(server) == after


def test_over_several_points_to_a_name_a_label_and_a_time(
    server: Server, write: Module, back: Module
) -> None:
    write(tables={"mysql_servers": SERVERS}, restore_points_label="first")
    first = everything(server)
    second = write(tables={"mysql_users": USERS}, restore_points_label="second")
    write(tables={"mysql_query_rules": RULES}, restore_points_label="third")
    write(tables={"mysql_servers": []}, state="overridden", allow_empty=True, restore_points_label="third")
    last = everything(server)
    made = back(to="last", check=True)["undone"]
    assert [each["sections"] for each in made] == [["MYSQL QUERY RULES"], ["MYSQL SERVERS"]]
    for to in (second["restore_point"], "second", back(to="second", check=True)["undone"][0]["made"]):
        done = back(to=to)
        assert done["changed"], to
        assert everything(server) == first
        back(to=done["restore_point"])
        assert everything(server) == last
    assert "no restore point nowhere" in back(to="nowhere")["msg"]
    assert "nothing was written since" in back(to="2999-01-01")["msg"]
    back(to="2001-01-01")
    assert layers(server, "mysql_servers") == {"memory": {}, "runtime": {}, "disk": {}}


def test_a_table_of_the_section_that_was_empty_then_is_emptied(
    server: Server, write: Module, back: Module
) -> None:
    write(tables={"mysql_servers": SERVERS}, restore_points_label="one")
    pairs = [{"writer_hostgroup": 10, "reader_hostgroup": 20}]
    write(tables={"mysql_replication_hostgroups": pairs}, restore_points_label="two")
    back(to="one")
    assert layers(server, "mysql_replication_hostgroups") == {"memory": {}, "runtime": {}, "disk": {}}
    assert layers(server, "mysql_servers") == {"memory": {}, "runtime": {}, "disk": {}}


def test_rows_come_back_in_the_very_words_and_odd_ones_too(
    server: Server, write: Module, back: Module
) -> None:
    salted = "CAST(x'2441243030352414A01F7F80FF0102030405060708090A0B0C0D0E1F41424344454647' AS TEXT)"
    sql(
        server,
        f"INSERT INTO mysql_users (username, password, default_hostgroup, attributes, comment)"
        f""" VALUES ('odd', {salted}, 3, '{{"b": 1,  "a":2}}', 'it''s\t"odd"')""",
        "INSERT INTO mysql_users (username, password, active) VALUES ('asleep', NULL, 0)",
        "INSERT INTO mysql_query_rules (rule_id, match_pattern) VALUES (7, 'asleep (')",
        "LOAD MYSQL USERS TO RUNTIME", "SAVE MYSQL USERS TO DISK",
        "LOAD MYSQL QUERY RULES TO RUNTIME", "SAVE MYSQL QUERY RULES TO DISK",
    )  # fmt: skip
    columns = "username, hex(password), active, default_hostgroup, attributes, comment"
    query = f"SELECT {columns} FROM {{}}mysql_users ORDER BY 1"
    words = [sql(server, query.format(layer)) for layer in ("", "disk.")]
    before = everything(server)
    write(tables={"mysql_users": USERS, "mysql_query_rules": RULES}, state="overridden")
    assert not back().get("failed")
    assert everything(server) == before
    assert [sql(server, query.format(layer)) for layer in ("", "disk.")] == words


def test_open_edits_are_not_served_and_so_not_put_back(
    server: Server, write: Module, back: Module, folder: Path
) -> None:
    write(tables=CONFIG)
    before = everything(server)
    sql(
        server,
        "UPDATE mysql_servers SET weight = 50 WHERE hostgroup_id = 10",
        "DELETE FROM mysql_servers WHERE hostgroup_id = 20",
    )
    sql(server, "INSERT INTO mysql_servers (hostgroup_id, hostname) VALUES (77, '192.0.2.77')")
    made = write(
        tables={"mysql_servers": [{"hostgroup_id": 5, "hostname": "192.0.2.5"}]}, open_edits="publish"
    )
    edits = json.loads((folder / f"{made['restore_point']}.json").read_text().partition("\n")[2])["sections"][
        "MYSQL SERVERS"
    ]["tables"]
    assert sorted(row["hostname"] for row in edits["mysql_servers"]["edits"]) == ["192.0.2.31", "192.0.2.77"]
    assert not back().get("failed")
    assert everything(server) == before


def test_who_gets_in_and_who_belongs_stays_unless_told(server: Server, write: Module, back: Module) -> None:
    login = "admin-admin_credentials"
    before = variable(server, login)
    write(
        variables={login: "admin:admin;radmin:new", "admin-refresh_interval": 2500},
        tables={"proxysql_servers": [{"hostname": "192.0.2.1"}]},
    )
    done = back()
    # The name of the variable holds this login's password, which Ansible masks.
    assert [text.partition(": ")[2] for text in sorted(done["left_out"])] == [
        "who belongs to the cluster is left as it is",
        "who gets in is left as it is",
    ]
    assert variable(server, login)["runtime"] == "admin:admin;radmin:new"
    assert variable(server, "admin-refresh_interval") == dict.fromkeys(("memory", "runtime", "disk"), "2000")
    assert layers(server, "proxysql_servers")["runtime"]
    assert not back(to=done["undone"][0]["name"].partition("-")[0], access=True)["left_out"]
    assert variable(server, login) == before
    assert not layers(server, "proxysql_servers")["runtime"]


def test_the_login_in_use_is_not_taken_away(server: Server, write: Module, back: Module) -> None:
    write(variables={"admin-admin_credentials": "admin:admin;radmin:new"})
    refused = back(access=True, login_user="radmin", login_password="new")
    assert "radmin" in refused["msg"]
    assert variable(server, "admin-admin_credentials")["memory"] == "admin:admin;radmin:new"


def test_what_waits_for_a_restart(server: Server, write: Module, back: Module) -> None:
    before = variable(server, "mysql-threads")
    write(variables={"mysql-threads": 7})
    assert variable(server, "mysql-threads")["disk"] == "7"
    back()
    assert variable(server, "mysql-threads") == before


def test_nobody_else_reads_it_and_the_oldest_go(server: Server, write: Module, folder: Path) -> None:
    os.umask(0o022)
    made = [
        write(variables={"mysql-max_connections": 900 + n}, restore_points_keep=3)["restore_point"]
        for n in range(5)
    ]
    assert sorted(path.name for path in folder.glob("*.json")) == [f"{name}.json" for name in made[2:]]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert "restore_point" not in write(variables={"mysql-max_connections": 904})
    assert "restore_point" not in write(variables={"mysql-max_connections": 905}, check=True)
    assert "restore_point" not in write(variables={"mysql-max_connections": 905}, restore_points_keep=0)
    assert len(list(folder.glob("*.json"))) == 3


def test_an_old_point_that_is_broken_stops_nobody(server: Server, write: Module, folder: Path) -> None:
    for n in range(3):
        write(
            variables={"mysql-max_connections": 900 + n}, restore_points_keep=3,
            restore_points_label=f'a "run" {n}',
        )  # fmt: skip
    for path, text in zip(sorted(folder.glob("*.json")), ("", '{"format":1,"label":"cut o')):
        path.write_text(text)
    for n in range(3):
        made = write(variables={"mysql-max_connections": 910 + n}, restore_points_keep=3)
        assert made["changed"] and "failed" not in made
    assert len(list(folder.glob("*.json"))) == 3
    # the last that went was whole, and its label is known
    assert json.loads((folder / "forgotten").read_text())["label"] == 'a "run" 2'


def test_nothing_is_written_where_no_point_can_be(server: Server, module: Module, folder: Path) -> None:
    folder.write_text("a file")
    before = everything(server)
    result = module("config", tables=CONFIG, restore_points=str(folder))
    assert "nothing was changed" in result["msg"]
    assert everything(server) == before


def test_secrets_are_in_the_file_alone(
    server: Server, module: Module, write: Module, back: Module, folder: Path
) -> None:
    write(tables=CONFIG, variables={"mysql-monitor_password": "of the monitor"})
    made = module(
        "config", restore_points=str(folder), diff=True, state="overridden", allow_empty=True,
        tables={"mysql_users": []}, variables={"mysql-monitor_password": "changed"},
    )  # fmt: skip
    seen = module.text  # type: ignore[attr-defined]
    text = (folder / f"{made['restore_point']}.json").read_text()
    assert "a secret of shop" in text and "of the monitor" in text
    back(diff=True)
    seen += module.text  # type: ignore[attr-defined]
    seen += json.dumps(module("restore_points_info", restore_points=str(folder)))
    assert "a secret of shop" not in seen and "of the monitor" not in seen and "changed'" not in seen


def test_a_whole_point_is_a_copy_for_another_server(
    server: Server, module: Module, write: Module, back: Module, folder: Path
) -> None:
    write(tables=CONFIG, variables={"mysql-max_connections": 900})
    before = everything(server)
    made = module("restore_point", restore_points=str(folder), show_content=True)
    assert made["changed"]
    assert not module("restore_point", restore_points=str(folder))["changed"]
    listed = module("restore_points_info", restore_points=str(folder))["restore_points"]
    assert listed[-1]["name"] == made["restore_point"]
    write(tables=dict.fromkeys(CONFIG, []), state="overridden", allow_empty=True)
    for name in os.listdir(folder):
        (folder / name).unlink()
    assert "no restore point" in back()["msg"]
    assert not back(missing_ok=True)["changed"]
    assert back(content=made["content"])["changed"]
    assert everything(server) == before
    assert "not a restore point" in back(content=made["content"][:-30])["msg"]


def test_a_file_cut_short_and_one_of_another_format(
    write: Module, back: Module, folder: Path, server: Server
) -> None:
    path = folder / (write(tables=CONFIG)["restore_point"] + ".json")
    text = path.read_text()
    path.write_text(text[: len(text) // 2])
    assert f"{path}: not a restore point" in back()["msg"]
    path.write_text(text.replace('"format":1', '"format":2'))
    assert "of format 2" in back()["msg"]


def test_a_run_that_was_put_back_is_no_last_run(
    server: Server, write: Module, back: Module, module: Module, folder: Path
) -> None:
    before = everything(server)
    write(variables={"mysql-max_connections": 4321}, restore_points_label="good")
    bad = {"mysql-max_connections": 17, "mysql-default_authentication_plugin": "mysql_clear_password"}
    failed = module("global_variables", config=bad, restore_points=str(folder), restore_points_label="bad")
    assert "Everything has been put back" in failed["msg"]
    done = back()
    assert [point["label"] for point in done["undone"]] == ["good"]
    assert everything(server) == before


def test_a_name_that_no_password_hides(server: Server, module: Module, folder: Path) -> None:
    """Ansible hides the text of a password wherever it is in a result; this one is ProxySQL's own default."""
    config = {"mysql-max_connections": 901}
    result = module("global_variables", config=config, restore_points=str(folder), login_password="admin")
    assert "*" not in result["restore_point"]
    assert not module("rollback", to=result["restore_point"], restore_points=str(folder)).get("failed")


@pytest.mark.parametrize("way", ["label", "last", "time"])
def test_a_part_of_what_was_asked_for_is_not_taken_back_in_silence(
    server: Server, write: Module, back: Module, way: str
) -> None:
    before = datetime.now(timezone.utc).isoformat()
    for number in range(5):
        write(
            variables={"mysql-max_connections": 901 + number},
            restore_points_keep=3,
            restore_points_label="" if way == "time" else "a-run",
        )
    held = everything(server)
    told = back(to={"label": "a-run", "last": "last", "time": before}[way])
    assert told["failed"] and everything(server) == held
    oldest = re.search(r"2\d{7}T[0-9.]+Z", told["msg"])
    assert oldest, told["msg"]
    assert back(to=oldest.group())["changed"]
    assert variable(server, "mysql-max_connections")["runtime"] == "902"
