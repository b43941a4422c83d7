"""Sections: which tables one LOAD or SAVE covers, and what runtime makes of the rows."""

from __future__ import annotations

from dataclasses import dataclass

from . import THREE, schema

_U32 = 4294967295


@dataclass(frozen=True)
class Section:
    name: str
    tables: tuple[str, ...] = ()
    variables: str = ""  # the prefix, for the sections that are variables
    disk: bool = True


_PGSQL = (
    Section(
        "PGSQL SERVERS",
        (
            "pgsql_servers", "pgsql_replication_hostgroups", "pgsql_hostgroup_attributes",
            *(("pgsql_servers_ssl_params",) if "pgsql_servers_ssl_params" in schema.tables() else ()),
        ),
    ),
    Section("PGSQL USERS", ("pgsql_users",)),
    Section("PGSQL VARIABLES", variables="pgsql"),
    Section("PGSQL QUERY RULES", ("pgsql_query_rules", "pgsql_query_rules_fast_routing")),
    Section(
        "PGSQL FIREWALL",
        (
            "pgsql_firewall_whitelist_users", "pgsql_firewall_whitelist_rules",
            "pgsql_firewall_whitelist_sqli_fingerprints",
        ),
    ),
)  # fmt: skip

SECTIONS = {
    section.name: section
    for section in (
        *(_PGSQL if THREE else ()),
        Section(
            "MYSQL SERVERS",
            (
                "mysql_servers", "mysql_replication_hostgroups",
                "mysql_group_replication_hostgroups", "mysql_galera_hostgroups",
                "mysql_aws_aurora_hostgroups", "mysql_hostgroup_attributes",
                "mysql_servers_ssl_params",
            ),
        ),
        Section("MYSQL USERS", ("mysql_users",)),
        Section("MYSQL QUERY RULES", ("mysql_query_rules", "mysql_query_rules_fast_routing")),
        Section(
            "MYSQL FIREWALL",
            (
                "mysql_firewall_whitelist_users", "mysql_firewall_whitelist_rules",
                "mysql_firewall_whitelist_sqli_fingerprints",
            ),
        ),
        Section("SCHEDULER", ("scheduler",)),
        Section("RESTAPI", ("restapi_routes",)),
        Section("PROXYSQL SERVERS", ("proxysql_servers",)),
        Section("MYSQL VARIABLES", variables="mysql"),
        Section("ADMIN VARIABLES", variables="admin"),
        Section("SQLITESERVER VARIABLES", variables="sqliteserver"),
        Section("CLICKHOUSE VARIABLES", variables="clickhouse"),
        Section("COREDUMP", ("coredump_filters",), disk=False),
    )
}  # fmt: skip

_TO_RUNTIME = ("TO RUNTIME", "TO RUN", "FROM MEMORY", "FROM MEM")
_DISK_TO_MEMORY = ("FROM DISK", "TO MEMORY", "TO MEM")
_TO_DISK = ("TO DISK", "FROM MEMORY", "FROM MEM")
_RUNTIME_TO_MEMORY = ("TO MEMORY", "TO MEM", "FROM RUNTIME", "FROM RUN")


def _commands() -> dict[str, tuple[str, Section]]:
    found: dict[str, tuple[str, Section]] = {}
    for section in SECTIONS.values():
        for form in _TO_RUNTIME:
            found[f"LOAD {section.name} {form}"] = ("memory_to_runtime", section)
        if not section.disk:
            continue
        for form in _DISK_TO_MEMORY:
            found[f"LOAD {section.name} {form}"] = ("disk_to_memory", section)
        for form in _TO_DISK:
            found[f"SAVE {section.name} {form}"] = ("memory_to_disk", section)
        for form in _RUNTIME_TO_MEMORY:
            found[f"SAVE {section.name} {form}"] = ("runtime_to_memory", section)
        if section.name not in ("SQLITESERVER VARIABLES", "CLICKHOUSE VARIABLES"):
            found[f"LOAD {section.name} FROM CONFIG"] = ("config_to_memory", section)
    return found


# The whole text of a command, in upper case -> what to do.
COMMANDS = _commands()


def select(table: str, where: str = "", **changed: str) -> str:
    """A SELECT of every column, some of them through an expression."""
    # Runtime keeps texts as C strings: a BLOB comes out of it as text.
    plain = {
        name: f"CAST(`{name}` AS TEXT)" if column["type"] == "VARCHAR" else f"`{name}`"
        for name, column in schema.tables()[table]["columns"].items()
    }
    wanted = ", ".join({**plain, **changed}.values())
    return f"SELECT {wanted} FROM main.{table} {where}"


def _wrapped(*columns: str, bits: int = _U32) -> dict[str, str]:
    return {column: f"`{column}` & {bits}" for column in columns}


def _signed(table: str, *columns: str) -> dict[str, str]:
    """Kept as C's int, in which -1 stands for NULL."""
    present = [column for column in columns if column in schema.tables()[table]["columns"]]
    return {column: f"NULLIF((`{column}` + 2147483648 & {_U32}) - 2147483648, -1)" for column in present}


def _apart(table: str, *others: str) -> str:
    """Rows whose writer hostgroup is not a reader's (or backup's, or offline) of another."""
    used = " UNION ".join(f"SELECT {column} FROM main.{table}" for column in others)
    return f"WHERE writer_hostgroup NOT IN ({used})"


def _users(table: str, frontend: int) -> str:
    schema_of_user = {"default_schema": "COALESCE(default_schema,'')"} if table == "mysql_users" else {}
    return select(
        table,
        f"WHERE active=1 AND default_hostgroup>=0 AND {'frontend' if frontend else 'backend'}=1",
        password="CAST(COALESCE(password,'') AS TEXT)",
        **schema_of_user,
        backend=str(1 - frontend),
        frontend=str(frontend),
        **_wrapped("max_connections"),
    )


def _scheduler() -> str:
    # Arguments end at the first NULL. A row with a double quote never shows in runtime.
    arguments = [f"arg{i}" for i in range(1, 6)]
    cut = {
        arg: " AND ".join(f"{a} IS NOT NULL" for a in arguments[: i + 1]) for i, arg in enumerate(arguments)
    }
    quoted = " || ".join(["filename", *(f"COALESCE({a},'')" for a in arguments)])
    return select(
        "scheduler",
        f"WHERE instr({quoted}, '\"') = 0",
        **{arg: f"CASE WHEN {condition} THEN {arg} END" for arg, condition in cut.items()},
    )


_PAIR = ("reader_hostgroup",)
_GROUP = ("reader_hostgroup", "backup_writer_hostgroup", "offline_hostgroup")


def _servers(table: str) -> str:
    return select(
        table,
        "WHERE UPPER(status)<>'OFFLINE_HARD'",
        status="UPPER(status)",
        # Kept in microseconds.
        max_latency_ms=f"(max_latency_ms * 1000 & {_U32}) / 1000",
        **_wrapped("max_connections"),
    )


def _rules(table: str) -> str:
    return select(
        table,
        "WHERE active=1 AND (instr(COALESCE(client_addr,''), '%') IN (0, LENGTH(client_addr)))",
        digest="emulator_digest(digest)",
        re_modifiers="emulator_re_modifiers(re_modifiers)",
        **_signed(
            table,
            *("flagIN", "flagOUT", "destination_hostgroup", "cache_ttl", "cache_timeout", "timeout", "delay"),
            *("next_query_flagIN", "mirror_flagOUT", "mirror_hostgroup", "gtid_from_hostgroup"),
        ),
    )


# What LOAD ... TO RUNTIME makes of a table; the others are copied as they are.
RUNTIME_ROWS = {
    "mysql_servers": _servers("mysql_servers"),
    "mysql_replication_hostgroups": select(
        "mysql_replication_hostgroups", _apart("mysql_replication_hostgroups", *_PAIR)
    ),
    "mysql_group_replication_hostgroups": select(
        "mysql_group_replication_hostgroups", _apart("mysql_group_replication_hostgroups", *_GROUP)
    ),
    "mysql_galera_hostgroups": select("mysql_galera_hostgroups", _apart("mysql_galera_hostgroups", *_GROUP)),
    "mysql_aws_aurora_hostgroups": select(
        "mysql_aws_aurora_hostgroups", _apart("mysql_aws_aurora_hostgroups", *_PAIR)
    ),
    "mysql_hostgroup_attributes": select("mysql_hostgroup_attributes", **_wrapped("hostgroup_id")),
    "mysql_users": f"{_users('mysql_users', 1)} UNION ALL {_users('mysql_users', 0)}",
    "mysql_query_rules": _rules("mysql_query_rules"),
    "mysql_query_rules_fast_routing": select(
        "mysql_query_rules_fast_routing", **_wrapped("destination_hostgroup")
    ),
    # Runtime keeps "filename:line" and takes it apart at the first colon.
    "coredump_filters": select(
        "coredump_filters",
        filename="substr(filename, 1, instr(filename || ':', ':') - 1)",
        line=f"CAST(substr(filename || ':' || line, instr(filename || ':', ':') + 1) AS INTEGER) & {_U32}",
    ),
    "scheduler": _scheduler(),
    "restapi_routes": select("restapi_routes", "WHERE instr(uri || script || comment, '''') = 0"),
    "proxysql_servers": select("proxysql_servers", **_wrapped("port", bits=65535)),
}
if THREE:
    RUNTIME_ROWS.update(
        pgsql_servers=_servers("pgsql_servers"),
        pgsql_replication_hostgroups=select(
            "pgsql_replication_hostgroups", _apart("pgsql_replication_hostgroups", *_PAIR)
        ),
        pgsql_users=f"{_users('pgsql_users', 1)} UNION ALL {_users('pgsql_users', 0)}",
        pgsql_query_rules=_rules("pgsql_query_rules"),
    )

# The rows of the last LOAD, as a peer pulls them: not what the monitor made of them since.
SERVERS_V2_COLUMNS = (
    "hostgroup_id", "hostname", "port", "gtid_port", "status", "weight", "compression",
    "max_connections", "max_replication_lag", "use_ssl", "max_latency_ms", "comment",
)  # fmt: skip
SERVERS_V2_QUERY = (
    f"PROXY_SELECT {', '.join(SERVERS_V2_COLUMNS)} FROM mysql_servers_v2 "
    "WHERE status<>'OFFLINE_HARD' ORDER BY hostgroup_id, hostname, port"
)
SERVERS_V2_ROWS = select(
    "mysql_servers",
    "WHERE status<>'OFFLINE_HARD' ORDER BY hostgroup_id, hostname, port",
    status="CASE WHEN status='SHUNNED' THEN 'ONLINE' ELSE status END",
)
