# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a node is compared with, for modules that write nothing of it."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  tables:
    description:
      - What is declared, as in the module M(mysqlha.proxysql.config).
    type: dict
  variables:
    description:
      - Declared variables, as in the module M(mysqlha.proxysql.config).
    type: dict
  state:
    description:
      - The state of the declared tables, as in the module M(mysqlha.proxysql.config).
    type: raw
    default: overridden
  scope:
    description:
      - Limits V(overridden) to a part of some tables, as in the module M(mysqlha.proxysql.config).
    type: dict
"""
