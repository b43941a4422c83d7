# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: misspelt_variables
short_description: Which variables are none of this collection, and look like one
version_added: "1.0.0"
description:
  - For a playbook without nodes. All others are planned first, which refuses such variables.
author:
  - The mysqlha.proxysql developers (@mysqlha)
options:
  _input:
    description:
      - Variables by their names, such as those of a host.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Refuse variables that do not exist
  ansible.builtin.fail:
    msg: "{{ misspelt }}"
  when: misspelt | length > 0
  vars:
    misspelt: "{{ hostvars[inventory_hostname] | mysqlha.proxysql.misspelt_variables }}"
"""

RETURN = r"""
_value:
  description: A sentence for each.
  type: list
  elements: str
  sample: ["there is no variable proxysql_awx_prefx; did you mean proxysql_awx_prefix?"]
"""

from collections.abc import Iterable
from typing import Any, Callable

from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._site.options import misspelt, unknown_names


def misspelt_variables(names: Iterable[str]) -> list[str]:
    return [sentence for sentence in map(misspelt, unknown_names(names)) if sentence]


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"misspelt_variables": misspelt_variables}
