#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: mysql_users
short_description: Users that may log in through ProxySQL (table mysql_users)
version_added: "1.0.0"
description:
  - Keeps the rows of ProxySQL's table C(mysql_users) as declared, in memory, runtime and disk.
  - Each row is a user of the applications, with the hostgroup its queries go to where no query rule
    says otherwise. The same user must exist in the databases behind, with the same password. This
    module does not create it there.
author:
  - The mysqlha.proxysql developers (@mysqlha)
options:
  config:
    description:
      - The rows. A row is found by its O(config[].username) and O(config[].backend) together. Nearly
        always there is one row for each user, for both roles, and the name is all one needs to give.
      - A column that is not in this list but in your ProxySQL's table is passed on as the server has
        it, with a warning.
    type: list
    elements: dict
    suboptions:
      username:
        description:
          - The user's name, case-sensitive. Part of the key.
          - Do not use a name that is among C(admin-admin_credentials).
        type: str
        required: true
      password:
        description:
          - The password, in clear or as a hash. It never appears in results, in the diff or in a log.
          - A clear password is checked against what ProxySQL has stored. If that is a hash which belongs to
            the password, it is left as it is.
          - A hash of mysql_native_password has the form C(*) and 40 hexadecimal digits. ProxySQL takes
            anything else that begins with C(*) for one as well, so that nobody could log in, and
            therefore it is refused here.
          - A hash of caching_sha2_password (C($A$005$...)) lets users in only with
            C(caching_sha2_password) in the variable C(mysql-default_authentication_plugin), and over
            TLS (seen on 2.7.1). One of another number of rounds, such as C($A$00A$...) of MySQL 9.7, lets nobody
            in through ProxySQL, and is written with a warning.
          - Such a hash may also be given as hexadecimal, in the form C(0x244124303035...) in which MySQL prints it with
            C(print_identified_with_as_hex). Its salt can hold bytes that no YAML can.
          - C(null) and the empty string both mean no password. The table's default is C(null).
        type: str
      active:
        description:
          - Whether the user may log in. Users that are not active are kept in memory and on disk, but
            do not reach runtime, and do not travel to the cluster's other nodes.
          - The table's default is true.
        type: bool
      use_ssl:
        description:
          - Whether the user must use TLS towards ProxySQL. The table's default is false.
        type: bool
      default_hostgroup:
        description:
          - Where the user's queries go if no query rule sends them elsewhere. -1 to 2147483647.
            A user with V(-1) does not reach runtime. The table's default is 0.
        type: int
      default_schema:
        description:
          - The schema the user starts in if the client names none. C(null) and the empty string both leave
            that to the variable C(mysql-default_schema). The table's default is C(null).
        type: str
      schema_locked:
        description:
          - Kept by ProxySQL, but not acted on so far. The table's default is false.
        type: bool
      transaction_persistent:
        description:
          - Whether a transaction stays in the hostgroup it began in, whatever the query rules say.
            Turn it off only if you know why. The table's default is true.
        type: bool
      fast_forward:
        description:
          - Whether everything is passed straight through to one backend, without query rules,
            rewriting and caching. The table's default is false.
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
          - How many connections the user may have to this ProxySQL at one time. 0 to 2147483647. V(0)
            lets nobody in (error 1226), it does not mean that there is no limit. The table's default
            is 10000.
        type: int
      attributes:
        description:
          - A JSON object with further settings, as text or as a dict. Two objects that mean the same are
            equal, whatever their spaces and the order of their keys. The table's default is the empty
            string.
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
  - Sessions that are open stay open, and go on working, when their user's password changes or the user
    is removed. Only new logins see the change. To shut somebody out at once, kill the sessions as
    well.
  - ProxySQL keeps passwords as they are given. If you give a clear password, it is in clear in
    C(proxysql.db).
  - ProxySQL splits a user into a row for each role in runtime, and so does fetching from
    another node. Two rows that agree in all else count as one here. A user declared without
    O(config[].backend) and O(config[].frontend) is both roles, however they are stored.
  - To give the roles different passwords, declare two rows, one with O(config[].backend=false) and one with
    O(config[].frontend=false).
  - Section of C(LOAD) and C(SAVE) is MYSQL USERS.
  - The cluster carries this table, but only rows that are active. Write it on one core, the other nodes
    follow. Rows that are not active have to be written on every node.
seealso:
  - module: mysqlha.proxysql.mysql_query_rules
  - module: mysqlha.proxysql.config
  - name: ProxySQL's documentation of the table
    description: The columns in ProxySQL's own words.
    link: https://proxysql.com/documentation/main-runtime/#mysql_users
"""

EXAMPLES = r"""
- name: These two may log in, and nobody else
  mysqlha.proxysql.mysql_users:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    state: overridden
    config:
      - username: shop
        password: "{{ shop_password }}"
        default_hostgroup: 10
        default_schema: shop
      - username: reports
        password: "{{ reports_password }}"
        default_hostgroup: 20
        max_connections: 20

- name: Another user, with a hash instead of the password
  mysqlha.proxysql.mysql_users:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    config:
      - username: batch
        password: "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19"
        default_hostgroup: 10
        comment: nightly jobs

- name: Keep a user, but do not let it log in
  mysqlha.proxysql.mysql_users:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    config:
      - username: batch
        active: false

- name: Remove a user
  mysqlha.proxysql.mysql_users:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    state: deleted
    config:
      - username: batch
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
    - REPLACE INTO mysql_users (username, backend, password, active, default_hostgroup) VALUES ('shop',
      1, '********', 1, 10)
    - LOAD MYSQL USERS TO RUNTIME
    - SAVE MYSQL USERS TO DISK
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
    run_table("mysql_users")


if __name__ == "__main__":
    main()
