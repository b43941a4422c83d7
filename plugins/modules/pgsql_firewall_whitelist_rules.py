#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: pgsql_firewall_whitelist_rules
short_description: Queries that the firewall knows (table pgsql_firewall_whitelist_rules)
version_added: "1.0.0"
description:
  - Keeps the rows of ProxySQL's table C(pgsql_firewall_whitelist_rules) as declared, in memory, runtime
    and disk.
  - Each row names one kind of query that a user may send. What happens to others is described in
    C(pgsql_firewall_whitelist_users).
  - ProxySQL has this table from 3.0 on; the module was tried on 3.0.3. On an older server it fails, and says that
    the table is not there.
author:
  - The mysqlha.proxysql developers (@mysqlha)
options:
  config:
    description:
      - The rows. A row is found by its O(config[].username), O(config[].client_address),
        O(config[].database), O(config[].flagIN) and O(config[].digest) together.
      - A column that is not in this list but in your ProxySQL's table is passed on as the server has
        it, with a warning.
    type: list
    elements: dict
    suboptions:
      active:
        description:
          - Whether the row counts. A row that is not active stays in all layers. The table's default is
            true.
        type: bool
      username:
        description:
          - The user who is logged in. Part of the key.
        type: str
        required: true
      client_address:
        description:
          - The same text as in the row of C(pgsql_firewall_whitelist_users) that holds for the client.
            So the empty string, if that row has no address. Part of the key.
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
      digest:
        description:
          - The kind of query, by its digest as in C(stats_pgsql_query_digest), such as
            V(0x3A2B1C0D4E5F6071). Compared as text, so V(0x0A) and V(0xA) are two rows that mean
            the same.
          - ProxySQL reads a number without C(0x) as a decimal one, so that it would match nothing. It
            is refused here. Part of the key.
        type: str
        required: true
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
  - Nothing of this has an effect until the variable C(pgsql-firewall_whitelist_enabled) is true. Users
    without an active row in C(pgsql_firewall_whitelist_users) can then do nothing at all, so declare
    all users first.
  - Collect the digests while the users are in the mode C(DETECTING). C(stats_pgsql_query_digest) has
    them, with database and user.
  - Section of C(LOAD) and C(SAVE) is PGSQL FIREWALL. It also covers C(pgsql_firewall_whitelist_users)
    and C(pgsql_firewall_whitelist_sqli_fingerprints).
  - The cluster does not carry this table. It has to be written on every node.
seealso:
  - module: mysqlha.proxysql.pgsql_firewall_whitelist_users
  - module: mysqlha.proxysql.pgsql_firewall_whitelist_sqli_fingerprints
  - module: mysqlha.proxysql.config
  - name: ProxySQL's documentation of the table
    description: The columns in ProxySQL's own words.
    link: https://proxysql.com/documentation/main-runtime/#pgsql_firewall_whitelist_rules
"""

EXAMPLES = r"""
- name: What the shop may do in its own database, and nothing else
  mysqlha.proxysql.pgsql_firewall_whitelist_rules:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    state: overridden
    scope:
      username: shop
    config:
      - username: shop
        client_address: ""
        database: shop
        digest: "0x3A2B1C0D4E5F6071"
        comment: order by number
      - username: shop
        client_address: ""
        database: shop
        digest: "0x60EB2D5B6A5C8A27"
        comment: new order

- name: One more query
  mysqlha.proxysql.pgsql_firewall_whitelist_rules:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    config:
      - username: shop
        client_address: ""
        database: shop
        digest: "0x1C46AE529DD5A40E"

- name: A firewall that only reports, to begin with
  mysqlha.proxysql.config:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    tables:
      pgsql_firewall_whitelist_users:
        - username: shop
          client_address: ""
          mode: DETECTING
      pgsql_firewall_whitelist_rules:
        - username: shop
          client_address: ""
          database: shop
          digest: "0x3A2B1C0D4E5F6071"
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
      client_address: ""
      database: shop
      flagIN: 0
      digest: "0x3A2B1C0D4E5F6071"
      active: true
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
    - REPLACE INTO pgsql_firewall_whitelist_rules (username, client_address, database, flagIN, digest,
      active, comment) VALUES ('shop', '', 'shop', 0, '0x3A2B1C0D4E5F6071', 1, '')
    - LOAD PGSQL FIREWALL TO RUNTIME
    - SAVE PGSQL FIREWALL TO DISK
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
    run_table("pgsql_firewall_whitelist_rules")


if __name__ == "__main__":
    main()
