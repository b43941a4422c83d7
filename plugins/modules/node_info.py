#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: node_info
short_description: Read the state of one ProxySQL node, in its cluster and against what is declared
version_added: "1.0.0"
description:
  - Reads over one connection all that the playbook C(mysqlha.proxysql.status) shows of a node. It
    writes nothing, and it may run at any time. RV(drift) tells how the node differs from what O(tables) and O(variables) declare.
author:
  - The mysqlha.proxysql developers (@mysqlha)
options:
  address:
    description:
      - Where the other nodes reach this one, as in their C(proxysql_servers). If not given, O(login_host).
    type: str
  addresses:
    description:
      - Virtual addresses to look for among those of the host that the task runs on.
    type: list
    elements: str
    default: []
  health_port:
    description:
      - Where the host answers load balancers, as P(mysqlha.proxysql.keepalived#role) has it in O(mysqlha.proxysql.keepalived#role:main:keepalived_health_port).
        V(0) if it answers none.
    type: int
    default: 0
  restore_points_folder:
    description:
      - Where the node keeps its restore points, for RV(kept).
    type: path
  variables_since_3:
    description:
      - Declared variables that only ProxySQL 3 and later have.
    type: dict
extends_documentation_fragment:
  - mysqlha.proxysql.login
  - mysqlha.proxysql.declared
  - mysqlha.proxysql.attributes.no_diff
seealso:
  - module: mysqlha.proxysql.cluster_sync
  - module: mysqlha.proxysql.config
"""

EXAMPLES = r"""
- name: Read the state of this node
  mysqlha.proxysql.node_info:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    addresses: [192.0.2.10]
    tables:
      mysql_users:
        - username: shop
          password: "{{ vault_shop_password }}"
          default_hostgroup: 10
  register: node
"""

RETURN = r"""
uptime:
  description: For how many seconds ProxySQL has been running.
  returned: success
  type: int
  sample: 86400
cluster:
  description:
    - The node's part in the cluster. C(name) is its C(host:port), C(sections) the checksum,
      version and epoch of each section, C(follows) its C(proxysql_servers), C(heard) how many seconds ago
      each of them last answered.
    - C(login_mark) and C(accepts_marks) tell which logins are the same on two nodes, without the passwords.
  returned: success
  type: dict
  sample: {name: "192.0.2.11:6032", follows: ["192.0.2.11:6032", "192.0.2.12:6032"]}
backends:
  description: The connection pool, one entry for each backend and hostgroup.
  returned: success
  type: list
  elements: dict
  sample: [{hostgroup: "10", host: 192.0.2.31, port: "3306", status: ONLINE, used: "3", free: "12"}]
hostgroup_roles:
  description: What hostgroups are for, by their number, where the monitor moves databases between them.
  returned: success
  type: dict
  sample: {"10": writer, "20": reader}
certificates:
  description:
    - When the certificates of the node run out, that which it shows (V(clients)) and those in files that it uses towards databases, with
      their path. Of several in one file, the one that runs out first. Files that cannot be read are left out.
  returned: success
  type: list
  elements: dict
  sample: [{what: clients, serial: 4C1F2E9B, begins: 1764115200, ends: 1795651200, days_left: 364}]
followers:
  description: Addresses of the nodes that follow this one.
  returned: success
  type: list
  elements: str
  sample: [192.0.2.12, 192.0.2.21]
holds:
  description: Those of O(addresses) that are on this host.
  returned: success
  type: list
  elements: str
  sample: [192.0.2.10]
set_back:
  description:
    - What lowers this host's priority as the holder of the O(addresses), by the name of its file, each with C(value) and C(why).
    - Empty if nothing does, where the role P(mysqlha.proxysql.keepalived#role) is not used, and without O(addresses) or O(health_port).
  returned: success
  type: dict
  sample: {maintenance: {value: -254, why: maintenance}}
health:
  description:
    - What is answered at the O(health_port), as C(status) of HTTP, V(0) if nothing is; which C(balancers) ask, and for how many seconds it
      has been known, C(age). Empty without O(health_port).
  returned: success
  type: dict
  sample: {port: 6034, status: 200, balancers: [192.0.2.41], age: 86400}
kept:
  description: When the node last kept a restore point, in seconds since 1970. None if it has none, and without O(restore_points_folder).
  returned: success
  type: int
  sample: 1795651200
drift:
  description: How many rows or variables differ from what is declared, by table and layer. Empty if none does.
  returned: success
  type: dict
  sample: {mysql_users: {memory: 1, runtime: 1}}
drift_variables:
  description: Names of the variables that differ, in whichever layer.
  returned: success
  type: list
  elements: str
  sample: [mysql-max_connections]
drift_unknown:
  description: Why RV(drift) cannot be told, such as a declaration that this server cannot hold.
  returned: success
  type: str
restart_required:
  description: Declared variables that take effect only after a restart.
  returned: success
  type: list
  elements: str
  sample: [mysql-threads]
server_version:
  description: The version that the server gives, all of it.
  returned: success
  type: str
  sample: 2.7.1
"""

from ansible_collections.mysqlha.proxysql.plugins.module_utils._tasks.run_node_info import run_node_info


def main() -> None:
    run_node_info()


if __name__ == "__main__":
    main()
