# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: proxysql_declaration
short_description: What a node is to hold, made of the variables of the role proxysql
version_added: "1.0.0"
description:
  - Used by the role P(mysqlha.proxysql.proxysql#role). What it returns holds secrets.
author:
  - The mysqlha.proxysql developers (@mysqlha)
positional: _input
options:
  _input:
    description: Under C(hosts[].proxysql) in what the filter P(mysqlha.proxysql.site_plan#filter) returns.
    type: dict
    required: true
  tables:
    description: The variable C(proxysql_tables).
    type: dict
    default: {}
  own_tables:
    description: By name, the rows of the tables that have a variable of their own, or none where it is not set.
    type: dict
    default: {}
  members:
    description: The cores, as rows of C(proxysql_servers).
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Which variables would be written?
  ansible.builtin.debug:
    msg: "{{ (plan.hosts[inventory_hostname].proxysql | mysqlha.proxysql.proxysql_declaration).variables.keys() }}"
"""

RETURN = r"""
_value:
  description:
    - C(tables) and C(variables), all that is declared; C(states), by table; C(node_states) and C(node_scope), the same for
      whether a node needs anything at all; C(members), the rows of C(proxysql_servers);
      C(own), variables that the role makes of its own, C(of_node), those that each node writes for itself, and C(of_three), where
      ProxySQL 3 listens besides;
      C(unreplicated), tables that the cluster does not carry; and C(cnf), the file for a first start.
  type: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ..plugin_utils._site.declaration import cnf, declaration


def proxysql_declaration(
    options: Mapping[str, Any],
    tables: Mapping[str, Any] | None = None,
    own_tables: Mapping[str, Any] | None = None,
    members: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    found = declaration(options, tables, own_tables or {}, members)
    return {**found, "cnf": cnf(found, options["data_dir"])}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"proxysql_declaration": proxysql_declaration}
