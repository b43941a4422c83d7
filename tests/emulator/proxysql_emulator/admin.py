"""Statements of the admin interface: commands of its own, and SQL for the rest."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import VERSION
from .checksums import checksum_of
from .database import AdminError, client_statement
from .sections import COMMANDS, SERVERS_V2_COLUMNS, SERVERS_V2_QUERY

if TYPE_CHECKING:
    from .instance import Instance

_SPACES = re.compile(rb"[ \t\r\n]+")
_IGNORED = tuple(
    prefix.upper()
    for prefix in (
        "BEGIN", "START TRANSACTION", "COMMIT", "ROLLBACK", "SET NAMES", "SET AUTOCOMMIT",
        "SET character_set_results", "SET SQL_AUTO_IS_NULL", "SET SQL_SAFE_UPDATES=1", "USE ",
        "LOCK TABLES", "UNLOCK TABLES", "SET SESSION character_set_results", "/*!40",
        "SAVEPOINT ", "RELEASE ",
    )
)  # fmt: skip
_ONE_USER = re.compile(r"LOAD MYSQL USER \S+ (TO RUNTIME|TO RUN|FROM MEMORY|FROM MEM)")
_SHOW_CREATE = re.compile(r"SHOW CREATE TABLE (?:(\w+)\.)?(\w+)", re.IGNORECASE)
_SHOW_TABLES = re.compile(r"SHOW TABLES (?:FROM|IN) (\w+)", re.IGNORECASE)
_SHOW_VARIABLES = re.compile(r"SHOW (?:GLOBAL |ALL |(ADMIN|MYSQL|PGSQL) )VARIABLES", re.IGNORECASE)
_SHOW_SOME_VARIABLES = re.compile(r"SHOW VARIABLES (LIKE|WHERE) (.*)", re.IGNORECASE)
_AT_AT = re.compile(r"SELECT @@(?:GLOBAL\.)?([0-9A-Z_-]+)", re.IGNORECASE)
_SET = re.compile(r"SET ([^=]*)=(.*)", re.IGNORECASE | re.DOTALL)
_CHECKSUM_TABLES = {
    "MYSQL SERVERS": "mysql_servers ORDER BY hostgroup_id, hostname, port",
    "MYSQL USERS": "mysql_users ORDER BY username",
    "MYSQL QUERY RULES": "mysql_query_rules ORDER BY rule_id",
    "MYSQL VARIABLES": ("global_variables WHERE variable_name LIKE 'mysql-%' ORDER BY variable_name"),
    "MYSQL REPLICATION HOSTGROUPS": "mysql_replication_hostgroups ORDER BY writer_hostgroup",
}
_DONE_BY_NOTHING = ("FLUSH LOGS", "FLUSH QUERY CACHE", "FLUSH MYSQL CLIENT HOSTS")


@dataclass
class Answer:
    """Rows under columns; without columns an OK."""

    columns: list[str] | None = None
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    affected: int = 0


OK = Answer()


def _impossible(why: str) -> AdminError:
    return AdminError(f"ProxySQL Admin Error: ProxySQL MySQL module is {why}")


class Admin:
    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.database = instance.database

    def execute(self, sql: bytes, user: str, peer: tuple[str, int]) -> Answer:
        plain = _SPACES.sub(b" ", sql).strip(b" ;").decode("utf-8", "replace")
        command = plain.upper()
        first = command.partition(" ")[0]
        variables = self.instance.variables
        admin, stats = "admin-admin_credentials", "admin-stats_credentials"
        if variables.listed(stats, user) and not variables.listed(admin, user):
            return self._statistics_only(sql, plain, command, user, peer)
        if first in ("LOAD", "SAVE") and (answer := self._load_or_save(command)):
            return answer
        if first == "PROXYSQL" and (answer := self._proxysql(plain, command, peer)):
            return answer
        if command.startswith(SERVERS_V2_QUERY.upper()):
            return Answer(list(SERVERS_V2_COLUMNS), self.instance.layers.servers_v2)
        if command.startswith(_IGNORED):
            return OK
        if first in ("SHOW", "SELECT", "CHECKSUM", "SET"):
            found: Answer | None = getattr(self, f"_{first.lower()}")(plain, command, user, peer)
            if found is not None:
                return found
        if "STATS_" in command:
            self.instance.stats.refresh(command, self.database.connection, "stats")
        return Answer(*client_statement(self.database.connection, sql))

    def _statistics_only(
        self, sql: bytes, plain: str, command: str, user: str, peer: tuple[str, int]
    ) -> Answer:
        """Users of admin-stats_credentials have a database of their own, and no commands."""
        if command.startswith(_IGNORED):
            return OK
        if command.startswith("SELECT") and (answer := self._select(plain, command, user, peer)):
            return answer
        stats = self.instance.stats
        stats.refresh(command, stats.own, "main")
        return Answer(*client_statement(stats.own, sql))

    def _sql(self, sql: str) -> Answer:
        return Answer(*client_statement(self.database.connection, sql.encode()))

    # -- commands

    def _load_or_save(self, command: str) -> Answer | None:
        if _ONE_USER.fullmatch(command):
            command = "LOAD MYSQL USERS TO RUNTIME"
        if command not in COMMANDS:
            return None
        direction, section = COMMANDS[command]
        self.instance.log.info("Received %s command", command)
        return Answer(affected=getattr(self.instance.layers, direction)(section) or 0)

    def _proxysql(self, plain: str, command: str, peer: tuple[str, int]) -> Answer | None:
        verb = command.partition(" ")[2]
        if verb.startswith("CLUSTER_NODE_UUID "):
            uuid, _, interfaces = plain.split(" ", 2)[2].partition(" ")
            self.instance.stats.client_seen(uuid, peer, interfaces)
        elif verb in ("SHUTDOWN", "KILL", "SHUTDOWN SLOW"):
            self.instance.stop()
        elif verb == "PAUSE":
            if self.instance.paused:
                raise _impossible("already paused, impossible to pause")
            self.instance.pause()
        elif verb == "RESUME":
            if not self.instance.paused:
                raise _impossible("not paused, impossible to resume")
            self.instance.resume()
        elif verb in ("READONLY", "READWRITE"):
            self.instance.set_read_only(verb == "READONLY")
        elif verb == "RELOAD TLS":
            self.instance.tls.reload()
        elif verb == "FLUSH CONFIGDB":
            self.database.connection.execute("VACUUM disk")
        elif verb not in _DONE_BY_NOTHING:
            return None
        return OK

    def _show(self, plain: str, command: str, user: str, peer: object) -> Answer | None:
        if command == "SHOW TABLES":
            return self._tables_of("main")
        if match := _SHOW_TABLES.fullmatch(plain):
            return self._tables_of(match[1])
        if match := _SHOW_CREATE.fullmatch(plain):
            return self._sql(
                "SELECT name AS 'table', replace(replace(sql, ' , ', ' ,' || x'0A' || '    '),"
                f" 'CREATE TABLE {match[2]} (', 'CREATE TABLE {match[2]} (' || x'0A' || '    ')"
                f" AS 'Create Table' FROM {match[1] or 'main'}.sqlite_master"
                f" WHERE type='table' AND name='{match[2]}'"
            )
        if command in ("SHOW DATABASES", "SHOW SCHEMAS"):
            return self._sql("PRAGMA DATABASE_LIST")
        if match := _SHOW_VARIABLES.fullmatch(plain):
            return self._variables_where(f"variable_name LIKE '{(match[1] or '').lower()}%'")
        if match := _SHOW_SOME_VARIABLES.fullmatch(plain):
            name = "variable_name LIKE " if match[1].upper() == "LIKE" else ""
            return self._variables_where(name + match[2])
        return None

    def _tables_of(self, database: str) -> Answer:
        return self._sql(
            f"SELECT name AS tables FROM {database}.sqlite_master"
            " WHERE type='table' AND name NOT IN ('sqlite_sequence') ORDER BY name"
        )

    def _variables_where(self, condition: str) -> Answer:
        return self._sql(
            "SELECT variable_name AS Variable_name, variable_value AS Value FROM global_variables"
            f" WHERE {condition} ORDER BY variable_name"
        )

    def _select(self, plain: str, command: str, user: str, peer: tuple[str, int]) -> Answer | None:
        if command.startswith(("SELECT @@VERSION_COMMENT",)):
            return Answer(["'(ProxySQL Admin Module)'"], [("(ProxySQL Admin Module)",)])
        if command.startswith(("SELECT @@VERSION", "SELECT VERSION()")):
            return Answer([plain.partition(" ")[2].partition(" ")[0].lower()], [(VERSION,)])
        if command.startswith("SELECT @@GLOBAL.READ_ONLY"):
            on = self.instance.variables.on("admin-read_only")
            return Answer(["@@global.read_only"], [(int(on),)])
        if command in ("SELECT USER()", "SELECT CURRENT_USER()"):
            return Answer([plain.split(" ")[1].lower()], [(f"{user}@{peer[0]}",)])
        if command == "SELECT DATABASE(), USER() LIMIT 1":
            return Answer(["DATABASE()", "USER()"], [("admin", user)])
        if command == "SELECT CONNECTION_ID()":
            return Answer(["CONNECTION_ID()"], [(0,)])
        if match := _AT_AT.match(plain):
            name = match[1]
            return self._sql(
                f"SELECT variable_value AS '@@{name}' FROM global_variables WHERE variable_name IN"
                f" ('{name}', 'mysql-{name}', 'admin-{name}') COLLATE NOCASE"
            )
        return None

    def _set(self, plain: str, command: str, user: str, peer: object) -> Answer | None:
        match = _SET.fullmatch(plain)
        if match is None:
            return None
        name = match[1].strip()
        if name not in self.instance.variables.specs:
            return OK
        return self._sql(
            f"UPDATE global_variables SET variable_value={match[2]} WHERE variable_name='{name}'"
        )

    def _checksum(self, plain: str, command: str, user: str, peer: object) -> Answer | None:
        what = command.partition(" ")[2]
        layer = "main"
        for word, name in (("DISK ", "disk"), ("MEMORY ", "main"), ("MEM ", "main")):
            if what.startswith(word):
                layer, what = name, what.removeprefix(word)
        if what not in _CHECKSUM_TABLES:
            return None
        rows = self.database.rows(f"SELECT * FROM {layer}.{_CHECKSUM_TABLES[what]}")
        return Answer(["table", "checksum"], [(what, checksum_of(rows))])
