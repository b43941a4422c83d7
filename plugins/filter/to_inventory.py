# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: to_inventory
short_description: The inventory that declares what a node holds
version_added: "1.0.0"
description:
  - Makes files of variables for the role C(mysqlha.proxysql.proxysql) of what the module
    M(mysqlha.proxysql.proxysql_info) returned, for the playbook C(mysqlha.proxysql.export).
author:
  - The mysqlha.proxysql developers (@mysqlha)
positional: _input
options:
  _input:
    description:
      - What the module returned for the subsets V(tables) and V(variables) and the layers V(memory) and
        V(disk), with O(mysqlha.proxysql.proxysql_info#module:show_secrets=true) and
        O(mysqlha.proxysql.proxysql_info#module:omit_defaults=true); and best without variables that have their defaults.
    type: dict
    required: true
  login_user:
    description: The admin user that the role is to log in as.
    type: str
    required: true
  login_port:
    description: The port of the admin interface.
    type: int
    default: 6032
"""

EXAMPLES = r"""
- name: The variables and the secrets
  ansible.builtin.copy:
    content: "{{ (proxysql | mysqlha.proxysql.to_inventory(login_user='radmin')).declared }}"
    dest: group_vars/all/proxysql.yml
    mode: "0644"
"""

RETURN = r"""
_value:
  description:
    - A dict of C(declared) and C(vault), each the text of a YAML file, and C(remarks), a list of sentences on
      what could not be declared.
  type: dict
"""

from collections.abc import Mapping
from typing import Any, Callable

from ..plugin_utils._inventory import as_yaml, inventory


def to_inventory(seen: Mapping[str, Any], login_user: str, login_port: int = 6032) -> dict[str, Any]:
    found = inventory(seen, login_user, int(login_port))
    version = seen.get("server_version", "")
    return {
        "declared": as_yaml(found.declared, f"What a node of ProxySQL {version} held."),
        "vault": as_yaml(found.vault, "Secrets. Encrypt this file: ansible-vault encrypt FILE"),
        "remarks": found.remarks,
    }


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"to_inventory": to_inventory}
