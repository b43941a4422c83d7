# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: prometheus_targets
short_description: The nodes as targets of Prometheus
version_added: "1.0.0"
description:
  - Makes of the plan of the site what Prometheus reads from files (C(file_sd_configs)), for the playbook
    C(mysqlha.proxysql.monitoring).
author:
  - The mysqlha.proxysql developers (@mysqlha)
positional: _input
options:
  _input:
    description: The plan, as the filter P(mysqlha.proxysql.site_plan#filter) makes it.
    type: dict
    required: true
  port:
    description: Port of another exporter on all nodes. If not given, it is ProxySQL's own on those that have C(proxysql_metrics).
    type: int
"""

EXAMPLES = r"""
- name: Tell Prometheus of the nodes
  ansible.builtin.copy:
    content: "{{ site | mysqlha.proxysql.prometheus_targets | to_nice_json }}"
    dest: /etc/prometheus/targets/proxysql.json
    mode: "0644"
"""

RETURN = r"""
_value:
  description:
    - A list of dicts of C(targets) and C(labels), which are C(cluster), that is C(proxysql_metrics_cluster), C(node), the name in the
      inventory, and C(role), which is C(core) or C(satellite).
  type: list
  elements: dict
"""

from typing import Any, Callable

from ..plugin_utils._site.targets import targets


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"prometheus_targets": targets}
