# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: keepalived_plan
short_description: Work out what keepalived is told on a host
version_added: "1.0.0"
description:
  - Used by the role P(mysqlha.proxysql.keepalived#role). It turns the variables of the role and the inventory
    into VRRP instances, and names what can not work.
author:
  - The mysqlha.proxysql developers (@mysqlha)
positional: _input, hostvars, groups, host
options:
  _input:
    description: The variables of the role, without their prefix.
    type: dict
    required: true
  hostvars:
    description: The variable of that name.
    type: dict
    required: true
  groups:
    description: The variable of that name.
    type: dict
    required: true
  host:
    description: The host to work it out for, as it is called in the inventory.
    type: str
    required: true
  facts:
    description: Facts of the host. Without them interfaces stay empty.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: What would keepalived be told?
  ansible.builtin.debug:
    msg: "{{ options | mysqlha.proxysql.keepalived_plan(hostvars, groups, inventory_hostname, facts=ansible_facts) }}"
"""

RETURN = r"""
_value:
  description:
    - C(problems), a list of sentences that is empty if all can work; C(instances) and C(groups), as the
      template writes them; C(derived), numbers for the watcher and the units.
  type: dict
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._vrrp import Peer, plan

NUMBERS = {
    "advert_int",
    "down_timer_adverts",
    "isolation_timeout",
    "preempt_delay",
    "priority",
    "version",
    "virtual_router_id",
    "watch_interval",
    "watch_timeout",
}


def keepalived_plan(
    options: Mapping[str, Any],
    hostvars: Mapping[str, Any],
    groups: Mapping[str, Any],
    host: str,
    facts: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    options = {name: _typed(value) if name in NUMBERS else value for name, value in options.items()}
    group = options["group"]
    peers = [_peer(name, hostvars[name]) for name in groups.get(group) or []]
    found = plan(options, host, peers, facts or {}, _elsewhere(group, hostvars, groups))
    return {
        "problems": found.problems,
        "instances": found.instances,
        "groups": found.groups,
        "derived": found.derived,
        "peers": [{"name": peer.name, "addresses": peer.addresses} for peer in peers],
    }


def _typed(value: Any) -> Any:
    """ansible-core before 2.19 makes text of a number in a template, and an empty text of none."""
    if not isinstance(value, str):
        return value
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value or None


def _peer(name: str, given: Mapping[str, Any]) -> Peer:
    address = (
        given.get("keepalived_address") or given.get("proxysql_address") or given.get("ansible_host") or name
    )
    priority = _typed(given.get("keepalived_priority"))
    return Peer(
        str(name),
        {4: str(address), 6: given.get("keepalived_address6") or None},
        None if priority is None else int(priority),
    )


def _elsewhere(group: str, hostvars: Mapping[str, Any], groups: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What other groups of this inventory declare: one entry for each."""
    found: dict[str, dict[str, Any]] = {}
    for name in groups.get("all") or []:
        given = hostvars[name]
        other = given.get("keepalived_group", "proxysql_core")
        if other == group or other in found or name not in (groups.get(other) or []):
            continue
        if given.get("keepalived_vips") or given.get("keepalived_instances"):
            found[other] = {
                "group": other,
                "options": {
                    "instance": given.get("keepalived_instance", "proxysql"),
                    "instances": given.get("keepalived_instances"),
                    "vips": given.get("keepalived_vips"),
                    "virtual_router_id": given.get("keepalived_virtual_router_id", 51),
                },
            }
    return list(found.values())


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"keepalived_plan": keepalived_plan}
