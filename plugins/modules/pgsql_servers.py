#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: pgsql_servers
short_description: PostgreSQL backends of a ProxySQL, by hostgroup (table pgsql_servers)
version_added: "1.0.0"
description:
  - Keeps the rows of ProxySQL's table C(pgsql_servers) as declared, in memory, runtime and disk. Each
    row puts one PostgreSQL server into one hostgroup.
  - Declare each server where it belongs. Where a pair of hostgroups is watched, see
    M(mysqlha.proxysql.pgsql_replication_hostgroups), ProxySQL's monitor moves servers between the two
    in runtime when the primary changes. That is not drift.
  - ProxySQL has this table from 3.0 on; the module was tried on 3.0.3. On an older server it fails, and says that
    the table is not there.
author:
  - The mysqlha.proxysql developers (@mysqlha)
options:
  config:
    description:
      - The rows. A row is found by its O(config[].hostgroup_id), O(config[].hostname) and
        O(config[].port) together.
      - A column that is not in this list but in your ProxySQL's table is passed on as the server has
        it, with a warning.
    type: list
    elements: dict
    suboptions:
      hostgroup_id:
        description:
          - The hostgroup the server is in. 0 or more. 0 or more. Part of the key. The table's default
            is 0.
        type: int
      hostname:
        description:
          - Name or address of the server, or the path of its Unix socket together with
            O(config[].port=0).
          - Case-sensitive. C(db1) and C(DB1) are two servers to ProxySQL. Part of the key.
        type: str
        required: true
      port:
        description:
          - The server's port, 0 to 65535. Part of the key. The table's default is 5432.
        type: int
      status:
        description:
          - V(ONLINE) takes queries.
          - V(OFFLINE_SOFT) takes no new ones. Connections in use stay until they are given back, so
            this is how to drain a server.
          - V(OFFLINE_HARD) takes the server out at once. Clients that use it lose their connection.
          - C(SHUNNED) cannot be declared. ProxySQL sets it at
            runtime for a server that it considers unreachable. That too is not drift. The table's default is C(ONLINE).
        type: str
        choices: [ONLINE, OFFLINE_SOFT, OFFLINE_HARD]
      weight:
        description:
          - The server's share of the queries, against the others of its hostgroup. 0 to 10000000. With
            V(0) it gets none.
          - When the monitor moves a server to the other hostgroup of a pair, its weight and all else in
            the row go with it. The table's default is 1.
        type: int
      compression:
        description:
          - Whether connections to the server are compressed. The table's default is false.
        type: bool
      max_connections:
        description:
          - How many connections ProxySQL opens to the server at most. 0 to 2147483647. The table's
            default is 1000.
        type: int
      max_replication_lag:
        description:
          - A replica that is further behind than this many seconds gets no queries. 0 to 126144000.
            With V(0) it does not matter. The table's default is 0.
        type: int
      use_ssl:
        description:
          - Whether connections to the server use TLS. The table's default is false.
        type: bool
      max_latency_ms:
        description:
          - A server whose ping takes longer than this number of milliseconds gets no queries. 0 to
            4294967. V(0) means that the variable C(pgsql-default_max_latency_ms) decides. The
            table's default is 0.
        type: int
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
  - What was last loaded is read from ProxySQL where it tells (from about 3.0.8 on). Before that it is
    told from runtime, with both hostgroups of a pair taken for one. That cannot see whether a server
    of a pair was moved by hand.
  - Section of C(LOAD) and C(SAVE) is PGSQL SERVERS. It also covers C(pgsql_replication_hostgroups),
    C(pgsql_hostgroup_attributes) and C(pgsql_servers_ssl_params).
  - The cluster carries this table from about 3.0.8 on. On an older server every node has to be written.
seealso:
  - module: mysqlha.proxysql.pgsql_replication_hostgroups
  - module: mysqlha.proxysql.config
  - name: ProxySQL's documentation of the table
    description: The columns in ProxySQL's own words.
    link: https://proxysql.com/documentation/main-runtime/#pgsql_servers
"""

EXAMPLES = r"""
- name: A primary and a replica
  mysqlha.proxysql.pgsql_servers:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    config:
      - hostgroup_id: 10
        hostname: pg1.example.com
      - hostgroup_id: 20
        hostname: pg2.example.com

- name: Drain one
  mysqlha.proxysql.pgsql_servers:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    config:
      - hostgroup_id: 20
        hostname: pg2.example.com
        status: OFFLINE_SOFT
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
  sample: [{hostgroup_id: 10, hostname: pg1.example.com, port: 5432, status: ONLINE, weight: 1}]
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
    - REPLACE INTO pgsql_servers (hostgroup_id, hostname, port, status, weight) VALUES (10,
      'pg1.example.com', 5432, 'ONLINE', 1)
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
    run_table("pgsql_servers")


if __name__ == "__main__":
    main()
