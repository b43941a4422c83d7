"""The network of a lab: one bridge with fixed addresses, and cutting a host off it."""

from __future__ import annotations

import hashlib
import ipaddress
import json
from typing import Any

from . import machine
from .machine import LABEL, PREFIX, call
from .podman import NETWORKS, podman, podman_json
from .say import Refused


def bridge(lab: str) -> str:
    """The bridge's name; the kernel allows 15 characters."""
    full = f"{PREFIX}-{lab}"
    return full if len(full) <= 15 else f"{PREFIX}-{hashlib.sha256(lab.encode()).hexdigest()[:7]}"


def create(lab: str, subnet: ipaddress.IPv4Network) -> None:
    name = f"{PREFIX}-{lab}"
    for known in podman_json("network", "ls", "--format", "json") or []:
        if known["name"] == name:
            standing = known["subnets"][0]["subnet"]
            if standing != str(subnet):
                raise Refused(
                    f"lab {lab} stands on {standing}, not on {subnet}; remove it first: lab down {lab}"
                )
            return
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


def _refuse_overlap(subnet: ipaddress.IPv4Network) -> None:
    for route in json.loads(call("ip", "-j", "-4", "route", "show", "table", "main") or "[]"):
        if route["dst"] == "default":
            continue
        if subnet.overlaps(ipaddress.ip_network(route["dst"], strict=False)):
            raise Refused(
                f"subnet {subnet} overlaps {route['dst']} on {route.get('dev')}: "
                "another lab or a network of this machine; give another --subnet"
            )


def remove(lab: str) -> None:
    name = f"{PREFIX}-{lab}"
    if name in podman("network", "ls", "--quiet").split():
        podman("network", "rm", name)


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
