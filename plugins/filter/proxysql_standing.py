# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: proxysql_standing
short_description: Whether somebody else has set up the ProxySQL of a host
version_added: "1.0.0"
description:
  - Judges what tasks have read on a host on which the role C(proxysql) has not been yet. No line of a
    configuration, which has passwords, is in the result.
author:
  - The mysqlha.proxysql developers (@mysqlha)
positional: _input
options:
  _input:
    description: What C(systemctl show) prints of the unit, with C(ActiveState) and C(ExecStart).
    type: str
    required: true
  cnf:
    description: The text of C(/etc/proxysql.cnf), not given if there is none.
    type: str
  there:
    description: Paths that were found on the host.
    type: list
    elements: str
    default: []
  data_dir:
    description: Where the role would have the data.
    type: str
    default: /var/lib/proxysql
  take_over:
    description: Whether the role may take over what somebody else set up.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Say what there is
  ansible.builtin.debug:
    msg: "{{ (shown.stdout | mysqlha.proxysql.proxysql_standing(cnf=lookup('ansible.builtin.file', 'proxysql.cnf'))).found }}"
"""

RETURN = r"""
_value:
  description:
    - C(found), sentences, none if the host is bare or the role's own; C(running), whether that runs; C(ours), whether the role wrote
      its file; C(changes), what the role would do; C(refusal), why it does not, empty if it may.
  type: dict
"""

from collections.abc import Collection
from typing import Any, Callable

from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._take_over import Standing, standing


def proxysql_standing(
    unit: str,
    cnf: str | None = None,
    there: Collection[str] = (),
    data_dir: str = "/var/lib/proxysql",
    take_over: bool = False,
) -> Standing:
    return standing(unit, cnf, there, data_dir, take_over)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"proxysql_standing": proxysql_standing}
