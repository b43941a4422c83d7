#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: pgsql_hostgroup_attributes
short_description: Settings of single hostgroups for PostgreSQL (table pgsql_hostgroup_attributes)
version_added: "1.0.0"
description:
  - Keeps the rows of ProxySQL's table C(pgsql_hostgroup_attributes) as declared, in memory, runtime and
    disk.
  - Each row gives one hostgroup settings of its own, in place of the variables that hold for all.
  - ProxySQL has this table from 3.0 on; the module was tried on 3.0.3. On an older server it fails, and says that
    the table is not there.
author:
  - The mysqlha.proxysql developers (@mysqlha)
options:
  config:
    description:
      - The rows. A row is found by its O(config[].hostgroup_id).
      - A column that is not in this list but in your ProxySQL's table is passed on as the server has
        it, with a warning.
    type: list
    elements: dict
    suboptions:
      hostgroup_id:
        description:
          - The hostgroup. It need not have servers yet. 0 or more. The key.
        type: int
        required: true
      max_num_online_servers:
        description:
          - If more servers than this are online in the hostgroup, none of them gets queries. V(1)
            guards a hostgroup of writers against two primaries. 0 to 1000000. The table's default is
            1000000.
        type: int
      autocommit:
        description:
          - -1 to 1. Not acted on by the releases seen. The table's default is -1.
        type: int
      free_connections_pct:
        description:
          - How many idle connections to a server are kept, in percent of the server's
            C(max_connections). Instead of the variable C(pgsql-free_connections_pct). 0 to 100. The
            table's default is 10.
        type: int
      init_connect:
        description:
          - SQL that is sent on each new connection to a server of this hostgroup, besides the variable
            C(pgsql-init_connect). The table's default is the empty string.
        type: str
      multiplex:
        description:
          - Whether connections to this hostgroup may be shared between sessions. The table's default is
            true.
        type: bool
      connection_warming:
        description:
          - Whether connections are opened ahead of need, up to O(config[].free_connections_pct).
            Instead of the variable C(pgsql-connection_warming). The table's default is false.
        type: bool
      throttle_connections_per_sec:
        description:
          - How many new connections are opened to the hostgroup in one second at most. Instead of the
            variable C(pgsql-throttle_connections_per_sec_to_hostgroup). 1 to 1000000. The table's
            default is 1000000.
        type: int
      ignore_session_variables:
        description:
          - A JSON list of names, as text or as a list. Two values that mean the same are equal,
            whatever their spaces. The table's default is the empty string.
        type: str
      hostgroup_settings:
        description:
          - A JSON object, as text or as a dict. Two objects that mean the same are equal, whatever
            their spaces and the order of their keys. The table's default is the empty string.
        type: str
      servers_defaults:
        description:
          - A JSON object, as text or as a dict, with C(weight), C(max_connections) or C(use_ssl) of
            servers that a monitor adds to the hostgroup. It does not change servers that are declared.
          - ProxySQL stores values that are out of range, and goes on without them. They are refused
            here. Two objects that mean the same are equal, whatever their spaces and the order of their
            keys. The table's default is the empty string.
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
  - Section of C(LOAD) and C(SAVE) is PGSQL SERVERS. It also covers C(pgsql_servers),
    C(pgsql_replication_hostgroups) and C(pgsql_servers_ssl_params).
  - The cluster carries this table from about 3.0.8 on. On an older server every node has to be written.
seealso:
  - module: mysqlha.proxysql.pgsql_servers
  - module: mysqlha.proxysql.config
  - name: ProxySQL's documentation of the table
    description: The columns in ProxySQL's own words.
    link: https://proxysql.com/documentation/main-runtime/#pgsql_hostgroup_attributes
"""

EXAMPLES = r"""
- name: Two primaries at once are worse than none, and few connections are kept to the reports
  mysqlha.proxysql.pgsql_hostgroup_attributes:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    config:
      - hostgroup_id: 10
        max_num_online_servers: 1
        comment: primary
      - hostgroup_id: 30
        free_connections_pct: 2
        throttle_connections_per_sec: 50
        comment: reports

- name: All of it back to the defaults
  mysqlha.proxysql.pgsql_hostgroup_attributes:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    state: deleted
    config:
      - hostgroup_id: 10
      - hostgroup_id: 30
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
  sample: [{hostgroup_id: 10, max_num_online_servers: 1, comment: primary}]
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
    - REPLACE INTO pgsql_hostgroup_attributes (hostgroup_id, max_num_online_servers, comment) VALUES
      (10, 1, 'primary')
    - LOAD PGSQL SERVERS TO RUNTIME
    - SAVE PGSQL SERVERS TO DISK
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
    run_table("pgsql_hostgroup_attributes")


if __name__ == "__main__":
    main()
