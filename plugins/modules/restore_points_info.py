#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: restore_points_info
short_description: List the restore points that a ProxySQL can go back to
version_added: "1.0.0"
description:
  - Lists the restore points in a folder, oldest first, without what they hold.
  - A file that is no whole restore point is left out, with a warning that names it.
author:
  - The mysqlha.proxysql developers (@mysqlha)
options:
  restore_points:
    description:
      - The folder of the restore points, on the host the task runs on.
    type: path
    required: true
extends_documentation_fragment:
  - mysqlha.proxysql.login
  - mysqlha.proxysql.attributes.no_diff
notes:
  - ProxySQL is not asked, so the options of the login are not used.
seealso:
  - module: mysqlha.proxysql.rollback
"""

EXAMPLES = r"""
- name: What can be gone back to?
  mysqlha.proxysql.restore_points_info:
    restore_points: /var/lib/proxysql-restore
  become: true
  register: kept
"""

RETURN = r"""
restore_points:
  description: The restore points, oldest first.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Its name, which begins with the time.
      type: str
    made:
      description: When it was made, in UTC.
      type: str
    label:
      description: The label it was made with, or an empty text.
      type: str
    kind:
      description:
        - Why it was made. V(written) for a task that was going to change something, V(rollback) for one that went back,
          V(kept) for M(mysqlha.proxysql.restore_point).
      type: str
    sections:
      description: The sections it holds.
      type: list
      elements: str
    server:
      description: The admin port, as the task saw it.
      type: str
    server_version:
      description: The version of the ProxySQL that it is of.
      type: str
"""

from ansible_collections.mysqlha.proxysql.plugins.module_utils._tasks.run_rollback import (
    run_restore_points_info,
)


def main() -> None:
    run_restore_points_info()


if __name__ == "__main__":
    main()
