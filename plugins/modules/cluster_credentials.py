#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cluster_credentials
short_description: Change the logins of all nodes of a ProxySQL cluster while they go on following each other
version_added: "1.0.0"
description:
  - Brings the admin, statistics and cluster logins of all nodes to what is declared. Where the cluster's own login
    changes, it does so in steps, each on all nodes and to their disks before the next, such that
    every login in use suits every node at any time.
  - A cluster whose password is changed in one step parts for good. A node cannot fetch the change that would let it in.
  - Where the password of the cluster's user changes and its name stays, the nodes log in as a second user in
    between, whose name is that of the first with C(_rotating) after it, and whose password is the new one.
  - Each run looks at how the nodes stand. After one that was interrupted, wherever that was, the next goes on.
  - A node that does not answer is left out with a warning. When it is back, run this again. It is told by itself.
author:
  - The mysqlha.proxysql developers (@mysqlha)
options:
  nodes:
    description:
      - All nodes, satellites too.
      - O(login_user), O(login_password), O(previous_passwords), time-outs and TLS options hold for all of them.
        O(login_host), O(login_port) and O(login_unix_socket) are not used.
    required: true
  admin_credentials:
    description:
      - What C(admin-admin_credentials) is to be, with the cluster's login and O(login_user) in it.
    type: str
    required: true
  stats_credentials:
    description:
      - What C(admin-stats_credentials) is to be. If not given, it stays.
    type: str
  cluster_user:
    description:
      - What C(admin-cluster_username) is to be.
    type: str
    required: true
  cluster_password:
    description:
      - What C(admin-cluster_password) is to be.
    type: str
    required: true
  restore_points:
    description:
      - The folder of the restore points, on the host the task runs on. Kept there is when each password was replaced, with
        a salted hash of the previous one, for M(mysqlha.proxysql.secret_ages_info). It is no restore point, a rollback never
        brings a previous password back. If empty, nothing is kept.
    type: path
    default: ""
  open_edits:
    description:
      - What becomes of admin variables that somebody edited in a node's memory and never loaded, as in the module
        M(mysqlha.proxysql.config).
    type: str
    choices: [refuse, publish, discard]
    default: refuse
  timeout:
    description:
      - For how many seconds to go on with further steps. Each takes about one, for a node never loads
        twice in one second.
    type: float
    default: 60.0
extends_documentation_fragment:
  - mysqlha.proxysql.login
  - mysqlha.proxysql.nodes
  - mysqlha.proxysql.attributes
seealso:
  - module: mysqlha.proxysql.cluster_sync
  - module: mysqlha.proxysql.global_variables
"""

EXAMPLES = r"""
- name: Give the cluster a new password
  mysqlha.proxysql.cluster_credentials:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    previous_passwords: "{{ proxysql_previous_passwords }}"
    nodes:
      - login_host: 192.0.2.11
      - login_host: 192.0.2.12
    admin_credentials: "admin:admin;radmin:{{ proxysql_admin_password }};cluster:{{ proxysql_cluster_password }}"
    cluster_user: cluster
    cluster_password: "{{ proxysql_cluster_password }}"
  run_once: true
"""

RETURN = r"""
steps:
  description: What was done in which order. In check mode, what would be.
  returned: success
  type: list
  elements: dict
  sample: [{what: let a second user of the cluster in, nodes: ["192.0.2.11:6032", "192.0.2.12:6032"]}]
absent:
  description: Why, by the name of each node that did not answer.
  returned: success
  type: dict
  sample: {"192.0.2.21:6032": "it cannot be reached"}
diff:
  description: What changes on each node, without secrets.
  returned: success
  type: list
  elements: dict
  sample: [{before: "admin-cluster_password: ********", after: "admin-cluster_password: ******** (new)"}]
"""

from ansible_collections.mysqlha.proxysql.plugins.module_utils._tasks.run_cluster_credentials import (
    run_cluster_credentials,
)


def main() -> None:
    run_cluster_credentials()


if __name__ == "__main__":
    main()
