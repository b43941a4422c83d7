# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the module nodes_info is given: where satellites are, and what they declare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Callable

from . import declared
from .declaration import declaration
from .node import Node, short
from .shared import Shared
from .values import given

Say = Callable[[str], Callable[[str], None]]

_TABLES = (*declared.TABLE_OPTIONS, "proxysql_tables")
_WITH_TABLES = ("proxysql_state", "proxysql_scope", "proxysql_tls_backends", "proxysql_data_dir")
#: Of so many satellites, each is looked at on its own host.
FEW = 12


def over_ssh(asked: str, satellites: int) -> bool:
    """Whether satellites are looked at on their hosts. asked: proxysql_status_over_ssh."""
    return asked == "all" or (asked == "auto" and satellites <= FEW)


def carried(nodes: Iterable[Node]) -> bool:
    """Whether what they declare gets to them through the cluster, and no files do."""
    return all(
        node.options["proxysql_cluster_mode"] == "sync"
        and not node.options["proxysql_tls_certificate"]
        and not node.options["proxysql_tls_backends"]
        for node in nodes
    )


def questions(
    nodes: Mapping[str, Node],
    hostvars: Mapping[str, Any],
    members: Sequence[Mapping[str, Any]],
    say: Say,
) -> dict[str, Any]:
    """nodes, declarations: options of the module. own: what of them the cluster does not bring."""
    shared = Shared((*_TABLES, *_WITH_TABLES))
    rows: list[dict[str, Any]] = []
    # by which rows they are, and which variables
    numbers: dict[tuple[int, frozenset[str]], int] = {}
    declarations: list[dict[str, Any]] = []
    asked = []
    own: dict[str, set[str]] = {"tables": {"proxysql_servers"}, "variables": set()}
    for host, node in nodes.items():
        number, first = shared.number(host, hostvars[host])
        if first:
            rows.append(given(hostvars[host], _TABLES, say(host)))
        options = short(node.options, "proxysql_")
        own_tables = {table: rows[number].get(option) for option, table in declared.TABLE_OPTIONS.items()}
        found = declaration(options, rows[number].get("proxysql_tables"), own_tables, members)
        key = number, frozenset(found["variables"])
        if key not in numbers:
            numbers[key] = len(declarations)
            own["tables"].update(found["unreplicated"])
            own["variables"].update(found["of_node"], found["of_three"])
            declarations.append(
                {
                    "tables": found["tables"],
                    "variables": found["variables"],
                    "state": found["states"],
                    "scope": options["scope"],
                }
            )
        common = declarations[numbers[key]]["variables"]
        asked.append(
            {
                "login_host": node.address,
                "login_port": options["admin_port"],
                "declaration": numbers[key],
                "variables": {
                    name: value for name, value in found["variables"].items() if common[name] != value
                },
                "variables_since_3": found["of_three"],
            }
        )
    return {
        "declarations": declarations,
        "nodes": asked,
        "own": {name: sorted(names) for name, names in own.items()},
    }
