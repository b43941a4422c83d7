#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: mysql_servers_drain
short_description: Take databases out of a ProxySQL without cutting anybody off, and put them back
version_added: "1.0.0"
description:
  - Sets the status of servers in C(mysql_servers) to C(OFFLINE_SOFT), so that they get no new connections,
    and waits until those in use are gone. Sessions inside a transaction finish it first.
  - In a cluster run it once, on the leader, with all O(nodes). The others follow the leader, and each one is
    waited for.
  - A server that is drained already is only looked at.
author:
  - The mysqlha.proxysql developers (@mysqlha)
options:
  servers:
    description:
      - The databases. Each must be in C(mysql_servers), or nothing is written.
    type: list
    elements: dict
    required: true
    suboptions:
      hostname:
        description:
          - Its name or address, as in C(mysql_servers).
        type: str
        required: true
      port:
        description:
          - Its port.
        type: int
        default: 3306
      hostgroup_id:
        description:
          - Limits it to the row of one hostgroup. If not given, all rows of the server.
        type: int
  nodes:
    description:
      - All nodes of the cluster, whose connections are waited for too. The login options hold for all of them.
    default: []
  state:
    description:
      - V(drained) sets C(OFFLINE_SOFT) and waits until no connection is in use.
      - V(online) sets C(ONLINE) and waits until every node has it.
    type: str
    choices: [drained, online]
    default: drained
  timeout:
    description:
      - For how many seconds to wait.
    type: float
    default: 60.0
  fail_on_timeout:
    description:
      - Whether it is a failure if connections are left then. The servers stay C(OFFLINE_SOFT) in any case.
    type: bool
    default: true
  save:
    description:
      - Whether to keep the status on disk, for the next start.
    type: bool
    default: true
  open_edits:
    description:
      - What to do with edits of others in C(MYSQL SERVERS) that were never loaded, as in
        M(mysqlha.proxysql.mysql_servers).
    type: str
    choices: [refuse, publish, discard]
    default: refuse
extends_documentation_fragment:
  - mysqlha.proxysql.login
  - mysqlha.proxysql.nodes
  - mysqlha.proxysql.attributes
notes:
  - As every C(LOAD MYSQL SERVERS), this puts servers where the configuration has them, until the monitor
    moves them again. If a failover has changed the primary since, write that into the configuration first.
  - A playbook that declares C(mysql_servers) puts the declared status back.
seealso:
  - module: mysqlha.proxysql.mysql_servers
"""

EXAMPLES = r"""
- name: Take a replica out
  mysqlha.proxysql.mysql_servers_drain:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    servers:
      - hostname: 192.0.2.32
    nodes:
      - login_host: 192.0.2.11
      - login_host: 192.0.2.12
    timeout: 120
  run_once: true

- name: Put it back
  mysqlha.proxysql.mysql_servers_drain:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    servers:
      - hostname: 192.0.2.32
    state: online
  run_once: true
"""

RETURN = r"""
in_use:
  description:
    - What was left when the time was over, by node and server. Empty if all went well.
  returned: success and when the time is over
  type: list
  elements: dict
  sample: [{node: "192.0.2.11:6032", hostname: 192.0.2.32, port: 3306, hostgroup_id: 20, status: OFFLINE_SOFT, used: 2}]
diff:
  description: The rows before and after, as text. One entry for each set of layers that change alike.
  returned: success
  type: list
  elements: dict
layers:
  description: What was done to memory, runtime and disk.
  returned: success
  type: dict
  sample: {memory: changed, runtime: loaded, disk: saved}
statements:
  description: The statements sent to ProxySQL, in order, or in check mode those that would be sent.
  returned: success
  type: list
  elements: str
server_version:
  description: Full version string of ProxySQL.
  returned: success
  type: str
  sample: 2.7.1
"""

from ansible_collections.mysqlha.proxysql.plugins.module_utils._tasks.run_drain import run_drain


def main() -> None:
    run_drain()


if __name__ == "__main__":
    main()
