#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: mysql_galera_hostgroups
short_description: Hostgroups of Galera clusters (table mysql_galera_hostgroups)
version_added: "1.0.0"
description:
  - Keeps the rows of ProxySQL's table C(mysql_galera_hostgroups) as declared, in memory, runtime and
    disk.
  - Each row tells ProxySQL's monitor that four hostgroups belong to a Galera cluster. It asks every
    server in them for its state, and moves it to where it belongs, in runtime only.
author:
  - The mysqlha.proxysql developers (@mysqlha)
options:
  config:
    description:
      - The rows. A row is found by its O(config[].writer_hostgroup).
      - A column that is not in this list but in your ProxySQL's table is passed on as the server has
        it, with a warning.
    type: list
    elements: dict
    suboptions:
      writer_hostgroup:
        description:
          - The hostgroup of the servers that take writes. 0 or more.
          - It must be in no other role in another row. ProxySQL leaves such a row out, and answers
            C(OK). Nor may it belong to a row of another table of hostgroups, since two monitors would
            move its servers. The key.
        type: int
        required: true
      backup_writer_hostgroup:
        description:
          - Where servers wait that could take writes, but are more than O(config[].max_writers). It
            differs from the other three, and no other row has the same. 0 or more. Must be given for a
            new row.
        type: int
      reader_hostgroup:
        description:
          - Where servers are that are read only. It differs from the other three, and no other row has
            the same. 1 or more. Must be given for a new row.
        type: int
      offline_hostgroup:
        description:
          - Where servers are that are not part of the group or not fit for queries. It differs from the
            other three, and no other row has the same. 0 or more. Must be given for a new row.
        type: int
      active:
        description:
          - Whether the monitor looks after this row. A row that is not active stays in all layers. The
            table's default is true.
        type: bool
      max_writers:
        description:
          - How many servers are in O(config[].writer_hostgroup) at most. The rest of those that could
            be wait in O(config[].backup_writer_hostgroup). 0 or more. The table's default is 1.
        type: int
      writer_is_also_reader:
        description:
          - V(0) keeps writers out of O(config[].reader_hostgroup), V(1) puts them there as well, V(2)
            puts those of O(config[].backup_writer_hostgroup) there and not the writers. The table's
            default is 0.
        type: int
      max_transactions_behind:
        description:
          - How many write sets a node may have in its receive queue (C(wsrep_local_recv_queue)) before
            it gets no more queries. With V(0) it does not matter. 0 or more. The table's default is 0.
        type: int
      comment:
        description:
          - Free text. C(null) and the empty string are two different values. The table's default is
            C(null).
        type: str
extends_documentation_fragment:
  - mysqlha.proxysql.login
  - mysqlha.proxysql.table
  - mysqlha.proxysql.writing
  - mysqlha.proxysql.attributes
notes:
  - The monitor needs a user in the backends (C(mysql-monitor_username)) who can read Galera's own
    status variables (C(wsrep_local_state), C(wsrep_reject_queries), C(pxc_maint_mode) and others).
  - Declare the servers in M(mysqlha.proxysql.mysql_servers), in the hostgroup where they are meant to
    start. Where the monitor has put them since is not drift.
  - Nothing but the table itself was run here, as there was no such cluster. What the monitor does is
    told from ProxySQL's documentation and source.
  - Section of C(LOAD) and C(SAVE) is MYSQL SERVERS. It also covers C(mysql_servers) and the other
    tables of hostgroups.
  - The cluster carries this table. Write it on one core, the other nodes follow.
seealso:
  - module: mysqlha.proxysql.mysql_servers
  - module: mysqlha.proxysql.mysql_group_replication_hostgroups
  - module: mysqlha.proxysql.config
  - name: ProxySQL's documentation of the table
    description: The columns in ProxySQL's own words.
    link: https://proxysql.com/documentation/main-runtime/#mysql_galera_hostgroups
"""

EXAMPLES = r"""
- name: One Galera cluster, in which one server takes writes at a time
  mysqlha.proxysql.mysql_galera_hostgroups:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    config:
      - writer_hostgroup: 10
        backup_writer_hostgroup: 12
        reader_hostgroup: 20
        offline_hostgroup: 9999
        max_writers: 1
        writer_is_also_reader: 2
        max_transactions_behind: 100
        comment: shop

- name: The cluster and its servers in one task, so that runtime never holds one without the other
  mysqlha.proxysql.config:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    state: overridden
    tables:
      mysql_galera_hostgroups:
        - writer_hostgroup: 10
          backup_writer_hostgroup: 12
          reader_hostgroup: 20
          offline_hostgroup: 9999
      mysql_servers:
        - {hostgroup_id: 10, hostname: db1.example.com}
        - {hostgroup_id: 10, hostname: db2.example.com}
        - {hostgroup_id: 10, hostname: db3.example.com}

- name: Leave the servers of one cluster alone for a while
  mysqlha.proxysql.mysql_galera_hostgroups:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    config:
      - writer_hostgroup: 10
        active: false

- name: There are no such clusters
  mysqlha.proxysql.mysql_galera_hostgroups:
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
  sample:
    - writer_hostgroup: 10
      backup_writer_hostgroup: 12
      reader_hostgroup: 20
      offline_hostgroup: 9999
      active: true
      max_writers: 1
      writer_is_also_reader: 1
      max_transactions_behind: 100
      comment: shop
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
    - REPLACE INTO mysql_galera_hostgroups (writer_hostgroup, backup_writer_hostgroup, reader_hostgroup,
      offline_hostgroup, active, max_writers, writer_is_also_reader, max_transactions_behind, comment)
      VALUES (10, 12, 20, 9999, 1, 1, 1, 100, 'shop')
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
    run_table("mysql_galera_hostgroups")


if __name__ == "__main__":
    main()
