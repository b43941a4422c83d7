# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: units_due
short_description: Which services do not run, do not start at boot, or have settings that systemd has not read
version_added: "1.0.0"
description:
  - Judges what one command has printed of several units, so that no task has to visit those that are as they should be.
author:
  - The mysqlha.proxysql developers (@mysqlha)
positional: _input, units
options:
  _input:
    description:
      - What C(systemctl show) prints with the properties C(Id), C(ActiveState), C(UnitFileState) and C(NeedDaemonReload).
    type: str
    required: true
  units:
    description: Names of services, without their ending.
    type: list
    elements: str
    required: true
  running:
    description: Whether only those are due that do not run.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Ask systemd
  ansible.builtin.command: systemctl show proxysql keepalived --property=Id,ActiveState,UnitFileState,NeedDaemonReload
  register: shown
  changed_when: false

- name: Start what does not run, now and at boot
  ansible.builtin.systemd_service:
    name: "{{ item }}"
    enabled: true
    state: started
    daemon_reload: true
  loop: "{{ shown.stdout | mysqlha.proxysql.units_due(['proxysql', 'keepalived']) }}"
"""

RETURN = r"""
_value:
  description: Those of the units that are due, in their order.
  type: list
  elements: str
"""

from typing import Any, Callable

from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._units import units_due


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"units_due": units_due}
