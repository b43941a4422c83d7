# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Satellites that send all queries to the cores and none to a database, in one cluster.

A cluster has the same servers and rules on all nodes, and tells clients of satellites from those of cores by
where they connected: ``proxy_port`` of a rule, or ``proxy_addr`` for a socket, whose port is 0
(``Query_Processor::process_mysql_query`` and ``MySQL_Thread::create_new_session_and_client_data_stream`` of
2.7.1). Which interfaces a node listens at, the cluster does not carry.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Callable

from ...module_utils._declared.declaration import is_true
from .listen import as_ip
from .node import Node

Say = Callable[[str], None]
_OPTION = "proxysql_layer_address"
_HOST = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?\.?\Z")


def layer(cores: Iterable[Node], satellites: Iterable[Node], say: Say) -> dict[str, list[dict[str, Any]]]:
    """By table, the rows that this takes; none where no host says so."""
    cores, satellites = list(cores), list(satellites)
    told = {
        (node.options[_OPTION], node.options["proxysql_layer_hostgroup"])
        for node in [*cores, *satellites]
        if node.options[_OPTION]
    }
    if not told or not satellites or not cores:
        return {}
    if len(told) > 1:
        say(
            f"{_OPTION} and proxysql_layer_hostgroup differ between hosts, and one cluster has the same "
            "servers on all"
        )
        return {}
    ((address, hostgroup),) = told
    if hostgroup < 0:
        say(f"proxysql_layer_hostgroup is {hostgroup}; it must be 0 or more")
    _check_address(address, satellites, say)
    ports = sorted({core.options["proxysql_mysql_port"] for core in cores})
    if len(ports) > 1:
        say(
            f"with {_OPTION} satellites reach all cores at one port, and their proxysql_mysql_port differs: "
            + ", ".join(map(str, ports))
        )
    places = _places(satellites)
    shared = [place for place in places if place in _places(cores)]
    for place in shared:
        say(
            f"with {_OPTION} satellites listen elsewhere than cores, and both do so at "
            f"{place['proxy_port'] or place['proxy_addr']}; set proxysql_mysql_port for the group "
            "proxysql_satellite"
        )
    return {
        "mysql_servers": [
            {
                "hostgroup_id": hostgroup,
                "hostname": address,
                "port": cores[0].options["proxysql_mysql_port"],
                "comment": "the cores, for satellites",
            }
        ],
        "mysql_query_rules": [
            {
                "rule_id": number,
                "active": 1,
                **{name: value for name, value in place.items() if value},
                "destination_hostgroup": hostgroup,
                "apply": 1,
                "comment": "satellites go to the cores",
            }
            for number, place in enumerate(places, start=1)
        ],
        "mysql_users": _monitor(cores[0], hostgroup),
    }


def _check_address(address: str, satellites: Iterable[Node], say: Say) -> None:
    own = as_ip(address)
    if (own is None and not _HOST.match(address)) or (own is not None and "[" in address):
        say(f"{_OPTION} is '{address}'; it is an address or a name, without a port and a prefix")
    elif address == "localhost" or (own is not None and (own.is_loopback or own.is_unspecified)):
        say(f"{_OPTION} is {address}, where each satellite would reach itself; set that of the cores")
    for node in satellites:
        if address in (node.name, node.address):
            say(f"{_OPTION} is {address}, which is the satellite {node.name}; set that of the cores")


def _monitor(core: Node, hostgroup: int) -> list[dict[str, Any]]:
    """The monitors' user, which a ProxySQL lets in as it does all others: from ``mysql_users`` alone (seen on
    2.7.1). Without it each monitor notes every few seconds that it is refused, and a server that was shunned
    stays so until a query needs it.
    """
    if not core.options["proxysql_monitor_password"]:
        return []
    return [
        {
            "username": core.options["proxysql_monitor_user"],
            "password": core.options["proxysql_monitor_password"],
            "default_hostgroup": hostgroup,
            "comment": "monitors ask the cores",
        }
    ]


def with_layer(
    tables: Mapping[str, Any], rows: Mapping[str, list[dict[str, Any]]]
) -> dict[str, list[dict[str, Any]]]:
    """tables: what is declared. A user whom somebody declares is left as declared."""
    found = {}
    for name, more in rows.items():
        declared = list(tables.get(name) or ())
        names = {str(row.get("username")) for row in declared} if name == "mysql_users" else set()
        found[name] = [*declared, *(row for row in more if row.get("username") not in names)]
    return found


def check(rows: Mapping[str, list[dict[str, Any]]], tables: Mapping[str, Any], say: Say) -> None:
    """rows: of ``layer``. tables: what is declared beside them."""
    if not rows:
        return
    taken = {row["rule_id"] for row in rows["mysql_query_rules"]}
    for number in sorted(taken & _numbers(tables, "mysql_query_rules", "rule_id")):
        say(f"mysql_query_rules has rule_id {number}, which {_OPTION} needs for itself")
    hostgroup = rows["mysql_servers"][0]["hostgroup_id"]
    # Whatever else a core sent there would come back to it. Settings of the hostgroup are another matter.
    for table in sorted(set(tables) - {"mysql_hostgroup_attributes"}):
        if table.startswith("mysql_") and hostgroup in _hostgroups(tables, table, _monitors(rows)):
            say(
                f"{table} has the hostgroup {hostgroup}, which {_OPTION} needs for itself; "
                "proxysql_layer_hostgroup sets another one"
            )
    for row in _rows(tables, "mysql_users"):
        if is_true(row.get("fast_forward")):
            say(
                f"mysql_users has {row.get('username')} with fast_forward, for which no rule holds: with "
                f"{_OPTION} it would go from satellites to the databases themselves"
            )


def _places(nodes: Iterable[Node]) -> list[dict[str, Any]]:
    """Where clients connect, each once: a port, or the path of a socket."""
    found: dict[tuple[str, int], None] = {}
    for node in nodes:
        for each in node.options["proxysql_mysql_interfaces"] or ():
            text = str(each)
            port = text.rpartition(":")[2]
            found[(text, 0) if text.startswith("/") else ("", int(port) if port.isdigit() else 0)] = None
    return [{"proxy_addr": path, "proxy_port": port} for path, port in found]


def _rows(tables: Mapping[str, Any], table: str) -> list[Mapping[str, Any]]:
    rows = tables.get(table)
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, (list, tuple)) else []


def _monitors(rows: Mapping[str, list[dict[str, Any]]]) -> set[str]:
    return {str(row["username"]) for row in rows["mysql_users"]}


def _hostgroups(tables: Mapping[str, Any], table: str, monitors: set[str]) -> set[int]:
    """All that a table speaks of. monitors: users whose queries nobody sends on."""
    values = (
        str(value)
        for row in _rows(tables, table)
        if not (table == "mysql_users" and str(row.get("username")) in monitors)
        for name, value in row.items()
        if str(name).endswith("hostgroup") or name == "hostgroup_id"
    )
    return {int(value) for value in values if value.isdigit()}


def _numbers(tables: Mapping[str, Any], table: str, column: str) -> set[int]:
    values = (str(row.get(column, "")) for row in _rows(tables, table))
    return {int(value) for value in values if value.isdigit()}
