# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: proxysql_cluster
short_description: Which nodes a run has reached, and who leads them
version_added: "1.0.0"
description:
  - Used by the role P(mysqlha.proxysql.proxysql#role).
author:
  - The mysqlha.proxysql developers (@mysqlha)
positional: _input, hostvars, host, running, began, check_mode
options:
  _input:
    description: The plan, as the filter P(mysqlha.proxysql.site_plan#filter) returns it.
    type: dict
    required: true
  hostvars:
    description: The variable of that name, where the tasks of the role left what they found.
    type: dict
    required: true
  host:
    description: The host that asks.
    type: str
    required: true
  running:
    description: The hosts of the play that have not failed.
    type: list
    elements: str
    required: true
  began:
    description: The hosts of the play.
    type: list
    elements: str
    required: true
  check_mode:
    description: Whether the run only looks.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Who is written to?
  ansible.builtin.debug:
    msg: "{{ (plan | mysqlha.proxysql.proxysql_cluster(hostvars, inventory_hostname, ansible_play_hosts, ansible_play_hosts_all)).leader }}"
"""

RETURN = r"""
_value:
  description:
    - C(versions), by node, of those that were asked, C(asked), where they are, and C(versions_differ), whether that keeps them from
      following each other;
      C(candidates), where the cores are that the leader is chosen from; C(leader), a host; C(leads), whether it is the one that asks;
      C(led), whether others may be written to after it; C(nodes), where the nodes are, the leader first; C(rehearses), whether the one that asks
      tries what is declared before it joins; C(lost), nodes that the run did not finish; C(alone), whether no core is in the run; C(ahead), whether what the
      cluster carries cannot be compared with what is declared yet; C(as_declared), whether nothing is to be written on any node.
  type: dict
"""

from typing import Any, Callable

from ..plugin_utils._site.cluster import cluster


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"proxysql_cluster": cluster}
