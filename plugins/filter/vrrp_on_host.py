# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: vrrp_on_host
short_description: What keepalived is told, completed with what only the host knows
version_added: "1.0.0"
description:
  - Used by the role P(mysqlha.proxysql.keepalived#role). The plan of a site is made before any host is looked at;
    this adds the interfaces of its VRRP instances and the gateway.
author:
  - The mysqlha.proxysql developers (@mysqlha)
positional: _input, facts
options:
  _input:
    description: Under C(hosts[].vrrp) in what the filter P(mysqlha.proxysql.site_plan#filter) returns.
    type: dict
    required: true
  facts:
    description: The variable C(ansible_facts), with the facts of the network.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Which interface gets the virtual IP?
  ansible.builtin.debug:
    msg: "{{ (plan.hosts[inventory_hostname].vrrp | mysqlha.proxysql.vrrp_on_host(ansible_facts)).instances[0].interface }}"
"""

RETURN = r"""
_value:
  description:
    - C(instances), as the template writes them; C(derived), numbers and addresses for the watcher and the units; C(problems), what
      the host lacks.
  type: dict
"""

from collections.abc import Mapping
from typing import Any, Callable

from ..plugin_utils._site.vrrp import on_host


def vrrp_on_host(found: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    if not found:
        return {"instances": [], "derived": {}, "problems": []}
    return on_host(found, facts)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"vrrp_on_host": vrrp_on_host}
