#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: proxysql_servers
short_description: The nodes that a ProxySQL follows (table proxysql_servers)
version_added: "1.0.0"
description:
  - Keeps the rows of ProxySQL's table C(proxysql_servers) as declared, in memory, runtime and disk.
  - Each row is a node whose configuration this node watches and fetches when it is newer. In a cluster
    of cores and satellites list the cores only, on every node, satellites included. Then cores follow
    each other, satellites follow the cores, and nobody follows a satellite.
author:
  - The mysqlha.proxysql developers (@mysqlha)
options:
  config:
    description:
      - The rows. A row is found by its O(config[].hostname) and O(config[].port) together.
      - A column that is not in this list but in your ProxySQL's table is passed on as the server has
        it, with a warning.
    type: list
    elements: dict
    suboptions:
      hostname:
        description:
          - Name or address of the node, as the other nodes reach it. Part of the key.
        type: str
        required: true
      port:
        description:
          - The node's admin port, 1 to 65535. The table's default is 6032. Part of the key.
        type: int
      weight:
        description:
          - ProxySQL keeps it, and does nothing with it so far. 0 or more. The table's default is 0.
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
  - Nodes log in to each other with C(admin-cluster_username) and C(admin-cluster_password), and that
    user must also be among the C(admin-admin_credentials) of the node that is asked. It must not be
    called C(admin), for such a user is let in from the node itself only.
  - Nodes of different ProxySQL versions do not talk to each other. Upgrade them all, then check
    with M(mysqlha.proxysql.cluster_sync).
  - After a start every section stands at version 1, and a node with version 1 gives nothing to others.
    If all cores have been restarted, a new node gets nothing until one section after the other is
    loaded once on one core. M(mysqlha.proxysql.cluster_sync) with C(heal) does that.
  - To remove a node, remove its row on the cores, wait, and then empty this table on the removed node as
    well, or it goes on following.
  - Section of C(LOAD) and C(SAVE) is PROXYSQL SERVERS.
  - The cluster carries this table. Write it on one core, the other nodes follow.
seealso:
  - module: mysqlha.proxysql.cluster_sync
  - name: ProxySQL's documentation of the cluster
    description: How nodes find out that another one is newer.
    link: https://proxysql.com/documentation/proxysql-cluster/
"""

EXAMPLES = r"""
- name: Every node follows the two cores and nobody else
  mysqlha.proxysql.proxysql_servers:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    state: overridden
    config:
      - hostname: 192.0.2.11
        comment: core1
      - hostname: 192.0.2.12
        comment: core2

- name: A node that leaves the cluster follows nobody any more
  mysqlha.proxysql.proxysql_servers:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    state: overridden
    allow_empty: true
    config: []
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
  sample: [{hostname: 192.0.2.11, port: 6032, weight: 0, comment: core1}]
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
    - REPLACE INTO proxysql_servers (hostname, port, weight, comment) VALUES ('192.0.2.11', 6032, 0,
      'core1')
    - LOAD PROXYSQL SERVERS TO RUNTIME
    - SAVE PROXYSQL SERVERS TO DISK
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
    run_table("proxysql_servers")


if __name__ == "__main__":
    main()
