# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The nodes of a module that asks several of them. The module says which ones they are, and whether it needs any."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  nodes:
    type: list
    elements: dict
    suboptions:
      login_host:
        description:
          - Address of the node's admin port, as seen from the host the task runs on.
        type: str
        required: true
      login_port:
        description:
          - The node's admin port.
        type: int
        default: 6032
"""
