#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: pgsql_users
short_description: PostgreSQL users that may log in through ProxySQL (table pgsql_users)
version_added: "1.0.0"
description:
  - Keeps the rows of ProxySQL's table C(pgsql_users) as declared, in memory, runtime and disk.
  - Each row is a user of the applications, with the hostgroup its queries go to where no query rule
    says otherwise. The same user must exist in the databases behind, with the same password. This
    module does not create it there.
  - ProxySQL has this table from 3.0 on; the module was tried on 3.0.3. On an older server it fails, and says that
    the table is not there.
author:
  - The mysqlha.proxysql developers (@mysqlha)
options:
  config:
    description:
      - The rows. A row is found by its O(config[].username) and O(config[].backend) together.
      - Nearly always there is one row for each user, for both roles, and the name is all one needs to
        give.
      - A column that is not in this list but in your ProxySQL's table is passed on as the server has
        it, with a warning.
    type: list
    elements: dict
    suboptions:
      username:
        description:
          - The user's name, case-sensitive.
          - Do not use a name that is among C(admin-admin_credentials). Part of the key.
        type: str
        required: true
      password:
        description:
          - The password, in clear. It never appears in results, in the diff or in a log.
          - ProxySQL 3.0.3 does not take C(md5...) for a hash, so it is refused. With C(SCRAM-SHA-256$...) clients
            get in only where C(pgsql-authentication_method) is 3, and ProxySQL cannot log in to the databases.
          - C(null) and the empty string both mean no password. The table's default is C(null).
        type: str
      active:
        description:
          - Whether the user may log in. Users that are not active are kept in memory and on disk, but
            do not reach runtime, and do not travel to the cluster's other nodes. The table's default is
            true.
        type: bool
      use_ssl:
        description:
          - Whether the user must use TLS towards ProxySQL. The table's default is false.
        type: bool
      default_hostgroup:
        description:
          - Where the user's queries go if no query rule sends them elsewhere. -1 to 2147483647. A user
            with V(-1) does not reach runtime. The table's default is 0.
        type: int
      transaction_persistent:
        description:
          - Whether a transaction stays in the hostgroup it began in, whatever the query rules say. Turn
            it off only if you know why. The table's default is true.
        type: bool
      fast_forward:
        description:
          - Whether everything is passed straight through to one backend, without query rules, rewriting
            and caching. The table's default is false.
        type: bool
      backend:
        description:
          - Whether ProxySQL uses this row to log in to backends. Part of the key. The table's default
            is true.
        type: bool
      frontend:
        description:
          - Whether clients use this row to log in to ProxySQL. Needed where O(config[].backend=false), for a row
            of neither role does not reach runtime. The table's default is true.
        type: bool
      max_connections:
        description:
          - How many connections the user may have to this ProxySQL at one time. 0 to 2147483647. The
            table's default is 10000.
        type: int
      attributes:
        description:
          - A JSON object with further settings, as text or as a dict. Two objects that mean the same
            are equal, whatever their spaces and the order of their keys. The table's default is the
            empty string.
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
  - ProxySQL splits a user into a row for each role in runtime. Two rows that agree in all else count as
    one here.
  - Section of C(LOAD) and C(SAVE) is PGSQL USERS.
  - The cluster carries this table from about 3.0.8 on. On an older server every node has to be written.
seealso:
  - module: mysqlha.proxysql.pgsql_query_rules
  - module: mysqlha.proxysql.config
  - name: ProxySQL's documentation of the table
    description: The columns in ProxySQL's own words.
    link: https://proxysql.com/documentation/main-runtime/#pgsql_users
"""

EXAMPLES = r"""
- name: These two may log in, and nobody else
  mysqlha.proxysql.pgsql_users:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    state: overridden
    config:
      - username: shop
        password: "{{ shop_password }}"
        default_hostgroup: 10
      - username: reports
        password: "{{ reports_password }}"
        default_hostgroup: 20

- name: Remove a user
  mysqlha.proxysql.pgsql_users:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    state: deleted
    config:
      - username: reports
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
  sample: [{username: shop, backend: true, password: "********", active: true, default_hostgroup: 10}]
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
    - REPLACE INTO pgsql_users (username, backend, password, active, default_hostgroup) VALUES ('shop',
      1, '********', 1, 10)
    - LOAD PGSQL USERS TO RUNTIME
    - SAVE PGSQL USERS TO DISK
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
    run_table("pgsql_users")


if __name__ == "__main__":
    main()
