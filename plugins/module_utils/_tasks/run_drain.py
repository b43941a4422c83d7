# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Taking backends out softly: OFFLINE_SOFT, and waiting until nobody uses them any more.

OFFLINE_SOFT keeps connections that are in use and gives no new ones; idle ones are closed
(stats_mysql_connection_pool.ConnUsed counts the former; seen on 2.7.1).
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .._catalog.tables import TABLES
from .._cluster.cluster import Node, connect_nodes
from .._declared.errors import DeclarationError, EngineError
from .._declared.rows import Row
from .._planning.plan import Want
from .._section.apply import OPEN_EDITS, How, apply
from .._section.tables import TableWork, want_table
from .._server.admin import Admin
from .._server.present import read
from .._server.sql import literal
from .module import NODE, Module, Spec, login

STATUS = {"drained": "OFFLINE_SOFT", "online": "ONLINE"}
_PAUSE = 0.2
_TABLE = TABLES["mysql_servers"]

Server = tuple[str, int]


def run_drain() -> None:
    """The module mysql_servers_drain."""
    server_spec: Spec = {
        "hostname": {"type": "str", "required": True},
        "port": {"type": "int", "default": 3306},
        "hostgroup_id": {"type": "int"},
    }
    spec: Spec = {
        "servers": {"type": "list", "elements": "dict", "options": server_spec, "required": True},
        "nodes": {"type": "list", "elements": "dict", "options": NODE, "default": []},
        "state": {"type": "str", "default": "drained", "choices": list(STATUS)},
        "timeout": {"type": "float", "default": 60.0},
        "fail_on_timeout": {"type": "bool", "default": True},
        "save": {"type": "bool", "default": True},
        "open_edits": {"type": "str", "default": OPEN_EDITS[0], "choices": list(OPEN_EDITS)},
    }
    module = Module(spec)
    params = module.params

    def body(admin: Admin) -> dict[str, Any]:
        rows = matching(admin, params["servers"], STATUS[params["state"]])
        want: Want = want_table(_TABLE, rows, "merged", None)
        work = TableWork(admin, want, rows)
        outcome = apply(admin, [work], How(True, params["save"], module.check_mode, params["open_edits"]))
        result: dict[str, Any] = {
            "changed": outcome.changed,
            "diff": outcome.diff(),
            "statements": [sent.shown for sent in outcome.statements],
            "layers": outcome.layers,
            "warnings": outcome.warnings,
            "in_use": [],
        }
        if module.check_mode:
            return result
        servers = sorted({(str(row["hostname"]), int(str(row["port"]))) for row in rows})
        deadline = time.monotonic() + params["timeout"]
        others = _others(params, module.given, deadline)
        result["warnings"] += [
            f"{node.name} is not watched: {node.problem}" for node in others if not node.admin
        ]
        admins = [admin, *(node.admin for node in others if node.admin)]
        try:
            left = wait(admins, servers, STATUS[params["state"]], deadline)
        finally:
            for other in admins[1:]:
                other.close()
        result["in_use"] = left
        if left and params["fail_on_timeout"]:
            raise EngineError(
                "after {:g} s not all is {}: {}".format(
                    params["timeout"], params["state"], "; ".join(map(_text, left))
                ),
                in_use=left,
            )
        return result

    module.run(body)


def matching(admin: Admin, servers: Sequence[Row], status: str) -> list[dict[str, Any]]:
    """The rows of memory that are meant, with the status they shall have.

    Raises DeclarationError for a server that is in no row, before anything is written.
    """
    memory = read(admin, _TABLE, "memory").values()
    found: list[dict[str, Any]] = []
    for server in servers:
        mine = [
            row
            for row in memory
            if (row["hostname"], row["port"]) == (server["hostname"], server["port"])
            and server.get("hostgroup_id") in (None, row["hostgroup_id"])
        ]
        if not mine:
            group = server.get("hostgroup_id")
            place = "" if group is None else f" in hostgroup {group}"
            raise DeclarationError(
                "mysql_servers: there is no row {}:{}{}".format(server["hostname"], server["port"], place),
                table="mysql_servers",
            )
        for row in mine:
            key = {name: row[name] for name in _TABLE.key}
            if key not in [{name: each[name] for name in _TABLE.key} for each in found]:
                found.append({**key, "status": status})
    return found


def wait(
    admins: Sequence[Admin],
    servers: Sequence[Server],
    status: str,
    deadline: float,
) -> list[dict[str, Any]]:
    """Until every node has the status in its pool and, for OFFLINE_SOFT, no connection in use.

    Returns what is left when the time is over: node, hostname, port, hostgroup, status, used.
    """
    while True:
        with ThreadPoolExecutor(max_workers=64) as pool:
            found = pool.map(lambda admin: _left(admin, servers, status, deadline), admins)
        left = [row for rows in found for row in rows]
        if not left or time.monotonic() >= deadline:
            return left
        time.sleep(_PAUSE)


def _left(admin: Admin, servers: Sequence[Server], status: str, deadline: float) -> list[dict[str, Any]]:
    # A little more than the deadline, so that the last look of all is one, too.
    admin.until(deadline + 0.5)
    pairs = " OR ".join(f"(srv_host = {literal(host)} AND srv_port = {int(port)})" for host, port in servers)
    rows = admin.fetch(
        "SELECT srv_host, srv_port, hostgroup, status, ConnUsed FROM stats_mysql_connection_pool"
        f" WHERE {pairs} ORDER BY hostgroup, srv_host, srv_port"
    )[1]
    found = []
    for host, port, group, now, used in rows:
        # SHUNNED is the monitor's word for a server that is ONLINE to us
        differs = now not in (status, "OFFLINE_HARD") and not (
            status == "ONLINE" and str(now).startswith("SHUNNED")
        )
        busy = status == "OFFLINE_SOFT" and int(used or 0) > 0
        if differs or busy:
            found.append(
                {
                    "node": admin.login.place,
                    "hostname": str(host),
                    "port": int(port or 0),
                    "hostgroup_id": int(group or 0),
                    "status": str(now),
                    "used": int(used or 0),
                }
            )
    return found


def _others(params: dict[str, Any], given: Collection[str], deadline: float) -> list[Node]:
    own = (params["login_host"], params["login_port"])
    places = [(node["login_host"], node["login_port"]) for node in params["nodes"]]
    return connect_nodes((login(params, *place, given) for place in places if place != own), deadline)


def _text(row: dict[str, Any]) -> str:
    return (
        f"{row['node']} has {row['used']} connections in use to {row['hostname']}:{row['port']}"
        f" in hostgroup {row['hostgroup_id']}, which is {row['status']} there"
    )
