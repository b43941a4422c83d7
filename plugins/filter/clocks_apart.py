# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: clocks_apart
short_description: Whose clock differs from the other nodes'
version_added: "1.0.0"
description:
  - Used by the role proxysql before it writes. ProxySQL's nodes compare times with each other, the epochs of their sections, so
    a node whose clock is ahead wins over a newer configuration.
author:
  - The mysqlha.proxysql developers (@mysqlha)
positional: _input, hostvars, cores
options:
  _input:
    description: Names of hosts, each of which was asked by M(mysqlha.proxysql.proxysql_info).
    type: list
    elements: str
    required: true
  hostvars:
    description: The variable of that name.
    type: dict
    required: true
  cores:
    description: Names of the cores, one of which may have asked satellites. These are not looked for themselves.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Whose clock is wrong?
  ansible.builtin.debug:
    msg: "{{ ansible_play_hosts | mysqlha.proxysql.clocks_apart(hostvars) }}"
"""

RETURN = r"""
_value:
  description: A sentence that names the hosts, or an empty text.
  type: str
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ..plugin_utils._site.looked import found
from ..plugin_utils._site.values import registered
from ..plugin_utils._status import clocks


def clocks_apart(hosts: Sequence[str], hostvars: Mapping[str, Any], cores: Sequence[str] = ()) -> str:
    told = found(hostvars, cores, "__proxysql_looked").get("times", {})
    times = {str(host): int(time) for host, time in told.items() if time}
    for host in hosts:
        if host in told:
            continue
        seen = registered(hostvars, host, "__proxysql_seen")
        if seen.get("server_time"):
            times[str(host)] = int(seen["server_time"])
    apart = clocks(times)
    return f"{apart}. Epochs are compared, so nothing was written: set the clocks first" if apart else ""


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"clocks_apart": clocks_apart}
