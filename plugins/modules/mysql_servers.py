#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: mysql_servers
short_description: Backends of a ProxySQL, by hostgroup (table mysql_servers)
version_added: "1.0.0"
description:
  - Keeps the rows of ProxySQL's table C(mysql_servers) as declared, in memory, runtime and disk. Each
    row puts one MySQL or MariaDB server into one hostgroup.
  - Declare each server where it belongs. Where a pair of hostgroups is watched, see
    M(mysqlha.proxysql.mysql_replication_hostgroups), ProxySQL's monitor moves servers between the
    two in runtime when the primary changes. It never touches memory or disk, and that is not drift.
  - Servers that are declared in both hostgroups of such a pair, all of them, are named by pair. Of these one is written to the writer
    hostgroup, whom memory has there already or else the first, so that M(mysqlha.proxysql.primary_switchover) leaves nothing to declare.
  - Members of Group Replication, Galera or Aurora choose their writer themselves. Declare each in the writer hostgroup of its set. With
    O(state=overridden), when something has to be written, each member's row is written in the hostgroups of the set in which runtime has it;
    with other states in those in which memory has it. A new member waits as a reader. A LOAD that found all of them in the writer hostgroup
    would send writes to readers, and leave them with their old values.
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
          - The hostgroup the server is in. 0 or more. The table's default is 0. Part of the key.
        type: int
      hostname:
        description:
          - Name or address of the server, or the path of its Unix socket together with
            O(config[].port=0). Part of the key.
          - Case-sensitive. C(db1) and C(DB1) are two servers to ProxySQL.
        type: str
        required: true
      port:
        description:
          - The server's port, 0 to 65535. The table's default is 3306. Part of the key.
        type: int
      gtid_port:
        description:
          - Port of C(proxysql_binlog_reader) on the server, 0 to 65535. V(0) means that there is none.
            It must differ from O(config[].port). The table's default is 0.
        type: int
      status:
        description:
          - V(ONLINE) takes queries.
          - V(OFFLINE_SOFT) takes no new ones. Connections in use stay until they are given back, so this
            is how to drain a server.
          - V(OFFLINE_HARD) takes the server out at once. Clients that use it lose their connection.
          - C(SHUNNED) cannot be declared. ProxySQL sets it at
            runtime for a server that it considers unreachable. That too is not drift.
          - The table's default is C(ONLINE).
        type: str
        choices: [ONLINE, OFFLINE_SOFT, OFFLINE_HARD]
      weight:
        description:
          - The server's share of the queries, against the others of its hostgroup. 0 to 10000000. With
            V(0) it gets none. The table's default is 1.
          - When the monitor moves a server to the other hostgroup of a pair, its weight and all else
            in the row go with it.
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
          - A replica that lags by more than this number of seconds is shunned until it has caught up.
            0 to 126144000. V(0) means that lag is not looked at. The table's default is 0.
        type: int
      use_ssl:
        description:
          - Whether connections to the server use TLS. The table's default is false.
        type: bool
      max_latency_ms:
        description:
          - A server whose ping takes longer than this number of milliseconds gets no queries.
            0 to 4294967. V(0) means that the variable C(mysql-default_max_latency_ms) decides. The
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
  - Whether runtime differs is judged by the rows that were loaded last (what the cluster's nodes
    fetch from each other), never by C(runtime_mysql_servers), where the monitor has its say. A
    C(LOAD MYSQL SERVERS TO RUNTIME) after a failover puts the old primary back into the writer hostgroup
    until the next read_only check, and cuts sessions twice. So a run that has nothing to change
    never issues one (measured on 2.7.1).
  - ProxySQL before 2.6 does not tell which rows were loaded last. There a server counts as loaded if runtime
    has it, with the same columns, in any hostgroup of its pair or set. A server that somebody moved
    by hand within one cannot be told from one that the monitor has moved.
  - When a row that is in use is removed, clients lose their connection at their next statement. Set
    O(config[].status=OFFLINE_SOFT) first and wait until C(stats_mysql_connection_pool) shows no used
    one.
  - Section of C(LOAD) and C(SAVE) is MYSQL SERVERS. It also covers C(mysql_replication_hostgroups), so
    declare both in one task with M(mysqlha.proxysql.config) where both change.
  - The cluster carries this table. Write it on one core, the other nodes follow.
seealso:
  - module: mysqlha.proxysql.mysql_replication_hostgroups
  - module: mysqlha.proxysql.config
  - name: ProxySQL's documentation of the table
    description: The columns in ProxySQL's own words.
    link: https://proxysql.com/documentation/main-runtime/#mysql_servers
"""

EXAMPLES = r"""
- name: The backends are exactly these
  mysqlha.proxysql.mysql_servers:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    state: overridden
    config:
      - hostgroup_id: 10
        hostname: db1.example.com
        max_connections: 500
        comment: primary
      - hostgroup_id: 20
        hostname: db2.example.com
        max_connections: 500
        max_replication_lag: 30
        comment: replica

- name: Drain one server before work on it
  mysqlha.proxysql.mysql_servers:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    config:
      - hostgroup_id: 20
        hostname: db2.example.com
        status: OFFLINE_SOFT

- name: This team's hostgroups are exactly so, and those of other teams are left alone
  mysqlha.proxysql.mysql_servers:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    state: overridden
    scope:
      hostgroup_id: [10, 20]
    config:
      - hostgroup_id: 10
        hostname: db1.example.com
      - hostgroup_id: 20
        hostname: db2.example.com
      - hostgroup_id: 20
        hostname: db3.example.com

- name: Take a server out for good
  mysqlha.proxysql.mysql_servers:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    state: deleted
    config:
      - hostgroup_id: 20
        hostname: db3.example.com

- name: What the disk holds, as a list to paste into an inventory
  mysqlha.proxysql.mysql_servers:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    state: gathered
    layer: disk
  register: on_disk
"""

RETURN = r"""
before:
  description: The rows that change in some layer, as they were in memory. Passwords are masked.
  returned: for the states V(merged), V(replaced), V(overridden) and V(deleted)
  type: list
  elements: dict
  sample: [{hostgroup_id: 20, hostname: db2.example.com, port: 3306, status: ONLINE, weight: 1}]
after:
  description:
    - The same rows as they are now, or in check mode would be. Passwords are masked.
    - A row that was removed is in RV(before) only, a new one in RV(after) only.
  returned: for the states V(merged), V(replaced), V(overridden) and V(deleted)
  type: list
  elements: dict
  sample: [{hostgroup_id: 20, hostname: db2.example.com, port: 3306, status: OFFLINE_SOFT, weight: 1}]
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
    - REPLACE INTO mysql_servers (hostgroup_id, hostname, port, status, weight) VALUES (20,
      'db2.example.com', 3306, 'OFFLINE_SOFT', 1)
    - LOAD MYSQL SERVERS TO RUNTIME
    - SAVE MYSQL SERVERS TO DISK
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
    run_table("mysql_servers")


if __name__ == "__main__":
    main()
