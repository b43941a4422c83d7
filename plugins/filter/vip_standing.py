# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: vip_standing
short_description: Which cores could take the virtual IP, and who holds it
version_added: "1.0.0"
description:
  - Used by the playbooks that move the virtual IP. It judges what C(/etc/keepalived/proxysql-state show) printed on
    each core.
author:
  - The mysqlha.proxysql developers (@mysqlha)
positional: _input
options:
  _input:
    description:
      - The C(results) of a task that ran the program on each core, with the core's name in the loop variable C(peer).
    type: list
    elements: dict
    required: true
  step:
    description: By how much of a priority a core that sees as many writers may stand behind the holder.
    type: int
    default: 0
  balanced:
    description: Whether a load balancer stands in for the virtual IP.
    type: bool
    default: false
  dead:
    description: Names of cores that could not be reached, and so were not asked.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Ask the cores
  ansible.builtin.command: /etc/keepalived/proxysql-state show
  delegate_to: "{{ peer }}"
  loop: "{{ groups['proxysql_core'] }}"
  loop_control:
    loop_var: peer
  register: asked
  changed_when: false

- name: Who could take it?
  ansible.builtin.debug:
    msg: "{{ (asked.results | mysqlha.proxysql.vip_standing).willing }}"
"""

RETURN = r"""
_value:
  description:
    - C(willing) and C(holders), lists of names; C(against), by core why it could not take the virtual IP, empty if
      it could; C(files), by core the numbers that are added to its priority, each with C(value) and C(why); C(instead), by core the
      names of those that serve when it does not; C(objections), by core what speaks against the others, as sentences.
    - Behind a load balancer C(holders) are all that are given connections.
  type: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._standing import standing


def vip_standing(
    asked: Sequence[Mapping[str, Any]], step: int | str = 0, balanced: bool = False, dead: Sequence[str] = ()
) -> dict[str, Any]:
    return standing([*asked, *({"peer": name, "unreachable": True} for name in dead)], int(step), balanced)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"vip_standing": vip_standing}
