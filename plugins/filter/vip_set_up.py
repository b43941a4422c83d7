# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: vip_set_up
short_description: Whether a host is set up as a core of this site
version_added: "1.0.0"
description:
  - Used by the role P(mysqlha.proxysql.keepalived#role), for hosts that are no nodes any more.
  - A core of another cluster, which has other virtual IPs and other cores beside it, is none of this site.
author:
  - The mysqlha.proxysql developers (@mysqlha)
positional: _input, vips, cores
options:
  _input:
    description: What M(ansible.builtin.setup) returned, asked for C(ansible_local) with O(ansible.builtin.setup#module:fact_path=/etc/keepalived).
    type: dict
    required: true
  vips:
    description: The virtual IPs without their prefix.
    type: list
    elements: str
    required: true
  cores:
    description: Addresses of the cores. What is on the host says beside whom it was set up.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Read what the host says of itself
  ansible.builtin.setup:
    gather_subset: ["!all", "!min", local]
    fact_path: /etc/keepalived
  register: seen

- name: Was it a core?
  ansible.builtin.debug:
    msg: "{{ seen | mysqlha.proxysql.vip_set_up(['192.0.2.100'], cores=['192.0.2.11']) }}"
"""

RETURN = r"""
_value:
  description: Whether the files of the role are there, for one of these virtual IPs, which it need not have now, or beside one of these cores.
  type: bool
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ..plugin_utils._standing import set_up_for


def vip_set_up(seen: Mapping[str, Any], vips: Sequence[str], cores: Sequence[str] = ()) -> bool:
    return set_up_for(seen.get("ansible_facts") or {}, vips, cores)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"vip_set_up": vip_set_up}
