#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: config
short_description: Any number of a ProxySQL's tables and variables in one task
version_added: "1.0.0"
description:
  - Keeps tables and variables as declared, in memory, runtime and disk, all in one task, over one
    connection, with at most one C(LOAD) and one C(SAVE) for each section.
  - Use it for a whole configuration. It is faster than one task per table, and runtime never holds half
    of what belongs together, such as servers and the pairs of hostgroups they are in.
author:
  - The mysqlha.proxysql developers (@mysqlha)
options:
  tables:
    description:
      - Names of tables, each with its rows. The rows have the shape that the module of that name has
        in its option C(config).
      - Tables that are not named are left alone. So name a table without rows to empty it, with
        O(state=overridden) and O(allow_empty=true).
      - Known tables are those that have a module in this collection. A table that only your ProxySQL
        knows can be given too, if its name says which section it belongs to. Examples are other tables of
        hostgroups, and other tables of users, query rules or the firewall. Its columns, key and defaults
        are read from the server, its rows are passed on as given, and a warning says so.
    type: dict
  variables:
    description:
      - Variables to set, by full name such as V(mysql-max_connections), as in the module M(mysqlha.proxysql.global_variables).
        Variables that are not named are left alone, in every state.
    type: dict
  variables_after_upgrade:
    description:
      - Variables that ProxySQL 3 has and an older one has not, for an upgrade. The older one keeps them on disk alone, where it takes no
        notice of them, and ProxySQL 3 starts with them. Without, it would first listen on every address.
      - ProxySQL 3 itself takes no notice of this option, and neither do V(gathered) and V(rendered).
    type: dict
  state:
    description:
      - One word for all tables, or a dict of table names, each with its state. A table that the dict
        does not name is V(merged).
      - V(merged) sees to it that the rows given exist with the columns given. Columns that are not given
        are left alone, or have the table's default in a new row. Other rows are left alone.
      - V(replaced) makes the rows given exactly so. Columns that are not given take the table's
        default. Other rows are left alone.
      - V(overridden) makes the table, or the part of it that O(scope) names, exactly the rows given.
        Every other row is removed.
      - V(deleted) removes the rows with these keys. Only the key columns are needed.
      - V(gathered) changes nothing and returns the rows of one O(layer), ready to be pasted into an
        inventory, and the variables. Passwords are left out.
      - V(rendered) needs no server. It returns the SQL that V(merged) would mean.
      - V(gathered) and V(rendered) cannot be mixed with others in one task.
    type: raw
    default: merged
  scope:
    description:
      - Limits the task to a part of some tables. A dict of table names, each with a dict of column
        names, and each of these with a value, a list of values, or for numbers a range in the form
        V("100-199").
      - In a table that is V(overridden) only rows inside the scope are removed. A row given that lies
        outside is an error, and nothing is written.
    type: dict
  allow_empty:
    description:
      - A table that is V(overridden) with no rows would lose all of them. This must be V(true) for that,
        so that a variable that happens to be empty does not empty a table.
    type: bool
    default: false
extends_documentation_fragment:
  - mysqlha.proxysql.login
  - mysqlha.proxysql.writing
  - mysqlha.proxysql.attributes
notes:
  - What is written first is memory of all tables, then each section that differs is loaded once,
    runtime is read back, and only then is anything saved. If ProxySQL refuses something in one
    section, all of them are put back.
seealso:
  - module: mysqlha.proxysql.mysql_servers
  - module: mysqlha.proxysql.mysql_users
  - module: mysqlha.proxysql.mysql_query_rules
  - module: mysqlha.proxysql.mysql_replication_hostgroups
  - module: mysqlha.proxysql.proxysql_servers
  - module: mysqlha.proxysql.global_variables
"""

EXAMPLES = r"""
- name: All of it, exactly so
  mysqlha.proxysql.config:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    state: overridden
    tables:
      mysql_replication_hostgroups:
        - writer_hostgroup: 10
          reader_hostgroup: 20
      mysql_servers:
        - hostgroup_id: 10
          hostname: db1.example.com
        - hostgroup_id: 20
          hostname: db2.example.com
      mysql_users:
        - username: shop
          password: "{{ shop_password }}"
          default_hostgroup: 10
      mysql_query_rules:
        - rule_id: 100
          active: true
          match_digest: ^SELECT .* FOR UPDATE
          destination_hostgroup: 10
          apply: true
        - rule_id: 200
          active: true
          match_digest: ^SELECT
          destination_hostgroup: 20
          apply: true
    variables:
      mysql-monitor_username: monitor
      mysql-monitor_password: "{{ proxysql_monitor_password }}"
      mysql-max_connections: 4000

- name: Servers exactly so, the rules of one team exactly so, users as they are needed
  mysqlha.proxysql.config:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    state:
      mysql_servers: overridden
      mysql_query_rules: overridden
      mysql_users: merged
    scope:
      mysql_query_rules:
        rule_id: 1000-1999
    tables:
      mysql_servers:
        - hostgroup_id: 10
          hostname: db1.example.com
      mysql_query_rules:
        - rule_id: 1000
          active: true
          username: shop
          destination_hostgroup: 10
          apply: true
      mysql_users:
        - username: shop
          max_connections: 500

- name: Customers on two shards by their schema, and all else where the user belongs
  mysqlha.proxysql.config:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    tables:
      mysql_servers:
        - {hostgroup_id: 101, hostname: shard1.example.com}
        - {hostgroup_id: 102, hostname: shard2.example.com}
      mysql_query_rules_fast_routing:
        - {username: shop, schemaname: customer_0001, destination_hostgroup: 101}
        - {username: shop, schemaname: customer_0002, destination_hostgroup: 102}

- name: A query firewall that only reports, until it knows everything that users do
  mysqlha.proxysql.config:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    tables:
      mysql_firewall_whitelist_users:
        - {username: shop, client_address: "", mode: DETECTING}
      mysql_firewall_whitelist_rules:
        - {username: shop, client_address: "", schemaname: shop, digest: "0x3A2B1C0D4E5F6071"}
    variables:
      mysql-firewall_whitelist_enabled: true

- name: Before ProxySQL 2.7 is upgraded to 3, say where its Admin for clients of PostgreSQL is to listen
  mysqlha.proxysql.config:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    variables_after_upgrade:
      admin-pgsql_ifaces: 127.0.0.1:6132

- name: Read two tables of a ProxySQL that was configured by hand
  mysqlha.proxysql.config:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    state: gathered
    tables:
      mysql_servers: []
      mysql_query_rules: []
  register: present
"""

RETURN = r"""
before:
  description: The rows that change in some layer, and the variables given, as they were in memory. Passwords are masked.
  returned: for the states V(merged), V(replaced), V(overridden) and V(deleted)
  type: dict
  contains:
    tables:
      description: Names of tables, each with a list of rows.
      type: dict
    variables:
      description: Names of variables and their values.
      type: dict
  sample:
    tables:
      mysql_servers: [{hostgroup_id: 10, hostname: db1.example.com, port: 3306, weight: 1}]
    variables: {mysql-max_connections: "2048"}
after:
  description:
    - The same as it is now, or in check mode would be. Passwords are masked.
    - A row that was removed is in RV(before) only, a new one in RV(after) only.
  returned: for the states V(merged), V(replaced), V(overridden) and V(deleted)
  type: dict
  contains:
    tables:
      description: Names of tables, each with a list of rows.
      type: dict
    variables:
      description: Names of variables and their values.
      type: dict
  sample:
    tables:
      mysql_servers: [{hostgroup_id: 10, hostname: db1.example.com, port: 3306, weight: 50}]
    variables: {mysql-max_connections: "4000"}
restart_required:
  description:
    - Names of the variables given whose value takes effect only when ProxySQL is started again, and
      has not yet. C(mysql-stacksize), C(pgsql-stacksize), C(pgsql-monitor_enabled) and C(pgsql-monitor_threads) are among
      them only in the run that changes them, for ProxySQL does not tell what it was started with.
  returned: for the states V(merged), V(replaced), V(overridden) and V(deleted)
  type: list
  elements: str
  sample: []
diff:
  description:
    - What differs, as text. One entry for each table and set of layers that change alike, both named in
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
      description: The rows or variables before, as YAML.
      type: str
    after:
      description: The rows or variables after, as YAML.
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
    - REPLACE INTO global_variables (variable_name, variable_value) VALUES ('mysql-max_connections',
      '4000')
    - LOAD MYSQL VARIABLES TO RUNTIME
    - SAVE MYSQL VARIABLES TO DISK
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
  description: What the O(layer) holds, in the shape of O(tables) and O(variables). Passwords are left out.
  returned: for O(state=gathered)
  type: dict
  contains:
    tables:
      description: The tables that were named, each with a list of rows.
      type: dict
    variables:
      description: The variables that were named, or all of them if none was.
      type: dict
rendered:
  description: The statements in order. Passwords are masked.
  returned: for O(state=rendered)
  type: list
  elements: str
"""

from ansible_collections.mysqlha.proxysql.plugins.module_utils._tasks.run import run_config


def main() -> None:
    run_config()


if __name__ == "__main__":
    main()
