"""Runs the engine on a server as a task would, and looks at what it left."""

from __future__ import annotations

import os
import shlex
from typing import Any

from ansible_collections.mysqlha.proxysql.plugins.module_utils._catalog.tables import SECTIONS, TABLES
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.errors import StatementError
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.variables import declared_variables
from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning.layers import LAYERS, layers_of
from ansible_collections.mysqlha.proxysql.plugins.module_utils._section.apply import How, Outcome, apply
from ansible_collections.mysqlha.proxysql.plugins.module_utils._section.tables import TableWork, want_table
from ansible_collections.mysqlha.proxysql.plugins.module_utils._section.variables import plan_variables
from ansible_collections.mysqlha.proxysql.plugins.module_utils._server.admin import (
    Admin,
    load_statement,
)
from ansible_collections.mysqlha.proxysql.plugins.module_utils._server.login import Login
from ansible_collections.mysqlha.proxysql.plugins.module_utils._server.present import read
from server import EMULATOR, EMULATOR_PYTHON, Server

# The long round: more cases of what a shorter one shows as well.
FULL = bool(os.environ.get("FULL"))


class FragileAdmin(Admin):
    """An admin connection whose nth write fails, counted from 0."""

    fail_at: int | None = None

    def write(self, statement: Any) -> None:
        if self.fail_at == len(self.sent):
            self.fail_at = None
            raise StatementError("injected")
        super().write(statement)


class HastyAdmin(Admin):
    """Does not wait for the second of the last LOAD to pass: here no peer follows."""

    def load(self, section: Any) -> None:
        self.write(load_statement(section))


def login(server: Server, **changed: Any) -> Login:
    values = {"host": server.host, "port": server.admin_port, "user": "admin", "password": "admin"}
    # Without TLS: for each context Python reads all of the machine's certificates, 40 ms.
    return Login(**{**values, "connect_timeout": 5, "ssl_mode": "disabled", **changed})


def run(
    server: Server,
    tables: dict[str, list[dict[str, Any]]] | None = None,
    variables: dict[str, Any] | None = None,
    *,
    state: str = "merged",
    scope: dict[str, Any] | None = None,
    load: bool = True,
    save: bool = True,
    check: bool = False,
    open_edits: str = "refuse",
    fail_at: int | None = None,
) -> Outcome:
    """One task on one connection."""
    with FragileAdmin(login(server)) as admin:
        admin.fail_at = fail_at
        return perform(
            admin,
            tables,
            variables,
            state=state,
            scope=scope,
            load=load,
            save=save,
            check=check,
            open_edits=open_edits,
        )


def perform(
    admin: Admin,
    tables: dict[str, list[dict[str, Any]]] | None = None,
    variables: dict[str, Any] | None = None,
    *,
    state: str = "merged",
    scope: dict[str, Any] | None = None,
    load: bool = True,
    save: bool = True,
    check: bool = False,
    open_edits: str = "refuse",
) -> Outcome:
    """One task on a connection that may have served others."""
    admin.sent = []
    wants = {name: want_table(TABLES[name], rows, state, scope) for name, rows in (tables or {}).items()}
    values = declared_variables(variables or {})
    works = [TableWork(admin, want, (tables or {})[name]) for name, want in wants.items()]
    settings = plan_variables(admin, values) if values else []
    return apply(admin, [*settings, *works], How(load, save, check, open_edits))


def sql(server: Server, *statements: str) -> list[tuple[Any, ...]]:
    """Statements as somebody else sends them; the rows of the last."""
    connection = server.connect(ssl_disabled=True)
    try:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall())
    finally:
        connection.close()


def layers(server: Server, name: str) -> dict[str, Any]:
    """The canonical rows of a table, by layer. A layer that the table does not have is empty."""
    found: dict[str, Any] = dict.fromkeys(LAYERS, {})
    with Admin(login(server)) as admin:
        found.update((layer, read(admin, TABLES[name], layer)) for layer in layers_of(TABLES[name]))
    return found


def tables_of(server: Server) -> list[str]:
    """The tables of the catalog that the server has."""
    present = {name for (name,) in sql(server, "SHOW TABLES")}
    return [name for name in TABLES if name in present]


def variable(server: Server, name: str) -> dict[str, str | None]:
    sources = {"memory": "main.global_variables", "runtime": "runtime_global_variables"}
    sources["disk"] = "disk.global_variables"
    found = {}
    for layer, source in sources.items():
        rows = sql(server, f"SELECT variable_value FROM {source} WHERE variable_name = '{name}'")
        found[layer] = rows[0][0] if rows else None
    return found


def everything(server: Server) -> dict[str, Any]:
    """All that a failed task must have left as it was: every table and variable, every layer."""
    found: dict[str, Any] = {name: layers(server, name) for name in tables_of(server)}
    for source in ("main.global_variables", "runtime_global_variables", "disk.global_variables"):
        found[source] = sorted(sql(server, f"SELECT variable_name, variable_value FROM {source}"))
    return found


def epochs(server: Server) -> dict[str, tuple[int, int]]:
    """(version, epoch) by checksum name."""
    rows = sql(server, "SELECT name, version, epoch FROM runtime_checksums_values")
    return {name: (int(version), int(epoch)) for name, version, epoch in rows}


# By port: memory as it was at first, and what runtime had.
_fresh: dict[int, tuple[list[tuple[Any, ...]], dict[Any, Any]]] = {}


def wipe(server: Server) -> None:
    """Empty every table and put the first test's variables back, in every layer."""
    query = "SELECT variable_name, variable_value FROM "
    now = dict(sql(server, query + "main.global_variables"))
    # Where memory is as it was, runtime need not be: have_compress sets a bit of server_capabilities there.
    served = dict(sql(server, query + "runtime_global_variables"))
    fresh, first = _fresh.setdefault(server.admin_port, (list(now.items()), served))
    for name, value in fresh:
        if now.get(name) != value:
            sql(server, f"REPLACE INTO global_variables VALUES ('{name}', '{value}')")
    known = {name for name, _value in fresh}
    for name in set(now) - known:
        sql(server, f"DELETE FROM global_variables WHERE variable_name = '{name}'")
    present = tables_of(server)
    for section in SECTIONS.values():
        tables = [name for name in section.tables if name in present]
        changed = any(
            (now.get(name), served.get(name)) != (value, first.get(name))
            for name, value in fresh
            if name.startswith(section.prefix or " ")
        )
        # A LOAD stamps an epoch, and the next one in that second would have to wait.
        if changed or any(rows for name in tables for rows in layers(server, name).values()):
            statements = [f"DELETE FROM {name}" for name in tables]
            sql(server, *statements, f"LOAD {section.name} TO RUNTIME")
            if section.disk:
                sql(server, f"SAVE {section.name} TO DISK")


def program(server: Server) -> str:
    """What starts another one like it."""
    return server.binary or shlex.join([EMULATOR_PYTHON, str(EMULATOR)])
