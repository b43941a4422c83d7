# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What cannot work in VRRP, each said in a sentence. Every rule gets ``say``, which takes it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Callable, Union

Address = Union[ipaddress.IPv4Interface, ipaddress.IPv6Interface]
Say = Callable[[str], None]

# What keepalived reads as one word, as it is.
_PLAIN = re.compile(r"[A-Za-z0-9%&()*+,./:;<=>?^_|-]*\Z")


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
            "such a host takes the virtual IP before it has listened; use BACKUP, the priority decides"
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
            "protect nothing; use unicast and a firewall, or keepalived_version 2"
        )


def password(text: str, title: str, say: Say) -> None:
    """keepalived 2.2.7 takes # and ! for comments, ends a word at a blank, and stops at quotes and braces."""
    if len(text.encode("utf-8", "surrogatepass")) > 8:
        say(f"{title}: keepalived_auth_password is longer than 8 bytes, and VRRP would cut it off there")
    if not _PLAIN.match(text):
        say(
            f"{title}: keepalived_auth_password has a character that keepalived reads as something else; use "
            "letters, digits and . , : ; + - _ * / = % & ( ) < > ? ^ |"
        )


def networks(vips: Iterable[Address], place: str, say: Say) -> None:
    for vip in vips:
        net = vip.network
        if net.num_addresses <= 2:
            continue
        if vip.ip == net.network_address:
            say(f"{place} has {vip}, which is the network's own address and no host's")
        elif vip.version == 4 and vip.ip == net.broadcast_address:
            say(f"{place} has {vip}, which is the network's broadcast address")


def apart(instances: Iterable[Mapping[str, Any]], backends: bool, say: Say) -> None:
    """A host is set back by 200 at most, by 120 for missing backends, and has to end below the others."""
    for one in instances:
        ranks = one["priorities"]
        if not ranks:
            continue
        first, last = max(ranks, key=ranks.__getitem__), min(ranks, key=ranks.__getitem__)
        spread, most = ranks[first] - ranks[last], 119 if backends else 148
        if spread > most:
            say(
                f"the keepalived_priority of {first} is {ranks[first]} and that of {last} {ranks[last]} "
                f"(instance {one['name']}); at most {most} may be between them, or "
                + (
                    "keepalived_backends could not move the virtual IP"
                    if backends
                    else "a switchover could not, nor a host that hangs give the virtual IP away"
                )
            )


def together(instances: Sequence[Mapping[str, Any]], say: Say) -> None:
    """Names, router ids and addresses are unique."""
    names = [one["name"] for one in instances]
    for name in sorted({name for name in names if names.count(name) > 1}):
        say(f"two instances are called {name}")
    for number, one in enumerate(instances):
        for other in instances[:number]:
            router, family = one["virtual_router_id"], one["family"]
            if router == other["virtual_router_id"] and family == other["family"]:
                say(
                    f"instance {other['name']} and instance {one['name']} have the same "
                    f"keepalived_virtual_router_id, {router}; each needs its own in a network"
                )
            shared = {vip.ip for vip in addresses(one["vips"] + one["excluded"])}
            shared &= {vip.ip for vip in addresses(other["vips"] + other["excluded"])}
            for address in sorted(map(str, shared)):
                say(f"instance {other['name']} and instance {one['name']} both have the virtual IP {address}")


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
