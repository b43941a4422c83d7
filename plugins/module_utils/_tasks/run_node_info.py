# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the module status tells of one node: read only, over one connection."""

from __future__ import annotations

import http.client
import ipaddress
import json
import os
import re
from collections.abc import Iterable
from typing import Any

from .._server.admin import Admin
from .declared import masked_config
from .module import DECLARED, Module, Spec
from .node_state import Declared, state_of

_CLIENTS = "SELECT hostname, last_seen_at FROM stats_proxysql_servers_clients_status"


def run_node_info() -> None:
    """The module status: how one node stands."""
    spec: Spec = {
        **DECLARED,
        "variables_since_3": {"type": "dict"},
        "address": {"type": "str"},
        "addresses": {"type": "list", "elements": "str", "default": []},
        "health_port": {"type": "int", "default": 0},
        "restore_points_folder": {"type": "path"},
    }

    module = Module(spec, masked_config)
    params = module.params

    def drift(admin: Admin) -> dict[str, Any]:
        declared = Declared(module.raw, params["state"], module.raw.get("variables"))
        return declared.drift(admin, since_3=module.raw.get("variables_since_3"))

    def body(admin: Admin) -> dict[str, Any]:
        return {
            "changed": False,
            **state_of(admin, params["address"], str(params["login_password"] or ""), here=True),
            "hostgroup_roles": _roles(admin),
            "followers": sorted({str(row[0]) for row in admin.fetch(_CLIENTS)[1]}),
            "holds": sorted(set(params["addresses"]) & _addresses()) if params["addresses"] else [],
            "set_back": _set_back() if params["addresses"] or params["health_port"] else {},
            "health": _health(params["health_port"]) if params["health_port"] else {},
            "kept": _kept(params["restore_points_folder"]),
            **drift(admin),
        }

    module.run(body)


# Of what the monitor moves databases between: columns are called after what a hostgroup is for.
_PAIRS = (
    "mysql_replication_hostgroups",
    "mysql_group_replication_hostgroups",
    "mysql_galera_hostgroups",
    "mysql_aws_aurora_hostgroups",
)
_PAIRS_3 = ("pgsql_replication_hostgroups",)


def _roles(admin: Admin) -> dict[str, str]:
    """By hostgroup, what it is for: writer, reader, backup writer or offline.

    MySQL's and PostgreSQL's hostgroups may have the same numbers, and then have both roles.
    """
    found: dict[str, str] = {}
    for table in (*_PAIRS, *(() if admin.version.startswith("2.") else _PAIRS_3)):
        names, rows = admin.fetch(f"SELECT * FROM runtime_{table}")
        for row in rows:
            for name, value in zip(names, row):
                if name.endswith("_hostgroup"):
                    role = name[: -len("_hostgroup")].replace("_", " ")
                    before = found.setdefault(str(value), role)
                    if role != before:
                        found[str(value)] = f"{before}, {role}"
    return found


def _kept(folder: str | None) -> int | None:
    """When a restore point was last written there. Who may not look into the folder may see that."""
    try:
        return int(os.stat(folder).st_mtime) if folder else None
    except OSError:
        return None


# What speaks against a host as the holder of a virtual IP: the files of the role keepalived.
_AGAINST = (
    "/var/lib/proxysql-vip/maintenance",
    "/var/lib/proxysql-vip/switchover",
    "/var/lib/proxysql-vip/preference",
    "/run/proxysql-vip/restart",
    "/run/proxysql-vip/watch/watch",
    "/run/proxysql-vip/watch/network",
    "/run/proxysql-vip/watch/backends",
)


def _set_back(paths: Iterable[str] = _AGAINST) -> dict[str, dict[str, Any]]:
    """By name, the numbers that lower this host's priority, with the reasons."""
    found = {}
    for path in paths:
        value = _first_line(path)
        if re.match(r"-[1-9][0-9]*$", value):
            found[os.path.basename(path)] = {"value": int(value), "why": _first_line(path + ".why")}
    return found


def _health(port: int) -> dict[str, Any]:
    """What load balancers are told here, and who asks: see the role keepalived's proxysql-health."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/asked")
        found = json.loads(connection.getresponse().read())
        return {
            "port": port,
            "status": int(found["status"]),
            "balancers": sorted(found["balancers"]),
            "age": int(found["age"]),
        }
    except (OSError, ValueError, LookupError, TypeError, http.client.HTTPException):
        return {"port": port, "status": 0, "balancers": [], "age": 0}
    finally:
        connection.close()


def _first_line(path: str) -> str:
    """Empty where there is no such file. Some are in a folder of another user's: no link is followed,
    and no pipe waited for."""
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(number, encoding="utf-8", errors="replace") as stream:
            return stream.read(400).partition("\n")[0]
    except OSError:
        return ""


def _addresses() -> set[str]:
    """The addresses of this host, from the kernel (Linux)."""
    found: set[str] = set()
    for path, read in (("/proc/net/fib_trie", _ipv4), ("/proc/net/if_inet6", _ipv6)):
        try:
            with open(path, encoding="ascii") as stream:
                found.update(read(stream))
        except OSError:
            pass  # A kernel without this protocol.
    return found


def _ipv4(lines: Iterable[str]) -> Iterable[str]:
    address = ""
    for line in lines:
        match = re.search(r"\|-- (\S+)", line)
        if match:
            address = match.group(1)
        elif "/32 host LOCAL" in line:
            yield address


def _ipv6(lines: Iterable[str]) -> Iterable[str]:
    for line in lines:
        yield str(ipaddress.IPv6Address(bytes.fromhex(line.split()[0])))
