"""The same configuration on every node and in every layer: how to read and compare it."""

from __future__ import annotations

import hashlib
from typing import Any

from helpers import Cluster, Node

LAYERS = {"memory": "{}", "runtime": "runtime_{}", "disk": "disk.{}"}
# The columns the inventory gives, in an order of their own.
COLUMNS = {
    "mysql_servers": ("hostgroup_id", "hostname", "port", "status", "weight", "max_connections", "comment"),
    "mysql_replication_hostgroups": ("writer_hostgroup", "reader_hostgroup", "check_type", "comment"),
    "mysql_query_rules": ("rule_id", "active", "match_digest", "destination_hostgroup", "apply", "comment"),
    "proxysql_servers": ("hostname", "port"),
}

Rows = set[tuple[str | None, ...]]


def read(node: Node, table: str, layer: str) -> Rows:
    name = LAYERS[layer].format(table)
    if table == "mysql_users":
        return read_users(node, name)
    if table == "global_variables":
        return {(row["variable_name"], row["variable_value"]) for row in node.admin(f"SELECT * FROM {name}")}
    return {tuple(row[column] for column in COLUMNS[table]) for row in node.admin(f"SELECT * FROM {name}")}


def read_users(node: Node, name: str) -> Rows:
    """Users as (name, side, hostgroup, hash).

    Runtime, and what a peer pulls from it, keep the two sides of a user in two rows,
    and the password hashed; memory may have one row and the password as typed.
    """
    result: Rows = set()
    for row in node.admin(f"SELECT * FROM {name}"):
        for side in ("frontend", "backend"):
            if row[side] == "1":
                result.add(
                    (row["username"], side, row["active"], row["default_hostgroup"], stored(row["password"]))
                )
    return result


def stored(password: str | None) -> str:
    text = password or ""
    if text.startswith("*") and len(text) == 41:
        return text
    return "*" + hashlib.sha1(hashlib.sha1(text.encode()).digest()).hexdigest().upper()


def expected(cluster: Cluster, table: str) -> Rows:
    """The rows the inventory declares, with the server's defaults for what it leaves open."""

    def fill(value: Any) -> str | None:
        if isinstance(value, bool):
            return str(int(value))
        return None if value is None else str(value).replace("{{ lab_net }}", cluster.net)

    if table == "mysql_users":
        return {
            (name, side, "1", "10", stored(cluster.credentials[password]))
            for name, password in (("app", "lab_app_password"), ("vipcheck", "lab_check_password"))
            for side in ("frontend", "backend")
        }
    if table == "proxysql_servers":
        return {(node.address, "6032") for node in cluster.cores}
    defaults = {
        "status": "ONLINE",
        "weight": 1,
        "max_connections": 1000,
        "comment": None if table == "mysql_query_rules" else "",
    }
    return {
        tuple(fill({**defaults, **row}.get(column)) for column in COLUMNS[table])
        for row in cluster.declared[f"proxysql_{table}"]
    }


def tables() -> list[str]:
    return [*COLUMNS, "mysql_users"]


def variables(cluster: Cluster) -> Rows:
    return {
        (name, str(value).lower() if isinstance(value, bool) else str(value))
        for name, value in cluster.declared["proxysql_global_variables"].items()
    }


def differences(cluster: Cluster) -> list[str]:
    """Every place where a node does not have what is declared; empty when all agree."""
    found = []
    for node in cluster.nodes:
        for layer in LAYERS:
            for table in tables():
                have, want = read(node, table, layer), expected(cluster, table)
                if have != want:
                    found.append(f"{node} {layer} {table}: missing {want - have}, too many {have - want}")
            missing = variables(cluster) - read(node, "global_variables", layer)
            if missing:
                found.append(f"{node} {layer} global_variables: {missing}")
    return found


def checksums(node: Node) -> dict[str, tuple[str | None, str | None]]:
    """Section -> (version, checksum) as this node computed it."""
    rows = node.admin("SELECT name, version, checksum FROM runtime_checksums_values")
    return {str(row["name"]): (row["version"], row["checksum"]) for row in rows}
