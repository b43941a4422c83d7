#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: pgsql_query_rules_fast_routing
short_description: Routing by user and database, for very many of them (table pgsql_query_rules_fast_routing)
version_added: "1.0.0"
description:
  - Keeps the rows of ProxySQL's table C(pgsql_query_rules_fast_routing) as declared, in memory, runtime
    and disk.
  - Each row sends the queries of one user in one database to one hostgroup. ProxySQL looks them up in
    one step, however many there are, where as many query rules would be tried one by one. This is the
    table for sharding by database.
  - It is looked at after C(pgsql_query_rules), for queries to which no rule with C(apply=true) matched.
  - ProxySQL has this table from 3.0 on; the module was tried on 3.0.3. On an older server it fails, and says that
    the table is not there.
author:
  - The mysqlha.proxysql developers (@mysqlha)
options:
  config:
    description:
      - The rows. A row is found by its O(config[].username), O(config[].database) and
        O(config[].flagIN) together.
      - A column that is not in this list but in your ProxySQL's table is passed on as the server has
        it, with a warning.
    type: list
    elements: dict
    suboptions:
      username:
        description:
          - The user who is logged in. The empty string stands for any user. A row with the name goes
            before one without. Part of the key.
        type: str
        required: true
      database:
        description:
          - The database the connection is in. Part of the key.
        type: str
        required: true
      flagIN:
        description:
          - The flag that the query has after C(pgsql_query_rules). 0 if no rule set one. 0 or more.
            Part of the key. The table's default is 0.
        type: int
      destination_hostgroup:
        description:
          - The hostgroup the query goes to. 0 or more. Must be given for a new row.
        type: int
      comment:
        description:
          - Free text. The table has no default of its own, here it is the empty string.
        type: str
extends_documentation_fragment:
  - mysqlha.proxysql.login
  - mysqlha.proxysql.table
  - mysqlha.proxysql.writing
  - mysqlha.proxysql.attributes
notes:
  - A hundred thousand rows are fine in one task. They are written in a few large statements.
  - Every C(LOAD) of this section sets the hits of the query rules back to 0. A run that has nothing to
    change does not issue one.
  - Section of C(LOAD) and C(SAVE) is PGSQL QUERY RULES. It also covers C(pgsql_query_rules).
  - The cluster carries this table from about 3.0.8 on. On an older server every node has to be written.
seealso:
  - module: mysqlha.proxysql.pgsql_query_rules
  - module: mysqlha.proxysql.config
  - name: ProxySQL's documentation of the table
    description: The columns in ProxySQL's own words.
    link: https://proxysql.com/documentation/main-runtime/#pgsql_query_rules_fast_routing
"""

EXAMPLES = r"""
- name: Three customers on two shards
  mysqlha.proxysql.pgsql_query_rules_fast_routing:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    state: overridden
    config:
      - username: shop
        database: customer_0001
        destination_hostgroup: 101
      - username: shop
        database: customer_0002
        destination_hostgroup: 101
      - username: shop
        database: customer_0003
        destination_hostgroup: 102

- name: Move one customer, whoever asks
  mysqlha.proxysql.pgsql_query_rules_fast_routing:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    config:
      - username: ""
        database: customer_0001
        destination_hostgroup: 102
        comment: moved in November

- name: The customers of the first shard are exactly these, those of others are left alone
  mysqlha.proxysql.pgsql_query_rules_fast_routing:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    state: overridden
    scope:
      destination_hostgroup: 101
    config:
      - username: shop
        database: customer_0002
        destination_hostgroup: 101
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
    - username: shop
      database: customer_0001
      flagIN: 0
      destination_hostgroup: 101
      comment: ""
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
    - REPLACE INTO pgsql_query_rules_fast_routing (username, database, flagIN, destination_hostgroup,
      comment) VALUES ('shop', 'customer_0001', 0, 101, '')
    - LOAD PGSQL QUERY RULES TO RUNTIME
    - SAVE PGSQL QUERY RULES TO DISK
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
    run_table("pgsql_query_rules_fast_routing")


if __name__ == "__main__":
    main()
