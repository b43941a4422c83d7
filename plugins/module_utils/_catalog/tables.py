# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What ProxySQL's admin tables are. Data only.

Columns, defaults and limits are those of the tables' own definitions (SHOW CREATE TABLE) in
ProxySQL 2.7.1; where the server checks less than it can hold, the limit is what survives a
LOAD: integers wrap at 2**32 in runtime, so they are kept below 2**31 here.

To add a table: write its Table here, in ``mysql.py`` or in ``pgsql.py``. If its LOAD is new, add a
Section below. Add ``plugins/modules/NAME.py`` with the documentation, and list the module in
``meta/runtime.yml``. The engine needs no change.
"""

from __future__ import annotations

from . import mysql, pgsql
from .words import (
    MAX_INT,
    REQUIRED,
    Column,
    Rule,
    Section,
    Table,
    Value,
    boolean,
    choice,
    integer,
    text,
    text_null,
)

__all__ = (
    "MAX_INT", "REQUIRED", "SECTIONS", "TABLES", "Column", "Rule", "Section", "Table", "Value",
)  # fmt: skip

_TABLES = (
    *mysql.TABLES,
    Table(
        "proxysql_servers",
        "PROXYSQL SERVERS",
        ("hostname", "port"),
        (
            text("hostname"),
            integer("port", 6032, low=1, high=65535),
            integer("weight", 0),
            text("comment", ""),
        ),
    ),
    Table(
        "scheduler",
        "SCHEDULER",
        ("id",),
        (
            integer("id"),
            boolean("active", True),
            integer("interval_ms", low=100, high=100000000),
            # With a double quote the job runs, but runtime_scheduler does not show it.
            text("filename", forbids='"'),
            *(text_null(f"arg{number}", forbids='"') for number in range(1, 6)),
            text("comment", ""),
        ),
        runtime="scheduler",
        # LOAD drops every argument after the first NULL.
        rules=tuple(Rule(f"arg{number}", "needs", f"arg{number - 1}") for number in range(2, 6)),
    ),
    Table(
        "restapi_routes",
        "RESTAPI",
        ("id",),
        (
            integer("id"),
            boolean("active", True),
            integer("timeout_ms", low=100, high=100000000),
            choice("method", REQUIRED, "GET", "POST"),
            # With a single quote in any of these runtime_restapi_routes does not show the route.
            text("uri", forbids="'"),
            text("script", forbids="'"),
            text("comment", "", forbids="'"),
        ),
        runtime="routes",
        unique=(("method", "uri"),),
    ),
    Table(
        "coredump_filters",
        "COREDUMP",
        ("filename", "line"),
        # Runtime keeps both in one text with a colon between.
        (text("filename", forbids=":"), integer("line")),
    ),
    *pgsql.TABLES,
)

TABLES: dict[str, Table] = {table.name: table for table in _TABLES}


def _tables_of(section: str) -> tuple[str, ...]:
    return tuple(table.name for table in _TABLES if table.section == section)


_SECTIONS = (
    # In the order a node is best brought to a new configuration: credentials and settings,
    # then backends, who may log in, where queries go, and at last the cluster itself.
    Section("ADMIN VARIABLES", "admin_variables", prefix="admin-"),
    Section("MYSQL VARIABLES", "mysql_variables", prefix="mysql-"),
    Section("PGSQL VARIABLES", "pgsql_variables", prefix="pgsql-"),
    # Not mysql_servers: that one follows the monitor and need never agree between nodes.
    Section("MYSQL SERVERS", "mysql_servers_v2", _tables_of("MYSQL SERVERS")),
    Section("PGSQL SERVERS", "pgsql_servers_v2", _tables_of("PGSQL SERVERS")),
    Section("MYSQL USERS", "mysql_users", _tables_of("MYSQL USERS")),
    Section("PGSQL USERS", "pgsql_users", _tables_of("PGSQL USERS")),
    Section("MYSQL QUERY RULES", "mysql_query_rules", _tables_of("MYSQL QUERY RULES")),
    Section("PGSQL QUERY RULES", "pgsql_query_rules", _tables_of("PGSQL QUERY RULES")),
    Section("MYSQL FIREWALL", None, _tables_of("MYSQL FIREWALL")),
    Section("PGSQL FIREWALL", None, _tables_of("PGSQL FIREWALL")),
    Section("SCHEDULER", None, _tables_of("SCHEDULER")),
    Section("RESTAPI", None, _tables_of("RESTAPI")),
    Section("COREDUMP", None, _tables_of("COREDUMP"), disk=False),
    Section("PROXYSQL SERVERS", "proxysql_servers", _tables_of("PROXYSQL SERVERS")),
)

SECTIONS: dict[str, Section] = {section.name: section for section in _SECTIONS}
