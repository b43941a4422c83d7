# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One host of the plan: what is typed of it, what follows from that, and what cannot be of it alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Callable

from .options import ROLES

_UNIT = re.compile(r"[A-Za-z0-9:_.@\\-]+\.(?:service|socket|target|timer)\Z")
# The kernel takes no longer path for a socket.
_LONGEST = 107
# Variables that say where ProxySQL listens, beside those that the role makes.
_INTERFACES = (
    "admin-pgsql_ifaces",
    "admin-telnet_admin_ifaces",
    "admin-telnet_stats_ifaces",
    "pgsql-interfaces",
)
_PORTS = ("admin-restapi_port", "admin-web_port")
# Where ProxySQL 3 listens for clients of PostgreSQL, unless told otherwise.
_OF_POSTGRESQL = (6132, 6133)
_WORD = re.compile(r"[-A-Za-z0-9_=./:,]+\Z")


@dataclass
class Node:
    """A host: its typed options by their whole names, and its part of VRRP.

    rows: which of the site's ``to_try`` is its own. refused: options whose value was none of their kind.
    health: where it answers a load balancer; 0 where it does not.
    """

    name: str
    options: dict[str, Any]
    address: str
    vip: bool = False
    health: int = 0
    found: dict[str, Any] = field(default_factory=dict)
    rows: int = -1
    refused: set[str] = field(default_factory=set)

    @property
    def balanced(self) -> bool:
        """Whether a load balancer stands in for a virtual IP."""
        return bool(self.health) and not self.vip


def vips_of(node: Node) -> list[str]:
    """Virtual addresses that the node may hold, without their prefixes."""
    rows = node.found.get("instances", ())
    return [vip.partition("/")[0] for one in rows for vip in one["vips"] + one["excluded"]]


def short(options: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """The options that begin with it, without it."""
    return {name[len(prefix) :]: value for name, value in options.items() if name.startswith(prefix)}


def seen_of(node: Node) -> dict[str, Any]:
    """As roles and playbooks read it, by the names of ``site_plan``."""
    return {
        **{role: short(node.options, f"{role}_") for role in ROLES},
        "vip": node.vip,
        "balanced": node.balanced,
        "health_port": node.health,
        # whether new connections can be led past it, by whichever way
        "led": node.vip or node.balanced,
        "vrrp": node.found,
        "rows": node.rows,
    }


def logins_of(node: Node) -> list[dict[str, Any]]:
    """A login to be tried at each VIP: that of the watcher, if it has one."""
    derived = node.found.get("derived", {})
    if not derived.get("check_user"):
        return []
    login = {
        "port": node.options["proxysql_mysql_port"],
        "user": derived["check_user"],
        "password": derived["check_password"],
    }
    return [{"host": vip, **login} for vip in vips_of(node)]


def check_options(options: Mapping[str, Any], say: Callable[[str], None]) -> None:
    """Those of the role proxysql that cannot be, or not together."""
    for option in options["proxysql_options"] or ():
        if not _WORD.match(option):
            say(f"proxysql_options has '{option}'; give each option as a word of its own")
    if options["proxysql_package_file"] and options["proxysql_package_url"]:
        say("proxysql_package_file and proxysql_package_url are both set; set one")
    if options["proxysql_restore_points"] < 0 or options["proxysql_confirm"] < 0:
        say("proxysql_restore_points and proxysql_confirm must be 0 or more")
    if options["proxysql_confirm"] and not options["proxysql_restore_points"]:
        say(
            "proxysql_confirm is set, and with proxysql_restore_points 0 there would be nothing to go back to"
        )
    if options["proxysql_confirm"] and options["proxysql_cluster_mode"] == "push":
        say("proxysql_confirm is for the leader, and with proxysql_cluster_mode push there is none")
    for unit in options["proxysql_start_before"] or ():
        if unit == "proxysql.service":
            say("proxysql_start_before has proxysql.service, which cannot start before itself")
        if not _UNIT.match(unit):
            say(f"proxysql_start_before has '{unit}'; it is the whole name of a unit, such as shop.service")
    socket = options["proxysql_mysql_socket"]
    if socket and not (re.match(r"/[^;\s]*[^;\s/]\Z", socket) and len(socket) <= _LONGEST):
        say(
            f"proxysql_mysql_socket is '{socket}'; it is the path of a file, at most {_LONGEST} letters,"
            " without spaces and semicolons"
        )
    if options["proxysql_monitor_checks"] < 0:
        say("proxysql_monitor_checks must be 0 or more")
    ports = ("proxysql_admin_port", "proxysql_mysql_port", "proxysql_metrics_port")
    for name in ports:
        if not 1 <= (options[name] or 0) <= 65535:
            say(f"{name} is {options[name]}; it must be from 1 to 65535")
    if options["proxysql_metrics"] and options[ports[2]] in (options[ports[0]], options[ports[1]]):
        say(f"proxysql_metrics_port is {options[ports[2]]}, where ProxySQL listens for something else")


def check_health(options: Mapping[str, Any], say: Callable[[str], None]) -> None:
    """What a core tells a load balancer, beside what listens there already."""
    port, checks = options["keepalived_health_port"], options["keepalived_health_checks"]
    if port and not 1024 <= port <= 65535:
        say(f"keepalived_health_port is {port}; it must be from 1024 to 65535, or 0")
    if checks < 1:
        say(f"keepalived_health_checks is {checks}; it must be 1 or more")
    if port and port in _listened_at(options):
        say(f"keepalived_health_port is {port}, where ProxySQL listens")


def _listened_at(options: Mapping[str, Any]) -> set[int]:
    """Ports that are ProxySQL's: those of the role's variables, of the server's own, and of PostgreSQL."""
    told = {**(options["proxysql_base_variables"] or {}), **(options["proxysql_global_variables"] or {})}
    places = [
        *(options["proxysql_mysql_interfaces"] or ()),
        *(options["proxysql_admin_interfaces"] or ()),
        *(place for name in _INTERFACES for place in str(told.get(name) or "").split(";")),
    ]
    ends = [str(place).rpartition(":")[2] for place in places]
    ends += [str(told.get(name)) for name in _PORTS]
    own = {options["proxysql_admin_port"], options["proxysql_mysql_port"], *_OF_POSTGRESQL}
    if options["proxysql_metrics"]:
        own.add(options["proxysql_metrics_port"])
    return own | {int(end) for end in ends if end.isdigit()}
