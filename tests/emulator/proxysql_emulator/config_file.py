"""proxysql.cnf: libconfig grammar into the memory tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import libconf

from . import schema
from .database import Database
from .sections import Section

# Names that the file uses where the tables have others.
_ALIASES = {
    "mysql_servers": {"address": "hostname", "hostgroup": "hostgroup_id"},
    "proxysql_servers": {"address": "hostname"},
}
_GROUPS = {"restapi_routes": "restapi"}


class Config:
    """What the file would say."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings

    def text(self, name: str) -> str | None:
        value = self.settings.get(name)
        return None if value is None else str(value)

    def fill(self, database: Database, section: Section) -> int:
        """INSERT OR REPLACE, as LOAD ... FROM CONFIG does: it merges and never deletes."""
        if section.variables:
            table = "global_variables"
            group = self.settings.get(f"{section.variables}_variables", {})
            rows = [
                {"variable_name": f"{section.variables}-{name}", "variable_value": _value(value)}
                for name, value in group.items()
            ]
            return self._insert(database, table, rows)
        return sum(self._insert(database, table, self._rows(table)) for table in section.tables)

    def _rows(self, table: str) -> list[dict[str, Any]]:
        known = schema.columns(table)
        aliases = _ALIASES.get(table, {})
        found = []
        for entry in self.settings.get(_GROUPS.get(table, table), ()):
            row = {aliases.get(name, name): _value(value) for name, value in entry.items()}
            row = {name: value for name, value in row.items() if name in known}
            if table in ("mysql_users", "mysql_query_rules"):
                row.setdefault("active", "1")
            found.append(row)
        return found

    @staticmethod
    def _insert(database: Database, table: str, rows: list[dict[str, Any]]) -> int:
        with database.transaction():
            for row in rows:
                names = ", ".join(row)
                places = ", ".join("?" for _ in row)
                database.connection.execute(
                    f"INSERT OR REPLACE INTO main.{table} ({names}) VALUES ({places})",
                    tuple(row.values()),
                )
        return len(rows)


class ConfigFile(Config):
    def __init__(self, path: Path) -> None:
        with path.open(encoding="utf-8") as file:
            super().__init__(libconf.load(file))


def _value(value: Any) -> str:
    """libconfig's true and 1 as the text a table holds."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
