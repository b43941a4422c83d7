# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the role keepalived once put on a host and would not put there now; plain Python, no host touched."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TypedDict

WATCHER = (
    "/etc/systemd/system/proxysql-watch.service",
    "/etc/keepalived/proxysql-watch",
    "/etc/keepalived/proxysql_ping.py",
    "/etc/keepalived/proxysql-watch.json",
)
# Each is written by this role alone: where one is, the keepalived.conf beside it is this role's too.
OURS = (
    "/etc/systemd/system/keepalived.service.d/mysqlha.conf",
    "/etc/systemd/system/proxysql.service.d/vip.conf",
    "/etc/keepalived/proxysql_vip.fact",
    "/etc/keepalived/proxysql-notify",
    "/etc/keepalived/proxysql-state",
    "/etc/tmpfiles.d/proxysql-vip.conf",
)
# What tells of a host that it was a core.
_TOLD_BY = ("/etc/keepalived/proxysql-state", "/etc/keepalived/proxysql_vip.fact")
CONFIG = "/etc/keepalived/keepalived.conf"
HEALTH = (
    "/etc/systemd/system/proxysql-health.service",
    "/etc/keepalived/proxysql-health",
    "/etc/keepalived/proxysql-health.json",
)
# What a core has of keepalived itself, and not where a balancer stands in for the VIP.
VRRP = (
    "/etc/systemd/system/keepalived.service.d/mysqlha.conf",
    "/etc/keepalived/proxysql-notify",
)
# What the host knew of itself; one that is made a core again later must not believe it.
STATES = ("/run/proxysql-vip", "/var/lib/proxysql-vip")


class Leftovers(TypedDict):
    """drain: whether load balancers are to be told first. units: to be stopped and disabled, in this order.
    files: to be removed afterwards.
    """

    drain: bool
    units: list[str]
    files: list[str]


def leftovers(there: Iterable[str], vip: bool, watch: bool, health: bool = False) -> Leftovers:
    """there: paths on the host. vip: whether it may hold a virtual IP; watch: whether it has a watcher;
    health: whether it answers a load balancer.

    A keepalived that somebody else set up is nobody's leftover: without a file that only this role
    writes, keepalived and its configuration are not named.
    """
    paths = set(there)
    units: list[str] = []
    files: list[str] = []
    # keepalived first: it says goodbye, and the next host has the address at once
    states: Sequence[str] = ()
    if not vip and paths.intersection(VRRP if health else OURS):
        if not paths.intersection(HEALTH) or paths.intersection(VRRP):
            units.append("keepalived")
            files.append(CONFIG)
        files += VRRP if health else OURS
        states = () if health else STATES
    if not ((vip or health) and watch) and paths.intersection(WATCHER):
        if WATCHER[0] in paths:
            units.append("proxysql-watch")
        files += WATCHER
    if not health and paths.intersection(HEALTH):
        if HEALTH[0] in paths:
            units.append("proxysql-health")
        files += HEALTH
    # clients of a virtual IP have another way, and what is told to balancers would move it
    drain = not vip and HEALTH[0] in paths and not health
    # by these a run that was interrupted here finds the rest
    last = [file for file in files if file in _TOLD_BY]
    files = [file for file in files if file not in _TOLD_BY]
    return {"drain": drain, "units": units, "files": [*_there(files, paths), *states, *_there(last, paths)]}


def foreign_config(there: Iterable[str]) -> bool:
    """Whether there is a keepalived.conf, but no file that only this role writes beside one."""
    paths = set(there)
    return CONFIG in paths and not paths.intersection(VRRP if paths.intersection(HEALTH) else OURS)


def _there(files: Iterable[str], paths: Collection[str]) -> list[str]:
    return [file for file in files if file in paths]
