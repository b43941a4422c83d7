# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: vip_leftovers
short_description: What a virtual IP that is no longer declared has left on a host
version_added: "1.0.0"
description:
  - Compares what one task of M(ansible.builtin.find) saw on the host with what the role C(keepalived) would put
    there now.
  - A keepalived that somebody else set up is not named.
author:
  - The mysqlha.proxysql developers (@mysqlha)
positional: _input
options:
  _input:
    description: What M(ansible.builtin.find) returned.
    type: dict
    required: true
  vip:
    description: Whether the host is one of those that may hold a virtual IP.
    type: bool
    default: false
  watch:
    description: Whether it has a watcher then, or where it answers a load balancer.
    type: bool
    default: true
  health:
    description: Whether it answers a load balancer.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: See what is there
  ansible.builtin.find:
    paths: [/etc/keepalived, /etc/tmpfiles.d, /etc/systemd/system]
    patterns: [keepalived.conf, mysqlha.conf, proxysql*, vip.conf]
    file_type: any
    recurse: true
    depth: 2
  register: seen

- name: Stop what is not declared any more
  ansible.builtin.systemd_service:
    name: "{{ item }}"
    state: stopped
    enabled: false
  loop: "{{ (seen | mysqlha.proxysql.vip_leftovers).units }}"
"""

RETURN = r"""
_value:
  description:
    - C(drain), whether load balancers ask this host and are to be told that it is being drained, before anything else.
    - C(units), those to stop and disable, in this order, and C(files), those to remove then.
    - C(foreign), whether there is a C(keepalived.conf) that the role did not write.
  type: dict
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._leftovers import foreign_config, leftovers


def vip_leftovers(
    found: Mapping[str, Any], vip: bool = False, watch: bool = True, health: bool = False
) -> dict[str, Any]:
    there = [file["path"] for file in found.get("files") or []]
    return {**leftovers(there, vip, watch, health), "foreign": foreign_config(there)}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"vip_leftovers": vip_leftovers}
