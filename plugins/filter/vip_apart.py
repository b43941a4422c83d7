# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: vip_apart
short_description: Whether cores would get other settings of VRRP than those that a limited run leaves out
version_added: "1.0.0"
description:
  - Used by the role P(mysqlha.proxysql.keepalived#role).
author:
  - The mysqlha.proxysql developers (@mysqlha)
positional: _input, hostvars, hosts, limit, outside
options:
  _input:
    description: What the filter P(mysqlha.proxysql.site_plan#filter) returns.
    type: dict
    required: true
  hostvars:
    description: The variable of that name.
    type: dict
    required: true
  hosts:
    description: Hosts that are in this run.
    type: list
    elements: str
    required: true
  limit:
    description: What the run is limited to. If empty, it is not.
    type: str
    default: ""
  outside:
    description: What looking at others returned, which are not in this run. Each has its name as C(node).
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Who is to be asked first?
  ansible.builtin.debug:
    msg: "{{ (plan | mysqlha.proxysql.vip_apart(hostvars, ansible_play_hosts_all, ansible_limit | default(''))).ask }}"
"""

RETURN = r"""
_value:
  description: Lists C(ask), hosts of which nothing is known in this run, and C(refusals), sentences to be said after the name of a core.
  type: dict
"""

from typing import Any, Callable

from ..plugin_utils._apart import apart


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"vip_apart": apart}
