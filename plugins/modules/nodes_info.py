#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: nodes_info
short_description: Read the state of many ProxySQL nodes from one place
version_added: "1.0.0"
description:
  - Asks many nodes over their admin interfaces, 64 at a time, for what the module M(mysqlha.proxysql.node_info) tells of one. It runs
    on a host that reaches them, such as a core. A node that does not answer costs its O(deadline) and fails nothing.
  - What only the node's own host knows, such as its virtual addresses, is not seen. It writes nothing.
author:
  - The mysqlha.proxysql developers (@mysqlha)
options:
  nodes:
    description:
      - Where the nodes are. The login options of the task hold for all of them.
    type: list
    elements: dict
    default: []
    suboptions:
      login_host:
        description:
          - Its address.
        type: str
        required: true
      login_port:
        description:
          - The port of its admin interface.
        type: int
        default: 6032
      declaration:
        description:
          - Which of the O(declarations) it has, from 0. Without one it is compared with nothing.
        type: int
      variables:
        description:
          - Declared variables of this node alone, besides those of the declaration.
        type: dict
      variables_since_3:
        description:
          - The same of those that only ProxySQL 3 and later have.
        type: dict
  declarations:
    description:
      - What is declared, as many nodes have it.
    type: list
    elements: dict
    default: []
    suboptions:
      tables:
        description:
          - As in the module M(mysqlha.proxysql.config).
        type: dict
      variables:
        description:
          - As in the module M(mysqlha.proxysql.config).
        type: dict
      state:
        description:
          - As in the module M(mysqlha.proxysql.config). If not given, V(overridden).
        type: raw
      scope:
        description:
          - As in the module M(mysqlha.proxysql.config).
        type: dict
  marks_key:
    description:
      - What the marks that stand for passwords are made with. Those of M(mysqlha.proxysql.node_info) are made with its O(login_password),
        and so are these if it is not given.
    type: str
  deadline:
    description:
      - Seconds that each node has for all of its answers.
    type: float
    default: 10
extends_documentation_fragment:
  - mysqlha.proxysql.login
  - mysqlha.proxysql.attributes.no_diff
seealso:
  - module: mysqlha.proxysql.node_info
  - module: mysqlha.proxysql.cluster_sync
"""

EXAMPLES = r"""
- name: How do the nodes stand?
  mysqlha.proxysql.nodes_info:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    nodes:
      - {login_host: 192.0.2.21, declaration: 0}
      - {login_host: 192.0.2.22, declaration: 0}
    declarations:
      - tables:
          mysql_servers:
            - {hostgroup_id: 10, hostname: 192.0.2.31}
  register: found
"""

RETURN = r"""
nodes:
  description:
    - By C(host:port), what each node says of itself, as M(mysqlha.proxysql.node_info) returns it - C(server_version), C(uptime), C(cluster),
      C(certificates), of which only the one that it shows is seen, C(drift), C(drift_variables), C(drift_unknown) and
      C(restart_required). Of one that does not answer,
      C(msg) says why.
  returned: success
  type: dict
  sample: {"192.0.2.21:6032": {server_version: 2.7.1, uptime: 86400, drift: {}, drift_variables: [], drift_unknown: null, restart_required: []}}
backends:
  description: Their connection pools together, with the number of C(nodes) that have a backend in this hostgroup and with this status.
  returned: success
  type: list
  elements: dict
  sample: [{hostgroup: "10", host: 192.0.2.31, port: "3306", status: ONLINE, nodes: 2}]
"""

from ansible_collections.mysqlha.proxysql.plugins.module_utils._tasks.run_nodes_info import run_nodes_info


def main() -> None:
    run_nodes_info()


if __name__ == "__main__":
    main()
