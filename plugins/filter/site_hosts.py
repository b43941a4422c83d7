# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: site_hosts
short_description: The hosts that tasks run on
version_added: "1.0.0"
description:
  - Used by the playbook C(mysqlha.proxysql.site).
author:
  - The mysqlha.proxysql developers (@mysqlha)
positional: _input, hostvars
options:
  _input:
    description: Names of the cores.
    type: list
    elements: str
    required: true
  hostvars:
    description: The variable of that name, where tasks left what they found.
    type: dict
    required: true
  finish:
    description: Whether the leader has been written to.
    type: bool
    default: false
  check_mode:
    description: Whether the run only looks.
    type: bool
    default: false
  withdraw:
    description:
      - Whether those are asked for that are to hold no virtual IP.
      - Of nodes, these are those where something may be left that once did. Hosts that are no nodes are all among them.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: On which hosts?
  ansible.builtin.debug:
    msg: "{{ groups['proxysql_core'] | mysqlha.proxysql.site_hosts(hostvars) }}"
"""

RETURN = r"""
_value:
  description:
    - A pattern of hosts. It leaves out satellites that a core was told of and that need nothing, and with O(withdraw)
      all hosts that need nothing.
  type: str
"""

from typing import Any, Callable

from ..plugin_utils._site.looked import hosts_of


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"site_hosts": hosts_of}
