# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Names of ProxySQL's variables, as 2.7.1 and 3.0.3 list them: a wrong one is told before a host is asked.

Data only: a newer release may have more, so nothing is refused for not being here.
"""

from __future__ import annotations

_NAMES = {
    "admin": """
        admin_credentials checksum_admin_variables checksum_ldap_variables
        checksum_mysql_query_rules checksum_mysql_servers checksum_mysql_users
        checksum_mysql_variables cluster_admin_variables_diffs_before_sync
        cluster_admin_variables_save_to_disk cluster_check_interval_ms
        cluster_check_status_frequency cluster_ldap_variables_diffs_before_sync
        cluster_ldap_variables_save_to_disk cluster_mysql_query_rules_diffs_before_sync
        cluster_mysql_query_rules_save_to_disk cluster_mysql_servers_diffs_before_sync
        cluster_mysql_servers_save_to_disk cluster_mysql_servers_sync_algorithm
        cluster_mysql_users_diffs_before_sync cluster_mysql_users_save_to_disk
        cluster_mysql_variables_diffs_before_sync cluster_mysql_variables_save_to_disk
        cluster_password cluster_proxysql_servers_diffs_before_sync
        cluster_proxysql_servers_save_to_disk cluster_username coredump_generation_interval_ms
        coredump_generation_threshold mysql_ifaces pgsql_ifaces prometheus_memory_metrics_interval
        read_only refresh_interval restapi_enabled restapi_port ssl_keylog_file stats_credentials
        stats_mysql_connection_pool stats_mysql_connections stats_mysql_query_cache
        stats_mysql_query_digest_to_disk stats_system_cpu stats_system_memory telnet_admin_ifaces
        telnet_stats_ifaces vacuum_stats version web_enabled web_port web_verbosity
    """,
    "mysql": """
        add_ldap_user_comment auditlog_filename auditlog_filesize
        aurora_max_lag_ms_only_read_from_replicas auto_increment_delay_multiplex
        auto_increment_delay_multiplex_timeout_ms autocommit_false_is_transaction
        autocommit_false_not_reusable automatic_detect_sqli binlog_reader_connect_retry_msec
        client_host_cache_size client_host_error_counts client_session_track_gtid commands_stats
        connect_retries_delay connect_retries_on_failure connect_timeout_client
        connect_timeout_server connect_timeout_server_max connection_delay_multiplex_ms
        connection_max_age_ms connection_warming connpoll_reset_queue_length
        data_packets_history_size default_authentication_plugin default_charset
        default_collation_connection default_max_latency_ms default_query_delay
        default_query_timeout default_reconnect default_schema default_session_track_gtids
        enable_client_deprecate_eof enable_load_data_local_infile enable_server_deprecate_eof
        enforce_autocommit_on_reads evaluate_replication_lag_on_servers_load
        eventslog_buffer_history_size eventslog_buffer_max_query_length eventslog_default_log
        eventslog_filename eventslog_filesize eventslog_format eventslog_stmt_parameters
        eventslog_table_memory_size firewall_whitelist_enabled firewall_whitelist_errormsg
        free_connections_pct handle_unknown_charset handle_warnings have_compress have_ssl
        hostgroup_manager_verbose init_connect interfaces keep_multiplexing_variables
        kill_backend_connection_when_disconnect ldap_user_variable log_mysql_warnings_enabled
        log_unhealthy_connections long_query_time max_allowed_packet max_connections max_stmts_cache
        max_stmts_per_connection max_transaction_idle_time max_transaction_time
        min_num_servers_lantency_awareness mirror_max_concurrency mirror_max_queue_length
        monitor_aws_rds_topology_discovery_interval monitor_connect_interval monitor_connect_timeout
        monitor_enabled monitor_galera_healthcheck_interval
        monitor_galera_healthcheck_max_timeout_count monitor_galera_healthcheck_timeout
        monitor_groupreplication_healthcheck_interval
        monitor_groupreplication_healthcheck_max_timeout_count
        monitor_groupreplication_healthcheck_timeout
        monitor_groupreplication_max_transactions_behind_count
        monitor_groupreplication_max_transactions_behind_for_read_only monitor_history
        monitor_local_dns_cache_refresh_interval monitor_local_dns_cache_ttl
        monitor_local_dns_resolver_queue_maxsize monitor_password monitor_ping_interval
        monitor_ping_max_failures monitor_ping_timeout monitor_query_interval monitor_query_timeout
        monitor_read_only_interval monitor_read_only_max_timeout_count monitor_read_only_timeout
        monitor_replication_lag_count monitor_replication_lag_group_by_host
        monitor_replication_lag_interval monitor_replication_lag_timeout
        monitor_replication_lag_use_percona_heartbeat monitor_slave_lag_when_null
        monitor_threads_max monitor_threads_min monitor_threads_queue_maxsize monitor_username
        monitor_wait_timeout monitor_writer_is_also_reader multiplexing parse_failure_logs_digest
        ping_interval_server_msec ping_timeout_server poll_timeout poll_timeout_on_failure
        protocol_compression_level proxy_protocol_networks query_cache_handle_warnings
        query_cache_size_MB query_cache_soft_ttl_pct query_cache_stores_empty_result query_digests
        query_digests_grouping_limit query_digests_groups_grouping_limit query_digests_keep_comment
        query_digests_lowercase query_digests_max_digest_length query_digests_max_query_length
        query_digests_no_digits query_digests_normalize_digest_text query_digests_replace_null
        query_digests_track_hostname query_processor_iterations query_processor_regex
        query_retries_on_failure query_rules_fast_routing_algorithm reset_connection_algorithm
        server_capabilities server_version servers_stats session_idle_ms
        session_idle_show_processlist sessions_sort set_parser_algorithm set_query_lock_on_hostgroup
        show_processlist_extended shun_on_failures shun_recovery_time_sec ssl_p2s_ca ssl_p2s_capath
        ssl_p2s_cert ssl_p2s_cipher ssl_p2s_crl ssl_p2s_crlpath ssl_p2s_key stacksize
        stats_time_backend_query stats_time_query_processor tcp_keepalive_time threads
        threshold_query_length threshold_resultset_size throttle_connections_per_sec_to_hostgroup
        throttle_max_bytes_per_second_to_client throttle_ratio_server_to_client unshun_algorithm
        use_tcp_keepalive verbose_query_error wait_timeout
    """,
    "pgsql": """
        add_ldap_user_comment auditlog_filename auditlog_filesize
        aurora_max_lag_ms_only_read_from_replicas authentication_method
        auto_increment_delay_multiplex auto_increment_delay_multiplex_timeout_ms
        autocommit_false_is_transaction autocommit_false_not_reusable automatic_detect_sqli
        binlog_reader_connect_retry_msec client_host_cache_size client_host_error_counts
        client_session_track_gtid commands_stats connect_retries_delay connect_retries_on_failure
        connect_timeout_client connect_timeout_server connect_timeout_server_max
        connection_delay_multiplex_ms connection_max_age_ms connection_warming
        data_packets_history_size default_client_encoding default_datestyle default_intervalstyle
        default_max_latency_ms default_query_delay default_query_timeout default_reconnect
        default_schema default_session_track_gtids default_standard_conforming_strings
        default_timezone enable_client_deprecate_eof enable_load_data_local_infile
        enable_server_deprecate_eof enforce_autocommit_on_reads eventslog_default_log
        eventslog_filename eventslog_filesize eventslog_format firewall_whitelist_enabled
        firewall_whitelist_errormsg free_connections_pct handle_unknown_charset handle_warnings
        have_compress have_ssl hostgroup_manager_verbose init_connect interfaces
        keep_multiplexing_variables kill_backend_connection_when_disconnect ldap_user_variable
        log_mysql_warnings_enabled log_unhealthy_connections long_query_time max_allowed_packet
        max_connections max_stmts_cache max_stmts_per_connection max_transaction_idle_time
        max_transaction_time min_num_servers_lantency_awareness mirror_max_concurrency
        mirror_max_queue_length monitor_connect_interval monitor_connect_interval_window
        monitor_connect_timeout monitor_dbname monitor_enabled monitor_history monitor_password
        monitor_ping_interval monitor_ping_interval_window monitor_ping_max_failures
        monitor_ping_timeout monitor_read_only_interval monitor_read_only_interval_window
        monitor_read_only_max_timeout_count monitor_read_only_timeout monitor_threads
        monitor_username monitor_writer_is_also_reader multiplexing parse_failure_logs_digest
        ping_interval_server_msec ping_timeout_server poll_timeout poll_timeout_on_failure
        query_cache_handle_warnings query_cache_size_MB query_cache_soft_ttl_pct
        query_cache_stores_empty_result query_digests query_digests_grouping_limit
        query_digests_groups_grouping_limit query_digests_keep_comment query_digests_lowercase
        query_digests_max_digest_length query_digests_max_query_length query_digests_no_digits
        query_digests_normalize_digest_text query_digests_replace_null query_digests_track_hostname
        query_processor_iterations query_processor_regex query_retries_on_failure
        query_rules_fast_routing_algorithm server_encoding server_version servers_stats
        session_idle_ms session_idle_show_processlist sessions_sort set_parser_algorithm
        set_query_lock_on_hostgroup show_processlist_extended shun_on_failures
        shun_recovery_time_sec ssl_p2s_ca ssl_p2s_capath ssl_p2s_cert ssl_p2s_cipher ssl_p2s_crl
        ssl_p2s_crlpath ssl_p2s_key stacksize stats_time_backend_query stats_time_query_processor
        tcp_keepalive_time threads threshold_query_length threshold_resultset_size
        throttle_connections_per_sec_to_hostgroup throttle_max_bytes_per_second_to_client
        throttle_ratio_server_to_client unshun_algorithm use_tcp_keepalive verbose_query_error
        wait_timeout
    """,
}
VARIABLE_NAMES = frozenset(f"{kind}-{name}" for kind, names in _NAMES.items() for name in names.split())
