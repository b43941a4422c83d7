"""For each alert numbers that it is for, at which minute it fires with which labels, and the numbers of a
cluster that is well. A series is Prometheus' own short form: `0+1x9` begins at 0 and rises by 1 nine times.
"""

from __future__ import annotations

from dataclasses import dataclass, field

NODE = {"cluster": "shop", "node": "core1", "role": "core"}
VIP = {"cluster": "shop", "vrrp_instance": "proxysql"}
STATUS = {"cluster": "shop", "node": "core1"}


@dataclass(frozen=True)
class Case:
    """series: name and labels -> values, one a minute. first: minute at which it fires; never before."""

    alert: str
    series: dict[str, str]
    first: int
    labels: dict[str, str] = field(default_factory=dict)


def named(metric: str, *parts: dict[str, str], **more: str) -> str:
    labels = {key: value for part in (*parts, more) for key, value in part.items()}
    return metric + "{" + ",".join(f'{key}="{value}"' for key, value in labels.items()) + "}"


def vip(metric: str, on: str, **more: str) -> str:
    at = {**NODE, "node": on, "job": "proxysql-node", "instance": f"{on}:9100"}
    return named(f"proxysql_vip_{metric}", at, vrrp_instance="proxysql", **more)


def own(metric: str, **more: str) -> str:
    return named(metric, NODE, {"job": "proxysql", "instance": "192.0.2.11:6070"}, **more)


def exported(metric: str, **more: str) -> str:
    return named(metric, NODE, {"job": "proxysql-node", "instance": "192.0.2.11:9100"}, **more)


def status(metric: str, **more: str) -> str:
    at = {"job": "proxysql-status", "instance": "controller:9100"}
    return named(f"proxysql_status_{metric}", STATUS, at, **more)


OWN = {**NODE, "job": "proxysql", "instance": "192.0.2.11:6070"}
EXPORTED = {**NODE, "job": "proxysql-node", "instance": "192.0.2.11:9100"}
ASKED = {**STATUS, "job": "proxysql-status", "instance": "controller:9100"}
DISK = {"mountpoint": "/", "fstype": "ext4", "device": "/dev/sda1"}
UNIT = {"name": "keepalived.service", "state": "active", "type": "notify"}
PEER = {"hostname": "192.0.2.12", "port": "6032"}
SERVER = {"endpoint": "192.0.2.31:3306", "hostgroup": "10"}
PEM = {"certificate": "clients", "serial": "0A"}

CASES = [
    Case(
        "ProxySQLVipNowhere",
        {
            vip("state", "core1", state="MASTER"): "1 1 0x20",
            vip("state", "core2", state="MASTER"): "0 0 0x20",
        },
        3,
        VIP,
    ),
    Case(
        "ProxySQLVipTwice",
        {
            vip("state", "core1", state="MASTER"): "1x20",
            vip("state", "core2", state="MASTER"): "0 1x20",
        },
        2,
        VIP,
    ),
    Case(
        "ProxySQLVipNotOnFirst",
        {
            vip("state", "core1", state="MASTER"): "0x80",
            vip("state", "core2", state="MASTER"): "1x80",
            vip("priority", "core1"): "250x80",
            vip("priority", "core2"): "244x80",
        },
        60,
        VIP,
    ),
    Case(
        "ProxySQLVipMoves",
        {
            vip("transitions_total", "core1"): "0x5 0+1x20",
            vip("transitions_total", "core2"): "0x5 0+1x20",
        },
        11,
        VIP,
    ),
    Case("ProxySQLDown", {own("up"): "1 0x9"}, 2, OWN),
    Case("ProxySQLHostDown", {exported("up"): "1 0x9"}, 3, EXPORTED),
    Case(
        "ProxySQLUnitNotRunning",
        {exported("node_systemd_unit_state", **UNIT): "1 0x9"},
        2,
        {**EXPORTED, **UNIT},
    ),
    Case("ProxySQLRestarts", {own("proxysql_uptime_seconds_total"): "9 60 9 60 9 60 9 60"}, 6, OWN),
    Case("ProxySQLPaused", {own("proxysql_mysql_listener_paused"): "0 1x9"}, 6, OWN),
    Case(
        "ProxySQLMemory",
        {
            own("proxysql_jemalloc_bytes", type="resident"): "1000 5000x20",
            exported("node_memory_MemTotal_bytes"): "8000x20",
        },
        11,
        STATUS,
    ),
    Case(
        "ProxySQLFiles",
        {own("proxysql_fds_in_use"): "10 900x9", status("files_limit"): "1024x9"},
        6,
        STATUS,
    ),
    Case(
        "ProxySQLDisk",
        {
            exported("node_filesystem_avail_bytes", **DISK): "500 50x20",
            exported("node_filesystem_size_bytes", **DISK): "1000x20",
        },
        11,
        {**EXPORTED, **DISK},
    ),
    Case(
        "ProxySQLPeerSilent",
        {own("proxysql_servers_metrics_last_check_ms", **PEER): "900 31000+60000x9"},
        2,
        {**OWN, **PEER},
    ),
    Case(
        "ProxySQLEqualEpochs",
        {
            own(
                "proxysql_cluster_syn_conflict_total", module_name="mysql_users", reason="servers_share_epoch"
            ): "0 0 0+1x9"
        },
        3,
        {**OWN, "module_name": "mysql_users", "reason": "servers_share_epoch"},
    ),
    Case(
        "ProxySQLVersionOne",
        {
            own(
                "proxysql_cluster_syn_conflict_total", module_name="mysql_users", reason="version_one"
            ): "0 0 0+1x9"
        },
        3,
        {**OWN, "module_name": "mysql_users", "reason": "version_one"},
    ),
    Case(
        "ProxySQLNodesApart",
        {own("proxysql_servers_checksums_diff_check", **PEER, name="mysql_users"): "0 0 0 3+400x9"},
        6,
        {**OWN, **PEER, "name": "mysql_users"},
    ),
    Case(
        "ProxySQLDisagrees",
        {status("section_agrees", section="MYSQL USERS"): "1 0x20"},
        16,
        {**ASKED, "section": "MYSQL USERS"},
    ),
    Case(
        "ProxySQLVersionsDiffer",
        {
            own("proxysql_version_info", version="2.7.1"): "1x80",
            named("proxysql_version_info", {**OWN, "node": "core2"}, version="2.7.2"): "1x80",
        },
        60,
        {"cluster": "shop"},
    ),
    Case("ProxySQLDrift", {status("drift"): "0 3x20"}, 16, STATUS),
    Case(
        "ProxySQLDrift",
        {
            exported("proxysql_drift_rows", table="mysql_users", layer="memory"): "0 1x20",
            exported("proxysql_drift_rows", table="mysql_users", layer="runtime"): "0 1x20",
            status("drift"): "0x20",
        },
        16,
        STATUS,
    ),
    Case("ProxySQLDriftUnknown", {exported("proxysql_drift_unknown"): "0 1x40"}, 31, EXPORTED),
    Case(
        "ProxySQLDriftUnknown",
        {exported("proxysql_drift_compared_timestamp_seconds"): "0+60x9 540x80"},
        9 + 31 + 30,
        EXPORTED,
    ),
    Case("ProxySQLRestartWaiting", {status("restart_waiting"): "1x1500"}, 1440, ASKED),
    Case(
        "ProxySQLCertificateEnds",
        # it ends a minute after the 30 days that it is told before, as status does
        {status("certificate_ends_timestamp_seconds", **PEM): f"{30 * 86400 + 60}x9"},
        2,
        {**ASKED, **PEM},
    ),
    Case(
        "ProxySQLCertificateEnded",
        {status("certificate_ends_timestamp_seconds", **PEM): "180x9"},
        3,
        {**ASKED, **PEM},
    ),
    Case(
        "ProxySQLSetBack",
        {status("set_back", by="maintenance"): "-254x1500"},
        1440,
        {**ASKED, "by": "maintenance"},
    ),
    Case("ProxySQLStatusOld", {status("asked_timestamp_seconds"): "0x80"}, 66, ASKED),
    Case(
        "ProxySQLHostgroupEmpty",
        {
            own("proxysql_connpool_conns_status", **SERVER): "1 2x9",
            own("proxysql_connpool_conns_status", endpoint="192.0.2.32:3306", hostgroup="10"): "3x9",
        },
        2,
        {**STATUS, "hostgroup": "10"},
    ),
    # the monitor has taken the only writer to the readers
    Case(
        "ProxySQLHostgroupEmpty",
        {
            own("proxysql_connpool_conns_status", **SERVER): "1 stale",
            own("proxysql_connpool_conns_status", **{**SERVER, "hostgroup": "20"}): "_ 2x9",
            own("proxysql_connpool_conns_status", endpoint="192.0.2.32:3306", hostgroup="20"): "1x10",
        },
        2,
        {**STATUS, "hostgroup": "10"},
    ),
    Case(
        "ProxySQLBackendShunned",
        {own("proxysql_connpool_conns_status", **SERVER): "1 2x9"},
        3,
        {**OWN, **SERVER},
    ),
    Case(
        "ProxySQLBackendLags",
        {own("proxysql_connpool_conns_status", **SERVER): "1 5x9"},
        6,
        {**OWN, **SERVER},
    ),
    Case(
        "ProxySQLBackendFar",
        {own("proxysql_connpool_conns_latency_us", **SERVER): "400 200000x20"},
        11,
        {**OWN, **SERVER},
    ),
    Case(
        "ProxySQLQueriesSlow",
        {
            own("proxysql_backend_query_time_seconds_total"): "0+1200x20",
            own("proxysql_questions_total"): "0+600x20",
        },
        11,
        OWN,
    ),
    Case("ProxySQLNoConnection", {own("proxysql_max_connect_timeouts_total"): "0 0 0+2x9"}, 3, OWN),
    Case(
        "ProxySQLConnections",
        {
            own("proxysql_client_connections_connected"): "10 90x9",
            own("proxysql_mysql_max_connections"): "100x9",
        },
        6,
        OWN,
    ),
    Case(
        "ProxySQLClientsRefused", {own("proxysql_access_denied_max_connections_total"): "0 0 0+2x9"}, 3, OWN
    ),
    Case(
        "ProxySQLUserAtLimit", {own("proxysql_access_denied_max_user_connections_total"): "0 0 0+2x9"}, 3, OWN
    ),
    Case("ProxySQLLoginsFail", {own("proxysql_access_denied_wrong_password_total"): "0+60x20"}, 7, OWN),
    Case(
        "ProxySQLErrorsRise", {own("proxysql_generated_error_packets_total"): "0+6x360 2160+600x20"}, 367, OWN
    ),
]

WELL = {
    vip("state", "core1", state="MASTER"): "1x1500",
    vip("state", "core2", state="MASTER"): "0x1500",
    vip("state", "core2", state="BACKUP"): "1x1500",
    vip("priority", "core1"): "250x1500",
    vip("priority", "core2"): "244x1500",
    vip("transitions_total", "core1"): "2x1500",
    own("up"): "1x1500",
    exported("up"): "1x1500",
    exported("node_systemd_unit_state", **UNIT): "1x1500",
    exported(
        "node_systemd_unit_state", **{**UNIT, "name": "keepalived.service", "state": "failed"}
    ): "0x1500",
    exported("node_systemd_unit_state", **{**UNIT, "name": "apt-daily.service"}): "0x1500",
    own("proxysql_uptime_seconds_total"): "9+60x1500",
    own("proxysql_mysql_listener_paused"): "0x1500",
    own("proxysql_jemalloc_bytes", type="resident"): "1000x1500",
    own("proxysql_jemalloc_bytes", type="retained"): "9000x1500",
    exported("node_memory_MemTotal_bytes"): "8000x1500",
    own("proxysql_fds_in_use"): "90x1500",
    status("files_limit"): "1024x1500",
    exported("node_filesystem_avail_bytes", **DISK): "500x1500",
    exported("node_filesystem_size_bytes", **DISK): "1000x1500",
    exported("node_filesystem_avail_bytes", mountpoint="/run", fstype="tmpfs"): "0x1500",
    exported("node_filesystem_size_bytes", mountpoint="/run", fstype="tmpfs"): "10x1500",
    own("proxysql_servers_metrics_last_check_ms", **PEER): "900x1500",
    own("proxysql_cluster_syn_conflict_total", module_name="mysql_users", reason="version_one"): "7x1500",
    # where monitors have moved servers this one differs for good
    own("proxysql_servers_checksums_diff_check", **PEER, name="mysql_servers"): "0+400x1500",
    own("proxysql_servers_checksums_diff_check", **PEER, name="mysql_users"): "0x1500",
    status("section_agrees", section="MYSQL USERS"): "1x1500",
    own("proxysql_version_info", version="2.7.1"): "1x1500",
    named("proxysql_version_info", {**OWN, "node": "core2"}, version="2.7.1"): "1x1500",
    named("proxysql_version_info", {**OWN, "cluster": "other"}, version="3.0.3"): "1x1500",
    status("drift"): "0x1500",
    exported("proxysql_drift_rows", table="mysql_users", layer="runtime"): "0x1500",
    exported("proxysql_drift_unknown"): "0x1500",
    exported("proxysql_drift_compared_timestamp_seconds"): "0+60x1500",
    status("restart_waiting"): "0x1500",
    status("certificate_ends_timestamp_seconds", **PEM): f"{400 * 86400}x1500",
    # the watcher's own doing is no one's forgetfulness
    status("set_back", by="network"): "-56x1500",
    status("asked_timestamp_seconds"): "0+60x1500",
    own("proxysql_connpool_conns_status", **SERVER): "1x1500",
    own("proxysql_connpool_conns_latency_us", **SERVER): "400x1500",
    own("proxysql_backend_query_time_seconds_total"): "0+60x1500",
    own("proxysql_questions_total"): "0+6000x1500",
    own("proxysql_max_connect_timeouts_total"): "3x1500",
    own("proxysql_client_connections_connected"): "10x1500",
    own("proxysql_mysql_max_connections"): "100x1500",
    own("proxysql_access_denied_max_connections_total"): "3x1500",
    own("proxysql_access_denied_max_user_connections_total"): "3x1500",
    own("proxysql_access_denied_wrong_password_total"): "0+6x1500",
    own("proxysql_generated_error_packets_total"): "0+6x1500",
}
