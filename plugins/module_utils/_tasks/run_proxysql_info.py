# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the module info tells of one node: read only, and only what was asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from .._catalog.tables import TABLES, Table
from .._declared.errors import DeclarationError, EngineError, StatementError
from .._declared.passwords import to_hex
from .._declared.rows import HIDDEN, Row, show_row
from .._declared.sections import section_of_table
from .._declared.variables import canonical, is_secret
from .._planning.layers import LAYERS, layers_of
from .._section.runtime import Copy, for_direction
from .._section.variables import read_variables
from .._server.admin import Admin
from .._server.present import defaults_of, read, read_running
from .._server.schema import pools_of, table_of
from .._server.second import GIVEN, Second, default_program
from .module import Module, Spec

SUBSETS = ("status", "tables", "variables", "cluster", "pool")
# Read only if they are named: the traffic of others, and what takes a look at all there is.
ACTIVITY, DIFFERENCES = "activity", "differences"

# Name in the result -> where it is read. An older or newer server may lack some.
_CLUSTER = {
    "checksums": "SELECT name, version, epoch, checksum FROM runtime_checksums_values ORDER BY name",
    "peers": "SELECT hostname, port, name, version, epoch, checksum, changed_at, updated_at, diff_check"
    " FROM stats_proxysql_servers_checksums ORDER BY hostname, port, name",
    "links": "SELECT hostname, port, weight, comment, response_time_ms, Uptime_s, last_check_ms"
    " FROM stats_proxysql_servers_metrics ORDER BY hostname, port",
    "followers": "SELECT uuid, hostname, port, admin_mysql_ifaces, last_seen_at"
    " FROM stats_proxysql_servers_clients_status ORDER BY hostname, port",
}
_FAILED = (
    "SELECT hostname, port, MAX(time_start_us) / 1000000 AS last_seen, COUNT(*) AS count, {0} AS error"
    " FROM monitor.mysql_server_{1}_log WHERE {0} IS NOT NULL GROUP BY 1, 2, 5 ORDER BY 3 DESC LIMIT 50"
)
_ACTIVITY = {
    "counters": "SELECT Variable_Name AS name, Variable_Value AS value FROM stats_mysql_global",
    "users": "SELECT username, frontend_connections, frontend_max_connections FROM stats_mysql_users"
    " WHERE frontend_connections > 0 ORDER BY 2 DESC LIMIT 100",
    "clients": "SELECT user, cli_host, hostgroup, COUNT(*) AS count, MAX(time_ms) AS longest_ms"
    " FROM stats_mysql_processlist GROUP BY 1, 2, 3 ORDER BY 4 DESC LIMIT 100",
    "errors": "SELECT hostgroup, hostname, port, username, client_address, schemaname, errno, count_star,"
    " first_seen, last_seen, last_error FROM stats_mysql_errors ORDER BY last_seen DESC LIMIT 100",
    "digests": "SELECT hostgroup, schemaname, username, digest, substr(digest_text, 1, 1000) AS digest_text,"
    " count_star, first_seen, last_seen, sum_time, max_time FROM stats_mysql_query_digest"
    " ORDER BY sum_time DESC LIMIT 50",
    "memory": "SELECT Variable_Name AS name, Variable_Value AS value FROM stats_memory_metrics",
    "monitor_connect": _FAILED.format("connect_error", "connect"),
    "monitor_ping": _FAILED.format("ping_error", "ping"),
    "monitor_read_only": _FAILED.format("error", "read_only"),
    "monitor_replication_lag": _FAILED.format("error", "replication_lag"),
}
# Values in what a database complains of: somebody's data.
_VALUES = re.compile(r"'(?:[^'\\]|\\.|'')*'")
_POOL = "SELECT * FROM {} ORDER BY hostgroup, srv_host, srv_port"
_UPTIME = "SELECT Variable_Value FROM stats_mysql_global WHERE Variable_Name = 'ProxySQL_Uptime'"


def run_proxysql_info() -> None:
    """The module info."""
    spec: Spec = {
        "subsets": {"type": "list", "elements": "str", "choices": [*SUBSETS, ACTIVITY, DIFFERENCES]},
        "tables": {"type": "list", "elements": "str"},
        "variables": {"type": "list", "elements": "str"},
        "layers": {"type": "list", "elements": "str", "choices": list(LAYERS), "default": list(LAYERS)},
        "omit_defaults": {"type": "bool", "default": False},
        "omit_default_variables": {"type": "bool", "default": False},
        "program": {"type": "str"},
        "show_secrets": {"type": "bool", "default": False},
    }
    module = Module(spec)
    params = dict(module.params)
    if params["show_secrets"]:
        # What was asked for must not be masked where it happens to hold the login's password. So that
        # is taken out of what Ansible puts into the result by itself.
        module.params["login_password"] = HIDDEN if params["login_password"] else None
        module.no_log_values.clear()
    try:
        _check_names(params["tables"] or [])
    except EngineError as exc:
        module.fail(exc)
    module.run(lambda admin: _seen(admin, params), params)


def _check_names(names: Iterable[str]) -> None:
    for name in names:
        if name not in TABLES and not section_of_table(name):
            raise DeclarationError(
                "tables: {} is not one of {}".format(name, ", ".join(sorted(TABLES))), table=name
            )


def _seen(admin: Admin, params: Mapping[str, Any]) -> dict[str, Any]:
    subsets = set(params["subsets"] or ())
    subsets.update(name for name in ("tables", "variables") if params[name] is not None)
    subsets = subsets or set(SUBSETS)
    result: dict[str, Any] = {"changed": False}
    if "status" in subsets:
        result["uptime"] = int(admin.value(_UPTIME) or 0)
        result["server_time"] = admin.now()
    if "tables" in subsets:
        names = params["tables"]
        if names is None:
            names, result["unknown_tables"] = _present(admin)
        result["tables"] = {name: _table(admin, table_of(admin, name), params) for name in names}
    if "variables" in subsets:
        defaults = {}
        if params["omit_default_variables"]:
            try:
                defaults = _default_variables(admin, params["program"] or default_program())
            except EngineError as exc:
                result["defaults_unknown"] = exc.message
        result["variables"] = {
            layer: _variables(admin, layer, params, defaults) for layer in params["layers"]
        }
    if "cluster" in subsets:
        result["cluster"] = {name: _rows(admin, query) for name, query in _CLUSTER.items()}
    if "pool" in subsets:
        result["pool"] = [row for name in pools_of(admin) for row in _rows(admin, _POOL.format(name))]
    if ACTIVITY in subsets:
        found = {name: _rows(admin, query) for name, query in _ACTIVITY.items()}
        result[ACTIVITY] = {**found, "errors": [_without_values(row) for row in found["errors"]]}
    if DIFFERENCES in subsets:
        result[DIFFERENCES] = {layer: _differing(admin, layer) for layer in ("runtime", "disk")}
    return result


def _differing(admin: Admin, layer: str) -> list[str]:
    """The sections that are not in this layer what they are in memory."""
    direction = f"memory_to_{layer}"
    copies = (Copy(admin, section, direction) for section in for_direction(None, direction))
    return [copy.section.name for copy in copies if copy.due]


def _without_values(row: Mapping[str, Any]) -> dict[str, Any]:
    """That a login was refused says whose; of other errors nothing between quotes is shown."""
    text = str(row["last_error"])
    shown = text if text.startswith("Access denied") else _VALUES.sub("'?'", text)
    return {**row, "last_error": shown[:500]}


def _present(admin: Admin) -> tuple[list[str], dict[str, int]]:
    """The catalog's tables that the server has; others of its tables that hold rows, and how many."""
    rows = admin.fetch("SELECT name FROM main.sqlite_master WHERE type = 'table'")[1]
    names = {str(row[0]) for row in rows}
    others = {name for name in names if f"runtime_{name}" in names} - {*TABLES, "global_variables"}
    counts = {name: int(admin.value(f"SELECT count(*) FROM {name}") or 0) for name in sorted(others)}
    unknown = {name: count for name, count in counts.items() if count}
    return [name for name in TABLES if name in names], unknown


def _table(admin: Admin, table: Table, params: Mapping[str, Any]) -> dict[str, list[Row]]:
    defaults = defaults_of(admin, table) if params["omit_defaults"] else {}
    found: dict[str, list[Row]] = {}
    for layer in (layer for layer in params["layers"] if layer in layers_of(table)):
        rows = read_running(admin, table) if layer == "runtime" else read(admin, table, layer)
        found[layer] = [_shown(table, row, defaults, params["show_secrets"]) for row in rows.values()]
    return found


def _shown(table: Table, row: Row, defaults: Mapping[str, Any], secrets: bool) -> Row:
    kept = {
        name: value
        for name, value in row.items()
        if name in table.key[:1] or name not in defaults or defaults[name] != value
    }
    shown = show_row(table, kept)
    if secrets:
        shown.update((name, _told(kept[name])) for name in (*table.secrets, *table.json) if name in kept)
    return shown


def _told(secret: Any) -> Any:
    text = to_hex(secret) if isinstance(secret, str) else secret
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace") if text else text


def _default_variables(admin: Admin, program: str) -> dict[str, str | None]:
    """What a ProxySQL of this program puts into its variables by itself. Raises EngineError."""
    with Second(program) as server, Admin(server.login) as second:
        if second.version != admin.version:
            raise EngineError(
                f"the program here is ProxySQL {second.version}, and the one that serves {admin.version}"
            )
        found = read_variables(second, "memory")
        return {name: canonical(name, value) for name, value in found.items() if name not in GIVEN}


def _variables(
    admin: Admin, layer: str, params: Mapping[str, Any], defaults: Mapping[str, str | None]
) -> dict[str, str | None]:
    names, secrets = params["variables"], params["show_secrets"]
    return {
        name: HIDDEN if is_secret(name) and value and not secrets else canonical(name, value)
        for name, value in sorted(read_variables(admin, layer).items())
        if (names is None or name in names)
        and not (name in defaults and defaults[name] == canonical(name, value))
    }


def _rows(admin: Admin, query: str) -> list[dict[str, Any]]:
    try:
        names, rows = admin.fetch(query)
    except StatementError as exc:
        if "no such" in str(exc.fields.get("answer")):
            return []
        raise
    return [{name: _plain(value) for name, value in zip(names, row)} for row in rows]


def _plain(text: str | None) -> Any:
    return int(text) if text is not None and text.isdigit() and len(text) < 19 else text
