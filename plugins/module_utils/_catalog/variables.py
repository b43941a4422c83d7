# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is known of ProxySQL's variables. Data only.

Kinds and ranges were read off a running 2.7.1 by trying values and reading them back. A name
that is not here is text: the server's own list says which names exist.
"""

from __future__ import annotations

from .newer_variables import NEWER_BOOLEANS, NEWER_INTEGERS, NEWER_TEXTS

#: Values that must not be seen. admin_credentials holds user:password pairs.
SECRETS: frozenset[str] = frozenset(
    (
        "admin-admin_credentials",
        "admin-stats_credentials",
        "admin-cluster_password",
        "mysql-monitor_password",
        "pgsql-monitor_password",
        "ldap-bind_dn_password",
    )
)

#: LOAD refuses a new value once the threads run and resets it in memory, so these are written
#: to disk and take effect at the next start.
STATIC: frozenset[str] = frozenset(("mysql-threads", "mysql-interfaces", "pgsql-threads", "pgsql-interfaces"))

#: LOAD accepts these and shows the new value, yet what runs keeps the old one until a restart.
NEEDS_RESTART: frozenset[str] = frozenset(
    ("mysql-stacksize", "pgsql-monitor_enabled", "pgsql-monitor_threads", "pgsql-stacksize")
)

#: Set by the server itself.
READ_ONLY: frozenset[str] = frozenset(("admin-version",))

#: Variables of this kind that the server resets when they are set to the empty string.
NOT_EMPTY: frozenset[str] = frozenset(
    (
        "admin-admin_credentials",
        "admin-mysql_ifaces",
        "admin-stats_credentials",
        "admin-telnet_admin_ifaces",
        "admin-telnet_stats_ifaces",
        "admin-cluster_password",
        "admin-cluster_username",
        "mysql-default_authentication_plugin",
        "mysql-default_charset",
        "mysql-default_collation_connection",
        "mysql-default_schema",
        "mysql-default_session_track_gtids",
        "mysql-keep_multiplexing_variables",
        "mysql-monitor_username",
        "mysql-server_capabilities",
        "mysql-server_version",
        "pgsql-default_schema",
        "pgsql-default_session_track_gtids",
        "pgsql-default_timezone",
        "pgsql-monitor_username",
        "pgsql-server_encoding",
        "pgsql-server_version",
    )
)

#: Compared without regard to case: a value that differs in nothing else is stored and shown, and what
#: it replaces stays in force (set_variable in lib/ProxySQL_Admin.cpp).
CASELESS: frozenset[str] = frozenset(
    (
        "admin-admin_credentials",
        "admin-mysql_ifaces",
        "admin-pgsql_ifaces",
        "admin-stats_credentials",
        "admin-telnet_admin_ifaces",
        "admin-telnet_stats_ifaces",
    )
)

_GTIDS = {"off": "OFF", "own_gtid": "OWN_GTID"}
_DATES = [
    f"{style}, {order}" for style in ("ISO", "SQL", "Postgres", "German") for order in ("MDY", "DMY", "YMD")
]

#: Text from a few words, in any case and with blanks around commas or not: as it is given, lower case without
#: those, and as runtime shows it (set_variable in lib/MySQL_Thread.cpp, lib/PgSQL_Variables_Validator.cpp).
WORDS: dict[str, dict[str, str]] = {
    "mysql-default_session_track_gtids": _GTIDS,
    "pgsql-default_session_track_gtids": _GTIDS,
    "pgsql-default_datestyle": {
        **{date.lower().replace(", ", ","): date for date in _DATES},
        **{",".join(reversed(date.lower().split(", "))): date for date in _DATES},
        "german": "German, DMY",
    },
    "pgsql-default_intervalstyle": {
        word: word for word in ("postgres", "postgres_verbose", "sql_standard", "iso_8601")
    },
    "pgsql-default_standard_conforming_strings": {
        **dict.fromkeys(("on", "true", "1", "yes", "t"), "on"),
        **dict.fromkeys(("off", "false", "0", "no", "f"), "off"),
    },
}

#: Encodings of PostgreSQL's clients, of which letters and digits alone count (release 16); shown in capitals.
ENCODINGS = (
    r"abc|alt|big5|euc(cn|jis2004|jp|kr|tw)|gb18030|gbk|iso8859([1-9]|1[03-6])|johab"
    r"|koi8[ru]?|latin([1-9]|10)|mskanji|muleinternal|shiftjis(2004)?|sjis|sqlascii|tcvn(5712)?|uhc|unicode|utf8|vscii|win"
    r"|win(dows)?(125[0-8]|866|874|932|936|949|950)"
)

_PORT = r"(?:[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5])"
_PLACE = rf"(?:/[^;]+|(?:\[[^];]+\]|[^;:/[\]]+):{_PORT})"
# An empty one means all addresses from the next start on, and "45" a socket of that name (3.0.3).
_PLACES = (
    rf"{_PLACE}(?:;{_PLACE})*;?",
    "is no list of addresses with ports or paths of sockets, such as 127.0.0.1:6033;/run/proxysql.sock",
)

#: The form that a text must have, and how an error goes on that has quoted another one. Unless said otherwise
#: ProxySQL would keep the present value (set_variable in lib/MySQL_Thread.cpp, 2.7.1).
FORMS: dict[str, tuple[str, str]] = {
    "admin-pgsql_ifaces": _PLACES,
    "mysql-interfaces": _PLACES,
    "pgsql-interfaces": _PLACES,
    # Which of them a release takes is for its LOAD to say; 2.7.1 takes the first and the last.
    "mysql-default_authentication_plugin": (
        "mysql_native_password|mysql_clear_password|caching_sha2_password",
        "is not mysql_native_password or caching_sha2_password (ProxySQL would keep the present value)",
    ),
    "mysql-monitor_replication_lag_use_percona_heartbeat": (
        r"(?ai:`?[a-z\d_]+`?\.`?[a-z\d_]+`?)?",
        "is no table such as percona.heartbeat (ProxySQL would keep the present value)",
    ),
    "mysql-proxy_protocol_networks": (
        r"\*|(?:[^,]*/[^,]*)?(?:,(?:[^,]*/[^,]*)?)*",
        "is no list of networks such as 10.0.0.0/8 (ProxySQL would ignore it)",
    ),
    # The server itself takes anything.
    "mysql-server_version": (
        r"[0-9]+(?:\.(?s:.*))?",
        "does not begin with a number such as 8.0 (clients read one from it)",
    ),
}

#: Lists of addresses with semicolons between.
LISTS: frozenset[str] = frozenset(
    (
        "admin-mysql_ifaces",
        "admin-pgsql_ifaces",
        "admin-telnet_admin_ifaces",
        "admin-telnet_stats_ifaces",
        "mysql-interfaces",
        "pgsql-interfaces",
    )
)

#: Names of files that runtime shows with the path of the data directory before them.
RELATIVE_FILES: frozenset[str] = frozenset(("admin-ssl_keylog_file",))

#: Seconds that are rounded up to one of a few values.
INTERVALS: frozenset[str] = frozenset(
    (
        "admin-stats_mysql_connection_pool",
        "admin-stats_mysql_connections",
        "admin-stats_mysql_query_cache",
        "admin-stats_system_cpu",
        "admin-stats_system_memory",
    )
)

#: While the checksum is off, the other one is 0 in runtime.
CHECKSUM_OF: dict[str, str] = {
    f"admin-checksum_{name}": f"admin-cluster_{name}_diffs_before_sync"
    for name in (
        "admin_variables",
        "ldap_variables",
        "mysql_query_rules",
        "mysql_servers",
        "mysql_users",
        "mysql_variables",
    )
}

#: The collation that LOAD takes for a charset, where it is not the one with the lowest number.
COLLATION_OF: dict[str, str] = {
    "cp1251": "cp1251_general_ci",
    "cp1257": "cp1257_general_ci",
    "latin1": "latin1_swedish_ci",
    "latin2": "latin2_general_ci",
    "latin7": "latin7_general_ci",
}

#: Bits of mysql-server_capabilities that follow from a boolean.
CAPABILITY_OF: dict[str, int] = {"mysql-have_compress": 32, "mysql-have_ssl": 2048}

TEXTS: frozenset[str] = frozenset(
    (
        "admin-admin_credentials",
        "admin-cluster_password",
        "admin-cluster_username",
        "admin-mysql_ifaces",
        "admin-ssl_keylog_file",
        "admin-stats_credentials",
        "admin-telnet_admin_ifaces",
        "admin-telnet_stats_ifaces",
        "mysql-add_ldap_user_comment",
        "mysql-auditlog_filename",
        "mysql-default_authentication_plugin",
        "mysql-default_charset",
        "mysql-default_collation_connection",
        "mysql-default_schema",
        "mysql-default_session_track_gtids",
        "mysql-eventslog_filename",
        "mysql-firewall_whitelist_errormsg",
        "mysql-init_connect",
        "mysql-interfaces",
        "mysql-keep_multiplexing_variables",
        "mysql-ldap_user_variable",
        "mysql-monitor_password",
        "mysql-monitor_replication_lag_use_percona_heartbeat",
        "mysql-monitor_username",
        "mysql-proxy_protocol_networks",
        "mysql-server_capabilities",
        "mysql-server_version",
        "mysql-ssl_p2s_ca",
        "mysql-ssl_p2s_capath",
        "mysql-ssl_p2s_cert",
        "mysql-ssl_p2s_cipher",
        "mysql-ssl_p2s_crl",
        "mysql-ssl_p2s_crlpath",
        "mysql-ssl_p2s_key",
        *NEWER_TEXTS,
    )
)

#: true or false; LOAD accepts true, false, 1 and 0 in any case and resets anything else.
BOOLEANS: frozenset[str] = frozenset(
    (
        "admin-checksum_admin_variables",
        "admin-checksum_ldap_variables",
        "admin-checksum_mysql_query_rules",
        "admin-checksum_mysql_servers",
        "admin-checksum_mysql_users",
        "admin-checksum_mysql_variables",
        "admin-cluster_admin_variables_save_to_disk",
        "admin-cluster_ldap_variables_save_to_disk",
        "admin-cluster_mysql_query_rules_save_to_disk",
        "admin-cluster_mysql_servers_save_to_disk",
        "admin-cluster_mysql_users_save_to_disk",
        "admin-cluster_mysql_variables_save_to_disk",
        "admin-cluster_proxysql_servers_save_to_disk",
        "admin-read_only",
        "admin-restapi_enabled",
        "admin-vacuum_stats",
        "admin-web_enabled",
        "mysql-autocommit_false_is_transaction",
        "mysql-autocommit_false_not_reusable",
        "mysql-automatic_detect_sqli",
        "mysql-client_session_track_gtid",
        "mysql-commands_stats",
        "mysql-connection_warming",
        "mysql-default_reconnect",
        "mysql-enable_client_deprecate_eof",
        "mysql-enable_load_data_local_infile",
        "mysql-enable_server_deprecate_eof",
        "mysql-enforce_autocommit_on_reads",
        "mysql-firewall_whitelist_enabled",
        "mysql-have_compress",
        "mysql-have_ssl",
        "mysql-kill_backend_connection_when_disconnect",
        "mysql-log_mysql_warnings_enabled",
        "mysql-log_unhealthy_connections",
        "mysql-monitor_enabled",
        "mysql-monitor_replication_lag_group_by_host",
        "mysql-monitor_wait_timeout",
        "mysql-monitor_writer_is_also_reader",
        "mysql-multiplexing",
        "mysql-parse_failure_logs_digest",
        "mysql-query_cache_stores_empty_result",
        "mysql-query_digests",
        "mysql-query_digests_keep_comment",
        "mysql-query_digests_lowercase",
        "mysql-query_digests_no_digits",
        "mysql-query_digests_normalize_digest_text",
        "mysql-query_digests_replace_null",
        "mysql-query_digests_track_hostname",
        "mysql-servers_stats",
        "mysql-session_idle_show_processlist",
        "mysql-sessions_sort",
        "mysql-stats_time_backend_query",
        "mysql-stats_time_query_processor",
        "mysql-use_tcp_keepalive",
        "mysql-verbose_query_error",
        *NEWER_BOOLEANS,
    )
)

#: Smallest and largest value that LOAD accepts; it resets what is outside.
INTEGERS: dict[str, tuple[int, int]] = {
    "admin-cluster_admin_variables_diffs_before_sync": (0, 1000),
    "admin-cluster_check_interval_ms": (10, 300000),
    "admin-cluster_check_status_frequency": (0, 10000),
    "admin-cluster_ldap_variables_diffs_before_sync": (0, 1000),
    "admin-cluster_mysql_query_rules_diffs_before_sync": (0, 1000),
    "admin-cluster_mysql_servers_diffs_before_sync": (0, 1000),
    "admin-cluster_mysql_servers_sync_algorithm": (1, 3),
    "admin-cluster_mysql_users_diffs_before_sync": (0, 1000),
    "admin-cluster_mysql_variables_diffs_before_sync": (0, 1000),
    "admin-cluster_proxysql_servers_diffs_before_sync": (0, 1000),
    "admin-coredump_generation_interval_ms": (0, 2147483646),
    "admin-coredump_generation_threshold": (1, 500),
    "admin-prometheus_memory_metrics_interval": (1, 604799),
    "admin-refresh_interval": (101, 99999),
    "admin-restapi_port": (1, 65534),
    "admin-stats_mysql_connection_pool": (0, 300),
    "admin-stats_mysql_connections": (0, 300),
    "admin-stats_mysql_query_cache": (0, 300),
    "admin-stats_mysql_query_digest_to_disk": (0, 86400),
    "admin-stats_system_cpu": (0, 600),
    "admin-stats_system_memory": (0, 600),
    "admin-web_port": (1, 65534),
    "admin-web_verbosity": (0, 10),
    "mysql-auditlog_filesize": (1048576, 1073741824),
    "mysql-aurora_max_lag_ms_only_read_from_replicas": (0, 100),
    "mysql-auto_increment_delay_multiplex": (0, 1000000),
    "mysql-auto_increment_delay_multiplex_timeout_ms": (0, 3600000),
    "mysql-binlog_reader_connect_retry_msec": (200, 120000),
    "mysql-client_host_cache_size": (0, 1048576),
    "mysql-client_host_error_counts": (0, 1048576),
    "mysql-connect_retries_delay": (0, 10000),
    "mysql-connect_retries_on_failure": (0, 1000),
    "mysql-connect_timeout_client": (500, 3600000),
    "mysql-connect_timeout_server": (10, 120000),
    "mysql-connect_timeout_server_max": (10, 3600000),
    "mysql-connection_delay_multiplex_ms": (0, 300000),
    "mysql-connection_max_age_ms": (0, 86400000),
    "mysql-connpoll_reset_queue_length": (0, 10000),
    "mysql-data_packets_history_size": (0, 2147483646),
    "mysql-default_max_latency_ms": (0, 1728000000),
    "mysql-default_query_delay": (0, 3600000),
    "mysql-default_query_timeout": (1000, 1728000000),
    "mysql-evaluate_replication_lag_on_servers_load": (0, 1),
    "mysql-eventslog_default_log": (0, 1),
    "mysql-eventslog_filesize": (1048576, 1073741824),
    "mysql-eventslog_format": (1, 2),
    "mysql-free_connections_pct": (0, 100),
    "mysql-handle_unknown_charset": (0, 3),
    "mysql-handle_warnings": (0, 1),
    "mysql-hostgroup_manager_verbose": (0, 3),
    "mysql-long_query_time": (0, 1728000000),
    "mysql-max_allowed_packet": (8192, 1073741824),
    "mysql-max_connections": (1, 1000000),
    "mysql-max_stmts_cache": (128, 1048576),
    "mysql-max_stmts_per_connection": (1, 1024),
    "mysql-max_transaction_idle_time": (1000, 1728000000),
    "mysql-max_transaction_time": (1000, 1728000000),
    "mysql-min_num_servers_lantency_awareness": (0, 10000),
    "mysql-mirror_max_concurrency": (1, 8192),
    "mysql-mirror_max_queue_length": (0, 1048576),
    "mysql-monitor_aws_rds_topology_discovery_interval": (0, 100000),
    "mysql-monitor_connect_interval": (100, 604800000),
    "mysql-monitor_connect_timeout": (100, 600000),
    "mysql-monitor_galera_healthcheck_interval": (50, 604800000),
    "mysql-monitor_galera_healthcheck_max_timeout_count": (1, 10),
    "mysql-monitor_galera_healthcheck_timeout": (50, 600000),
    "mysql-monitor_groupreplication_healthcheck_interval": (100, 604800000),
    "mysql-monitor_groupreplication_healthcheck_max_timeout_count": (1, 10),
    "mysql-monitor_groupreplication_healthcheck_timeout": (100, 600000),
    "mysql-monitor_groupreplication_max_transactions_behind_count": (1, 10),
    "mysql-monitor_groupreplication_max_transactions_behind_for_read_only": (0, 2),
    "mysql-monitor_history": (1000, 604800000),
    "mysql-monitor_local_dns_cache_refresh_interval": (0, 604800000),
    "mysql-monitor_local_dns_cache_ttl": (0, 604800000),
    "mysql-monitor_local_dns_resolver_queue_maxsize": (16, 1024),
    "mysql-monitor_ping_interval": (100, 604800000),
    "mysql-monitor_ping_max_failures": (1, 1000000),
    "mysql-monitor_ping_timeout": (100, 600000),
    "mysql-monitor_query_interval": (100, 604800000),
    "mysql-monitor_query_timeout": (100, 600000),
    "mysql-monitor_read_only_interval": (100, 604800000),
    "mysql-monitor_read_only_max_timeout_count": (1, 1000000),
    "mysql-monitor_read_only_timeout": (100, 600000),
    "mysql-monitor_replication_lag_count": (1, 10),
    "mysql-monitor_replication_lag_interval": (100, 604800000),
    "mysql-monitor_replication_lag_timeout": (100, 600000),
    "mysql-monitor_slave_lag_when_null": (0, 604800),
    "mysql-monitor_threads_max": (4, 1024),
    "mysql-monitor_threads_min": (2, 256),
    "mysql-monitor_threads_queue_maxsize": (16, 1024),
    "mysql-ping_interval_server_msec": (1000, 604800000),
    "mysql-ping_timeout_server": (10, 600000),
    "mysql-poll_timeout": (10, 20000),
    "mysql-poll_timeout_on_failure": (10, 20000),
    "mysql-query_cache_handle_warnings": (0, 1),
    "mysql-query_cache_size_MB": (0, 10485760),
    "mysql-query_cache_soft_ttl_pct": (0, 100),
    "mysql-query_digests_grouping_limit": (1, 2089),
    "mysql-query_digests_groups_grouping_limit": (0, 2089),
    "mysql-query_digests_max_digest_length": (16, 1048576),
    "mysql-query_digests_max_query_length": (16, 1048576),
    "mysql-query_processor_iterations": (0, 1000000),
    "mysql-query_processor_regex": (1, 2),
    "mysql-query_retries_on_failure": (0, 1000),
    "mysql-query_rules_fast_routing_algorithm": (1, 2),
    "mysql-reset_connection_algorithm": (1, 2),
    "mysql-session_idle_ms": (1, 3600000),
    "mysql-set_parser_algorithm": (1, 2),
    "mysql-set_query_lock_on_hostgroup": (0, 1),
    "mysql-show_processlist_extended": (0, 2),
    "mysql-shun_on_failures": (0, 10000000),
    "mysql-shun_recovery_time_sec": (0, 31536000),
    "mysql-stacksize": (262144, 4194304),
    "mysql-tcp_keepalive_time": (0, 7200),
    "mysql-threads": (1, 255),
    "mysql-threshold_query_length": (1024, 1073741824),
    "mysql-threshold_resultset_size": (1024, 1073741824),
    "mysql-throttle_connections_per_sec_to_hostgroup": (1, 100000000),
    "mysql-throttle_max_bytes_per_second_to_client": (0, 2147483647),
    "mysql-throttle_ratio_server_to_client": (0, 100),
    "mysql-unshun_algorithm": (0, 1),
    "mysql-wait_timeout": (0, 1728000000),
    **NEWER_INTEGERS,
}
