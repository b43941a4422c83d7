"""The admin tables, built from schema-2.7.1.json and for the releases of 3.0 from schema-3.0.json too."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

from . import RELEASE, THREE

HERE = Path(__file__).resolve().parent.parent

# Only the statistics that something reads. Columns as in 2.7.1.
STATS_TABLES = {
    "stats_mysql_connection_pool": (
        "hostgroup INT , srv_host VARCHAR , srv_port INT , status VARCHAR , ConnUsed INT , "
        "ConnFree INT , ConnOK INT , ConnERR INT , MaxConnUsed INT , Queries INT , "
        "Queries_GTID_sync INT , Bytes_data_sent INT , Bytes_data_recv INT , Latency_us INT"
    ),
    "stats_mysql_global": ("Variable_Name VARCHAR NOT NULL PRIMARY KEY , Variable_Value VARCHAR NOT NULL"),
    "stats_mysql_processlist": (
        "ThreadID INT NOT NULL , SessionID INTEGER PRIMARY KEY , user VARCHAR , db VARCHAR , "
        "cli_host VARCHAR , cli_port INT , hostgroup INT , l_srv_host VARCHAR , l_srv_port INT , "
        "srv_host VARCHAR , srv_port INT , "
        "command VARCHAR , time_ms INT NOT NULL , info VARCHAR , status_flags INT , extended_info VARCHAR"
    ),
    "stats_mysql_query_rules": "rule_id INTEGER PRIMARY KEY , hits INT NOT NULL",
    "stats_mysql_users": (
        "username VARCHAR PRIMARY KEY , frontend_connections INT NOT NULL , "
        "frontend_max_connections INT NOT NULL"
    ),
    "stats_proxysql_servers_checksums": (
        "hostname VARCHAR NOT NULL , port INT NOT NULL DEFAULT 6032 , name VARCHAR NOT NULL , "
        "version INT NOT NULL , epoch INT NOT NULL , checksum VARCHAR NOT NULL , "
        "changed_at INT NOT NULL , updated_at INT NOT NULL , diff_check INT NOT NULL , "
        "PRIMARY KEY (hostname, port, name)"
    ),
    "stats_proxysql_servers_metrics": (
        "hostname VARCHAR NOT NULL , port INT NOT NULL DEFAULT 6032 , "
        "weight INT CHECK (weight >= 0) NOT NULL DEFAULT 0 , "
        "comment VARCHAR NOT NULL DEFAULT '' , response_time_ms INT NOT NULL , "
        "Uptime_s INT NOT NULL , last_check_ms INT NOT NULL , Queries INT NOT NULL , "
        "Client_Connections_connected INT NOT NULL , Client_Connections_created INT NOT NULL , "
        "PRIMARY KEY (hostname, port)"
    ),
    "stats_proxysql_servers_clients_status": (
        "uuid VARCHAR NOT NULL , hostname VARCHAR NOT NULL , port INT NOT NULL , "
        "admin_mysql_ifaces VARCHAR NOT NULL , last_seen_at INT NOT NULL , "
        "PRIMARY KEY (uuid, hostname, port)"
    ),
    # ProxySQL 2.7.1 has this table and never fills it.
    "stats_proxysql_servers_status": (
        "hostname VARCHAR NOT NULL , port INT NOT NULL DEFAULT 6032 , "
        "weight INT CHECK (weight >= 0) NOT NULL DEFAULT 0 , master VARCHAR NOT NULL , "
        "global_version INT NOT NULL , check_age_us INT NOT NULL , ping_time_us INT NOT NULL, "
        "checks_OK INT NOT NULL , checks_ERR INT NOT NULL , PRIMARY KEY (hostname, port)"
    ),
}

if THREE:
    STATS_TABLES["stats_pgsql_connection_pool"] = (
        "hostgroup INT , srv_host VARCHAR , srv_port INT , status VARCHAR , ConnUsed INT , "
        "ConnFree INT , ConnOK INT , ConnERR INT , MaxConnUsed INT , Queries INT , "
        "Bytes_data_sent INT , Bytes_data_recv INT , Latency_us INT"
    )


@functools.cache
def tables() -> dict[str, dict[str, Any]]:
    """Table name -> columns, unique keys, and whether it has a runtime and a disk form."""
    loaded: dict[str, dict[str, Any]] = json.loads((HERE / "schema-2.7.1.json").read_text())
    if THREE:
        loaded.update(json.loads((HERE / "schema-3.0.json").read_text()))
    if RELEASE == "3.0.3":
        del loaded["pgsql_servers_ssl_params"]
        del loaded["mysql_aws_aurora_hostgroups"]["columns"]["autopurge_missing_checks"]
    return loaded


def columns(table: str) -> list[str]:
    return list(tables()[table]["columns"])


def _column(name: str, spec: dict[str, Any], inline_key: bool) -> str:
    parts = [f"`{name}`" if name == "Default" else name, spec["type"]]
    if spec.get("autoincrement"):
        parts.append("PRIMARY KEY AUTOINCREMENT")
    if "check" in spec:
        parts.append(f"CHECK ({spec['check']})")
    if spec.get("notnull"):
        parts.append("NOT NULL")
    if "default" in spec:
        parts.append(f"DEFAULT {spec['default']}")
    if inline_key and not spec.get("autoincrement"):
        parts.append("PRIMARY KEY")
    return " ".join(parts)


def create_statement(table: str, schema: str = "main", prefix: str = "") -> str:
    """The CREATE TABLE of one admin table; the runtime form has the prefix 'runtime_'."""
    spec = tables()[table]
    keys = sorted((c["pk"], name) for name, c in spec["columns"].items() if c.get("pk"))
    parts = [
        _column(name, column, inline_key=len(keys) == 1 and bool(column.get("pk")))
        for name, column in spec["columns"].items()
    ]
    if len(keys) > 1:
        parts.append(f"PRIMARY KEY ({', '.join(name for _, name in keys)})")
    parts += [f"UNIQUE ({', '.join(unique)})" for unique in spec.get("unique", ())]
    return f"CREATE TABLE {schema}.{prefix}{table} ({' , '.join(parts)})"
