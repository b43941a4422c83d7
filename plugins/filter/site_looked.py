# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: site_looked
short_description: What a core was told of satellites, and which of them tasks have to run on
version_added: "1.0.0"
description:
  - Used by the playbook C(mysqlha.proxysql.site).
author:
  - The mysqlha.proxysql developers (@mysqlha)
positional: _input, hostvars, before
options:
  _input:
    description: The plan, as the filter P(mysqlha.proxysql.site_plan#filter) returns it.
    type: dict
    required: true
  hostvars:
    description: The variable of that name, where tasks left what they found.
    type: dict
    required: true
  before:
    description: Whether this is the second look, after the leader was written to, which changes C(differ) alone.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Which satellites did not answer?
  ansible.builtin.debug:
    msg: "{{ (plan | mysqlha.proxysql.site_looked(hostvars)).silent }}"
"""

RETURN = r"""
_value:
  description:
    - C(silent), those that do not answer; C(join), those that need something that the cluster does not bring; C(differ), all that are not as declared;
      C(versions) and C(times), by host, of those that answer and need nothing of their own. Empty if nobody was asked.
  type: dict
"""

from typing import Any, Callable

from ..plugin_utils._site.looked import looked


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"site_looked": looked}
