# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The tables for MySQL. Data only."""

from __future__ import annotations

from .words import (
    Column,
    Rule,
    Table,
    boolean,
    boolean_null,
    choice,
    integer,
    integer_null,
    json_object,
    text,
    text_implied,
    text_null,
)

_SERVERS = "MYSQL SERVERS"
_FIREWALL = "MYSQL FIREWALL"
_PAIR = ("writer_hostgroup", "reader_hostgroup")
_GROUP = ("writer_hostgroup", "backup_writer_hostgroup", "reader_hostgroup", "offline_hostgroup")

# LOAD drops a row whose writer hostgroup another row has in another role, and answers OK.
_PAIR_RULES = (
    Rule("reader_hostgroup", "differs", "writer_hostgroup"),
    Rule("writer_hostgroup", "not_among", "reader_hostgroup"),
    Rule("reader_hostgroup", "not_among", "writer_hostgroup"),
)
_GROUP_RULES = (
    *(Rule(name, "differs", other) for at, name in enumerate(_GROUP) for other in _GROUP[:at]),
    *(Rule("writer_hostgroup", "not_among", other) for other in _GROUP[1:]),
    *(Rule(other, "not_among", "writer_hostgroup") for other in _GROUP[1:]),
)


def _group(name: str) -> Table:
    """Group replication and Galera have the same columns."""
    return Table(
        name,
        _SERVERS,
        ("writer_hostgroup",),
        (
            integer("writer_hostgroup"),
            integer("backup_writer_hostgroup"),
            integer("reader_hostgroup", low=1),
            integer("offline_hostgroup"),
            boolean("active", True),
            integer("max_writers", 1),
            integer("writer_is_also_reader", 0, high=2),
            integer("max_transactions_behind", 0),
            text_null("comment"),
        ),
        unique=tuple((column,) for column in _GROUP[1:]),
        rules=_GROUP_RULES,
        hostgroups=_GROUP,
    )


TABLES = (
    Table(
        "mysql_servers",
        _SERVERS,
        ("hostgroup_id", "hostname", "port"),
        (
            integer("hostgroup_id", 0),
            text("hostname"),
            integer("port", 3306, high=65535),
            integer("gtid_port", 0, high=65535),
            # SHUNNED is the server's own word for a backend it has given up on for now.
            choice("status", "ONLINE", "ONLINE", "OFFLINE_SOFT", "OFFLINE_HARD"),
            integer("weight", 1, high=10000000),
            boolean("compression", False),
            integer("max_connections", 1000),
            integer("max_replication_lag", 0, high=126144000),
            boolean("use_ssl", False),
            # Kept in microseconds: a greater one wraps, and servers seem too slow.
            integer("max_latency_ms", 0, high=4294967),
            text("comment", ""),
        ),
        runtime="servers",
        rules=(Rule("gtid_port", "differs_unless_zero", "port"),),
    ),
    Table(
        "mysql_replication_hostgroups",
        _SERVERS,
        ("writer_hostgroup",),
        (
            integer("writer_hostgroup"),
            integer("reader_hostgroup"),
            choice(
                "check_type",
                "read_only",
                "read_only",
                "innodb_read_only",
                "super_read_only",
                "read_only|innodb_read_only",
                "read_only&innodb_read_only",
            ),
            text("comment", ""),
        ),
        unique=(("reader_hostgroup",),),
        rules=_PAIR_RULES,
        hostgroups=_PAIR,
    ),
    _group("mysql_group_replication_hostgroups"),
    _group("mysql_galera_hostgroups"),
    Table(
        "mysql_aws_aurora_hostgroups",
        _SERVERS,
        ("writer_hostgroup",),
        (
            integer("writer_hostgroup"),
            integer("reader_hostgroup", low=1),
            boolean("active", True),
            integer("aurora_port", 3306, high=65535),
            text("domain_name"),
            integer("max_lag_ms", 600000, low=10, high=600000),
            integer("check_interval_ms", 1000, low=100, high=600000),
            integer("check_timeout_ms", 800, low=80, high=3000),
            boolean("writer_is_also_reader", False),
            integer("new_reader_weight", 1, high=10000000),
            integer("add_lag_ms", 30, high=600000),
            integer("min_lag_ms", 30, high=600000),
            integer("lag_num_checks", 1, low=1, high=16),
            integer("autopurge_missing_checks", 0, high=100, since="3.0"),
            text_null("comment"),
        ),
        unique=(("reader_hostgroup",),),
        rules=(*_PAIR_RULES, Rule("domain_name", "begins_with", ".")),
        hostgroups=_PAIR,
    ),
    Table(
        "mysql_hostgroup_attributes",
        _SERVERS,
        ("hostgroup_id",),
        (
            integer("hostgroup_id"),
            integer("max_num_online_servers", 1000000, high=1000000),
            integer("autocommit", -1, low=-1, high=1),
            integer("free_connections_pct", 10, high=100),
            text("init_connect", ""),
            boolean("multiplex", True),
            boolean("connection_warming", False),
            integer("throttle_connections_per_sec", 1000000, low=1, high=1000000),
            Column("ignore_session_variables", "json_list", ""),
            # What is out of range here is logged, and otherwise ignored
            # (lib/MySQL_HostGroups_Manager.cpp, init_myhgc_hostgroup_settings and _servers_defaults).
            json_object(
                "hostgroup_settings", ("handle_warnings", 0, 1), ("monitor_slave_lag_when_null", 0, 604800)
            ),
            json_object(
                "servers_defaults",
                ("weight", 0, 10000000),
                ("max_connections", 0, 2**31 - 1),
                ("use_ssl", 0, 1),
            ),
            text("comment", ""),
        ),
    ),
    Table(
        "mysql_servers_ssl_params",
        _SERVERS,
        ("hostname", "port", "username"),
        (
            text("hostname"),
            integer("port", 3306, high=65535),
            text("username", ""),
            text("ssl_ca", ""),
            text("ssl_cert", ""),
            text("ssl_key", ""),
            text("ssl_capath", ""),
            text("ssl_crl", ""),
            text("ssl_crlpath", ""),
            text("ssl_cipher", ""),
            text("tls_version", ""),
            text("comment", ""),
        ),
    ),
    Table(
        "mysql_users",
        "MYSQL USERS",
        ("username", "backend"),
        (
            text("username"),
            Column("password", "text", None, nullable=True, secret="mysql", blank=True),
            boolean("active", True),
            boolean("use_ssl", False),
            integer("default_hostgroup", 0, low=-1),
            Column("default_schema", "text", None, nullable=True, blank=True),
            boolean("schema_locked", False),
            boolean("transaction_persistent", True),
            boolean("fast_forward", False),
            boolean("backend", True),
            boolean("frontend", True),
            integer("max_connections", 10000),
            json_object(
                "attributes", known=("default-transaction_isolation", "spiffe_id", "additional_password")
            ),
            text("comment", ""),
        ),
        runtime="users",
        unique=(("username", "frontend"),),
        rules=(Rule("frontend", "one_of_two", "backend"),),
    ),
    Table(
        "mysql_query_rules",
        "MYSQL QUERY RULES",
        ("rule_id",),
        (
            integer("rule_id"),
            boolean("active", False),
            text_null("username"),
            text_null("schemaname"),
            integer("flagIN", 0),
            text_null("client_addr", "client_addr"),
            text_null("proxy_addr"),
            integer_null("proxy_port", high=65535),
            text_null("digest", "digest"),
            text_null("match_digest"),
            text_null("match_pattern"),
            boolean("negate_match_pattern", False),
            text_null("re_modifiers", "modifiers", "CASELESS"),
            integer_null("flagOUT"),
            text_null("replace_pattern"),
            integer_null("destination_hostgroup"),
            integer_null("cache_ttl", low=1),
            boolean_null("cache_empty_result"),
            integer_null("cache_timeout"),
            boolean_null("reconnect"),
            integer_null("timeout"),
            integer_null("retries", high=1000),
            integer_null("delay"),
            integer_null("next_query_flagIN"),
            integer_null("mirror_flagOUT"),
            integer_null("mirror_hostgroup"),
            text_null("error_msg"),
            text_null("OK_msg"),
            boolean_null("sticky_conn"),
            integer_null("multiplex", high=2),
            integer_null("gtid_from_hostgroup"),
            boolean_null("log"),
            boolean("apply", False),
            json_object("attributes"),
            text_null("comment"),
        ),
        runtime="rules",
        rules=(Rule("replace_pattern", "needs", "match_pattern"),),
    ),
    Table(
        "mysql_query_rules_fast_routing",
        "MYSQL QUERY RULES",
        ("username", "schemaname", "flagIN"),
        (
            text("username"),
            text("schemaname"),
            integer("flagIN", 0),
            integer("destination_hostgroup"),
            text_implied("comment"),
        ),
    ),
    Table(
        "mysql_firewall_whitelist_users",
        _FIREWALL,
        ("username", "client_address"),
        (
            boolean("active", True),
            text("username"),
            text("client_address"),
            choice("mode", "OFF", "OFF", "DETECTING", "PROTECTING"),
            text_implied("comment"),
        ),
    ),
    Table(
        "mysql_firewall_whitelist_rules",
        _FIREWALL,
        ("username", "client_address", "schemaname", "flagIN", "digest"),
        (
            boolean("active", True),
            text("username"),
            text("client_address"),
            text("schemaname"),
            integer("flagIN", 0),
            # LOAD reads it as C does, where 12 is no hexadecimal number.
            Column("digest", "hex"),
            text_implied("comment"),
        ),
    ),
    Table(
        "mysql_firewall_whitelist_sqli_fingerprints",
        _FIREWALL,
        ("fingerprint",),
        (boolean("active", True), text("fingerprint")),
    ),
)
