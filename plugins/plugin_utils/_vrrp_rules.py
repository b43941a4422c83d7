# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What can not work in VRRP, each said in a sentence. Every rule gets ``say``, which takes it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Callable, Union

Address = Union[ipaddress.IPv4Interface, ipaddress.IPv6Interface]
Say = Callable[[str], None]


def numbers(made: Mapping[str, Any], title: str, say: Say) -> None:
    def within(key: str, low: float, high: float) -> None:
        try:
            good = low <= float(made[key]) <= high
        except (TypeError, ValueError):
            good = False
        if not good:
            say(f"keepalived_{key} is {made[key]}; it must be from {low:g} to {high:g} ({title})")

    within("virtual_router_id", 1, 255)
    within("advert_int", 0.01, 40.95 if made["version"] == 3 else 255)
    within("down_timer_adverts", 1, 100)
    within("preempt_delay", 0, 1000)
    for key, words in {
        "version": (2, 3),
        "mode": ("unicast", "multicast"),
        "state": ("BACKUP", "MASTER"),
    }.items():
        if made[key] not in words:
            say(f"keepalived_{key} is {made[key]}; it is one of {', '.join(map(str, words))} ({title})")


def combinations(made: Mapping[str, Any], title: str, say: Say) -> None:
    """What keepalived would take, silently bend, and then not do."""
    delay, password = made["preempt_delay"], str(made["auth_password"] or "")
    if made["state"] == "MASTER" and delay:
        say(
            f"{title}: keepalived_preempt_delay does not work with keepalived_state MASTER, since "
            "such a host takes "
            "the virtual IP before it has listened; use BACKUP, the priority decides"
        )
    if made["state"] == "MASTER" and not made["preempt"]:
        say(
            f"{title}: keepalived_preempt false does not work with keepalived_state MASTER, "
            "which takes the virtual IP at each start; use BACKUP"
        )
    if delay and not made["preempt"]:
        say(
            f"{title}: keepalived_preempt_delay delays a preemption that keepalived_preempt "
            "forbids; set one of them"
        )
    whole = float(made["advert_int"] or 0).is_integer()
    if made["version"] == 2 and not whole:
        say(
            f"{title}: VRRP version 2 counts whole seconds, so keepalived_advert_int "
            f"{made['advert_int']} would be "
            "rounded; use keepalived_version 3, or a profile and an interval of whole seconds"
        )
    if made["version"] == 2 and made["down_timer_adverts"] != 3:
        say(f"{title}: keepalived_down_timer_adverts can be changed in VRRP version 3 only")
    if password and made["version"] == 3:
        say(
            f"{title}: VRRP version 3 has no authentication, so keepalived_auth_password would "
            "protect nothing; "
            "use unicast and a firewall, or keepalived_version 2"
        )
    if len(password) > 8:
        say(f"{title}: keepalived_auth_password is longer than 8 characters, and VRRP would cut it off there")


def together(instances: Sequence[Mapping[str, Any]], others: Iterable[Mapping[str, Any]], say: Say) -> None:
    """Router ids and addresses are unique in a network: in this group, and over the inventory."""
    rows = [
        (None, one["name"], one["family"], one["virtual_router_id"], one["vips"] + one["excluded"])
        for one in instances
    ]
    for other in others:
        for raw in declared(other["options"]):
            vips = addresses(raw.get("vips") or [])
            number = raw.get("virtual_router_id") or other["options"].get("virtual_router_id")
            rows.append(
                (
                    other["group"],
                    raw.get("name"),
                    vips[0].version if vips else 4,
                    number,
                    list(map(str, vips)),
                )
            )
    names = [one["name"] for one in instances]
    for name in sorted({name for name in names if names.count(name) > 1}):
        say(f"two instances are called {name}")
    for number, (group, name, family, router, vips) in enumerate(rows):
        for other_group, other_name, other_family, other_router, other_vips in rows[:number]:
            if other_group is not None:
                continue
            where = f"instance {name}" + (f" of the group {group}" if group else "")
            same_net = {vip.network for vip in addresses(vips)} & {
                vip.network for vip in addresses(other_vips)
            }
            if int(router) == int(other_router) and family == other_family and (same_net or group is None):
                say(
                    f"instance {other_name} and {where} have the same keepalived_virtual_router_id, "
                    f"{router}; "
                    "each needs its own in a network"
                )
            shared = {vip.ip for vip in addresses(vips)} & {vip.ip for vip in addresses(other_vips)}
            for address in sorted(map(str, shared)):
                say(f"instance {other_name} and {where} both have the virtual IP {address}")


def addresses(vips: Iterable[Any]) -> list[Address]:
    """Those that can be read."""
    found: list[Address] = []
    for vip in vips:
        try:
            found.append(ipaddress.ip_interface(str(vip)))
        except ValueError:
            continue
    return found


def declared(options: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The instances as typed; keepalived_vips alone is one of them."""
    rows = [dict(row) for row in options.get("instances") or []]
    if options.get("vips") or not rows:
        rows.insert(0, {"name": options["instance"], "vips": options.get("vips") or []})
    return rows
