"""Restore points that are broken, of another time, of another server, or not what was meant."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable

import pytest
from driver import everything, sql
from server import Server

Module = Callable[..., dict[str, Any]]

SERVERS = {"mysql_servers": [{"hostgroup_id": 10, "hostname": "192.0.2.31"}]}


def test_one_broken_file_keeps_nobody_from_the_others(
    server: Server, module: Module, write: Module, back: Module, folder: Path
) -> None:
    broken = folder / "20990101T000000.000000Z.json"
    folder.mkdir()
    broken.write_bytes(b'{"broken \xff')
    before = everything(server)
    made = write(tables=SERVERS)["restore_point"]
    assert made < datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%S.%fZ")
    listed = module("restore_points_info", restore_points=str(folder))
    assert [point["name"] for point in listed["restore_points"]] == [made]
    assert str(broken) in str(listed["warnings"])
    assert module("restore_point", restore_points=str(folder))["changed"]
    assert f"{broken}: not a restore point" in back(to=broken.stem)["msg"]
    done = back()
    assert done["changed"] and str(broken) in str(done["warnings"])
    assert everything(server) == before


def test_a_clock_that_was_set_back_tells_the_time_all_the_same(
    server: Server, write: Module, back: Module, folder: Path
) -> None:
    first = write(variables={"mysql-max_connections": 901})["restore_point"]
    later = "20990101T000000.000000Z"
    text = (folder / f"{first}.json").read_text().replace(first, later)
    (folder / f"{later}.json").write_text(text)
    now = datetime.now(timezone.utc).isoformat()
    last = write(variables={"mysql-max_connections": 902})["restore_point"]
    assert last > later
    (folder / f"{later}.json").unlink()
    assert [point["name"] for point in back(to=now, check=True)["undone"]] == [last]


def test_a_point_of_another_server(server: Server, write: Module, back: Module, folder: Path) -> None:
    made = write(tables=SERVERS)["restore_point"]
    path = folder / f"{made}.json"
    content = json.loads(path.read_text().partition("\n")[2])
    held = everything(server)
    content["server"] = "127.0.0.1:1"
    path.write_text(json.dumps(content))
    assert not back(check=True).get("failed"), "it answers at another port now"
    content["database"] = "/elsewhere/proxysql.db"
    path.write_text(json.dumps(content))
    for to in ("last", made):
        assert "is of the ProxySQL at 127.0.0.1:1" in back(to=to)["msg"]
    assert everything(server) == held
    assert back(content=json.dumps(content))["changed"]


def test_what_cannot_be_meant(write: Module, back: Module, module: Module, folder: Path) -> None:
    for number in range(3):
        write(variables={"mysql-max_connections": 901 + number})
    assert back(to="")["msg"].startswith("to: is empty")
    result = module("config", variables={}, restore_points=str(folder), restore_points_keep=-1)
    assert result["msg"].startswith("restore_points_keep:")


@pytest.mark.parametrize("column, value", [("digest", "zz"), ("destination_hostgroup", "-1")])
def test_what_load_reads_otherwise_comes_back_as_it_was_written(
    server: Server, write: Module, back: Module, column: str, value: str
) -> None:
    sql(
        server,
        f"INSERT INTO mysql_query_rules (rule_id, active, {column}) VALUES (5, 1, '{value}')",
        "LOAD MYSQL QUERY RULES TO RUNTIME",
        "SAVE MYSQL QUERY RULES TO DISK",
    )
    words = [sql(server, f"SELECT {column} FROM {layer}mysql_query_rules") for layer in ("", "disk.")]
    write(tables={"mysql_query_rules": [{"rule_id": 1}]}, state="overridden")
    assert not back().get("failed")
    assert [sql(server, f"SELECT {column} FROM {layer}mysql_query_rules") for layer in ("", "disk.")] == words
