#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: proxysql_info
short_description: Read a ProxySQL's configuration and state
version_added: "1.0.0"
description:
  - Reads a ProxySQL's tables and variables in each layer, its view of the cluster, and its connection pool.
  - Nothing is written. Only what is asked for is read, so one table of a large configuration costs no more
    than that table.
author:
  - The mysqlha.proxysql developers (@mysqlha)
options:
  subsets:
    description:
      - What to read. All of it, if neither this nor O(tables) nor O(variables) is given.
      - V(status) is the uptime and the time, V(tables) and V(variables) are what they say, V(cluster) is what this node knows
        of itself and of its peers, and V(pool) is the statistics of the connections to the backends.
      - V(activity) is read only if it is named. It is what clients and monitors have met lately, the errors without the values in them and
        the queries without their literals.
      - V(differences), too, is read only if it is named. It is which sections are not in runtime or on disk what they are in memory.
    type: list
    elements: str
    choices: [status, tables, variables, cluster, pool, activity, differences]
  tables:
    description:
      - Names of the tables to read, instead of all. The subset V(tables) need not be named then.
    type: list
    elements: str
  variables:
    description:
      - Full names of the variables to read, instead of all. The subset V(variables) need not be named then. A name that
        the server does not have is not in the result.
    type: list
    elements: str
  layers:
    description:
      - The layers to read of tables and variables. A table that has no disk layer is left out there.
      - V(runtime) is what ProxySQL acts on now. In it, servers are where the monitor has put them, and those it has
        given up on are C(SHUNNED).
    type: list
    elements: str
    choices: [memory, runtime, disk]
    default: [memory, runtime, disk]
  omit_defaults:
    description:
      - Leave out the columns that hold what this server puts into them by itself. Rows get shorter, and are still
        what a module of this collection needs to make them again with C(state=overridden).
    type: bool
    default: false
  omit_default_variables:
    description:
      - Leave out the variables that a new ProxySQL of the node's own program would have, too. One is started for about a second to
        see, as M(mysqlha.proxysql.rehearsal) does. If that cannot be, all are in the result, and RV(defaults_unknown) says why.
    type: bool
    default: false
  program:
    description: The program to start for that, a path or a command. If not given, C(/usr/bin/proxysql), or C(proxysql) on the search path.
    type: str
  show_secrets:
    description:
      - Passwords, and variables that hold some, are masked unless this is true. Use C(no_log) on the task
        then, and on every task that shows what it registered.
    type: bool
    default: false
extends_documentation_fragment:
  - mysqlha.proxysql.login
  - mysqlha.proxysql.attributes.no_diff
seealso:
  - module: mysqlha.proxysql.config
  - module: mysqlha.proxysql.cluster_sync
"""

EXAMPLES = r"""
- name: Everything but passwords
  mysqlha.proxysql.proxysql_info:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
  register: proxysql

- name: Where the monitor has put the servers
  mysqlha.proxysql.proxysql_info:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    tables: [mysql_servers]
    layers: [runtime]
  register: proxysql

- name: Is this backend without connections in use
  mysqlha.proxysql.proxysql_info:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    subsets: [pool]
  register: proxysql
  until: >-
    proxysql.pool | selectattr('srv_host', '==', 'db2.example.com')
    | map(attribute='ConnUsed') | sum == 0
  retries: 30
  delay: 2

- name: Which version runs, and since when
  mysqlha.proxysql.proxysql_info:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    subsets: [status]
  register: proxysql
"""

RETURN = r"""
server_version:
  description: Full version string of ProxySQL.
  returned: always
  type: str
  sample: 2.7.1
uptime:
  description: For how many seconds it has been running.
  returned: for the subset V(status)
  type: int
  sample: 86400
server_time:
  description: The time on the clock of the server's host, in seconds since 1970. The epochs of a cluster are such times.
  returned: for the subset V(status)
  type: int
  sample: 1764158400
tables:
  description: Names of tables, each with the names of its layers, each with a list of rows.
  returned: for the subset V(tables)
  type: dict
  sample:
    mysql_servers:
      memory: [{hostgroup_id: 10, hostname: db1.example.com, port: 3306, status: ONLINE}]
      runtime: [{hostgroup_id: 20, hostname: db1.example.com, port: 3306, status: ONLINE}]
      disk: [{hostgroup_id: 10, hostname: db1.example.com, port: 3306, status: ONLINE}]
unknown_tables:
  description: Other tables of the server that hold rows, and how many. Nobody here knows them, so their rows are not shown.
  returned: for the subset V(tables), without O(tables)
  type: dict
  sample: {pgsql_ldap_mapping: 2}
variables:
  description: Names of layers, each with the variables and their values.
  returned: for the subset V(variables)
  type: dict
  sample:
    memory: {mysql-max_connections: "2048"}
    runtime: {mysql-max_connections: "2048"}
    disk: {mysql-max_connections: "2048"}
defaults_unknown:
  description: Why no variable was left out.
  returned: with O(omit_default_variables), if it could not be seen which have their defaults
  type: str
  sample: "program: /usr/bin/proxysql is not a program that can be run here"
cluster:
  description: What this node knows of itself and of its peers.
  returned: for the subset V(cluster)
  type: dict
  contains:
    checksums:
      description: Name, version, epoch and checksum of each section that the cluster carries, on this node.
      type: list
      elements: dict
    peers:
      description: The same of each node that this one follows, as it last saw them, and for how many checks they have differed.
      type: list
      elements: dict
    links:
      description: The nodes that this one follows, when they answered last and how long that took.
      type: list
      elements: dict
    followers:
      description: The nodes that follow this one.
      type: list
      elements: dict
  sample:
    checksums: [{name: mysql_users, version: 3, epoch: 1700000000, checksum: "0x0123456789ABCDEF"}]
    peers: []
    links: []
    followers: []
pool:
  description: One dict for each backend and hostgroup, with the columns of ProxySQL's tables
    C(stats_mysql_connection_pool) and, from ProxySQL 3 on, C(stats_pgsql_connection_pool).
  returned: for the subset V(pool)
  type: list
  elements: dict
  sample: [{hostgroup: 10, srv_host: db1.example.com, srv_port: 3306, status: ONLINE, ConnUsed: 4, ConnFree: 6}]
activity:
  description:
    - C(counters), C(users) and C(clients) that are connected, C(errors) of the databases, C(digests) of the queries that took most time, C(memory), and
      C(monitor_connect), C(monitor_ping), C(monitor_read_only) and C(monitor_replication_lag), what the monitor's checks failed with. Each is a list of rows.
  returned: for the subset V(activity)
  type: dict
  sample:
    errors: [{hostgroup: 10, hostname: db1.example.com, port: 3306, errno: 1040, count_star: 3, last_error: Too many connections}]
differences:
  description:
    - C(runtime) and C(disk), each with the sections that differ from memory there. What monitors have moved does not count, nor do inactive users and rules.
  returned: for the subset V(differences)
  type: dict
  sample: {runtime: [], disk: [MYSQL USERS]}
"""

from ansible_collections.mysqlha.proxysql.plugins.module_utils._tasks.run_proxysql_info import (
    run_proxysql_info,
)


def main() -> None:
    run_proxysql_info()


if __name__ == "__main__":
    main()
