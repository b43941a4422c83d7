# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: take_over_refusals
short_description: What has to be done before a host that somebody else set up is taken over
version_added: "1.0.0"
description:
  - Used by the role P(mysqlha.proxysql.proxysql#role), for all of it at once.
author:
  - The mysqlha.proxysql developers (@mysqlha)
positional: _input, host
options:
  _input:
    description: What P(mysqlha.proxysql.proxysql_standing#filter) returned.
    type: dict
    required: true
  host:
    description: Name of the host.
    type: str
    required: true
  keepalived:
    description: What speaks against its keepalived, if anything does.
    type: str
    default: ""
  later:
    description: Drop-ins that systemd reads after those of the role.
    type: list
    elements: str
    default: []
  login:
    description: Who logs in to ProxySQL.
    type: str
    default: ""
  let_in:
    description: What M(mysqlha.proxysql.proxysql_info) returned, where ProxySQL runs.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: May it be taken over?
  ansible.builtin.debug:
    msg: "{{ standing | mysqlha.proxysql.take_over_refusals(inventory_hostname, login='radmin', let_in=logged_in) }}"
"""

RETURN = r"""
_value:
  description: Sentences, none if the host may be taken over.
  type: list
  elements: str
"""

from typing import Any, Callable

from ..plugin_utils._take_over import refusals


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"take_over_refusals": refusals}
