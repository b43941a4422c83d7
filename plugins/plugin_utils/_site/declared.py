# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What of ProxySQL's tables and variables is declared, and what the engine has against it.

The checks are the engine's own (module_utils), which need no server: what they refuse would be
refused on the leader, after packages and services had been touched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ...module_utils._catalog.tables import TABLES, Table
from ...module_utils._declared.declaration import declared_rows
from ...module_utils._declared.errors import EngineError
from ...module_utils._declared.meant import did_you_mean, nearest
from ...module_utils._declared.rows import show_key
from ...module_utils._declared.variables import declared_variables
from .variable_names import VARIABLE_NAMES

Say = Callable[[str], None]

#: Tables that have an option of their own.
TABLE_OPTIONS = {
    f"proxysql_{table}": table
    for table in (
        "mysql_servers",
        "mysql_replication_hostgroups",
        "mysql_users",
        "mysql_query_rules",
        "proxysql_servers",
    )
}
#: Variables that the role makes of its own options, and which.
OWN_VARIABLES = {
    "admin-admin_credentials": "proxysql_admin_user and proxysql_admin_password",
    "admin-stats_credentials": "proxysql_stats_user and proxysql_stats_password",
    "admin-cluster_username": "proxysql_cluster_user",
    "admin-cluster_password": "proxysql_cluster_password",
    "admin-mysql_ifaces": "proxysql_admin_interfaces",
    "mysql-interfaces": "proxysql_mysql_interfaces",
    "mysql-monitor_username": "proxysql_monitor_user",
    "mysql-monitor_password": "proxysql_monitor_password",
}
# Of one table this many are told; the others follow from the same slip most often.
_MOST = 10


def tables_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """Table name -> rows as typed. options: whole names, values plain."""
    given = options.get("proxysql_tables")
    found = dict(given) if isinstance(given, Mapping) else {}
    for option, table in TABLE_OPTIONS.items():
        if options.get(option) is not None:
            found[table] = options[option]
    return found


def of_postgresql(tables: Any) -> list[Any]:
    """The rows of each of its tables. tables: proxysql_tables, which may be one template yet."""
    if not isinstance(tables, Mapping):
        return [tables]
    return [rows for name, rows in tables.items() if str(name).startswith("pgsql_")]


def check_tables(options: Mapping[str, Any], say: Say) -> None:
    given = options.get("proxysql_tables")
    if given and not isinstance(given, Mapping):
        say("proxysql_tables is no dict of tables, each with its rows")
    for name in given if isinstance(given, Mapping) else ():
        if f"proxysql_{name}" in TABLE_OPTIONS:
            say(f"proxysql_tables has {name}; set proxysql_{name} instead")
        elif name not in TABLES:
            hint = did_you_mean(str(name), TABLES)
            if hint:
                say(f"proxysql_tables has {name}, which is no table{hint}")
    allow_empty = bool(options.get("proxysql_allow_empty"))
    for name, rows in tables_of(options).items():
        if name in TABLES:
            _check_table(TABLES[name], rows, allow_empty, options.get("proxysql_state"), say)
    _check_state(options, say)
    _check_users(options, say)


def _check_table(table: Table, rows: Any, allow_empty: bool, state: Any, say: Say) -> None:
    if rows is None or not isinstance(rows, Sequence) or isinstance(rows, str):
        say(f"{table.name} is declared, and is no list of rows")
        return
    word = state.get(table.name, "overridden") if isinstance(state, Mapping) else state
    if not rows and word == "overridden" and not allow_empty:
        say(
            f"{table.name} is declared without rows, which would empty the table; set proxysql_allow_empty "
            "if that is meant"
        )
    found: list[str] = []
    try:
        read = declared_rows(table, rows)
    except EngineError as exc:
        read = []
        for number, row in enumerate(rows, 1):
            try:
                read += declared_rows(table, [row])
            except EngineError as one:
                found.append(str(one).replace("1 of the list", f"{number} of the list"))
        found = found or [str(exc)]
    for row in rows:
        if isinstance(row, Mapping):
            found += _slips(table, row)
    found = list(dict.fromkeys(found))
    for sentence in found[:_MOST]:
        say(sentence)
    if len(found) > _MOST:
        say(f"{table.name}: {len(found) - _MOST} more rows are refused")


def _slips(table: Table, row: Mapping[str, Any]) -> list[str]:
    """Columns that are none, and look like one. Others may be those of a newer server."""
    found = []
    for name in map(str, row):
        if name in table.by_name:
            continue
        hint = did_you_mean(name, table.by_name, 0.7)
        if hint:
            simple = {key: value for key, value in row.items() if isinstance(value, (str, int))}
            place = show_key(table, simple) or "a row without its key"
            found.append(f"{table.name}, {place}: there is no column {name}{hint}")
    return found


def _check_state(options: Mapping[str, Any], say: Say) -> None:
    words = ("merged", "replaced", "overridden", "deleted")
    state = options.get("proxysql_state")
    for name, word in (state if isinstance(state, Mapping) else {"": state}).items():
        if word is not None and word not in words:
            where = f" of {name}" if name else ""
            say(f"proxysql_state{where} is {word!r}; it is one of {', '.join(words)}")
    declared = tables_of(options)
    for option in ("proxysql_scope", "proxysql_state"):
        value = options.get(option)
        for name in value if isinstance(value, Mapping) else ():
            if name not in declared and name != "proxysql_servers":
                say(f"{option} names {name}, which is not declared")


def _check_users(options: Mapping[str, Any], say: Say) -> None:
    admins = [options.get(f"proxysql_{role}_user") for role in ("admin", "cluster", "stats")]
    rows = options.get("proxysql_mysql_users")
    for row in rows if isinstance(rows, (list, tuple)) else ():
        name = row.get("username") if isinstance(row, Mapping) else None
        if name and name in admins:
            say(
                f"proxysql_mysql_users has '{name}', which is a user of the admin interface; ProxySQL cannot "
                "keep the two apart"
            )


def check_variables(options: Mapping[str, Any], say: Say, warn: Say) -> None:
    """warn: gets names that no release that is known has, if one is called nearly so."""
    given = options.get("proxysql_global_variables") or {}
    for option in ("proxysql_base_variables", "proxysql_global_variables"):
        for name, value in (options.get(option) or {}).items():
            try:
                declared_variables({name: value})
            except EngineError as exc:
                say(f"{option}: {exc}")
            near = "" if name in VARIABLE_NAMES else nearest(str(name), VARIABLE_NAMES, 0.85)
            if near:
                warn(f"{option} has {name}, which neither 2.7.1 nor 3.0.3 knows; did you mean {near}?")
    for name, instead in OWN_VARIABLES.items():
        if name in given:
            say(
                f"proxysql_global_variables sets {name}, which this role makes of its own variables; set "
                f"{instead} instead"
            )
