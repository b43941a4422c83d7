# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: vrrp_on_host
short_description: What keepalived is told, completed with what only the host knows
version_added: "1.0.0"
description:
  - Used by the role P(mysqlha.proxysql.keepalived#role). The plan of a site is made before any host is looked at;
    this adds the interfaces of its VRRP instances and the gateway.
author:
  - The mysqlha.proxysql developers (@mysqlha)
positional: _input, facts, settings
options:
  _input:
    description: Under C(hosts[].vrrp) in what the filter P(mysqlha.proxysql.site_plan#filter) returns.
    type: dict
    required: true
  facts:
    description: The variable C(ansible_facts), with the facts of the network.
    type: dict
    required: true
  settings:
    description: Under C(hosts[].keepalived) there.
    type: dict
    default: {}
  admin_port:
    description: The port of ProxySQL's admin interface.
    type: int
    default: 6032
  volatile:
    description: The folder for what a reboot is to forget.
    type: str
    default: /run/proxysql-vip
  lasting:
    description: The folder for what is to outlive a reboot.
    type: str
    default: /var/lib/proxysql-vip
  user:
    description: The user of the watcher.
    type: str
    default: keepalived_script
"""

EXAMPLES = r"""
- name: Which interface gets the virtual IP?
  ansible.builtin.debug:
    msg: "{{ (plan.hosts[inventory_hostname].vrrp | mysqlha.proxysql.vrrp_on_host(ansible_facts)).instances[0].interface }}"
"""

RETURN = r"""
_value:
  description:
    - C(instances), as the template writes them; C(derived), numbers and addresses for the watcher and the units; C(problems), what
      the host lacks; C(addresses), virtual IPs without their prefix; C(asked), those of IPv4 with their interface, of which the network is asked
      who has them; C(preempts), whether all instances do; C(tracked), the files that
      keepalived watches; C(watcher), what the watcher is told, with its password; and C(health), what answers a load balancer.
  type: dict
"""

from collections.abc import Mapping
from typing import Any, Callable

from ..plugin_utils._site.vrrp import on_host
from ..plugin_utils._site.watcher import health, told, tracked


def vrrp_on_host(
    found: Mapping[str, Any],
    facts: Mapping[str, Any],
    settings: Mapping[str, Any] | None = None,
    admin_port: int = 6032,
    volatile: str = "/run/proxysql-vip",
    lasting: str = "/var/lib/proxysql-vip",
    user: str = "keepalived_script",
) -> dict[str, Any]:
    if not found:
        return {
            "instances": [],
            "derived": {},
            "problems": [],
            "addresses": [],
            "asked": [],
            "preempts": True,
        }
    here = on_host(found, facts)
    if settings:
        here["tracked"] = tracked(settings, volatile, lasting, user)
        here["watcher"] = told(settings, here, admin_port, f"{volatile}/watch")
        here["health"] = health(settings, here["tracked"])
    return here


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"vrrp_on_host": vrrp_on_host}
