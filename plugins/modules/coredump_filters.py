#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: coredump_filters
short_description: Where ProxySQL writes a core dump of itself (table coredump_filters)
version_added: "1.0.0"
description:
  - Keeps the rows of ProxySQL's table C(coredump_filters) as declared, in memory and runtime. There is
    no disk layer, so all rows are gone when ProxySQL starts again. The next run puts them back.
  - Each row names a place in ProxySQL's source where it writes a core dump when it comes by. You need
    this only when its developers ask you to.
author:
  - The mysqlha.proxysql developers (@mysqlha)
options:
  config:
    description:
      - The rows. A row is found by its O(config[].filename) and O(config[].line) together.
      - A column that is not in this list but in your ProxySQL's table is passed on as the server has
        it, with a warning.
    type: list
    elements: dict
    suboptions:
      filename:
        description:
          - Name of the source file. A colon is refused, as ProxySQL would take it for the end of the
            name. Part of the key.
        type: str
        required: true
      line:
        description:
          - Number of the line. 0 or more. Part of the key.
        type: int
        required: true
extends_documentation_fragment:
  - mysqlha.proxysql.login
  - mysqlha.proxysql.table
  - mysqlha.proxysql.writing
  - mysqlha.proxysql.attributes
notes:
  - How often a dump is written is limited by the variables C(admin-coredump_generation_interval_ms) and
    C(admin-coredump_generation_threshold).
  - O(save) and O(layer=disk) have nothing to act on here.
  - Section of C(LOAD) is COREDUMP.
  - The cluster does not carry this table. It has to be written on every node.
seealso:
  - module: mysqlha.proxysql.global_variables
  - module: mysqlha.proxysql.config
  - name: ProxySQL's documentation of the table
    description: The columns in ProxySQL's own words.
    link: https://proxysql.com/documentation/main-runtime/#coredump_filters
"""

EXAMPLES = r"""
- name: What the developers asked for
  mysqlha.proxysql.coredump_filters:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    config:
      - filename: MySQL_Session.cpp
        line: 3452

- name: No longer
  mysqlha.proxysql.coredump_filters:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    state: overridden
    config: []
    allow_empty: true
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
  sample: [{filename: MySQL_Session.cpp, line: 3452}]
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
    - An empty list means that memory and runtime both held what is declared.
  returned: for the states V(merged), V(replaced), V(overridden) and V(deleted)
  type: list
  elements: str
  sample:
    - REPLACE INTO coredump_filters (filename, line) VALUES ('MySQL_Session.cpp', 3452)
    - LOAD COREDUMP TO RUNTIME
layers:
  description: What was done to each layer, or in check mode would be done.
  returned: for the states V(merged), V(replaced), V(overridden) and V(deleted)
  type: dict
  sample: {memory: changed, runtime: loaded, disk: unchanged}
  contains:
    memory:
      description: V(changed) or V(unchanged).
      type: str
    runtime:
      description: V(loaded), V(unchanged), or V(skipped) where it differs and O(load=false).
      type: str
    disk:
      description: Always V(unchanged), as there is no such layer.
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
    run_table("coredump_filters")


if __name__ == "__main__":
    main()
