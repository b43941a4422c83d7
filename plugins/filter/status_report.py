# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: status_report
short_description: What the statuses of many nodes say of the whole cluster
version_added: "1.0.0"
description:
  - Puts together what the module M(mysqlha.proxysql.node_info) returned on each node, for the playbook
    C(mysqlha.proxysql.status).
author:
  - The mysqlha.proxysql developers (@mysqlha)
positional: _input
options:
  _input:
    description:
      - One dict for each node, in the order of the inventory. It has the C(host), its C(role), which is
        C(core) or C(satellite), and either C(seen), what the module returned, or C(error).
    type: list
    elements: raw
    required: true
  hostvars:
    description:
      - The variable of that name. With it O(_input) is only the names of the nodes, the cores first, and the rest is what
        the role left of them.
    type: dict
  cores:
    description: With O(hostvars), the names of the cores.
    type: list
    elements: str
    default: []
  vips:
    description: The virtual addresses.
    type: list
    elements: str
    default: []
  others:
    description: Names of hosts that are no nodes, whose addresses the role C(keepalived) has read. It takes O(hostvars).
    type: list
    elements: str
    default: []
  title:
    description: The headline of the page.
    type: str
    default: ProxySQL
  when:
    description: When the nodes were asked.
    type: str
    default: ""
  plan:
    description: The plan of the site, as the filter P(mysqlha.proxysql.site_plan#filter) makes it. Without it there are no C(metrics).
    type: dict
"""

EXAMPLES = r"""
- name: Show it
  ansible.builtin.debug:
    msg: "{{ (nodes | mysqlha.proxysql.status_report(vips=['192.0.2.10'])).text.splitlines() }}"
"""

RETURN = r"""
_value:
  description:
    - A dict of C(healthy), a boolean, C(text), a table for the terminal, C(html), a whole HTML file, C(metrics), numbers for
      Prometheus, and C(findings), a list of dicts of C(text), C(todo), C(serious) and C(host).
  type: dict
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from time import time
from typing import Any, Callable

from ..plugin_utils._seen import seen_nodes
from ..plugin_utils._site.values import found_facts
from ..plugin_utils._standing import addresses
from ..plugin_utils._status import judge
from ..plugin_utils._status_metrics import metrics
from ..plugin_utils._status_page import page
from ..plugin_utils._status_text import text


def status_report(
    nodes: Sequence[Any],
    vips: Sequence[str] = (),
    title: str = "ProxySQL",
    when: str = "",
    hostvars: Mapping[str, Any] | None = None,
    cores: Sequence[str] = (),
    others: Sequence[str] = (),
    plan: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    outside, counted = {}, ()
    if hostvars is not None:
        nodes, counted = seen_nodes(nodes, hostvars, plan or {"cores": cores})
        outside = {name: addresses(found_facts(hostvars, name)) for name in others}
    report = judge(nodes, vips, outside, counted)
    return {
        "healthy": report.healthy,
        "text": text(report),
        "html": page(report, title, when),
        "metrics": metrics(report, plan["hosts"], int(time())) if plan else "",
        "findings": [asdict(finding) for finding in report.findings],
    }


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"status_report": status_report}
