#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: drift_timer
short_description: Have a node compare by itself what it holds with what is declared
version_added: "1.0.0"
description:
  - Sets up a timer of systemd on the host that the task runs on. Every five minutes it compares all layers of the ProxySQL
    there with the declaration, and writes what differs as numbers for the textfile collector of Prometheus' node exporter. It only
    reads.
  - The host keeps the declaration without its passwords. In place of each there is a keyed digest of how ProxySQL has stored
    it, from which nobody gets the password.
  - ProxySQL itself is only read. Run it after what is declared has been written.
author:
  - The mysqlha.proxysql developers (@mysqlha)
options:
  timer:
    description:
      - V(present) sets it up, and gives it the declaration anew where that, or a password in it, has changed.
      - V(absent) removes the timer, its files and its numbers. It needs no login.
    type: str
    choices: [present, absent]
    default: present
  textfile_dir:
    description:
      - The folder of the textfile collector, such as C(/var/lib/prometheus/node-exporter), where a link to the numbers is put. It must
        be there. Required with O(timer=present).
    type: path
  folder:
    description:
      - Where the timer keeps its program, its settings and its numbers. The settings, with the login, can be read by the user that the
        task runs as and by nobody else.
    type: path
    default: /var/lib/proxysql-drift
extends_documentation_fragment:
  - mysqlha.proxysql.login
  - mysqlha.proxysql.declared
  - mysqlha.proxysql.attributes.no_diff
requirements:
  - systemd, on the host the task runs on, and root.
notes:
  - The numbers are C(proxysql_drift_rows) by C(table) and C(layer), C(proxysql_drift_unknown), which is 1 where ProxySQL could
    not be asked, C(proxysql_drift_compared_timestamp_seconds) and C(proxysql_drift_duration_seconds).
  - The journal of the unit C(proxysql-drift) says which tables differ.
seealso:
  - module: mysqlha.proxysql.config
  - module: mysqlha.proxysql.node_info
"""

EXAMPLES = r"""
- name: Write what is declared
  mysqlha.proxysql.config:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    tables: &tables
      mysql_servers:
        - hostgroup_id: 10
          hostname: 192.0.2.31
    state: overridden

- name: Have it compared from now on
  mysqlha.proxysql.drift_timer:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    tables: *tables
    textfile_dir: /var/lib/prometheus/node-exporter
  become: true

- name: Compare no longer
  mysqlha.proxysql.drift_timer:
    timer: absent
  become: true
"""

RETURN = r"""
paths:
  description: Files that were written or taken away, or in check mode would be.
  returned: always
  type: list
  elements: str
  sample: [/var/lib/proxysql-drift/settings.json]
server_version:
  description: Full version string of ProxySQL.
  returned: for O(timer=present)
  type: str
  sample: 2.7.1
"""

from ansible_collections.mysqlha.proxysql.plugins.module_utils._tasks.run_drift_timer import run_drift_timer


def main() -> None:
    run_drift_timer()


if __name__ == "__main__":
    main()
