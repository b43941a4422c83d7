#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: scheduler
short_description: Programs that ProxySQL runs periodically (table scheduler)
version_added: "1.0.0"
description:
  - Keeps the rows of ProxySQL's table C(scheduler) as declared, in memory, runtime and disk.
  - Each row makes ProxySQL start a program every so many milliseconds, as the user it runs as itself,
    with an empty environment.
author:
  - The mysqlha.proxysql developers (@mysqlha)
options:
  config:
    description:
      - The rows. A row is found by its O(config[].id).
      - A column that is not in this list but in your ProxySQL's table is passed on as the server has
        it, with a warning.
    type: list
    elements: dict
    suboptions:
      id:
        description:
          - Number of the job. Here it must be given, as it is how a row is found. ProxySQL itself would
            give the next free one. 0 or more. The key.
        type: int
        required: true
      active:
        description:
          - Whether the job runs. A row that is not active stays in all layers. The table's default is
            true.
        type: bool
      interval_ms:
        description:
          - Milliseconds from one start to the next. ProxySQL does not wait until the one before has
            ended. 100 to 100000000. Must be given for a new row.
        type: int
      filename:
        description:
          - Path of the program. It must be there on every node.
          - A double quote is refused. ProxySQL would run the job, but not show it in
            C(runtime_scheduler). Must be given for a new row.
        type: str
      arg1:
        description:
          - Argument 1. C(null) ends the list, the empty string is an argument that is empty.
          - A double quote is refused, as in O(config[].filename). The table's default is C(null).
        type: str
      arg2:
        description:
          - Argument 2. C(null) ends the list. Needs O(config[].arg1), as ProxySQL loses every argument
            after the first C(null). The table's default is C(null).
        type: str
      arg3:
        description:
          - Argument 3. C(null) ends the list. Needs O(config[].arg2), as ProxySQL loses every argument
            after the first C(null). The table's default is C(null).
        type: str
      arg4:
        description:
          - Argument 4. C(null) ends the list. Needs O(config[].arg3), as ProxySQL loses every argument
            after the first C(null). The table's default is C(null).
        type: str
      arg5:
        description:
          - Argument 5. C(null) ends the list. Needs O(config[].arg4), as ProxySQL loses every argument
            after the first C(null). The table's default is C(null).
        type: str
      comment:
        description:
          - Free text. The table's default is the empty string.
        type: str
extends_documentation_fragment:
  - mysqlha.proxysql.login
  - mysqlha.proxysql.table
  - mysqlha.proxysql.writing
  - mysqlha.proxysql.attributes
notes:
  - There is no sixth argument, and no place for a schedule by the clock. Use a wrapper, or cron.
  - A job that logs in to the admin interface and issues C(LOAD) or C(SAVE) works against this module.
    Whatever it changes is drift in the next run.
  - Section of C(LOAD) and C(SAVE) is SCHEDULER.
  - The cluster does not carry this table. It has to be written on every node.
seealso:
  - module: mysqlha.proxysql.config
  - name: ProxySQL's documentation of the table
    description: The columns in ProxySQL's own words.
    link: https://proxysql.com/documentation/main-runtime/#scheduler
"""

EXAMPLES = r"""
- name: Check the clusters every five seconds
  mysqlha.proxysql.scheduler:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    config:
      - id: 10
        interval_ms: 5000
        filename: /usr/local/bin/check-cluster
        arg1: --hostgroup
        arg2: "10"
        comment: writers of the shop

- name: This job and no other
  mysqlha.proxysql.scheduler:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    state: overridden
    config:
      - id: 10
        interval_ms: 2000
        filename: /usr/local/bin/check-cluster
        arg1: --hostgroup
        arg2: "10"

- name: The same job without its arguments
  mysqlha.proxysql.scheduler:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    config:
      - id: 10
        arg1: null
        arg2: null

- name: Stop it for now
  mysqlha.proxysql.scheduler:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    config:
      - id: 10
        active: false
"""

RETURN = r"""
before:
  description: The rows that change in some layer, as they were in memory. Passwords are masked.
  returned: for the states V(merged), V(replaced), V(overridden) and V(deleted)
  type: list
  elements: dict
  sample: []
after:
  description:
    - The same rows as they are now, or in check mode would be. Passwords are masked.
    - A row that was removed is in RV(before) only, a new one in RV(after) only.
  returned: for the states V(merged), V(replaced), V(overridden) and V(deleted)
  type: list
  elements: dict
  sample:
    - id: 10
      active: true
      interval_ms: 5000
      filename: "/usr/local/bin/check-cluster"
      arg1: "--hostgroup"
      arg2: "10"
      arg3: null
diff:
  description:
    - What differs, as text. One entry for each set of layers that change alike, with the layers named in
      its header.
    - A password is never shown. One that changes reads C(******** (new)).
  returned: for the states V(merged), V(replaced), V(overridden) and V(deleted)
  type: list
  elements: dict
  contains:
    before_header:
      description: Name of the table and of the layers.
      type: str
    after_header:
      description: The same as before_header.
      type: str
    before:
      description: The rows before, as YAML.
      type: str
    after:
      description: The rows after, as YAML.
      type: str
statements:
  description:
    - The statements sent to ProxySQL, in order, or in check mode those that would be sent. Passwords are
      masked.
    - An empty list means that memory, runtime and disk all held what is declared.
  returned: for the states V(merged), V(replaced), V(overridden) and V(deleted)
  type: list
  elements: str
  sample:
    - REPLACE INTO scheduler (id, active, interval_ms, filename, arg1, arg2, arg3) VALUES (10, 1, 5000,
      '/usr/local/bin/check-cluster', '--hostgroup', '10', NULL)
    - LOAD SCHEDULER TO RUNTIME
    - SAVE SCHEDULER TO DISK
layers:
  description: What was done to each layer, or in check mode would be done.
  returned: for the states V(merged), V(replaced), V(overridden) and V(deleted)
  type: dict
  sample: {memory: changed, runtime: loaded, disk: saved}
  contains:
    memory:
      description: V(changed) or V(unchanged).
      type: str
    runtime:
      description: V(loaded), V(unchanged), or V(skipped) where it differs and O(load=false).
      type: str
    disk:
      description: V(saved), V(unchanged), or V(skipped) where it differs and O(save=false).
      type: str
restore_point:
  description: Name of the restore point that was made before anything was written.
  returned: if O(restore_points) is given and something was changed
  type: str
  sample: 20261126T125501.123456Z
server_version:
  description: Full version string of ProxySQL.
  returned: always, except for O(state=rendered)
  type: str
  sample: 2.7.1
gathered:
  description: The rows of the O(layer), in the shape of O(config). Passwords are left out.
  returned: for O(state=gathered)
  type: list
  elements: dict
rendered:
  description: The statements in order. Passwords are masked.
  returned: for O(state=rendered)
  type: list
  elements: str
"""

from ansible_collections.mysqlha.proxysql.plugins.module_utils._tasks.run import run_table


def main() -> None:
    run_table("scheduler")


if __name__ == "__main__":
    main()
