#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: runtime
short_description: Copy sections between ProxySQL's memory, runtime and disk where they differ
version_added: "1.0.0"
description:
  - Issues C(LOAD) and C(SAVE) for whole sections, each only if the two layers differ. So it is safe to
    run again, which the bare commands are not.
  - The other modules of this collection do this for what they write. This one is for what somebody
    else wrote, for example to make edits by hand effective, or to throw them away.
author:
  - The mysqlha.proxysql developers (@mysqlha)
options:
  sections:
    description:
      - What to look at. A section is what one C(LOAD) or C(SAVE) covers. Upper and lower case are the
        same. If not given, all of them.
      - V(MYSQL SERVERS) covers C(mysql_servers), C(mysql_replication_hostgroups) and the other tables
        of hostgroups, V(MYSQL USERS) and V(PROXYSQL SERVERS) the table of that name, V(MYSQL QUERY
        RULES) also C(mysql_query_rules_fast_routing). V(ADMIN VARIABLES) and V(MYSQL VARIABLES) are
        the variables of that prefix.
    type: list
    elements: str
  direction:
    description:
      - V(memory_to_runtime) makes the admin tables effective.
      - V(memory_to_disk) keeps the admin tables for the next start.
      - V(disk_to_memory) throws edits of the admin tables away. They are then what they were at the
        last save. Runtime is not touched.
      - There is no way from runtime to memory. It would turn what the monitor found into configuration.
    type: str
    choices: [memory_to_runtime, memory_to_disk, disk_to_memory]
    default: memory_to_runtime
extends_documentation_fragment:
  - mysqlha.proxysql.login
  - mysqlha.proxysql.attributes.no_diff
notes:
  - Servers that the monitor has moved or shunned do not count as a difference. Neither do inactive
    users and rules, which never reach runtime.
  - Variables that take effect only after a restart (C(mysql-threads), C(mysql-interfaces)) do not
    count either.
  - After V(memory_to_runtime) runtime is read back. If it still differs, the task fails and names the
    section, since ProxySQL answers C(OK) to what it leaves out.
seealso:
  - module: mysqlha.proxysql.config
  - module: mysqlha.proxysql.cluster_sync
"""

EXAMPLES = r"""
- name: Make whatever was edited by hand effective, and keep it
  mysqlha.proxysql.runtime:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    direction: "{{ item }}"
  loop:
    - memory_to_runtime
    - memory_to_disk

- name: Throw away edits of users and rules that were never saved
  mysqlha.proxysql.runtime:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    direction: disk_to_memory
    sections:
      - MYSQL USERS
      - MYSQL QUERY RULES

- name: Is there anything in memory that is not in effect? (Changes nothing)
  mysqlha.proxysql.runtime:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
  check_mode: true
  register: pending
"""

RETURN = r"""
sections:
  description:
    - Each section that was looked at, with V(loaded), V(saved) or V(unchanged). In check mode, what
      would be done.
  returned: success
  type: dict
  sample: {MYSQL SERVERS: unchanged, MYSQL USERS: loaded}
statements:
  description: The statements sent to ProxySQL, in order, or in check mode those that would be sent.
  returned: success
  type: list
  elements: str
  sample: [LOAD MYSQL USERS TO RUNTIME]
server_version:
  description: Full version string of ProxySQL.
  returned: success
  type: str
  sample: 2.7.1
"""

from ansible_collections.mysqlha.proxysql.plugins.module_utils._tasks.run import run_runtime


def main() -> None:
    run_runtime()


if __name__ == "__main__":
    main()
