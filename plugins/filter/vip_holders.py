# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: vip_holders
short_description: Who holds the virtual IPs, and whether it should
version_added: "1.0.0"
description:
  - Used by the role P(mysqlha.proxysql.keepalived#role).
author:
  - The mysqlha.proxysql developers (@mysqlha)
positional: _input, hostvars, hosts, outside, satellites, others
options:
  _input:
    description: The VRRP instances, as the filter P(mysqlha.proxysql.site_plan#filter) returns them.
    type: list
    elements: dict
    required: true
  hostvars:
    description: The variable of that name, where the role left the facts of each host, or the play those that it began with.
    type: dict
    required: true
  hosts:
    description: The hosts that were looked at.
    type: list
    elements: str
    required: true
  outside:
    description: What looking at others returned, which are not in this run. Each has its name as C(node).
    type: list
    elements: dict
    default: []
  satellites:
    description: Hosts of which only what they said at the beginning of the run may be known.
    type: list
    elements: str
    default: []
  others:
    description: Hosts that are no nodes, of which what they said earlier in the run counts, if they were asked.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Who holds them?
  ansible.builtin.debug:
    msg: "{{ instances | mysqlha.proxysql.vip_holders(hostvars, ansible_play_hosts) }}"
"""

RETURN = r"""
_value:
  description:
    - For each instance its C(name), its C(vips) as text, C(holders), hosts that have one of them, C(first), the host that should,
      which is empty where any core may, C(twice), whether there are two, and C(well), whether it is so.
  type: list
  elements: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ..plugin_utils._site.values import found_facts, registered
from ..plugin_utils._standing import holders


def vip_holders(
    instances: Sequence[Mapping[str, Any]],
    hostvars: Mapping[str, Any],
    hosts: Sequence[str],
    outside: Sequence[Mapping[str, Any]] = (),
    satellites: Sequence[str] = (),
    others: Sequence[str] = (),
) -> list[dict[str, Any]]:
    seen = {}
    for host in hosts:
        seen[str(host)] = found_facts(hostvars, host)
    for host in satellites:
        if found_facts(hostvars, host):
            seen[str(host)] = found_facts(hostvars, host)
    for host in others:
        facts = registered(hostvars, host, "__keepalived_seen").get("ansible_facts")
        if facts:
            seen[str(host)] = facts
    for row in outside:
        # of one that cannot be reached nothing is known
        if row.get("ansible_facts"):
            seen[str(row["node"])] = row["ansible_facts"]
    return holders(instances, list(seen), seen)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"vip_holders": vip_holders}
