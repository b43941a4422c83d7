# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: vip_heirless
short_description: Why a host may not stop serving clients
version_added: "1.0.0"
description:
  - Used by the role P(mysqlha.proxysql.keepalived#role), before it takes away what makes a host a core.
author:
  - The mysqlha.proxysql developers (@mysqlha)
positional: _input, host
options:
  _input:
    description:
      - The C(results) of a task that ran C(/etc/keepalived/proxysql-state show) on the host and each core that stays, with
        the name in the loop variable C(peer).
    type: list
    elements: dict
    required: true
  host:
    description: Name of the host that leaves.
    type: str
    required: true
  balanced:
    description: Whether a load balancer leads clients to it.
    type: bool
    default: false
  new:
    description: Whether cores that are not set up yet are going to be.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: May it leave?
  ansible.builtin.debug:
    msg: "{{ asked.results | mysqlha.proxysql.vip_heirless('core1') }}"
"""

RETURN = r"""
_value:
  description: A sentence, empty if the host may stop.
  type: str
"""

from typing import Any, Callable

from ..plugin_utils._standing import heirless


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"vip_heirless": heirless}
