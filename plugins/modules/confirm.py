#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: confirm
short_description: Have a change taken back by the node itself unless it is confirmed
version_added: "1.0.0"
description:
  - Before a change, O(state=armed) sets a timer of systemd on the node. If it runs out, the node puts back what was there, by
    itself and without a controller. What is written in between has to be written with C(restore_points) in the same
    folder.
  - After the change, O(state=checked) watches live traffic for some seconds and fails if it is worse than before.
  - O(state=confirmed) takes the timer away.
  - A timer does not outlive the host's going down. If that happens before the change is confirmed, a unit
    C(proxysql-confirm-boot) in C(/etc/systemd/system), which is there as long as the timer is, puts back what was there as
    soon as the host is up again.
  - The timer itself is no change. Only O(state=rolled_back) changes ProxySQL, and says so.
author:
  - The mysqlha.proxysql developers (@mysqlha)
options:
  state:
    description:
      - V(armed) measures how traffic is, in RV(before), and then sets the timer. It fails if there is one already.
      - V(checked) compares with that. It fails at once when something is worse than O(limits), or a declared query went
        elsewhere. The timer goes on.
      - V(confirmed) takes the timer away. It fails if the timer has run out before, and warns if somebody else has taken it
        away.
      - V(rolled_back) puts back at once what the timer would, and then takes it away.
    type: str
    choices: [armed, checked, confirmed, rolled_back]
    required: true
  restore_points:
    description:
      - The folder of the restore points, on the host the task runs on. A folder C(confirm) in it holds the program that the timer
        starts and the login for it, which nobody but the user the task runs as can read.
    type: path
    required: true
  restore_points_keep:
    description:
      - How many restore points are kept.
    type: int
    default: 20
  restore_points_label:
    description:
      - The label of the restore point that the node makes when it rolls back.
    type: str
    default: ""
  timeout:
    description:
      - For O(state=armed), in how many seconds the node rolls back. It must be longer than the change, the others' following
        and the checks take together.
    type: float
    default: 180.0
  baseline:
    description:
      - For O(state=armed), for how many seconds traffic is measured.
    type: float
    default: 2.0
  seconds:
    description:
      - For O(state=checked), for how many seconds traffic is watched.
    type: float
    default: 30.0
  before:
    description:
      - For O(state=checked), what O(state=armed) returned as RV(before).
    type: dict
    default: {}
  nodes:
    description:
      - The nodes whose traffic is measured, as in M(mysqlha.proxysql.cluster_sync). If there is none, it is the one that is
        logged in to.
    default: []
  limits:
    description:
      - For O(state=checked), how much worse it may be, on each node.
    type: dict
    suboptions:
      errors:
        description:
          - How many more errors (C(stats_mysql_errors)) than would have come at the rate of before.
        type: float
        default: 10.0
      connection_errors:
        description:
          - How many more connections to servers may fail, in each hostgroup.
        type: float
        default: 5.0
      latency:
        description:
          - How many times as long a query may take on the average, in each hostgroup. Less than 20 queries, and less than a
            millisecond, are not judged.
        type: float
        default: 5.0
      failed_logins:
        description:
          - How many of O(logins) may fail, all together.
        type: int
        default: 0
  logins:
    description:
      - For O(state=checked), logins that are tried every second from the host the task runs on, such as an application's at
        the virtual IP.
    type: list
    elements: dict
    default: []
    suboptions:
      host:
        description: Address to log in at.
        type: str
        required: true
      port:
        description: Port for MySQL clients.
        type: int
        default: 6033
      user:
        description: A user of ProxySQL's C(mysql_users).
        type: str
        required: true
      password:
        description: Password of that user.
        type: str
        default: ""
  queries:
    description:
      - For O(state=checked), queries of live traffic and where they have to go. Of those that nobody sends meanwhile nothing is
        known, and they are no failure.
    type: list
    elements: dict
    default: []
    suboptions:
      digest:
        description: A regular expression, in upper or lower case, for the text of the digest, such as C(^SELECT .* FROM cart).
        type: str
        required: true
      hostgroup:
        description: The only hostgroup it may go to. An answer from the cache is right as well.
        type: int
        required: true
      user:
        description: Only of this user.
        type: str
      schema:
        description: Only in this schema.
        type: str
extends_documentation_fragment:
  - mysqlha.proxysql.login
  - mysqlha.proxysql.nodes
  - mysqlha.proxysql.attributes
requirements:
  - systemd, on the host the task runs on, and root.
notes:
  - When the timer runs out, all that was written since is put back, who gets into the admin port and who belongs to the
    cluster too. In a cluster the other nodes follow.
  - The journal of the unit C(proxysql-confirm) says what was done.
seealso:
  - module: mysqlha.proxysql.rollback
  - module: mysqlha.proxysql.rehearsal
"""

EXAMPLES = r"""
- name: Set the timer
  mysqlha.proxysql.confirm:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    restore_points: /var/lib/proxysql-restore
    state: armed
  become: true
  register: armed

- name: Change something
  mysqlha.proxysql.mysql_query_rules:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    restore_points: /var/lib/proxysql-restore
    config:
      - rule_id: 100
        active: true
        match_digest: ^SELECT
        destination_hostgroup: 20
        apply: true
  become: true

- name: Watch traffic
  mysqlha.proxysql.confirm:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    restore_points: /var/lib/proxysql-restore
    state: checked
    before: "{{ armed.before }}"
    queries:
      - digest: ^SELECT .* FOR UPDATE
        hostgroup: 10
  become: true

- name: Confirm it
  mysqlha.proxysql.confirm:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    restore_points: /var/lib/proxysql-restore
    state: confirmed
  become: true
"""

RETURN = r"""
before:
  description: By node, traffic as it was. The same shape as RV(after).
  returned: for O(state=armed), and if O(state=checked) fails
  type: dict
after:
  description:
    - By node, traffic since the beginning of the checks. C(errors) and, by hostgroup, C(connection_errors) a second,
      C(queries), and C(latency) in microseconds.
  returned: for O(state=checked)
  type: dict
  sample: {"192.0.2.11:6032": {errors: 0, connection_errors: {"10": 0}, queries: {"10": 1200}, latency: {"10": 800}}}
problems:
  description: What is worse than allowed, as sentences.
  returned: if O(state=checked) fails
  type: list
  elements: str
rolled_back:
  description: What the node did by itself.
  returned: if O(state=confirmed) or O(state=rolled_back) comes too late
  type: dict
undone:
  description: Names of the restore points that were gone back past, oldest first.
  returned: for O(state=rolled_back)
  type: list
  elements: str
restore_point:
  description: Name of the restore point that was made of what was there before it was rolled back.
  returned: for O(state=rolled_back)
  type: str
diff:
  description: What differs, as text, as in M(mysqlha.proxysql.config). Passwords are masked.
  returned: for O(state=rolled_back)
  type: list
  elements: dict
statements:
  description: The statements sent to ProxySQL, in order, or in check mode those that would be sent. Passwords are masked.
  returned: for O(state=rolled_back)
  type: list
  elements: str
layers:
  description: What was done to each layer, or in check mode would be done.
  returned: for O(state=rolled_back)
  type: dict
server_version:
  description: Full version string of ProxySQL.
  returned: for all states but V(confirmed)
  type: str
  sample: 2.7.1
"""

from ansible_collections.mysqlha.proxysql.plugins.module_utils._tasks.run_confirm import run_confirm


def main() -> None:
    run_confirm()


if __name__ == "__main__":
    main()
