# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: proxysql_on_host
short_description: What is installed on a host and from where
version_added: "1.0.0"
description:
  - Used by the role P(mysqlha.proxysql.proxysql#role). It adds to the plan of a site what only the host itself knows, such as its
    distribution.
author:
  - The mysqlha.proxysql developers (@mysqlha)
positional: _input, facts, found
options:
  _input:
    description: Under C(hosts[].proxysql) in what the filter P(mysqlha.proxysql.site_plan#filter) returns.
    type: dict
    required: true
  facts:
    description: The variable C(ansible_facts), with the facts of the distribution and the network.
    type: dict
    required: true
  found:
    description: What M(ansible.builtin.find) returned of the folders that the same filter names.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: What would be installed?
  ansible.builtin.debug:
    msg: "{{ (plan.hosts[inventory_hostname].proxysql | mysqlha.proxysql.proxysql_on_host(ansible_facts)).names }}"
"""

RETURN = r"""
_value:
  description:
    - C(packager), which is V(apt), V(dnf) or empty; C(names), what it is asked for; C(single) and C(package_path), of a
      package that is given as a file; C(mark), the file that tells which of these was installed; C(installed), whether
      all names are; C(apt) and C(yum), the sources; C(folders) and C(paths), where the role looks for what; C(there),
      paths that were found; C(database) and C(drift_timer), two of those; C(greeting), where a start waits for an
      answer; C(problems), why nothing can be set up there; C(program_there), whether a package proxysql is installed;
      and C(sources_due), whether packages come from elsewhere than the one given.
  type: dict
"""

from collections.abc import Mapping
from typing import Any, Callable

from ..plugin_utils._site.package import on_host


def proxysql_on_host(
    options: Mapping[str, Any], facts: Mapping[str, Any], found: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    there = {file["path"]: file.get("checksum") or "" for file in (found or {}).get("files") or []}
    return on_host(options, facts, there)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"proxysql_on_host": proxysql_on_host}
