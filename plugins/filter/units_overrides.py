# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: units_overrides
short_description: Which drop-ins of others override the settings that the roles give to services
version_added: "1.0.0"
description:
  - Judges what one command has printed of several units. systemd reads drop-ins in the order of their files' names, after the unit itself;
    of C(proxysql) and C(keepalived) the roles bring the drop-in C(mysqlha.conf), of C(proxysql-watch) and C(proxysql-health) the whole unit.
author:
  - The mysqlha.proxysql developers (@mysqlha)
positional: _input
options:
  _input:
    description: What C(systemctl show) prints with the properties C(Id) and C(DropInPaths).
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Ask systemd
  ansible.builtin.command: systemctl show proxysql keepalived --property=Id,DropInPaths
  register: shown
  changed_when: false

- name: Name what overrides the settings of the roles
  ansible.builtin.debug:
    msg: "{{ shown.stdout | mysqlha.proxysql.units_overrides }}"
"""

RETURN = r"""
_value:
  description: Paths of drop-ins, in their order.
  type: list
  elements: str
"""

from typing import Any, Callable

from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._units import overrides


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"units_overrides": overrides}
