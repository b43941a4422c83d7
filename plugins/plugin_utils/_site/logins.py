# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What of a declaration is tried at the databases before it is written, by the module backend_logins.

And what it compares with the node at the same time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ...module_utils._declared.declaration import is_true
from .reach import Reach


def to_try(options: Mapping[str, Any], rows: Mapping[str, Any], watchers: Collection[str]) -> dict[str, Any]:
    """Servers, users, and by their names the hostgroups that they reach, and that they may reach.

    options: the typed ones of a node, with their whole names. rows: tables as typed, by their names.
    watchers: users that the watcher of the virtual IP logs in as, whom no database need know.
    """
    state = options["proxysql_state"]

    def declared(table: str) -> list[Mapping[str, Any]]:
        word = state.get(table) if isinstance(state, Mapping) else state
        found = rows.get(table)
        if word == "deleted" or not isinstance(found, (list, tuple)):
            return []
        return [row for row in found if isinstance(row, Mapping)]

    users = [row for row in declared("mysql_users") if str(row.get("username")) not in watchers]
    reach = Reach({table: declared(table) for table in rows})
    # who has one for databases besides is known there by the one for clients
    reached = {str(row.get("username")): reach.of(row) for row in users if is_true(row.get("frontend", True))}
    return {
        "servers": declared("mysql_servers"),
        "users": users,
        "hostgroups": {name: sorted(sure) for name, (sure, _maybe) in reached.items()},
        "maybe_hostgroups": {name: sorted(maybe) for name, (_sure, maybe) in reached.items() if maybe},
    }


def arguments(
    options: Mapping[str, Any],
    rows: Mapping[str, Any] | None = None,
    declared: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Those of the module, its login apart. options: the typed ones of a node, without their prefix.

    rows: of ``to_try``; without any nothing is tried. declared: what ``declaration`` makes; without it
    nothing is compared.
    """
    rows = rows or {}
    asked = {
        "servers": rows.get("servers", []),
        "users": rows.get("users", []),
        "hostgroups": rows.get("hostgroups", {}),
        "maybe_hostgroups": rows.get("maybe_hostgroups", {}),
        "monitor_user": options["monitor_user"],
        "monitor_password": options["monitor_password"] or "",
        "tls_backends": options["tls_backends"],
        # who is refused is for the caller to say
        "report_only": True,
    }
    if declared:
        asked.update(
            tables=declared["tables"],
            variables=declared["variables"],
            variables_since_3=declared["of_three"],
            state=declared["node_states"],
            scope=declared["node_scope"],
        )
    return asked
