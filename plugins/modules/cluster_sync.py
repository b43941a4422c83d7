#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cluster_sync
short_description: Wait until every node of a ProxySQL cluster holds the same configuration
version_added: "1.0.0"
description:
  - Waits until every node has the same checksum as the leader in every section that the cluster
    synchronises, and fails after O(timeout), naming node, section and reason.
  - With O(heal=true) it also ends the states that nodes do not leave by themselves. ProxySQL shows
    these in its log only.
  - Run it once after a change on the leader. It connects to all nodes from the host the task runs on.
author:
  - The mysqlha.proxysql developers (@mysqlha)
options:
  nodes:
    description:
      - The nodes that must agree, satellites too. The first is the leader, that is the core which was
        written to.
      - O(login_user), O(login_password), time-outs and TLS options hold for all of them. O(login_host),
        O(login_port) and O(login_unix_socket) are not used.
    required: true
  sections:
    description:
      - What must agree. A section is what one C(LOAD) covers. Upper and lower case are the same. If
        not given, all that the cluster synchronises, which are V(ADMIN VARIABLES), V(MYSQL VARIABLES),
        V(MYSQL SERVERS), V(MYSQL USERS), V(MYSQL QUERY RULES) and V(PROXYSQL SERVERS).
      - A section that nodes of this version do not take from each other is refused.
    type: list
    elements: str
  heal:
    description:
      - Whether to load a section once more on the leader where the others cannot follow by themselves.
      - They cannot where nobody has the section above version 1, as after a start of all nodes, where
        two nodes hold different content with the same epoch, as after two C(LOAD) in one second, and
        where a node that nobody follows was changed by hand after the leader.
      - Nothing is loaded as long as ProxySQL's own rule lets one node follow another. A C(LOAD) that is
        not needed stamps a new epoch, and can make an old configuration win.
      - What is loaded is what the leader's runtime already holds. If its memory holds edits that were
        never loaded, the task fails instead of publishing them.
    type: bool
    default: false
  choose_leader:
    description:
      - Instead of waiting for all, find the node that should be written to. It is the first of O(nodes)
        that answers and that no other of them is newer than. Nodes that are about to follow each other
        are waited for.
      - Give only the cores then. The first need not answer, so one that is down is no error.
    type: bool
    default: false
  timeout:
    description:
      - For how many seconds to wait. At ProxySQL's defaults a change arrives after two or three.
    type: float
    default: 60.0
extends_documentation_fragment:
  - mysqlha.proxysql.login
  - mysqlha.proxysql.nodes
  - mysqlha.proxysql.attributes.no_diff
notes:
  - For servers the checksum C(mysql_servers_v2) is compared, which is made of what was loaded.
    C(mysql_servers) follows the monitor, and need never agree between nodes.
  - Nodes of different ProxySQL versions close the links between them and do not synchronise. If such
    nodes differ, the task fails at once and says so.
  - In check mode nothing is waited for. The result has the state of the nodes and what would be healed.
seealso:
  - module: mysqlha.proxysql.proxysql_servers
  - module: mysqlha.proxysql.config
  - name: ProxySQL's documentation of the cluster
    description: How nodes find out that another one is newer.
    link: https://proxysql.com/documentation/proxysql-cluster/
"""

EXAMPLES = r"""
- name: Wait until the cluster agrees with its first core
  mysqlha.proxysql.cluster_sync:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    heal: true
    nodes:
      - login_host: 192.0.2.11
      - login_host: 192.0.2.12
      - login_host: 192.0.2.21
  run_once: true

- name: Which core is to be written to?
  mysqlha.proxysql.cluster_sync:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    choose_leader: true
    timeout: 10
    nodes:
      - login_host: 192.0.2.11
      - login_host: 192.0.2.12
  register: chosen

- name: How do the users stand? (Changes nothing, waits for nothing)
  mysqlha.proxysql.cluster_sync:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    sections: [MYSQL USERS]
    nodes:
      - login_host: 192.0.2.11
      - login_host: 192.0.2.12
  check_mode: true
  register: users
"""

RETURN = r"""
nodes:
  description:
    - What was seen last, by node (C(host:port)) and section. That is its C(checksum), its C(version)
      (how often it was loaded since the start), its C(epoch) (when it was loaded last, in seconds
      since 1970) and C(seconds) (after how long it agreed with the leader, null in check mode).
  returned: success
  type: dict
  sample:
    192.0.2.12:6032:
      MYSQL USERS: {checksum: "0x8A46590EC4439823", version: 3, epoch: 1795300000, seconds: 2.41}
healed:
  description: The sections that were loaded once more on the leader, or in check mode would be, each with the reason.
  returned: without O(choose_leader=true)
  type: list
  elements: dict
  contains:
    section:
      description: Name of the section.
      type: str
    reason:
      description: Why the nodes could not follow by themselves.
      type: str
  sample: [{section: MYSQL USERS, reason: "version 1 doesn't allow sync"}]
statements:
  description: The statements sent to the leader, or in check mode those that would be sent.
  returned: without O(choose_leader=true)
  type: list
  elements: str
  sample: [LOAD MYSQL USERS TO RUNTIME]
leader:
  description: The node that the others are compared with, or with O(choose_leader=true) the one chosen.
  returned: success
  type: str
  sample: 192.0.2.11:6032
remarks:
  description: Notes on the choice, such as which nodes do not answer or are older.
  returned: with O(choose_leader=true)
  type: list
  elements: str
not_converged:
  description: What does not agree with the leader, and why. Empty unless in check mode, or when the time is over.
  returned: without O(choose_leader=true)
  type: list
  elements: dict
  contains:
    node:
      description: The node (C(host:port)).
      type: str
    section:
      description: Name of the section, null where the node itself cannot be asked.
      type: str
    reason:
      description: Why it does not agree, as far as it can be told.
      type: str
server_version:
  description: The version that the leader gives, all of it.
  returned: without O(choose_leader=true)
  type: str
  sample: 2.7.1
"""

from ansible_collections.mysqlha.proxysql.plugins.module_utils._tasks.run_cluster import run_cluster_sync


def main() -> None:
    run_cluster_sync()


if __name__ == "__main__":
    main()
