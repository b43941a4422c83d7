"""One realistic declaration for each table, and another that differs in every way a row can."""

from __future__ import annotations

SHA1 = "*6BB4837EB74329105EE4568DDA7DC67ED2CA2AD9"

FIRST = {
    "mysql_servers": [
        {"hostgroup_id": 10, "hostname": "db1", "comment": "it's 日本"},
        {"hostgroup_id": 20, "hostname": "db2", "use_ssl": True, "max_connections": 50},
        {"hostgroup_id": 20, "hostname": "db3", "status": "OFFLINE_SOFT"},
        {"hostgroup_id": 20, "hostname": "db4", "status": "OFFLINE_HARD"},
    ],
    "mysql_replication_hostgroups": [{"writer_hostgroup": 10, "reader_hostgroup": 20, "comment": "main"}],
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
    "proxysql_servers": [{"hostname": "192.0.2.1"}, {"hostname": "192.0.2.2", "port": 6042, "weight": 3}],
}

SECOND = {
    "mysql_servers": [
        {"hostgroup_id": 10, "hostname": "db1", "comment": "changed"},
        {"hostgroup_id": 30, "hostname": "db9"},
    ],
    "mysql_replication_hostgroups": [{"writer_hostgroup": 11, "reader_hostgroup": 20}],
    "mysql_users": [
        {"username": "app", "password": "other", "default_hostgroup": 10},
        {"username": "off", "active": True, "password": "now on"},
    ],
    "mysql_query_rules": [
        {"rule_id": 1, "active": False, "match_digest": "^SELECT", "destination_hostgroup": 20},
        {"rule_id": 5, "active": True, "match_pattern": "new", "error_msg": None},
    ],
    "proxysql_servers": [{"hostname": "192.0.2.2", "port": 6042, "weight": 4}],
}
