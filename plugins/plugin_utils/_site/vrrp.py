# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What keepalived is to be told, worked out from the inventory; plain Python, no host touched.

Facts of keepalived relied on here (2.2.7, seen with ``keepalived --config-test``):

- One instance speaks for one address family; addresses of the other one go along in
  virtual_ipaddress_excluded, which is in no VRRP message.
- In a sync group weights count only where the group tracks, with sync_group_tracking_weight.
- Version 2 rounds advert_int to whole seconds; version 3 has no authentication.
- A backup waits down_timer_adverts (3) adverts and (256 - its priority)/256 of one.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .listen import as_ip
from .vrrp_rules import Address, Say, apart, combinations, declared, networks, numbers, password, together

# Seconds: between adverts; between two checks; until a ProxySQL that does not answer is given
# up; until a host that reaches nobody gives up itself (a little before the others give it up).
PROFILES: dict[str, dict[str, float]] = {
    "standard": {"advert_int": 1.0, "watch_interval": 0.2, "watch_timeout": 1.5, "isolation_timeout": 2.5},
    "fast": {"advert_int": 0.3, "watch_interval": 0.1, "watch_timeout": 0.4, "isolation_timeout": 0.75},
    "fastest": {"advert_int": 0.1, "watch_interval": 0.1, "watch_timeout": 0.25, "isolation_timeout": 0.3},
}

# What an instance may say for itself instead of the role's variable of that name.
OWN = (
    "advert_int",
    "auth_password",
    "down_timer_adverts",
    "interface",
    "mode",
    "preempt",
    "preempt_delay",
    "state",
    "version",
    "virtual_router_id",
)
_NAME = re.compile(r"[A-Za-z0-9_.-]+\Z")
# Linux takes more for an interface; these keepalived reads as one word.
WRITABLE = re.compile(r"[A-Za-z0-9_.:@%+,=-]+\Z")


@dataclass
class Peer:
    """A host of the group. addresses: by family, 4 and 6; None where there is none."""

    name: str
    addresses: dict[int, str | None]
    priority: int | None = None


@dataclass
class Plan:
    """problems: sentences, empty if all can work. The rest is what the templates write."""

    problems: list[str] = field(default_factory=list)
    instances: list[dict[str, Any]] = field(default_factory=list)
    groups: list[dict[str, Any]] = field(default_factory=list)
    derived: dict[str, Any] = field(default_factory=dict)


def plan(options: Mapping[str, Any], host: str, peers: Sequence[Peer], balanced: bool = False) -> Plan:
    """Everything about one host that needs no look at it; ``on_host`` adds the rest.

    options: the role's variables without their prefix, typed. balanced: whether a load balancer stands in
    for the virtual IP, so that there is no instance.
    """
    result = Plan()
    say = result.problems.append
    profile = PROFILES.get(str(options["profile"]))
    if profile is None:
        say("keepalived_profile is '{}'; it is one of {}".format(options["profile"], ", ".join(PROFILES)))
        profile = PROFILES["fast"]
    if host not in [peer.name for peer in peers]:
        say("it is not in the group proxysql_core, whose hosts share the virtual IP")
    for raw in [] if balanced else declared(options):
        result.instances.append(_instance(raw, options, profile, host, peers, say))
    if not balanced and not any(raw.get("vips") for raw in declared(options)):
        say("keepalived_vips is not set; give an empty list for a cluster without a virtual IP")
    together(result.instances, say)
    apart(result.instances, bool(options["backends"]), say)
    result.groups = _groups(result.instances, say)
    result.derived = _derived(options, profile, result.instances, host, peers, say)
    return result


def on_host(found: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    """The same as it is on the host itself: ``instances``, ``derived``, and ``problems`` with the host.

    found: instances and derived of a Plan. facts: ansible_facts, with those of the network.
    """
    instances = [dict(one) for one in found["instances"]]
    derived = dict(found["derived"])
    problems = []
    own = {as_ip(text) for _name, text in own_addresses(facts)}
    own |= {
        as_ip(text) for key in ("all_ipv4_addresses", "all_ipv6_addresses") for text in facts.get(key) or ()
    }
    for one in instances:
        vips = [ipaddress.ip_interface(vip) for vip in [*one["vips"], *one["excluded"]]]
        one["interface"] = one["interface"] or found_interface(vips, facts)
        title = f"instance {one['name']}"
        if one["source"] and as_ip(one["source"]) not in own:
            option = "keepalived_address6" if one["family"] == 6 else "keepalived_address"
            problems.append(f"has no address {one['source']}, from which {title} would speak; set {option}")
        if one["interface"] not in (facts.get("interfaces") or ()):
            problems.append(
                f"has no interface '{one['interface']}', which {title} needs; set keepalived_interface"
            )
        elif not WRITABLE.match(one["interface"]):
            problems.append(
                f"has the interface '{one['interface']}', a name that keepalived.conf cannot hold"
            )
    if derived.pop("ask_gateway", False):
        gateways = [(facts.get(f"default_ipv{family}") or {}).get("gateway") for family in (4, 6)]
        derived["isolation_targets"] = [
            *derived["isolation_targets"],
            *[str(one) for one in gateways if one][:1],
        ]
    return {
        "instances": instances,
        "derived": derived,
        "problems": problems,
        "addresses": [vip.partition("/")[0] for one in instances for vip in one["vips"]],
        "preempts": all(one["preempt"] for one in instances),
        "asked": [
            f"{one['interface']}={vip.partition('/')[0]}"
            for one in instances
            for vip in (*one["vips"], *one["excluded"])
            if ":" not in vip
        ],
    }


def _instance(
    raw: dict[str, Any],
    options: Mapping[str, Any],
    profile: Mapping[str, float],
    host: str,
    peers: Sequence[Peer],
    say: Say,
) -> dict[str, Any]:
    name = str(raw.get("name") or "")
    made: dict[str, Any] = {"name": name, "sync_group": str(raw.get("sync_group") or "")}
    for key in OWN:
        given = raw.get(key) if raw.get(key) is not None else options.get(key)
        made[key] = profile.get(key) if given is None else given
    title = f"instance {name}"
    unknown = sorted(set(raw) - {"name", "vips", "priorities", "order", "sync_group", *OWN})
    if unknown:
        say(f"{title} in keepalived_instances has {', '.join(unknown)}, which is not known")
    if not _NAME.match(name):
        say(f"the name of an instance is '{name}'; use letters, digits, dots and dashes")
    numbers(made, title, say)
    combinations(made, title, say)
    password(str(made["auth_password"] or ""), title, say)
    place = "keepalived_vips" if raw.get("vips") is options.get("vips") else title
    vips = _vips(raw.get("vips") or [], place, say)
    networks(vips, place, say)
    family = vips[0].version if vips else 4
    made["family"] = family
    made["vips"] = [str(vip) for vip in vips if vip.version == family]
    made["excluded"] = [str(vip) for vip in vips if vip.version != family]
    made["priorities"] = _priorities(raw, peers, title, say)
    made["priority"] = made["priorities"].get(host, 0)
    made["interface"] = str(made["interface"] or "")
    made["source"], made["peers"] = None, []
    if made["mode"] == "unicast" and len(peers) > 1:
        found = _speakers(family, peers, vips, title, say)
        made["source"] = found.pop(host, None)
        made["peers"] = list(found.values())
    return made


def _vips(given: Iterable[Any], title: str, say: Say) -> list[Address]:
    found: list[Address] = []
    for vip in map(str, given):
        try:
            address = ipaddress.ip_interface(vip)
        except ValueError:
            say(f"{title} has the virtual IP '{vip}', which is not an address with a prefix")
            continue
        if "/" not in vip:
            example = "24" if address.version == 4 else "64"
            say(f"the virtual IP {vip} in {title} has no prefix; write it like {vip}/{example}")
            continue
        if address.ip in [other.ip for other in found]:
            say(f"{title} has the virtual IP {address.ip} twice")
        found.append(address)
    return found


def _priorities(raw: Mapping[str, Any], peers: Sequence[Peer], title: str, say: Say) -> dict[str, int]:
    names = [peer.name for peer in peers]
    order = [str(name) for name in raw.get("order") or names]
    explicit = {str(name): int(value) for name, value in (raw.get("priorities") or {}).items()}
    for name in sorted({*order, *explicit} - set(names)):
        say(f"{title} ranks {name}, which is not in the group")
    order += [name for name in names if name not in order]
    # Near the top the wait of a backup is shortest; many hosts stand closer, for ``apart`` allows no more.
    step = max(1, min(5, 119 // max(1, len(order) - 1)))
    by_name = {peer.name: peer for peer in peers}
    found: dict[str, int] = {}
    for number, name in enumerate(order):
        given = explicit.get(name)
        if given is None and not raw.get("order") and name in by_name:
            given = by_name[name].priority
        found[name] = 250 - step * number if given is None else given
    for value in sorted(set(found.values())):
        hosts = " and ".join(name for name, own in found.items() if own == value)
        if list(found.values()).count(value) > 1:
            say(
                f"{hosts} have the same keepalived_priority, {value}, in {title}; "
                "give each its own, or both could hold the virtual IP"
            )
        if not 1 <= value <= 254:
            say(f"the keepalived_priority of {hosts} is {value}; it must be from 1 to 254 ({title})")
    return found


def _speakers(
    family: int, peers: Sequence[Peer], vips: Sequence[Address], title: str, say: Say
) -> dict[str, str]:
    """The address from which each host speaks VRRP."""
    option = "keepalived_address" if family == 4 else "keepalived_address6"
    found = {}
    for peer in peers:
        text = str(peer.addresses.get(family) or "")
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            address = None
        if address is None or address.version != family:
            say(
                f"the IPv{family} address of {peer.name} is '{text}'; {title} needs it for unicast: "
                f"set {option} on the host"
            )
            continue
        if address in [vip.ip for vip in vips]:
            say(f"{address} is both a virtual IP and the own address of {peer.name}")
        found[peer.name] = text
    return found


def _groups(instances: Sequence[Mapping[str, Any]], say: Say) -> list[dict[str, Any]]:
    names = list(dict.fromkeys(one["sync_group"] for one in instances if one["sync_group"]))
    groups = []
    for name in names:
        members = [one for one in instances if one["sync_group"] == name]
        if len(members) < 2:
            say(
                f"the sync group {name} has the instance {members[0]['name']} only; it takes two to be "
                "in step"
            )
        if any(one["priorities"] != members[0]["priorities"] for one in members):
            say(
                f"the instances of the sync group {name} rank the hosts differently, so they would "
                "pull it both ways"
            )
        groups.append({"name": name, "members": [one["name"] for one in members]})
    return groups


def _derived(
    options: Mapping[str, Any],
    profile: Mapping[str, float],
    instances: Sequence[Mapping[str, Any]],
    host: str,
    peers: Sequence[Peer],
    say: Say,
) -> dict[str, Any]:
    """What the watcher and the units need."""
    values: dict[str, Any] = {}
    for key in ("watch_interval", "watch_timeout", "isolation_timeout"):
        given = options.get(key)
        values[key] = float(profile[key] if given is None else given)
        if not 0.02 <= values[key] <= 60:
            say(f"keepalived_{key} is {values[key]:g}; it must be from 0.02 to 60 seconds")
    user, password = check_login(options)
    values["check_user"], values["check_password"] = user, password
    rows = options.get("mysql_users") or []
    readable = isinstance(rows, (list, tuple)) and all(isinstance(row, Mapping) for row in rows)
    if options["watch"] and not password and (user or readable):
        say(
            f"the watcher would log in to ProxySQL as {user} and keepalived_check_password is not set"
            if user
            else "the watcher logs in to ProxySQL, and no user of proxysql_mysql_users has a password in "
            "the clear: "
            "give it one in keepalived_check_user and keepalived_check_password, or set "
            "keepalived_watch to false"
        )
    if options["backends"]:
        if not options.get("stats_password"):
            say("keepalived_backends needs to read ProxySQL's statistics: set keepalived_stats_password")
        for one in instances:
            if not one["preempt"]:
                say(
                    f"instance {one['name']}: keepalived_backends lowers the priority, and with "
                    "keepalived_preempt false a lower priority moves nothing; set one of them"
                )
    # One step below all others, for each writer that is missing.
    spread = max(
        (
            max(one["priorities"].values()) - min(one["priorities"].values())
            for one in instances
            if one["priorities"]
        ),
        default=0,
    )
    # where they stay by themselves; a balancer has no rank, and goes back to all of them
    ranks = instances[0]["priorities"] if instances else {peer.name: -at for at, peer in enumerate(peers)}
    preempts = all(one["preempt"] for one in instances)
    values["home"] = [max(ranks, key=ranks.__getitem__)] if preempts and ranks else list(ranks)
    values["step"] = spread + 1
    values["setback"] = -(spread + 1) - 50 if spread + 51 < 200 else -200
    own = [address for peer in peers if peer.name == host for address in peer.addresses.values()]
    targets = [
        address
        for peer in peers
        for address in peer.addresses.values()
        if address and address not in own and as_ip(address)
    ]
    given = [str(target) for target in options.get("isolation_targets") or []]
    values["isolation_targets"] = targets + given
    values["ask_gateway"] = not given
    longest = max(
        (float(one["advert_int"] or 1) * (float(one["down_timer_adverts"]) + 1) for one in instances),
        default=4,
    )
    # A keepalived that was killed leaves its address; it comes back, and removes it, when the
    # other one has taken over and not before.
    values["restart_sec"] = round(longest + 0.2, 2)
    return values


def check_login(options: Mapping[str, Any]) -> tuple[str, str]:
    """As whom the watcher logs in: as told, else as the first user declared whose password is known."""
    user, password = str(options.get("check_user") or ""), str(options.get("check_password") or "")
    if user or password:
        return user, password
    rows = options.get("mysql_users") or []
    for row in rows if isinstance(rows, (list, tuple)) else ():
        if not isinstance(row, Mapping):
            continue
        stored = str(row.get("password") or "")
        usable = row.get("active", True) and row.get("frontend", True) and not row.get("use_ssl")
        if usable and stored and not re.match(r"\*[0-9A-Fa-f]{40}$|\$A\$", stored):
            return str(row.get("username") or ""), stored
    return "", ""


def own_addresses(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(interface, address) of the host, both families."""
    # A fact is called as its interface, but for some characters that are replaced; its "device" is true.
    links = {
        str(link["device"]): link for link in facts.values() if isinstance(link, Mapping) and "device" in link
    }
    found = []
    for name in facts.get("interfaces") or []:
        link = links.get(str(name)) or facts.get(name) or facts.get(str(name).replace("-", "_")) or {}
        rows = [link.get("ipv4") or {}, *(link.get("ipv4_secondaries") or []), *(link.get("ipv6") or [])]
        found += [(str(name), str(row["address"])) for row in rows if row.get("address")]
    return found


def found_interface(vips: Sequence[Address], facts: Mapping[str, Any]) -> str:
    """The one with an address in a VIP's network, VIPs themselves not counted; else the default route's."""
    for vip in vips:
        for name, text in own_addresses(facts):
            address = ipaddress.ip_address(text.partition("%")[0])
            if address in vip.network and address not in [other.ip for other in vips]:
                return name
    for family in ("default_ipv4", "default_ipv6"):
        interface = (facts.get(family) or {}).get("interface")
        if interface:
            return str(interface)
    return ""
