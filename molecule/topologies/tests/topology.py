"""Which databases stand behind ProxySQL: the hosts have all of them, and one runs at a time."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import pymysql
import yaml
from helpers import CHECKOUT, INVENTORY, Cluster, Node, played, site

EXAMPLES = CHECKOUT / "playbooks/inventory/databases"
FILE = INVENTORY / "topology.yml"
# What the others before it have left.
PAIRS = ("group_replication", "galera", "aws_aurora")
EMPTY = {f"mysql_{kind}_hostgroups": [] for kind in PAIRS}


def declare(cluster: Cluster, example: str | None, each: dict[str, Any] | None = None, **more: Any) -> None:
    """From now on the inventory has the tables of this example, at the lab's addresses; None: its own.

    each: what every server says besides.
    """
    found: dict[str, Any] = {}
    if example:
        text = (
            (EXAMPLES / f"{example}.yml").read_text(encoding="utf-8").replace("192.0.2.", f"{cluster.net}.")
        )
        found = {"proxysql_mysql_replication_hostgroups": [], **yaml.safe_load(text), **more}
        for row in found.get("proxysql_mysql_servers", []):
            row.update(each or {})
    found["proxysql_allow_empty"] = True
    found["proxysql_tables"] = {**EMPTY, **found.get("proxysql_tables", {})}
    hosts = {node.name: found for node in cluster.nodes}
    FILE.write_text(yaml.safe_dump({"all": {"hosts": hosts}}), encoding="utf-8")


def behind(cluster: Cluster, example: str | None, **more: Any) -> None:
    """Declare it, and give it to the nodes."""
    declare(cluster, example, **more)
    site("--tags", "configuration")


def stir(cluster: Cluster) -> None:
    """Something for readers and writers of each node: without traffic a server that was shunned stays so."""
    for node in cluster.nodes:
        for statement in ("SELECT 1", "SELECT 1 FOR UPDATE"):
            with suppress(pymysql.Error, OSError):
                cluster.ask(statement, node.address)


def plays(file: Path, *arguments: str) -> str:
    return played(str(file.with_suffix("")), *arguments)


def has_mysql(cluster: Cluster) -> bool:
    return all(node.infra.file("/opt/mysql/mysqld").exists for node in cluster.databases)


def roles(node: Node, database: str = "mysql") -> dict[str, set[str]]:
    """By hostgroup, the addresses that are ONLINE in it."""
    found: dict[str, set[str]] = {}
    for row in node.admin(f"SELECT * FROM runtime_{database}_servers"):
        if row["status"] == "ONLINE":
            found.setdefault(str(row["hostgroup_id"]), set()).add(str(row["hostname"]))
    return found


def drawn(folder: Path, roles: dict[str, str]) -> None:
    """status and its page name the role of each of these places."""
    page = folder / "status.html"
    output = played("status", "-e", f"proxysql_status_page={page}")
    rows = [re.sub("<[^>]*>", " ", row) for row in page.read_text(encoding="utf-8").split("<tr")]
    for shown in (output.splitlines(), rows):
        for place, role in roles.items():
            assert any(place in row and role in row and "ONLINE" in row for row in shown), (place, shown)
