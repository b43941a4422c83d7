#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: mysql_replication_hostgroups
short_description: Pairs of writer and reader hostgroup that the monitor watches (table mysql_replication_hostgroups)
version_added: "1.0.0"
description:
  - Keeps the rows of ProxySQL's table C(mysql_replication_hostgroups) as declared, in memory, runtime
    and disk.
  - Each row tells ProxySQL's monitor to watch C(read_only) on the servers of two hostgroups. A server
    that can be written to is put into the writer hostgroup, one that cannot into the reader hostgroup.
    This is how ProxySQL follows a failover of your replication.
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
          - The hostgroup of the servers that can be written to. 0 or more. The key.
          - It must not be the reader hostgroup of another row. ProxySQL leaves such a row out, and
            answers C(OK). Nor may it belong to a row of another table of hostgroups, since two monitors
            would move its servers.
        type: int
        required: true
      reader_hostgroup:
        description:
          - The hostgroup of the servers that are read only. It differs from
            O(config[].writer_hostgroup), and no other row has the same. Must be given for a new row.
        type: int
      check_type:
        description:
          - Which of a server's variables the monitor asks for. With C(&) both must be on for a server
            to be a reader, with C(|) one is enough.
          - The table's default is C(read_only).
        type: str
        choices:
          - read_only
          - innodb_read_only
          - super_read_only
          - read_only|innodb_read_only
          - read_only&innodb_read_only
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
  - The monitor needs a user in the backends. See the variables C(mysql-monitor_username) and
    C(mysql-monitor_password). Without a working one, servers stay where they are declared.
  - By default (C(mysql-monitor_writer_is_also_reader)) a server that the monitor has made the writer
    also stays in the reader hostgroup.
  - Set C(read_only=1) in the configuration of every database server and let the failover tool clear it
    on the primary. An old primary that comes back writable makes two writers.
  - Section of C(LOAD) and C(SAVE) is MYSQL SERVERS. It also covers C(mysql_servers), so declare
    both in one task with M(mysqlha.proxysql.config) where both change.
  - The cluster carries this table. Write it on one core, the other nodes follow.
seealso:
  - module: mysqlha.proxysql.mysql_servers
  - module: mysqlha.proxysql.config
  - name: ProxySQL's documentation of the table
    description: The columns in ProxySQL's own words.
    link: https://proxysql.com/documentation/main-runtime/#mysql_replication_hostgroups
"""

EXAMPLES = r"""
- name: Watch read_only on the servers of 10 (writer) and 20 (readers)
  mysqlha.proxysql.mysql_replication_hostgroups:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    config:
      - writer_hostgroup: 10
        reader_hostgroup: 20
        comment: shop

- name: There are exactly these two pairs
  mysqlha.proxysql.mysql_replication_hostgroups:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    state: overridden
    config:
      - writer_hostgroup: 10
        reader_hostgroup: 20
        comment: shop
      - writer_hostgroup: 30
        reader_hostgroup: 40
        check_type: super_read_only
        comment: billing

- name: Stop watching one pair
  mysqlha.proxysql.mysql_replication_hostgroups:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    state: deleted
    config:
      - writer_hostgroup: 30
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
  sample: [{writer_hostgroup: 10, reader_hostgroup: 20, check_type: read_only, comment: shop}]
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
    - REPLACE INTO mysql_replication_hostgroups (writer_hostgroup, reader_hostgroup, check_type,
      comment) VALUES (10, 20, 'read_only', 'shop')
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
    run_table("mysql_replication_hostgroups")


if __name__ == "__main__":
    main()
