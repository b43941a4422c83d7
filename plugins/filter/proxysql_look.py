# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: proxysql_look
short_description: What the module backend_logins is asked for a node
version_added: "1.0.0"
description:
  - Used by the role P(mysqlha.proxysql.proxysql#role). What it returns holds secrets.
author:
  - The mysqlha.proxysql developers (@mysqlha)
positional: _input, to_try, declaration
options:
  _input:
    description: Under C(hosts[].proxysql) in what the filter P(mysqlha.proxysql.site_plan#filter) returns.
    type: dict
    required: true
  to_try:
    description: One of C(to_try) there. If empty, no login is tried.
    type: dict
    default: {}
  declaration:
    description: What the filter P(mysqlha.proxysql.proxysql_declaration#filter) returns. If empty, the node is compared with nothing.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Which logins would be tried?
  ansible.builtin.debug:
    msg: "{{ (plan.hosts[inventory_hostname].proxysql | mysqlha.proxysql.proxysql_look(plan.to_try[0])).users | map(attribute='username') }}"
"""

RETURN = r"""
_value:
  description: Options of the module M(mysqlha.proxysql.backend_logins), without those of its own login.
  type: dict
"""

from typing import Any, Callable

from ..plugin_utils._site.logins import arguments


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"proxysql_look": arguments}
