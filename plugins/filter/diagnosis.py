# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: diagnosis
short_description: What is likely wrong with a cluster, and the files to attach to a ticket
version_added: "1.0.0"
description:
  - Puts together what the role P(mysqlha.proxysql.proxysql#role) has read of each node, for the playbook
    C(mysqlha.proxysql.diagnose). Secrets are masked, declared ones and those that logs show.
author:
  - The mysqlha.proxysql developers (@mysqlha)
positional: _input
options:
  _input:
    description: The plan, as the filter P(mysqlha.proxysql.site_plan#filter) makes it.
    type: dict
    required: true
  hostvars:
    description: The variable of that name.
    type: dict
    required: true
  symptom:
    description: What users complain of. What explains it comes first.
    type: str
    choices: [any, connect, errors, slow, vip, cluster]
    default: any
  when:
    description: When the nodes were asked.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Show it
  ansible.builtin.debug:
    msg: "{{ (site | mysqlha.proxysql.diagnosis(hostvars, symptom='slow')).findings }}"
  run_once: true
"""

RETURN = r"""
_value:
  description:
    - A dict of C(findings), a list of lines, the likely ones first, each with what to do on the line below it, and C(files), a list of dicts of
      C(path) and C(content).
  type: dict
"""

from collections.abc import Mapping
from typing import Any, Callable

from ..plugin_utils._diagnosis.bundle import bundle
from ..plugin_utils._diagnosis.masking import masker, secrets_of
from ..plugin_utils._seen import seen_nodes
from ..plugin_utils._site.values import given, plain
from ..plugin_utils._status import judge


def diagnosis(
    site: Mapping[str, Any], hostvars: Mapping[str, Any], symptom: str = "any", when: str = ""
) -> dict[str, Any]:
    report = judge(seen_nodes(site["nodes"], hostvars, site)[0], site["vips"])
    secrets: set[str] = set()
    left = {}
    for host in site["nodes"]:
        users = given(hostvars[host], ["proxysql_mysql_users"], _nothing).get("proxysql_mysql_users") or ()
        secrets |= secrets_of(site["hosts"][host], users)
        left[host] = {name: plain(hostvars[host][name]) for name in _REGISTERED if name in hostvars[host]}
    return bundle(report, left, symptom, masker(secrets), when)


_REGISTERED = ("__proxysql_status", "__proxysql_met", "__proxysql_printed")


def _nothing(_sentence: str) -> None:
    """What cannot be worked out was said by the plan."""


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"diagnosis": diagnosis}
