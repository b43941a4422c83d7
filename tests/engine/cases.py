"""One realistic declaration for each table, and another that differs in every way a row can."""

from __future__ import annotations

from typing import Any

SHA1 = "*6BB4837EB74329105EE4568DDA7DC67ED2CA2AD9"

Rows = dict[str, list[dict[str, Any]]]

_GROUP = {
    "writer_hostgroup": 301,
    "backup_writer_hostgroup": 302,
    "reader_hostgroup": 303,
    "offline_hostgroup": 304,
}
_GALERA = {
    "writer_hostgroup": 401,
    "backup_writer_hostgroup": 402,
    "reader_hostgroup": 403,
    "offline_hostgroup": 404,
}


def _attributes() -> list[dict[str, Any]]:
    return [
        {
            "hostgroup_id": 10,
            "max_num_online_servers": 1,
            "servers_defaults": {"weight": 5, "max_connections": 50},
            "ignore_session_variables": ["sql_mode", "time_zone"],
            "comment": "it's 日本",
        },
        {"hostgroup_id": 20, "multiplex": False, "hostgroup_settings": '{ "handle_warnings" : 0 }'},
    ]


def _firewall(database: str, schema: str) -> Rows:
    who = {"username": "shop", "client_address": ""}
    return {
        f"{database}_firewall_whitelist_users": [
            {**who, "mode": "protecting"},
            {"username": "off", "client_address": "192.0.2.1", "active": False, "comment": "it's 日本"},
        ],
        f"{database}_firewall_whitelist_rules": [
            {**who, schema: "shop", "digest": "0x3A2B1C0D4E5F6071"},
            {**who, schema: "shop", "digest": "0xab", "flagIN": 3, "active": False},
        ],
        f"{database}_firewall_whitelist_sqli_fingerprints": [
            {"fingerprint": "s&1"},
            {"fingerprint": "s'1", "active": False},
        ],
    }


def _firewall_again(database: str, schema: str) -> Rows:
    who = {"username": "shop", "client_address": ""}
    return {
        f"{database}_firewall_whitelist_users": [
            {**who, "mode": "DETECTING", "active": False},
            {"username": "new", "client_address": ""},
        ],
        f"{database}_firewall_whitelist_rules": [
            {**who, schema: "shop", "digest": "0x3A2B1C0D4E5F6071", "active": False},
            {**who, schema: "shop", "digest": "0xAC"},
        ],
        f"{database}_firewall_whitelist_sqli_fingerprints": [
            {"fingerprint": "s&1", "active": False},
            {"fingerprint": "n"},
        ],
    }


FIRST: Rows = {
    "mysql_servers": [
        {"hostgroup_id": 10, "hostname": "db1", "comment": "it's 日本"},
        {"hostgroup_id": 20, "hostname": "db2", "use_ssl": True, "max_connections": 50},
        {"hostgroup_id": 20, "hostname": "db3", "status": "OFFLINE_SOFT"},
        {"hostgroup_id": 20, "hostname": "db4", "status": "OFFLINE_HARD"},
    ],
    "mysql_replication_hostgroups": [{"writer_hostgroup": 10, "reader_hostgroup": 20, "comment": "main"}],
    "mysql_group_replication_hostgroups": [
        {**_GROUP, "max_writers": 3, "writer_is_also_reader": 2, "comment": ""},
        {name: number + 10 for name, number in _GROUP.items()},
    ],
    "mysql_galera_hostgroups": [
        {**_GALERA, "max_transactions_behind": 100},
        {**{name: number + 10 for name, number in _GALERA.items()}, "active": False, "comment": "it's"},
    ],
    "mysql_aws_aurora_hostgroups": [
        {"writer_hostgroup": 501, "reader_hostgroup": 502, "domain_name": ".example.com", "comment": ""},
        {"writer_hostgroup": 511, "reader_hostgroup": 512, "domain_name": ".example.org", "active": False},
    ],
    "mysql_hostgroup_attributes": _attributes(),
    "mysql_servers_ssl_params": [
        {"hostname": "db1", "ssl_ca": "/etc/it's/日本.pem"},
        {"hostname": "db1", "username": "audit", "tls_version": "TLSv1.2,TLSv1.3"},
    ],
    "mysql_users": [
        {
            "username": "app",
            "password": "s3cret\\'\"",
            "default_hostgroup": 10,
            "attributes": {"b": 1, "a": 2},
        },
        {"username": "hashed", "password": SHA1},
        {"username": "off", "active": False},
        {"username": "front", "password": "x", "backend": False},
    ],
    "mysql_query_rules": [
        {"rule_id": 1, "active": True, "match_digest": "^SELECT", "destination_hostgroup": 20, "apply": True},
        {"rule_id": 2, "match_pattern": "inactive"},
        {"rule_id": 3, "active": True, "digest": "0xab", "match_pattern": "x", "replace_pattern": ""},
        {"rule_id": 4, "active": True, "re_modifiers": "global,caseless", "error_msg": "no"},
    ],
    "mysql_query_rules_fast_routing": [
        {"username": "app", "schemaname": "shard_1", "destination_hostgroup": 10},
        {"username": "", "schemaname": "it's 日本", "flagIN": 5, "destination_hostgroup": 20, "comment": "x"},
    ],
    **_firewall("mysql", "schemaname"),
    "proxysql_servers": [{"hostname": "192.0.2.1"}, {"hostname": "192.0.2.2", "port": 6042, "weight": 3}],
    # Not active: what they name is not there, and a job would run.
    "scheduler": [
        {
            "id": 1,
            "active": False,
            "interval_ms": 10000,
            "filename": "/bin/false",
            "arg1": "it's",
            "arg2": "",
        },
        {"id": 7, "active": False, "interval_ms": 100, "filename": "/bin/false", "comment": "日本"},
    ],
    "restapi_routes": [
        {"id": 1, "timeout_ms": 1000, "method": "get", "uri": "a", "script": "/bin/false"},
        {"id": 2, "timeout_ms": 1000, "method": "POST", "uri": "a", "script": "/bin/false", "active": False},
    ],
    "coredump_filters": [{"filename": "a.cpp", "line": 10}, {"filename": "it's 日本", "line": 0}],
}

SECOND: Rows = {
    "mysql_servers": [
        {"hostgroup_id": 10, "hostname": "db1", "comment": "changed"},
        {"hostgroup_id": 30, "hostname": "db9"},
    ],
    "mysql_replication_hostgroups": [{"writer_hostgroup": 11, "reader_hostgroup": 20}],
    "mysql_group_replication_hostgroups": [
        {**_GROUP, "max_writers": 2, "comment": None},
        {name: number + 20 for name, number in _GROUP.items()},
    ],
    "mysql_galera_hostgroups": [
        {**_GALERA, "active": False, "comment": ""},
        {name: number + 20 for name, number in _GALERA.items()},
    ],
    "mysql_aws_aurora_hostgroups": [
        {"writer_hostgroup": 501, "reader_hostgroup": 503, "domain_name": ".example.net", "comment": None},
        {"writer_hostgroup": 521, "reader_hostgroup": 522, "domain_name": "."},
    ],
    "mysql_hostgroup_attributes": [
        {"hostgroup_id": 10, "servers_defaults": "", "autocommit": 0},
        {"hostgroup_id": 30, "throttle_connections_per_sec": 1},
    ],
    "mysql_servers_ssl_params": [
        {"hostname": "db1", "ssl_ca": "", "ssl_key": "/k"},
        {"hostname": "db2", "port": 3307},
    ],
    "mysql_users": [
        {"username": "app", "password": "other", "default_hostgroup": 10},
        {"username": "off", "active": True, "password": "now on"},
    ],
    "mysql_query_rules": [
        {"rule_id": 1, "active": False, "match_digest": "^SELECT", "destination_hostgroup": 20},
        {"rule_id": 5, "active": True, "match_pattern": "new", "error_msg": None},
    ],
    "mysql_query_rules_fast_routing": [
        {"username": "app", "schemaname": "shard_1", "destination_hostgroup": 20},
        {"username": "new", "schemaname": "", "destination_hostgroup": 0},
    ],
    **_firewall_again("mysql", "schemaname"),
    "proxysql_servers": [{"hostname": "192.0.2.2", "port": 6042, "weight": 4}],
    "scheduler": [
        {"id": 1, "active": False, "interval_ms": 10000, "filename": "/bin/true", "arg1": None, "arg2": None},
        {"id": 8, "active": False, "interval_ms": 100000000, "filename": "/bin/false"},
    ],
    "restapi_routes": [
        {"id": 1, "timeout_ms": 2000, "method": "GET", "uri": "b", "script": "/bin/true"},
        {"id": 3, "timeout_ms": 1000, "method": "GET", "uri": "a", "script": "/bin/false"},
    ],
    "coredump_filters": [{"filename": "a.cpp", "line": 11}],
}

# The tables of ProxySQL 3.
PGSQL_FIRST: Rows = {
    "pgsql_servers": [
        {"hostgroup_id": 10, "hostname": "pg1", "comment": "it's 日本"},
        {"hostgroup_id": 20, "hostname": "pg2", "status": "offline_soft"},
        {"hostgroup_id": 20, "hostname": "pg3", "status": "OFFLINE_HARD"},
    ],
    "pgsql_replication_hostgroups": [{"writer_hostgroup": 10, "reader_hostgroup": 20}],
    "pgsql_hostgroup_attributes": _attributes(),
    "pgsql_servers_ssl_params": [{"hostname": "pg1", "ssl_ca": "/etc/it's/日本.pem"}],
    "pgsql_users": [
        {"username": "app", "password": "s3cret\\'\"", "default_hostgroup": 10, "attributes": {"a": 1}},
        {"username": "off", "active": False},
        {"username": "front", "password": "x", "backend": False},
    ],
    "pgsql_query_rules": [
        {"rule_id": 1, "active": True, "match_digest": "^SELECT", "destination_hostgroup": 20, "apply": True},
        {"rule_id": 3, "active": True, "database": "", "match_pattern": "x", "replace_pattern": ""},
        {"rule_id": 4, "re_modifiers": "global,caseless"},
    ],
    "pgsql_query_rules_fast_routing": [
        {"username": "app", "database": "shard_1", "destination_hostgroup": 10},
    ],
    **_firewall("pgsql", "database"),
}

PGSQL_SECOND: Rows = {
    "pgsql_servers": [
        {"hostgroup_id": 10, "hostname": "pg1", "comment": "changed"},
        {"hostgroup_id": 30, "hostname": "pg9", "port": 5433},
    ],
    "pgsql_replication_hostgroups": [{"writer_hostgroup": 10, "reader_hostgroup": 21, "comment": "x"}],
    "pgsql_hostgroup_attributes": [{"hostgroup_id": 10, "servers_defaults": "", "autocommit": 0}],
    "pgsql_servers_ssl_params": [{"hostname": "pg1", "ssl_ca": ""}, {"hostname": "pg2"}],
    "pgsql_users": [
        {"username": "app", "password": "other"},
        {"username": "off", "active": True, "password": "now on"},
    ],
    "pgsql_query_rules": [
        {"rule_id": 1, "active": False, "destination_hostgroup": 20},
        {"rule_id": 5, "active": True, "match_pattern": "new", "error_msg": ""},
    ],
    "pgsql_query_rules_fast_routing": [
        {"username": "app", "database": "shard_1", "destination_hostgroup": 20},
        {"username": "", "database": "", "destination_hostgroup": 0},
    ],
    **_firewall_again("pgsql", "database"),
}
