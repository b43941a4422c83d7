"""Moving sections between memory, runtime and disk."""

from __future__ import annotations

import logging
from typing import Any, Callable

from . import THREE
from .checksums import Checksums, Stamp
from .database import Database
from .sections import RUNTIME_ROWS, SECTIONS, SERVERS_V2_ROWS, Section, select
from .variables import NOT_SYNCED, Rejected, Unknown, Variables

log = logging.getLogger("proxysql")

# After a LOAD of the section these checksums move.
_CHECKSUMS = {
    "MYSQL USERS": "mysql_users",
    "MYSQL QUERY RULES": "mysql_query_rules",
    "PROXYSQL SERVERS": "proxysql_servers",
    "MYSQL VARIABLES": "mysql_variables",
    "ADMIN VARIABLES": "admin_variables",
    "PGSQL SERVERS": "pgsql_servers",
    "PGSQL USERS": "pgsql_users",
    "PGSQL QUERY RULES": "pgsql_query_rules",
}

# The server fills it in as it starts, and memory and disk know nothing of that.
_EMPTY_AT_FIRST = ("pgsql-interfaces",) if THREE else ()


class Layers:
    def __init__(self, database: Database, variables: Variables) -> None:
        self.database = database
        self.variables = variables
        self.checksums = Checksums(database)
        self.servers_v2: list[tuple[Any, ...]] = []
        # Called with the section's name after its runtime changed.
        self.listeners: list[Callable[[str], None]] = []
        # Fills memory from proxysql.cnf; set by whoever knows the file.
        self.read_config: Callable[[Section], int] = lambda section: 0

    # -- the five directions, with the affected rows that a client is told

    def memory_to_runtime(self, section: Section, expected: Stamp | None = None) -> None:
        if section.variables:
            self._variables_to_runtime(section)
        else:
            with self.database.transaction():
                for table in section.tables:
                    self._fill_runtime(table)
            if section.name == "MYSQL QUERY RULES":
                self._log_wildcards()
            elif section.name == "MYSQL USERS":
                self.variables.users_loaded(self._frontends())
        if section.name == "MYSQL SERVERS":
            self._stamp_servers(expected)
        elif section.name in _CHECKSUMS:
            self.checksums.loaded(_CHECKSUMS[section.name], self._rows_of(section), expected)
        for listener in self.listeners:
            listener(section.name)

    def disk_to_memory(self, section: Section) -> int:
        return self._copy(section, "disk", "main")

    def memory_to_disk(self, section: Section) -> int:
        return self._copy(section, "main", "disk")

    def runtime_to_memory(self, section: Section) -> None:
        run = self.database.connection.execute
        with self.database.transaction():
            if section.variables:
                run(
                    "REPLACE INTO main.global_variables SELECT * FROM main.runtime_global_variables"
                    " WHERE variable_name LIKE ?",
                    (f"{section.variables}-%",),
                )
            for table in section.tables:
                if table in ("mysql_users", "pgsql_users"):
                    # Rows that runtime does not have stay, as inactive ones.
                    run(f"UPDATE main.{table} SET active=0")
                else:
                    run(f"DELETE FROM main.{table}")
                run(f"REPLACE INTO main.{table} SELECT * FROM main.runtime_{table}")
                if table in ("mysql_servers", "pgsql_servers"):
                    run(f"UPDATE main.{table} SET status='ONLINE' WHERE status='SHUNNED'")

    def config_to_memory(self, section: Section) -> int:
        return self.read_config(section)

    # -- details

    def _copy(self, section: Section, source: str, target: str) -> int:
        run = self.database.connection.execute
        copied = 0
        with self.database.transaction():
            if section.variables:
                copied = run(
                    f"REPLACE INTO {target}.global_variables SELECT * FROM"
                    f" {source}.global_variables WHERE variable_name LIKE ?",
                    (f"{section.variables}-%",),
                ).rowcount
            for table in section.tables:
                run(f"DELETE FROM {target}.{table}")
                run(f"INSERT INTO {target}.{table} SELECT * FROM {source}.{table}")
        return copied

    def _fill_runtime(self, table: str) -> None:
        run = self.database.connection.execute
        rows = RUNTIME_ROWS.get(table) or select(table)
        users = table == "mysql_users"
        if users:
            run("CREATE TEMP TABLE users_before AS SELECT * FROM main.runtime_mysql_users")
        run(f"DELETE FROM main.runtime_{table}")
        # What a number became may break a CHECK; ProxySQL logs the error and goes on with the next row.
        run(f"INSERT OR IGNORE INTO main.runtime_{table} {rows}")
        if users:
            run(
                "UPDATE main.runtime_mysql_users AS now SET attributes ="
                " emulator_attributes(old.attributes, now.attributes) FROM users_before AS old"
                " WHERE old.username = now.username AND old.backend = now.backend"
            )
            run("DROP TABLE users_before")

    def _log_wildcards(self) -> None:
        for rule, address in self.database.rows(
            "SELECT rule_id, client_addr FROM main.mysql_query_rules"
            " WHERE active=1 AND instr(client_addr, '%') NOT IN (0, LENGTH(client_addr))"
        ):
            log.error(
                "Query rule with rule_id=%s has a wildcard that is not at the end of client_addr: %s",
                rule, address.decode(errors="replace"),
            )  # fmt: skip

    def _frontends(self) -> set[str]:
        rows = self.database.rows("SELECT username FROM main.runtime_mysql_users WHERE frontend=1")
        return {name.decode("latin-1") for (name,) in rows}

    def _variables_to_runtime(self, section: Section) -> None:
        prefix = section.variables
        memory = self.database.rows(
            "SELECT variable_name, variable_value FROM main.global_variables"
            " WHERE variable_name LIKE ? ORDER BY rowid",
            (f"{prefix}-%",),
        )
        # Values are kept as latin-1 text, so that any bytes come back as they went in.
        for name, value in ((n.decode("latin-1"), v.decode("latin-1")) for n, v in memory):
            self._assign(name, value)
        for name, value in self.variables.loaded().items():
            self._put("main.global_variables", name, value)
        self._publish(prefix)
        if prefix == "admin":
            self.database.set_read_only(self.variables.on("admin-read_only"))

    def _assign(self, name: str, value: str) -> None:
        run = self.database.connection.execute
        short = name.partition("-")[2]
        try:
            self.variables.assign(name, value)
        except Unknown:
            log.warning(
                'Impossible to set not existing variable %s with value "%s". Deleting. If the'
                " variable name is correct, this version doesn't support it", short, value,
            )  # fmt: skip
            with self.database.transaction():
                run(
                    "DELETE FROM main.global_variables WHERE variable_name=CAST(? AS TEXT)",
                    (name.encode("latin-1"),),
                )
        except Rejected:
            current = self.variables[name]
            log.warning(
                'Impossible to set variable %s with value "%s". Resetting to current "%s".',
                short, value, current,
            )  # fmt: skip
            self._put("main.global_variables", name, current)
        else:
            if value == "" and self.variables[name] and name.startswith("mysql-default_c"):
                self._put("main.global_variables", name, self.variables[name])

    def _put(self, table: str, name: str, value: str) -> None:
        with self.database.transaction():
            self.database.connection.execute(
                f"REPLACE INTO {table} VALUES (?, CAST(? AS TEXT))", (name, value.encode("latin-1"))
            )

    def _publish(self, prefix: str) -> None:
        """runtime_global_variables, one section of it."""
        shown = [
            (name, value.encode("latin-1"))
            for name, value in self.variables.values.items()
            # An admin variable with a double quote is missing from runtime in 2.7.1.
            if name.startswith(f"{prefix}-") and not (prefix == "admin" and '"' in value)
        ]
        connection = self.database.connection
        with self.database.transaction():
            connection.execute(
                "DELETE FROM main.runtime_global_variables WHERE variable_name LIKE ?",
                (f"{prefix}-%",),
            )
            connection.executemany(
                "INSERT INTO main.runtime_global_variables VALUES (?, CAST(? AS TEXT))", shown
            )

    def _in_memory(self, name: str) -> bytes:
        """The value that memory has of a variable, and nothing where it has none."""
        rows = self.database.rows(
            "SELECT variable_value FROM main.global_variables WHERE variable_name = ?", (name,)
        )
        return rows[0][0] if rows else b""

    def _rows_of(self, section: Section) -> list[Any]:
        """What the cluster's checksum of a section is made of."""
        if section.variables:
            skipped = ",".join(f"'{name}'" for name in NOT_SYNCED)
            return self.database.rows(
                "SELECT * FROM main.runtime_global_variables WHERE variable_name LIKE ?"
                f" AND variable_name NOT IN ({skipped}) ORDER BY variable_name",
                (f"{section.variables}-%",),
            )
        return [
            row
            for table in section.tables
            for row in self.database.rows(f"SELECT * FROM main.runtime_{table} ORDER BY 1,2,3")
        ]

    def _stamp_servers(self, expected: Stamp | None) -> None:
        self.servers_v2 = self.database.rows(SERVERS_V2_ROWS)
        section = SECTIONS["MYSQL SERVERS"]
        companions = [
            row
            for table in section.tables[1:]
            for row in self.database.rows(f"SELECT * FROM main.runtime_{table} ORDER BY 1,2,3")
        ]
        self.checksums.loaded("mysql_servers_v2", self.servers_v2 + companions, expected)
        self.runtime_servers_changed(loaded=True)

    def runtime_servers_changed(self, loaded: bool = False) -> None:
        """The checksum of the servers as they are placed now, by a LOAD or by the monitor."""
        rows = self.database.rows(
            "SELECT * FROM main.runtime_mysql_servers ORDER BY hostgroup_id, hostname, port"
        )
        self.checksums.loaded("mysql_servers", rows, count=loaded)

    # -- the start

    def start(self, fresh: bool) -> None:
        """Memory from the defaults and proxysql.cnf (first start) or from disk; then runtime."""
        run = self.database.connection.execute
        with self.database.transaction():
            # As ProxySQL lays them down: whether a checksum is on, after how often it is looked at.
            for name, value in sorted(
                self.variables.values.items(), key=lambda item: item[0].startswith("admin-checksum_")
            ):
                shown = "" if name in _EMPTY_AT_FIRST and fresh else value
                run("INSERT INTO main.global_variables VALUES (?,?)", (name, shown))
        for section in SECTIONS.values():
            if not section.disk:
                continue
            if fresh:
                self.read_config(section)
                self.memory_to_disk(section)
            else:
                self.disk_to_memory(section)
        self._put("main.global_variables", "admin-version", self.variables["admin-version"])
        unset = [name for name in _EMPTY_AT_FIRST if not self._in_memory(name)]
        for section in SECTIONS.values():
            self.memory_to_runtime(section)
        for name in unset:
            self._put("main.global_variables", name, "")
        self.variables.users_loaded(self._frontends())
        self.variables.started = True
