#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: restore_point
short_description: Keep all of a ProxySQL's configuration, to go back to it
version_added: "1.0.0"
description:
  - Makes a restore point of whole sections, for example before somebody works by hand, or to take it elsewhere as a
    backup. Tasks that write make their own, of what they change, if they are given the option C(restore_points).
  - ProxySQL is only read. If the last restore point holds the very same, no other one is made.
author:
  - The mysqlha.proxysql developers (@mysqlha)
options:
  restore_points:
    description:
      - The folder of the restore points, on the host the task runs on. It is made if it is not there, and nobody but the
        user the task runs as can look into it. Use C(become) to keep it for root.
    type: path
    required: true
  sections:
    description:
      - What to keep. A section is what one C(LOAD) or C(SAVE) covers, see
        M(mysqlha.proxysql.runtime). Upper and lower case are the same. If not given, all of them.
    type: list
    elements: str
  restore_points_keep:
    description:
      - How many restore points are kept. The oldest are removed.
    type: int
    default: 20
  restore_points_label:
    description:
      - Any text that is kept with the restore point that is made. Tasks of one run that have the same are taken
        back together.
    type: str
    default: ""
  show_content:
    description:
      - Whether to return all that the restore point holds, in RV(content), with passwords as ProxySQL stores them. Use
        C(no_log) with it.
    type: bool
    default: false
extends_documentation_fragment:
  - mysqlha.proxysql.login
  - mysqlha.proxysql.attributes.no_diff
seealso:
  - module: mysqlha.proxysql.rollback
"""

EXAMPLES = r"""
- name: Before somebody works by hand
  mysqlha.proxysql.restore_point:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    restore_points: /var/lib/proxysql-restore
    restore_points_label: before-the-migration
  become: true
"""

RETURN = r"""
restore_point:
  description: Name of the restore point that was made, or of the last one if that holds the same.
  returned: success
  type: str
  sample: 20261126T125501.123456Z
content:
  description: All of the restore point, as O(mysqlha.proxysql.rollback#module:content) takes it.
  returned: for O(show_content=true)
  type: str
server_version:
  description: Full version string of ProxySQL.
  returned: success
  type: str
  sample: 2.7.1
"""

from ansible_collections.mysqlha.proxysql.plugins.module_utils._tasks.run_rollback import run_restore_point


def main() -> None:
    run_restore_point()


if __name__ == "__main__":
    main()
