# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the watcher of a core is told, and the files by which keepalived learns of the host.

options: the typed ones of the role keepalived, without its prefix.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

OUT = -254


def told(
    options: Mapping[str, Any],
    here: Mapping[str, Any],
    admin_port: int,
    folder: str,
) -> dict[str, Any]:
    """here: what ``vrrp.on_host`` returns. folder: where the watcher writes."""
    derived = here["derived"]
    isolation = backends = None
    if options["isolation"]:
        isolation = {
            "targets": derived["isolation_targets"],
            "timeout": derived["isolation_timeout"],
            "hold": options["isolation_hold"],
            "setback": derived["setback"],
        }
    if options["backends"]:
        backends = {
            "hostgroups": options["backends"],
            "port": int(admin_port),
            "user": options["stats_user"],
            "password": options["stats_password"],
            "wait": options["backends_wait"],
            "step": derived["step"],
            "vips": here["addresses"],
        }
    return {
        "host": options["check_host"],
        "port": int(options["check_port"]),
        "user": derived["check_user"],
        "password": derived["check_password"],
        "interval": derived["watch_interval"],
        "timeout": derived["watch_timeout"],
        "rise": options["watch_rise"],
        # without preemption a lower priority would leave the VIP where it is
        "aside": derived["setback"] if here["preempts"] else OUT,
        "folder": folder,
        "isolation": isolation,
        "backends": backends,
    }


def health(options: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What the answer to a load balancer is worked out of. rows: of ``tracked``.

    A host that is cut off, or that misses a database, is nothing to a balancer: it sees the first by
    itself, and all may miss one.
    """
    files = {row["name"]: row["path"] for row in rows if row["name"] not in ("network", "backends")}
    return {
        "port": int(options["health_port"]),
        "checks": int(options["health_checks"]),
        # seconds: for balancers to have asked so often, less than 15 s apart; until it is known who asks;
        # and until it is known that nobody does
        "seconds": max(30, 15 * int(options["health_checks"])),
        "young": 10,
        "unknown": 30,
        "files": files,
    }


def tracked(options: Mapping[str, Any], volatile: str, lasting: str, user: str) -> list[dict[str, Any]]:
    """Files that keepalived watches, each with a number that is added to the priority.

    volatile, lasting: folders, of which the first is empty after a boot. What is not watched is not shown
    either, whatever is in it.
    """
    rows = [
        (
            "proxysql",
            volatile,
            OUT,
            "Written by systemd when ProxySQL comes and goes. Down until something is known.",
        ),
        ("preference", lasting, 0, "Written by hand, with proxysql-state prefer; it outlives a reboot."),
        ("maintenance", lasting, 0, "Written by the playbook maintenance; it outlives a reboot."),
        ("switchover", lasting, 0, "Written by the playbook switchover; it outlives a reboot."),
        ("restart", volatile, 0, "Written by the rolling playbooks while a host is restarted."),
    ]
    watch = f"{volatile}/watch"
    if options["watch"]:
        rows.append(
            (
                "watch",
                watch,
                0,
                "Written by the watcher, which notices a ProxySQL that hangs or does not listen.",
            )
        )
    if options["watch"] and options["isolation"]:
        rows.append(("network", watch, 0, "Also by the watcher: does this host reach anybody?"))
    if options["watch"] and options["backends"]:
        rows.append(("backends", watch, 0, "Also by the watcher: how many writers are missing."))
    return [
        {
            "name": name,
            "path": f"{folder}/{name}",
            "first": first,
            "what": what,
            "owner": user if folder == watch else "root",
        }
        for name, folder, first, what in rows
    ]
