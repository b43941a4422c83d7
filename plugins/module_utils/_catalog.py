# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What ProxySQL's admin tables are. Data only.

Columns, defaults and limits are those of the tables' own definitions (SHOW CREATE TABLE) in
ProxySQL 2.7.1; where the server checks less than it can hold, the limit is what survives a
LOAD: integers wrap at 2**32 in runtime, so they are kept below 2**31 here.

To add a table: write its Table below, name it in its section, add ``plugins/modules/NAME.py``
with the documentation, and list the module in ``meta/runtime.yml``. The engine needs no change.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Union

Value = Union[int, str, bool, None]

MAX_INT = 2**31 - 1
MAX_UINT = 2**32 - 1


class _Required:
    """The default of a column that has none."""

    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED = _Required()


@dataclass(frozen=True)
class Column:
    """One column: how it is declared, stored and compared.

    kind: int, bool (an INT that is 0 or 1), text, enum (text from a list, any case), json
    (text compared as parsed JSON), digest and modifiers (text that LOAD rewrites).
    """

    name: str
    kind: str
    default: Any = REQUIRED
    nullable: bool = False
    low: int = 0
    high: int = MAX_INT
    choices: tuple[str, ...] = ()
    secret: bool = False


@dataclass(frozen=True)
class Rule:
    """What a row must hold across columns. test: a word that ``_checks.py`` knows."""

    column: str
    test: str
    other: str


@dataclass(frozen=True)
class Table:
    """One admin table. ``key`` is how a declared row finds its row on the server.

    runtime: how LOAD changes the rows on their way to runtime (a name in ``_layers.py``).
    unique: further sets of columns in which no two rows may agree.
    """

    name: str
    section: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    runtime: str = "exact"
    unique: tuple[tuple[str, ...], ...] = ()
    rules: tuple[Rule, ...] = ()
    by_name: dict[str, Column] = field(init=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.by_name.update((column.name, column) for column in self.columns)

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.secret)

    def default(self, name: str) -> Value:
        """The column's default, or None where the catalog knows none."""
        column = self.by_name.get(name)
        if column is None or column.default is REQUIRED:
            return None
        value: Value = column.default
        return value


@dataclass(frozen=True)
class Section:
    """What one LOAD or SAVE covers.

    checksum: its name in runtime_checksums_values; None where the cluster does not carry it.
    tables: every table the section's LOAD takes, in the order their rows are best written.
    prefix: for the sections of global_variables, how their variables' names begin.
    """

    name: str
    checksum: str | None = None
    tables: tuple[str, ...] = ()
    prefix: str | None = None


def _int(name: str, default: Any = REQUIRED, low: int = 0, high: int = MAX_INT) -> Column:
    return Column(name, "int", default, low=low, high=high)


def _uint(name: str, default: Any = REQUIRED) -> Column:
    return Column(name, "int", default, high=MAX_UINT)


def _int_null(name: str, low: int = 0, high: int = MAX_INT) -> Column:
    return Column(name, "int", None, nullable=True, low=low, high=high)


def _uint_null(name: str) -> Column:
    return Column(name, "int", None, nullable=True, high=MAX_UINT)


def _bool(name: str, default: bool) -> Column:
    return Column(name, "bool", default)


def _bool_null(name: str) -> Column:
    return Column(name, "bool", None, nullable=True)


def _text(name: str, default: Any = REQUIRED) -> Column:
    return Column(name, "text", default)


def _text_null(name: str, kind: str = "text", default: str | None = None) -> Column:
    return Column(name, kind, default, nullable=True)


def _enum(name: str, default: str, *choices: str) -> Column:
    return Column(name, "enum", default, choices=choices)


def _json(name: str) -> Column:
    return Column(name, "json", "")


_TABLES = (
    Table(
        "mysql_servers",
        "MYSQL SERVERS",
        ("hostgroup_id", "hostname", "port"),
        (
            _int("hostgroup_id", 0),
            _text("hostname"),
            _int("port", 3306, high=65535),
            _int("gtid_port", 0, high=65535),
            # SHUNNED is the server's own word for a backend it has given up on for now.
            _enum("status", "ONLINE", "ONLINE", "OFFLINE_SOFT", "OFFLINE_HARD"),
            _int("weight", 1, high=10000000),
            _bool("compression", False),
            _int("max_connections", 1000),
            _int("max_replication_lag", 0, high=126144000),
            _bool("use_ssl", False),
            _uint("max_latency_ms", 0),
            _text("comment", ""),
        ),
        runtime="servers",
        rules=(Rule("gtid_port", "differs_unless_zero", "port"),),
    ),
    Table(
        "mysql_replication_hostgroups",
        "MYSQL SERVERS",
        ("writer_hostgroup",),
        (
            _int("writer_hostgroup"),
            _int("reader_hostgroup"),
            _enum(
                "check_type",
                "read_only",
                "read_only",
                "innodb_read_only",
                "super_read_only",
                "read_only|innodb_read_only",
                "read_only&innodb_read_only",
            ),
            _text("comment", ""),
        ),
        unique=(("reader_hostgroup",),),
        rules=(
            Rule("reader_hostgroup", "differs", "writer_hostgroup"),
            Rule("writer_hostgroup", "not_among", "reader_hostgroup"),
            Rule("reader_hostgroup", "not_among", "writer_hostgroup"),
        ),
    ),
    Table(
        "mysql_users",
        "MYSQL USERS",
        ("username", "backend"),
        (
            _text("username"),
            Column("password", "text", None, nullable=True, secret=True),
            _bool("active", True),
            _bool("use_ssl", False),
            _int("default_hostgroup", 0, low=-1),
            _text_null("default_schema"),
            _bool("schema_locked", False),
            _bool("transaction_persistent", True),
            _bool("fast_forward", False),
            _bool("backend", True),
            _bool("frontend", True),
            _int("max_connections", 10000),
            _json("attributes"),
            _text("comment", ""),
        ),
        runtime="users",
        unique=(("username", "frontend"),),
    ),
    Table(
        "mysql_query_rules",
        "MYSQL QUERY RULES",
        ("rule_id",),
        (
            _int("rule_id"),
            _bool("active", False),
            _text_null("username"),
            _text_null("schemaname"),
            _int("flagIN", 0),
            _text_null("client_addr"),
            _text_null("proxy_addr"),
            _int_null("proxy_port", high=65535),
            _text_null("digest", "digest"),
            _text_null("match_digest"),
            _text_null("match_pattern"),
            _bool("negate_match_pattern", False),
            _text_null("re_modifiers", "modifiers", "CASELESS"),
            _int_null("flagOUT"),
            _text_null("replace_pattern"),
            _int_null("destination_hostgroup"),
            _int_null("cache_ttl", low=1),
            _bool_null("cache_empty_result"),
            _int_null("cache_timeout"),
            _bool_null("reconnect"),
            _uint_null("timeout"),
            _int_null("retries", high=1000),
            _uint_null("delay"),
            _uint_null("next_query_flagIN"),
            _uint_null("mirror_flagOUT"),
            _uint_null("mirror_hostgroup"),
            _text_null("error_msg"),
            _text_null("OK_msg"),
            _bool_null("sticky_conn"),
            _int_null("multiplex", high=2),
            _uint_null("gtid_from_hostgroup"),
            _bool_null("log"),
            _bool("apply", False),
            _json("attributes"),
            _text_null("comment"),
        ),
        runtime="rules",
        rules=(Rule("replace_pattern", "needs", "match_pattern"),),
    ),
    Table(
        "proxysql_servers",
        "PROXYSQL SERVERS",
        ("hostname", "port"),
        (
            _text("hostname"),
            _int("port", 6032, low=1, high=65535),
            _int("weight", 0),
            _text("comment", ""),
        ),
    ),
)

TABLES: dict[str, Table] = {table.name: table for table in _TABLES}

_SECTIONS = (
    # In the order a node is best brought to a new configuration: credentials and settings,
    # then backends, who may log in, where queries go, and at last the cluster itself.
    Section("ADMIN VARIABLES", "admin_variables", prefix="admin-"),
    Section("MYSQL VARIABLES", "mysql_variables", prefix="mysql-"),
    Section(
        "MYSQL SERVERS",
        # Not mysql_servers: that one follows the monitor and need never agree between nodes.
        "mysql_servers_v2",
        (
            "mysql_servers",
            "mysql_replication_hostgroups",
            "mysql_group_replication_hostgroups",
            "mysql_galera_hostgroups",
            "mysql_aws_aurora_hostgroups",
            "mysql_hostgroup_attributes",
            "mysql_servers_ssl_params",
        ),
    ),
    Section("MYSQL USERS", "mysql_users", ("mysql_users",)),
    Section(
        "MYSQL QUERY RULES",
        "mysql_query_rules",
        ("mysql_query_rules", "mysql_query_rules_fast_routing"),
    ),
    Section("PROXYSQL SERVERS", "proxysql_servers", ("proxysql_servers",)),
)

SECTIONS: dict[str, Section] = {section.name: section for section in _SECTIONS}
