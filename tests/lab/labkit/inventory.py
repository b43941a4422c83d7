"""An Ansible inventory of a lab's hosts, as YAML text."""

from __future__ import annotations

from .hosts import SSH_OPTIONS, USER, Host
from .machine import KEY
from .say import Refused


def text(hosts: list[Host], groups: dict[str, list[str]]) -> str:
    """Hosts, how to reach them, and the groups asked for."""
    names = {host.name for host in hosts}
    rows = [
        "all:",
        "  vars:",
        f"    ansible_user: {USER}",
        f"    ansible_ssh_private_key_file: {KEY}",
        f"    ansible_ssh_common_args: {' '.join(SSH_OPTIONS)}",
        f"    lab_net: {hosts[0].address.rpartition('.')[0]}",
        "  hosts:",
    ]
    for host in hosts:
        rows += [f"    {host.name}:", f"      ansible_host: {host.address}"]
    if groups:
        rows.append("  children:")
    for group, members in groups.items():
        unknown = sorted(set(members) - names)
        if unknown:
            raise Refused(f"group {group} names hosts the lab does not have: {', '.join(unknown)}")
        rows += [f"    {group}:", "      hosts:", *[f"        {member}:" for member in members]]
    return "\n".join(rows) + "\n"


def parse_groups(given: list[str]) -> dict[str, list[str]]:
    result: dict[str, list[str]] = {}
    for item in given:
        group, equals, members = item.partition("=")
        if not equals or not members:
            raise Refused(f"--group {item}: expected GROUP=HOST,HOST")
        result[group] = members.split(",")
    return result
