# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: site_stats
short_description: The results of a run of the playbook site
version_added: "1.0.0"
description:
  - Puts together what the playbook C(mysqlha.proxysql.site) found and did on its hosts, to be published
    with M(ansible.builtin.set_stats).
author:
  - The mysqlha.proxysql developers (@mysqlha)
positional: _input
options:
  _input:
    description: Names of the hosts of the run.
    type: list
    elements: str
    required: true
  hostvars:
    description: C(hostvars), where the tasks of the roles left their results.
    type: dict
    required: true
  instances:
    description: The VRRP instances, as the filter P(mysqlha.proxysql.site_plan#filter) returns them.
    type: list
    elements: dict
    default: []
  asked:
    description: Names of all hosts that were asked for their addresses.
    type: list
    elements: str
    default: []
  run:
    description: The name of the run.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Publish
  ansible.builtin.set_stats:
    data: "{{ ansible_play_hosts_all | mysqlha.proxysql.site_stats(hostvars) }}"
  run_once: true
"""

RETURN = r"""
_value:
  description:
    - C(proxysql_drift), by host the tables that differed from what is declared, with their layers, or that the host
      was not compared.
    - C(proxysql_converged_seconds), by node how long it took until all its sections agreed.
    - C(proxysql_vip_holders), by virtual IP the hosts that hold it.
    - C(proxysql_changes), by node a line on who has changed what in this run, with the restore point. Empty if nothing was changed.
  type: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ..plugin_utils._site.looked import found
from ..plugin_utils._site.values import found_facts
from ..plugin_utils._standing import addresses
from ..plugin_utils._trace import WRITING, changed, traces

_NOT_COMPARED = "not compared: no ProxySQL is there, or it was not reached"


def _drift(seen: Mapping[str, Any]) -> list[str]:
    if (seen.get("__proxysql_seen") or {}).get("as_declared"):
        return changed(seen)
    results = [seen.get(name) or {} for name in WRITING]
    if not any(result and not result.get("skipped") for result in results):
        return [_NOT_COMPARED]
    return changed(seen)


def _converged(seen: Mapping[str, Any]) -> dict[str, float]:
    nodes = (seen.get("__proxysql_synchronised") or {}).get("nodes") or {}
    found = {}
    for node, sections in nodes.items():
        times = [section.get("seconds") for section in sections.values()]
        known = [time for time in times if isinstance(time, (int, float))]
        if known:
            found[node] = max(known)
    return found


def site_stats(
    hosts: Sequence[str],
    hostvars: Mapping[str, Mapping[str, Any]],
    instances: Sequence[Mapping[str, Any]] = (),
    asked: Sequence[str] = (),
    run: str = "",
) -> dict[str, Any]:
    drift, seconds = {}, {}
    holders: dict[str, list[str]] = {}
    for host in hosts:
        seen = hostvars[host]
        differing = _drift(seen)
        if differing:
            drift[host] = differing
        seconds.update(_converged(seen))
    for host in found(hostvars, hosts, "__proxysql_looked").get("silent", ()):
        drift[host] = [_NOT_COMPARED]
    for host in asked:
        own = addresses(found_facts(hostvars, host))
        for vip in (vip for one in instances for vip in one["vips"]):
            if vip.partition("/")[0] in own:
                holders.setdefault(vip, []).append(host)
    return {
        "proxysql_drift": drift,
        "proxysql_converged_seconds": seconds,
        "proxysql_vip_holders": holders,
        "proxysql_changes": traces(hosts, hostvars, run),
    }


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"site_stats": site_stats}
