# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: site_progress
short_description: How far a play has come that goes through its hosts in batches
version_added: "1.0.0"
description:
  - Used by the playbook C(mysqlha.proxysql.site).
author:
  - The mysqlha.proxysql developers (@mysqlha)
positional: _input, left, batch, first, size
options:
  _input:
    description: Names of all hosts of the play, C(ansible_play_hosts_all).
    type: list
    elements: str
    required: true
  left:
    description: Those that have not failed, C(ansible_play_hosts).
    type: list
    elements: str
    required: true
  batch:
    description: Those of the present batch that have not failed, C(ansible_play_batch).
    type: list
    elements: str
    required: true
  first:
    description: How many hosts the first batch has.
    type: int
    required: true
  size:
    description: How many each of the others has.
    type: int
    required: true
"""

EXAMPLES = r"""
- name: How far is it?
  ansible.builtin.debug:
    msg: "{{ ansible_play_hosts_all | mysqlha.proxysql.site_progress(ansible_play_hosts, ansible_play_batch, 100, 100) }}"
  run_once: true
"""

RETURN = r"""
_value:
  description: Such as V(312 of 1,000 hosts, 2 failed). Empty where there is only one batch.
  type: str
"""

from collections.abc import Sequence
from typing import Any, Callable

from ..plugin_utils._site.progress import progress


def site_progress(
    hosts: Sequence[str], left: Sequence[str], batch: Sequence[str], first: Any, size: Any
) -> str:
    return progress(list(hosts), list(left), list(batch), int(first), int(size))


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"site_progress": site_progress}
