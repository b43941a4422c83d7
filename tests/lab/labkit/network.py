"""The network of a lab: one bridge with fixed addresses, and cutting a host off it."""

from __future__ import annotations

import fcntl
import hashlib
import ipaddress
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import machine
from .machine import CACHE, LABEL, PREFIX, call
from .podman import NETWORKS, podman, podman_json
from .say import Refused

# Where labs are put that say nothing else.
RANGE = ipaddress.IPv4Network("10.90.0.0/16")


# One of all checkouts on this machine.
TURN = Path("/run/lock/proxysql-lab-network")


@contextmanager
def turn() -> Iterator[None]:
    """While a network is chosen and until its hosts stand: without a route it would look free."""
    TURN.parent.mkdir(parents=True, exist_ok=True)
    with TURN.open("w", encoding="ascii") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def bridge(lab: str) -> str:
    """The bridge's name: another one in every checkout, within the kernel's 15 characters."""
    return f"{PREFIX}-{hashlib.sha256(f'{CACHE} {lab}'.encode()).hexdigest()[:7]}"


def free(lab: str) -> ipaddress.IPv4Network:
    """The network on which this lab stands, else the first that nothing here uses.

    Another checkout may have a lab of the same name, and hosts that were killed with all else
    leave their bridge behind.
    """
    standing = _known(lab)
    if standing:
        return ipaddress.IPv4Network(standing["subnets"][0]["subnet"])
    taken = [route for route, _device in _routes()] + _left_behind()
    for subnet in RANGE.subnets(new_prefix=24):
        if not any(subnet.overlaps(route) for route in taken):
            return subnet
    raise Refused(f"no free network in {RANGE} for lab {lab}")


def create(lab: str, subnet: ipaddress.IPv4Network) -> None:
    # The rules that netavark makes for a network are in a chain that is named after it, and stay
    # behind when all is killed. One chain for two subnets masquerades what goes between hosts, and
    # then no core takes the other's adverts. So no other subnet ever gets the same name.
    name = f"{bridge(lab)}-{subnet.network_address}"
    standing = _known(lab)
    if standing:
        there = standing["subnets"][0]["subnet"]
        if there != str(subnet):
            raise Refused(f"lab {lab} stands on {there}, not on {subnet}; remove it first: lab down {lab}")
        return
    if bridge(lab) in {link["ifname"] for link in json.loads(call("ip", "-j", "link", "show"))}:
        # ours, of hosts that were killed with all else
        call("ip", "link", "delete", bridge(lab))
    _refuse_overlap(subnet)
    podman(
        "network",
        "create",
        "--subnet",
        str(subnet),
        "--gateway",
        str(subnet[1]),
        "--label",
        f"{LABEL}={lab}",
        "--opt",
        f"mtu={machine.uplink_mtu()}",
        name,
    )
    # podman before 4.5 cannot be told the bridge's name, and its own choice could be one
    # that the machine's other podman uses
    file = NETWORKS / f"{name}.json"
    described = json.loads(file.read_text(encoding="utf-8"))
    described["network_interface"] = bridge(lab)
    file.write_text(json.dumps(described, indent=2), encoding="utf-8")


def pin(lab: str) -> None:
    """Keep the bridge's hardware address, which is else that of one of its ports.

    When that host was killed, its neighbours would look for their gateway in vain for some seconds.
    """
    (link,) = json.loads(call("ip", "-j", "link", "show", bridge(lab)))
    call("ip", "link", "set", bridge(lab), "address", link["address"])


def name(lab: str) -> str:
    """What podman calls the network of a lab that stands."""
    standing = _known(lab)
    if standing is None:
        raise Refused(f"lab {lab} has no network")
    return str(standing["name"])


def _known(lab: str) -> dict[str, Any] | None:
    """What podman knows of the lab's network."""
    for known in podman_json("network", "ls", "--format", "json") or []:
        if known["name"].startswith(f"{bridge(lab)}-"):
            return dict(known)
    return None


def _routes() -> list[tuple[ipaddress.IPv4Network, str]]:
    """Every network that this machine has a route to, and by which device."""
    return [
        (ipaddress.IPv4Network(route["dst"], strict=False), str(route.get("dev")))
        for route in json.loads(call("ip", "-j", "-4", "route", "show", "table", "main") or "[]")
        if route["dst"] != "default"
    ]


def _left_behind() -> list[ipaddress.IPv4Network]:
    """Subnets that this machine still has rules for, be it of hosts that are long gone."""
    if shutil.which("iptables") is None:
        return []
    rules = call("iptables", "-t", "nat", "-S", "POSTROUTING")
    return [ipaddress.IPv4Network(subnet) for subnet in re.findall(r"-s (\S+) -j NETAVARK-", rules)]


def _refuse_overlap(subnet: ipaddress.IPv4Network) -> None:
    for route, device in _routes():
        if subnet.overlaps(route):
            raise Refused(
                f"subnet {subnet} overlaps {route} on {device}: "
                "another lab or a network of this machine; give another --subnet"
            )


def remove(lab: str) -> None:
    standing = _known(lab)
    if standing:
        podman("network", "rm", standing["name"])


def cut(lab: str, pid: int) -> None:
    """A true partition: the host's port is taken off the bridge, inside the host all stays."""
    call("ip", "link", "set", _port(pid), "nomaster")


def heal(lab: str, pid: int) -> None:
    call("ip", "link", "set", _port(pid), "master", bridge(lab))


def is_cut(pid: int) -> bool:
    return "master" not in _link(_port(pid))


def _port(pid: int) -> str:
    """The machine's end of the host's eth0, found by index and checked to be a veth."""
    inside = json.loads(call("nsenter", f"--net=/proc/{pid}/ns/net", "ip", "-j", "link", "show", "eth0"))[0]
    for link in json.loads(call("ip", "-j", "-d", "link", "show")):
        if link["ifindex"] == inside["link_index"] and link.get("linkinfo", {}).get("info_kind") == "veth":
            return str(link["ifname"])
    raise Refused("the host's network port was not found on this machine")


def _link(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(call("ip", "-j", "link", "show", name))[0]
    return found
