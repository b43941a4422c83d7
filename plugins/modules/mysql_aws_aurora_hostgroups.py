#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: mysql_aws_aurora_hostgroups
short_description: Hostgroups of Amazon Aurora clusters (table mysql_aws_aurora_hostgroups)
version_added: "1.0.0"
description:
  - Keeps the rows of ProxySQL's table C(mysql_aws_aurora_hostgroups) as declared, in memory, runtime
    and disk.
  - Each row tells ProxySQL's monitor that two hostgroups belong to an Aurora cluster. It reads
    C(REPLICA_HOST_STATUS) on one of the servers, finds the writer and the readers by it, adds those it
    does not know yet, and moves them, in runtime only.
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
          - The hostgroup of the writer. 0 or more.
          - It must not be the reader hostgroup of another row. ProxySQL leaves such a row out, and
            answers C(OK). Nor may it belong to a row of another table of hostgroups. The key.
        type: int
        required: true
      reader_hostgroup:
        description:
          - The hostgroup of the readers. It differs from O(config[].writer_hostgroup), and no other row
            has the same. 1 or more. Must be given for a new row.
        type: int
      active:
        description:
          - Whether the monitor looks after this row. A row that is not active stays in all layers. The
            table's default is true.
        type: bool
      aurora_port:
        description:
          - The port of the servers that the monitor adds. 0 to 65535. The table's default is 3306.
        type: int
      domain_name:
        description:
          - What has to be put after the name of an instance to reach it, such as
            V(.abcdefghijkl.eu-west-1.rds.amazonaws.com). It begins with a dot. Must be given for a new
            row.
        type: str
      max_lag_ms:
        description:
          - A reader that is further behind than this many milliseconds gets no queries. 10 to 600000.
            The table's default is 600000.
        type: int
      check_interval_ms:
        description:
          - How often the monitor looks, in milliseconds. 100 to 600000. The table's default is 1000.
        type: int
      check_timeout_ms:
        description:
          - How long it waits for an answer, in milliseconds. Keep it below
            O(config[].check_interval_ms). 80 to 3000. The table's default is 800.
        type: int
      writer_is_also_reader:
        description:
          - Whether the writer is in O(config[].reader_hostgroup) as well. The table's default is false.
        type: bool
      new_reader_weight:
        description:
          - The weight of readers that the monitor adds. 0 to 10000000. The table's default is 1.
        type: int
      add_lag_ms:
        description:
          - Milliseconds to add to what Aurora says of the lag, which is always a little old. 0 to
            600000. The table's default is 30.
        type: int
      min_lag_ms:
        description:
          - Where Aurora says less than O(config[].add_lag_ms), this is taken for the lag. 0 to 600000.
            The table's default is 30.
        type: int
      lag_num_checks:
        description:
          - Of how many of the last checks the highest lag counts. 1 to 16. The table's default is 1.
        type: int
      autopurge_missing_checks:
        description:
          - After how many checks a server that Aurora no longer names is removed from runtime. V(0)
            keeps it. Only some releases of the 3.x series have this column. It was not run, and older
            servers refuse it by name. 0 to 100. The table's default is 0.
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
  - Declare one server of the cluster in M(mysqlha.proxysql.mysql_servers), or all of them. Where the
    monitor has put them, and which ones it has added, is not drift.
  - Aurora needs no C(read_only). Do not list the same hostgroups in C(mysql_replication_hostgroups).
  - Nothing but the table itself was run here, as there was no Aurora. What the monitor does is told
    from ProxySQL's documentation and source.
  - Section of C(LOAD) and C(SAVE) is MYSQL SERVERS. It also covers C(mysql_servers) and the other
    tables of hostgroups.
  - The cluster carries this table. Write it on one core, the other nodes follow.
seealso:
  - module: mysqlha.proxysql.mysql_servers
  - module: mysqlha.proxysql.config
  - name: ProxySQL's documentation of the table
    description: The columns in ProxySQL's own words.
    link: https://proxysql.com/documentation/main-runtime/#mysql_aws_aurora_hostgroups
"""

EXAMPLES = r"""
- name: One Aurora cluster, of which one instance is known
  mysqlha.proxysql.config:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    tables:
      mysql_aws_aurora_hostgroups:
        - writer_hostgroup: 10
          reader_hostgroup: 20
          domain_name: .abcdefghijkl.eu-west-1.rds.amazonaws.com
      mysql_servers:
        - hostgroup_id: 10
          hostname: shop-1.abcdefghijkl.eu-west-1.rds.amazonaws.com

- name: Readers that are more than half a second behind get no queries
  mysqlha.proxysql.mysql_aws_aurora_hostgroups:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    config:
      - writer_hostgroup: 10
        reader_hostgroup: 20
        domain_name: .abcdefghijkl.eu-west-1.rds.amazonaws.com
        max_lag_ms: 500

- name: No longer look after this cluster
  mysqlha.proxysql.mysql_aws_aurora_hostgroups:
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
  sample:
    - writer_hostgroup: 10
      reader_hostgroup: 20
      active: true
      aurora_port: 3306
      domain_name: ".abcdefghijkl.eu-west-1.rds.amazonaws.com"
      max_lag_ms: 500
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
    - REPLACE INTO mysql_aws_aurora_hostgroups (writer_hostgroup, reader_hostgroup, active, aurora_port,
      domain_name, max_lag_ms) VALUES (10, 20, 1, 3306, '.abcdefghijkl.eu-west-1.rds.amazonaws.com',
      500)
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
    run_table("mysql_aws_aurora_hostgroups")


if __name__ == "__main__":
    main()
