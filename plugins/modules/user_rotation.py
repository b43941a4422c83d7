#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: user_rotation
short_description: Look how far the change of an application's password is, and do the steps at the databases
version_added: "1.0.0"
description:
  - Logs in to the databases and to the nodes of ProxySQL as the application's user, with its new password and with the previous one, from the
    host that the task runs on, and says which step is next.
  - In this order no login fails. The databases keep both passwords (V(retain)); ProxySQL is told the new one, and from 3.0 on the
    previous one beside it (V(proxy)); the applications change (V(applications)); the previous one is given up (V(discard)).
  - The steps at ProxySQL are done by declaring them, see RV(text). Those at the databases this module can do, on MySQL 8 and later, and on MariaDB 10.4
    and later for users of C(mysql_native_password).
  - It can be run again at any time. What is done already it does not do twice.
author:
  - The mysqlha.proxysql developers (@mysqlha)
options:
  user:
    description:
      - The user of the application, or of the monitor.
    type: str
    required: true
  password:
    description:
      - Its new password, in clear.
    type: str
    required: true
  previous_password:
    description:
      - Its password until now, in clear.
    type: str
    required: true
  proxies:
    description:
      - The ports for clients of all nodes; where it is the monitor's user, their ports of Admin.
    type: list
    elements: dict
    required: true
    suboptions:
      host:
        description:
          - Address.
        type: str
        required: true
      port:
        description:
          - Port.
        type: int
        required: true
  databases:
    description:
      - The databases that the user logs in to.
    type: list
    elements: dict
    required: true
    suboptions:
      host:
        description:
          - Address.
        type: str
        required: true
      port:
        description:
          - Port.
        type: int
        required: true
  maybe_databases:
    description:
      - The databases that it may log in to besides, by rules that are for all users. One that refuses both passwords does not
        know the user and is left out, with a warning.
    type: list
    elements: dict
    default: []
    suboptions:
      host:
        description:
          - Address.
        type: str
        required: true
      port:
        description:
          - Port.
        type: int
        required: true
  step:
    description:
      - V(look) writes nothing. V(retain) adds the new password on the databases where it is refused, with C(RETAIN CURRENT PASSWORD), and
        V(discard) gives up the previous one there, with C(DISCARD OLD PASSWORD). Both write on databases that are not read only.
      - V(discard) fails while a node of ProxySQL still lets in with the previous password.
      - On MariaDB the two passwords are two ways to log in, C(IDENTIFIED VIA mysql_native_password ... OR mysql_native_password ...). A user who
        logs in by another plugin is refused.
    type: str
    choices: [look, retain, discard]
    default: look
  database_user:
    description:
      - Who may change users at the databases. Needed for V(retain) and V(discard).
    type: str
  database_password:
    description:
      - The password of O(database_user).
    type: str
  monitor:
    description:
      - Whether it is the user that ProxySQL's monitor logs in to databases with. How far each node is is read in its Admin, as
        O(login_user). There is no step V(applications).
    type: bool
    default: false
  timeout:
    description:
      - For how many seconds to wait for each login, and after a step for replicas to follow.
    type: float
    default: 5.0
extends_documentation_fragment:
  - mysqlha.proxysql.login
  - mysqlha.proxysql.tls_backends
  - mysqlha.proxysql.attributes.no_diff
seealso:
  - module: mysqlha.proxysql.mysql_users
  - module: mysqlha.proxysql.backend_logins
"""

EXAMPLES = r"""
- name: How far is the change of the shop's password?
  mysqlha.proxysql.user_rotation:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    user: shop
    password: "{{ vault_shop_password }}"
    previous_password: "{{ vault_shop_password_before }}"
    proxies:
      - {host: 127.0.0.1, port: 6033}
    databases:
      - {host: 127.0.0.1, port: 1}
"""

RETURN = r"""
next:
  description: The step that is next, or C(done). C(look) if it could not be told.
  returned: success
  type: str
  sample: applications
text:
  description: The same for people, with the user and the places that it is about.
  returned: success
  type: str
  sample: "shop, retain: 192.0.2.31:3306 refuses the new password: add it there and keep the previous one"
databases:
  description: By place, whether it lets the user in with the C(new) and the C(previous) password. None where that could not be told.
  returned: success
  type: dict
  sample: {"192.0.2.31:3306": {new: true, previous: true}}
proxies:
  description: The same of the nodes of ProxySQL.
  returned: success
  type: dict
  sample: {"192.0.2.11:6033": {new: true, previous: true}}
server_version:
  description: The version that the server gives, all of it.
  returned: success
  type: str
  sample: 2.7.1
"""

from ansible_collections.mysqlha.proxysql.plugins.module_utils._tasks.run_user_rotation import (
    run_user_rotation,
)


def main() -> None:
    run_user_rotation()


if __name__ == "__main__":
    main()
