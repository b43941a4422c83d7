#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: restapi_routes
short_description: REST API routes that run programs (table restapi_routes)
version_added: "1.0.0"
description:
  - Keeps the rows of ProxySQL's table C(restapi_routes) as declared, in memory, runtime and disk.
  - Each row makes ProxySQL answer one address under C(/sync/) by running a program and giving back what
    it prints. The parameters of the request come as JSON in its first argument.
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
          - Number of the route. Here it must be given, as it is how a row is found. ProxySQL itself
            would give the next free one. 0 or more. The key.
        type: int
        required: true
      active:
        description:
          - Whether the route answers. A row that is not active stays in all layers. The table's default
            is true.
        type: bool
      timeout_ms:
        description:
          - After how many milliseconds the program is killed. 100 to 100000000. Must be given for a new
            row.
        type: int
      method:
        description:
          - The method of the request. Must be given for a new row.
        type: str
        choices: [GET, POST]
      uri:
        description:
          - The end of the address, without C(/sync/). No two rows may have the same O(config[].method)
            and the same O(config[].uri). ProxySQL would take both, and answer with one.
          - A single quote is refused, as in O(config[].script). Must be given for a new row.
        type: str
      script:
        description:
          - Path of the program. It must be there on every node.
          - A single quote is refused. ProxySQL would not show the route in C(runtime_restapi_routes).
            Must be given for a new row.
        type: str
      comment:
        description:
          - Free text. A single quote is refused, as in O(config[].script). The table's default is the
            empty string.
        type: str
extends_documentation_fragment:
  - mysqlha.proxysql.login
  - mysqlha.proxysql.table
  - mysqlha.proxysql.writing
  - mysqlha.proxysql.attributes
notes:
  - The REST API listens only with the variable C(admin-restapi_enabled) on, at C(admin-restapi_port).
    It asks for no password, so it must not be reachable from outside.
  - Section of C(LOAD) and C(SAVE) is RESTAPI.
  - The cluster does not carry this table. It has to be written on every node.
seealso:
  - module: mysqlha.proxysql.global_variables
  - module: mysqlha.proxysql.config
  - name: ProxySQL's documentation of the table
    description: The columns in ProxySQL's own words.
    link: https://proxysql.com/documentation/main-runtime/#restapi_routes
"""

EXAMPLES = r"""
- name: A route that flushes the query cache
  mysqlha.proxysql.restapi_routes:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    config:
      - id: 1
        method: POST
        uri: flush_query_cache
        script: /usr/local/bin/flush-query-cache
        timeout_ms: 1000

- name: This route and no other
  mysqlha.proxysql.restapi_routes:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    state: overridden
    config:
      - id: 1
        method: POST
        uri: flush_query_cache
        script: /usr/local/bin/flush-query-cache
        timeout_ms: 5000

- name: Remove it
  mysqlha.proxysql.restapi_routes:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    state: deleted
    config:
      - id: 1
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
    - id: 1
      active: true
      timeout_ms: 1000
      method: POST
      uri: flush_query_cache
      script: "/usr/local/bin/flush-query-cache"
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
    - REPLACE INTO restapi_routes (id, active, timeout_ms, method, uri, script) VALUES (1, 1, 1000,
      'POST', 'flush_query_cache', '/usr/local/bin/flush-query-cache')
    - LOAD RESTAPI TO RUNTIME
    - SAVE RESTAPI TO DISK
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
    run_table("restapi_routes")


if __name__ == "__main__":
    main()
