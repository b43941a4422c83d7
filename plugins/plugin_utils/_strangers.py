# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Virtual IPs that a host has which is none of the inventory; plain Python, no host touched.

Who answers for an address is told by its MAC, and whether that is one of our hosts by what these say of
themselves: the one that holds the address now is no stranger.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ._site.values import found_facts, registered
from ._standing import addresses


def answered(asked: Mapping[str, Any]) -> dict[str, str]:
    """MACs by address. asked: what running roles/keepalived/files/proxysql_arp.py returned."""
    try:
        found = json.loads(asked.get("stdout") or "{}")
    except ValueError:
        return {}
    return {str(vip): str(mac) for vip, mac in found.items()} if isinstance(found, dict) else {}


def unasked(found: Mapping[str, str], hostvars: Mapping[str, Any], hosts: Sequence[str]) -> list[str]:
    """Hosts that have not told their addresses, if what others have told does not explain all answers."""
    if not _unexplained(found, hostvars, hosts):
        return []
    return [host for host in hosts if not found_facts(hostvars, host)]


def strangers(
    found: Mapping[str, str],
    hostvars: Mapping[str, Any],
    hosts: Sequence[str],
    others: Sequence[Mapping[str, Any]] = (),
) -> list[str]:
    """Sentences without their full stops. others: what looking at ``unasked`` returned."""
    told = {address for row in others for address in addresses(row.get("ansible_facts") or {})}
    return [
        f"the virtual IP {vip} is in use by a host that is not in the inventory: {mac} answers for it. If"
        " that is a router, which answers for every address, set keepalived_ask_network to false"
        for vip, mac in _unexplained(found, hostvars, hosts).items()
        if vip not in told
    ]


def _unexplained(
    found: Mapping[str, str], hostvars: Mapping[str, Any], hosts: Sequence[str]
) -> dict[str, str]:
    held: set[str] = set()
    macs: set[str] = set()
    for host in hosts:
        held.update(addresses(found_facts(hostvars, host)))
        macs.update(
            str(link["macaddress"]).lower()
            for link in registered(hostvars, host, "ansible_facts").values()
            if isinstance(link, Mapping) and link.get("macaddress")
        )
    return {vip: mac for vip, mac in found.items() if vip not in held and mac.lower() not in macs}
