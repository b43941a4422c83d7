# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the modules promise: check mode, diff mode, membership in the action group."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Can run in check mode and tell what would change, by the same plan, writing nothing.
    support: full
  diff_mode:
    description: Returns what changed, or in check mode would change, as text before and after.
    support: full
  action_group:
    description: Use C(group/mysqlha.proxysql.all) in C(module_defaults) to give the connection options once.
    support: full
    membership: [mysqlha.proxysql.all]
"""

    # For the modules that change no rows of their own, and so have none to show.
    NO_DIFF = r"""
attributes:
  check_mode:
    description: Can run in check mode and tell what would be done, writing nothing.
    support: full
  diff_mode:
    description: Has no rows of its own to show.
    support: none
  action_group:
    description: Use C(group/mysqlha.proxysql.all) in C(module_defaults) to give the connection options once.
    support: full
    membership: [mysqlha.proxysql.all]
"""
