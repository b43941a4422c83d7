# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: vip_strangers
short_description: Virtual IPs that a host has which is none of the inventory
version_added: "1.0.0"
description:
  - Used by the role P(mysqlha.proxysql.keepalived#role).
author:
  - The mysqlha.proxysql developers (@mysqlha)
positional: _input, hostvars, hosts, others
options:
  _input:
    description: What asking the network returned, with a C(stdout) that has the MAC of who answered by address, as JSON.
    type: dict
    required: true
  hostvars:
    description: The variable of that name, with the facts of the hosts that have told them.
    type: dict
    required: true
  hosts:
    description: The hosts of the inventory.
    type: list
    elements: str
    required: true
  others:
    description: What looking at C(unasked) returned. Each has its name as C(node).
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Who else has a virtual IP?
  ansible.builtin.debug:
    msg: "{{ (answers | mysqlha.proxysql.vip_strangers(hostvars, groups['all'])).refusals }}"
"""

RETURN = r"""
_value:
  description:
    - C(unasked), hosts of the inventory whose addresses have to be known before it can be told; C(refusals), sentences, one for each
      virtual IP that somebody else has.
  type: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ..plugin_utils._strangers import answered, strangers, unasked


def vip_strangers(
    answers: Mapping[str, Any],
    hostvars: Mapping[str, Any],
    hosts: Sequence[str],
    others: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    found = answered(answers)
    if not found:
        return {"unasked": [], "refusals": []}
    return {
        "unasked": unasked(found, hostvars, hosts),
        "refusals": strangers(found, hostvars, hosts, others),
    }


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"vip_strangers": vip_strangers}
