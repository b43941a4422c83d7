#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: pgsql_replication_hostgroups
short_description: Pairs of PostgreSQL writer and reader hostgroup that the monitor watches (table pgsql_replication_hostgroups)
version_added: "1.0.0"
description:
  - Keeps the rows of ProxySQL's table C(pgsql_replication_hostgroups) as declared, in memory, runtime
    and disk.
  - Each row tells ProxySQL's monitor to watch whether the servers of two hostgroups are read only. A
    server that can be written to is put into the writer hostgroup, one that cannot into the reader
    hostgroup.
  - ProxySQL has this table from 3.0 on; the module was tried on 3.0.3. On an older server it fails, and says that
    the table is not there.
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
          - The hostgroup of the servers that can be written to. 0 or more.
          - It must not be the reader hostgroup of another row. The key.
        type: int
        required: true
      reader_hostgroup:
        description:
          - The hostgroup of the servers that are read only. It differs from
            O(config[].writer_hostgroup), and no other row has the same. 0 or more. Must be given for a
            new row.
        type: int
      check_type:
        description:
          - What the monitor asks for. The first alpha took other words as well, later releases do not.
            The table's default is C(read_only).
        type: str
        choices: [read_only]
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
  - The monitor needs a user in the backends. See the variables C(pgsql-monitor_username) and
    C(pgsql-monitor_password).
  - Section of C(LOAD) and C(SAVE) is PGSQL SERVERS. It also covers C(pgsql_servers),
    C(pgsql_hostgroup_attributes) and C(pgsql_servers_ssl_params).
  - The cluster carries this table from about 3.0.8 on. On an older server every node has to be written.
seealso:
  - module: mysqlha.proxysql.pgsql_servers
  - module: mysqlha.proxysql.config
  - name: ProxySQL's documentation of the table
    description: The columns in ProxySQL's own words.
    link: https://proxysql.com/documentation/main-runtime/#pgsql_replication_hostgroups
"""

EXAMPLES = r"""
- name: Watch the servers of 10 (writer) and 20 (readers)
  mysqlha.proxysql.pgsql_replication_hostgroups:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    config:
      - writer_hostgroup: 10
        reader_hostgroup: 20
        comment: shop

- name: Stop watching them
  mysqlha.proxysql.pgsql_replication_hostgroups:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    state: deleted
    config:
      - writer_hostgroup: 10
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
    - REPLACE INTO pgsql_replication_hostgroups (writer_hostgroup, reader_hostgroup, check_type,
      comment) VALUES (10, 20, 'read_only', 'shop')
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
    run_table("pgsql_replication_hostgroups")


if __name__ == "__main__":
    main()
