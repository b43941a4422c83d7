#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: backend_logins
short_description: Try new logins of ProxySQL's monitor and of applications at the databases
version_added: "1.0.0"
description:
  - Logs in to the declared servers from the host that the task runs on, which is to be the ProxySQL node, and fails
    naming each server that refuses. It writes nothing.
  - A monitor that the databases refuse counts every server as read-only. Run this before its new login is written.
  - Tried is what is new to ProxySQL's runtime. That is a login that is not in it, and every login at a server that is not in it.
  - A server that does not answer is a warning and no failure. One whose C(status) is C(OFFLINE_HARD) is not asked.
  - With O(tables) or O(variables) it tells too whether the node has all of them already, so that nothing would have to be written.
author:
  - The mysqlha.proxysql developers (@mysqlha)
options:
  servers:
    description:
      - The servers, as rows of the module M(mysqlha.proxysql.mysql_servers). Without any nothing is tried.
    type: list
    elements: dict
    default: []
  users:
    description:
      - The users of applications, as rows of the module M(mysqlha.proxysql.mysql_users). Each that is active is tried at the
        servers of its hostgroups, see O(hostgroups).
      - One whose password is declared as a hash cannot be tried. A row whose C(frontend) is false is not, for ProxySQL
        logs in to databases with the password that clients have.
    type: list
    elements: dict
    default: []
  hostgroups:
    description:
      - By user, the numbers of the hostgroups that it reaches, by its default one, by rules, and by sets within which a monitor moves
        servers. A user who is not in it is tried at its C(default_hostgroup).
    type: dict
    default: {}
  maybe_hostgroups:
    description:
      - By user, the numbers of the hostgroups that it may reach besides. A server of these that refuses is a warning.
    type: dict
    default: {}
  monitor_user:
    description:
      - What C(mysql-monitor_username) is to be. It is tried at all servers.
    type: str
  monitor_password:
    description:
      - What C(mysql-monitor_password) is to be.
    type: str
  everything:
    description:
      - Whether to try what is not new as well.
    type: bool
    default: false
  timeout:
    description:
      - For how many seconds to wait for each server.
    type: float
    default: 5.0
  report_only:
    description:
      - Do not fail where a server refuses a login; RV(refused) tells.
    type: bool
    default: false
  variables_since_3:
    description:
      - Those that only ProxySQL 3 and later have.
    type: dict
extends_documentation_fragment:
  - mysqlha.proxysql.login
  - mysqlha.proxysql.declared
  - mysqlha.proxysql.tls_backends
  - mysqlha.proxysql.attributes.no_diff
seealso:
  - module: mysqlha.proxysql.mysql_users
  - module: mysqlha.proxysql.global_variables
"""

EXAMPLES = r"""
- name: Do the databases let the monitor's new password in?
  mysqlha.proxysql.backend_logins:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    servers:
      - hostgroup_id: 10
        hostname: 127.0.0.1
        port: 1
    monitor_user: monitor
    monitor_password: "{{ proxysql_monitor_password }}"
"""

RETURN = r"""
tried:
  description: Which users were tried at which servers.
  returned: success
  type: list
  elements: str
  sample: ["monitor at 192.0.2.31:3306"]
unknown:
  description: The servers of which it could not be told, with the reason.
  returned: success
  type: list
  elements: str
  sample: ["192.0.2.32:3306: Can't connect to MySQL server on '192.0.2.32' ([Errno 111] Connection refused)"]
not_tried:
  description: Users whose password is declared as a hash.
  returned: success
  type: list
  elements: str
  sample: [shop]
refused:
  description: Who is refused by which server, with the server's words.
  returned: success, and when it fails because a server refuses a login
  type: list
  elements: str
  sample: ["192.0.2.31:3306 as 'monitor': Access denied for user 'monitor'@'192.0.2.11' (using password: YES)"]
as_declared:
  description:
    - Whether O(tables) and O(variables) are in all layers and in force. Also false where that cannot be told. None without either.
  returned: success
  type: bool
  sample: true
server_time:
  description: The time on the clock of ProxySQL's host, in seconds since 1970.
  returned: success
  type: int
  sample: 1767225600
server_version:
  description: Full version string of ProxySQL.
  returned: success
  type: str
  sample: 2.7.1
"""

from ansible_collections.mysqlha.proxysql.plugins.module_utils._tasks.run_backend_logins import (
    run_backend_logins,
)


def main() -> None:
    run_backend_logins()


if __name__ == "__main__":
    main()
