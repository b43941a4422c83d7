# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the module status tells of one node: read only, over one connection."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

from .._catalog.tables import TABLES
from .._cluster.cluster import see
from .._cluster.follow import View
from .._declared.errors import EngineError
from .._declared.variables import declared_variables
from .._planning.layers import LAYERS
from .._section.apply import How, apply
from .._section.tables import TableWork
from .._section.variables import plan_variables
from .._server.admin import Admin
from .._server.ends import certificates_in_use
from .declared import masked_config, named_tables, wanted_of
from .declared import scopes as scopes_of
from .declared import states as states_of
from .module import Module, Spec

_POOL = (
    "SELECT hostgroup, srv_host, srv_port, status, ConnUsed, ConnFree, ConnOK, ConnERR, Queries, Latency_us"
    " FROM stats_mysql_connection_pool ORDER BY hostgroup, srv_host, srv_port"
)
_POOL_NAMES = ("hostgroup", "host", "port", "status", "used", "free", "ok", "errors", "queries", "latency_us")
_CLIENTS = "SELECT hostname, last_seen_at FROM stats_proxysql_servers_clients_status"


def run_node_info() -> None:
    """The module status: how one node stands."""
    spec: Spec = {
        "tables": {"type": "dict"},
        "variables": {"type": "dict"},
        "state": {"type": "raw", "default": "overridden"},
        "scope": {"type": "dict"},
        "address": {"type": "str"},
        "addresses": {"type": "list", "elements": "str", "default": []},
        "restore_points_folder": {"type": "path"},
    }

    def declare(raw: dict[str, Any]) -> dict[str, Any]:
        tables = named_tables(raw.get("tables"))
        return masked_config(tables, raw.get("variables") or {}, raw.get("scope"))

    module = Module(spec, declare)
    params = module.params

    def body(admin: Admin) -> dict[str, Any]:
        return {
            "changed": False,
            "uptime": int(
                admin.value(
                    "SELECT Variable_Value FROM stats_mysql_global WHERE Variable_Name = 'ProxySQL_Uptime'"
                )
                or 0
            ),
            "cluster": _shown(see(admin, params["address"]), str(params["login_password"] or "")),
            "backends": [dict(zip(_POOL_NAMES, row)) for row in admin.fetch(_POOL)[1]],
            "certificates": certificates_in_use(admin),
            "followers": sorted({str(row[0]) for row in admin.fetch(_CLIENTS)[1]}),
            "holds": sorted(set(params["addresses"]) & _addresses()) if params["addresses"] else [],
            "set_back": _set_back() if params["addresses"] else {},
            "kept": _kept(params["restore_points_folder"]),
            **_drift(admin, module.raw, params),
        }

    module.run(body)


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


def _first_line(path: str) -> str:
    """Empty where there is no such file. Some are in a folder of another user's: no link is followed,
    and no pipe waited for."""
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(number, encoding="utf-8", errors="replace") as stream:
            return stream.read(400).partition("\n")[0]
    except OSError:
        return ""


def _drift(admin: Admin, raw: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """How each declared table differs, by layer: the number of rows or variables."""
    try:
        rows: dict[str, Any] = {name: given or [] for name, given in named_tables(raw.get("tables")).items()}
        variables = declared_variables(raw.get("variables") or {})
        states = states_of(params["state"], rows, "variables" if variables else None)
        scopes = scopes_of(raw.get("scope"), rows)
        works: list[Any] = plan_variables(admin, variables) if variables else []
        for name, config in rows.items():
            want = wanted_of(TABLES[name], config, states[name], scopes.get(name), True)
            works.append(TableWork(admin, want, config))
        outcome = apply(admin, works, How(check=True, open_edits="publish"))
    except EngineError as exc:
        return {"drift": {}, "drift_unknown": exc.message, "restart_required": []}
    found = {
        work.title: {layer: len(work.changes[layer]) for layer in LAYERS if work.changes[layer]}
        for work in works
    }
    return {
        "drift": {title: layers for title, layers in found.items() if layers},
        "drift_unknown": None,
        "restart_required": outcome.restart_required,
    }


def _shown(view: View, key: str) -> dict[str, Any]:
    """A View as a result. In place of passwords there are marks that show only which are equal."""

    def mark(user: str, password: str) -> str:
        return (
            user
            + ":"
            + hmac.new(key.encode(), f"{user}:{password}".encode(), hashlib.sha256).hexdigest()[:16]
        )

    return {
        "name": view.name,
        "version": view.version,
        "sections": {
            name: {"checksum": seen.checksum, "version": seen.version, "epoch": seen.epoch}
            for name, seen in view.sections.items()
        },
        "follows": list(view.follows),
        "diffs_before_sync": dict(view.diffs),
        "check_interval": view.interval,
        "heard": dict(view.heard),
        "now": view.now,
        "user": view.login[0],
        "login_mark": mark(*view.login),
        "accepts_marks": sorted(mark(*pair) for pair in view.accepts),
    }


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
