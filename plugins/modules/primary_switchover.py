#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: primary_switchover
short_description: Change the primary of databases that replicate, while statements wait inside ProxySQL
version_added: "1.0.0"
description:
  - Makes a replica the primary and the primary a replica, for MariaDB and MySQL with asynchronous replication by GTID.
  - New statements wait inside ProxySQL on all nodes while transactions under way end, the old primary is made read only, the new one has
    everything, and is made writable. Then they go on there. The two are never writable at once.
  - Everything is checked first, and all that speaks against it is told at once. In check mode that is all that is done.
  - Run it once, on one node, with all O(nodes). All of it is done by one process, so that statements wait for some tenths of a second.
  - If anything fails before the new primary takes writes, it is called off and all is put back as it was. From then on there is only the way
    forward, and what is left to do is a warning.
  - The process does not end with the connection from the controller. If it is killed, a second process that waits beside it finishes the change or
    takes it back. If both are gone, the next run begins with that, by what is kept in O(restore_points), where nothing is secret.
author:
  - The mysqlha.proxysql developers (@mysqlha)
options:
  nodes:
    description:
      - All nodes of ProxySQL, with that which the task runs on. The login options hold for all of them. Each must answer.
    required: true
  new_primary:
    description:
      - The replica that becomes the primary, as it is called in C(mysql_servers), with C(:PORT) where the name alone is not enough. Required unless
        O(emergency).
    type: str
  writer_hostgroup:
    description:
      - The writer hostgroup of the pair, of C(mysql_replication_hostgroups). If not given, there must be one pair.
    type: int
  timeout:
    description:
      - For how many seconds transactions under way are waited for. Then the change is called off. It has to be 2 s less than
        C(mysql-connect_timeout_server_max), after which a statement that waits fails.
    type: float
    default: 5.0
  max_lag:
    description:
      - How many seconds the replica may be behind at the beginning.
    type: float
    default: 5.0
  emergency:
    description:
      - For a primary that is dead. The replica that has most takes its place, once O(confirm) names it. The dead one gets C(OFFLINE_HARD), so that it
        is not written to if it comes back.
    type: bool
    default: false
  confirm:
    description:
      - The replica that the run without this has named, as C(HOST:PORT). Only for O(emergency).
    type: str
  database_user:
    description:
      - An administrator of replication at the databases, let in from the host that the task runs on.
      - On MariaDB it needs C(RELOAD), C(PROCESS), C(SLAVE MONITOR), C(REPLICATION SLAVE ADMIN), C(REPLICATION MASTER ADMIN) and C(READ_ONLY ADMIN); on MySQL
        C(RELOAD), C(PROCESS), C(REPLICATION CLIENT), C(REPLICATION SLAVE), C(REPLICATION_SLAVE_ADMIN), C(SYSTEM_VARIABLES_ADMIN) and C(CONNECTION_ADMIN).
    type: str
    required: true
  database_password:
    description:
      - The password of O(database_user).
    type: str
    required: true
  replication_user:
    description:
      - As whom replicas log in to their source, with the right C(REPLICATION SLAVE) on all databases.
    type: str
    required: true
  replication_password:
    description:
      - The password of O(replication_user).
    type: str
    required: true
  restore_points:
    description:
      - The folder of the node's restore points, in which it is kept what a change that is cut off was about.
    type: path
    required: true
extends_documentation_fragment:
  - mysqlha.proxysql.login
  - mysqlha.proxysql.nodes
  - mysqlha.proxysql.attributes.no_diff
seealso:
  - module: mysqlha.proxysql.mysql_servers
  - module: mysqlha.proxysql.mysql_replication_hostgroups
notes:
  - Servers are written on all nodes, and saved. RV(declare) says what the inventory has to say otherwise from now on.
"""

EXAMPLES = r"""
- name: Could the replica be the primary?
  mysqlha.proxysql.primary_switchover: &change
    login_user: cluster
    login_password: "{{ proxysql_cluster_password }}"
    nodes:
      - login_host: 192.0.2.11
      - login_host: 192.0.2.12
    new_primary: 192.0.2.22
    database_user: switchover
    database_password: "{{ vault_switchover_password }}"
    replication_user: repl
    replication_password: "{{ vault_repl_password }}"
    restore_points: /var/lib/proxysql-restore
  run_once: true
  check_mode: true

- name: Make it the primary
  mysqlha.proxysql.primary_switchover:
    <<: *change
  run_once: true
"""

RETURN = r"""
text:
  description: What was done, for people.
  returned: success
  type: str
  sample: 192.0.2.22:3306 is the primary instead of 192.0.2.21:3306; statements waited for 0.41 s at most
old_primary:
  description: The primary before.
  returned: success
  type: str
  sample: 192.0.2.21:3306
new_primary:
  description: The primary after it.
  returned: success
  type: str
  sample: 192.0.2.22:3306
times:
  description: When each step was done, in seconds since statements were held. C(release) is when they went on.
  returned: when the primary was changed
  type: dict
  sample: {hold: 0.06, drain: 0.12, forbid: 0.15, catch_up: 0.16, stop: 0.17, allow: 0.17, release: 0.25, follow: 0.61}
notes:
  description: Sessions that a change may have to wait for in vain, with what becomes of them; in an emergency what may be lost.
  returned: when the primary is not the new one already
  type: list
  elements: str
  sample: ["192.0.2.21:3306: session 42 of shop from 192.0.2.11:40312 has been at a transaction for 90 s"]
declare:
  description: What is to be declared otherwise from now on. Empty where the inventory can stay as it is.
  returned: when the primary is not the new one already
  type: list
  elements: str
  sample: ["192.0.2.22:3306 is in hostgroup 10", "192.0.2.21:3306 is no more in hostgroup 10"]
left:
  description: What could not be done once the new primary took writes. It is a warning, too.
  returned: when the primary was changed
  type: list
  elements: str
  sample: []
cut_off:
  description: What a run that was cut off had left, and what became of it.
  returned: when there was one
  type: str
  sample: a change of the primary from 192.0.2.21:3306 to 192.0.2.22:3306 was cut off; 192.0.2.22:3306 takes writes already; it was finished
problems:
  description: All that speaks against it.
  returned: when something does
  type: list
  elements: str
  sample: ["192.0.2.22:3306 is 40 s behind; 5 are allowed"]
held:
  description: For how many seconds statements were held, where the change was called off.
  returned: when it was called off
  type: float
  sample: 5.2
server_version:
  description: Full version string of ProxySQL.
  returned: success
  type: str
  sample: 2.7.1
"""

from ansible_collections.mysqlha.proxysql.plugins.module_utils._tasks.run_primary_switchover import (
    run_primary_switchover,
)


def main() -> None:
    run_primary_switchover()


if __name__ == "__main__":
    main()
