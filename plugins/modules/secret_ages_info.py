#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: secret_ages_info
short_description: How old passwords are, as far as it can be known
version_added: "1.0.0"
description:
  - ProxySQL keeps no times of its passwords. What a password was before each run is in the restore points, and from these
    follows after which time it was changed and since when it has not been. Of the logins of admin, statistics and cluster
    M(mysqlha.proxysql.cluster_credentials) keeps it beside them.
  - Databases know when the password of a user was changed, MySQL in C(mysql.user) and MariaDB in C(mysql.global_priv).
  - It writes nothing, and shows no password.
author:
  - The mysqlha.proxysql developers (@mysqlha)
options:
  restore_points:
    description:
      - The folder of the restore points, on the host the task runs on. If empty, nothing is known of ProxySQL's own.
    type: path
    default: ""
  databases:
    description:
      - The databases to ask for the users that ProxySQL has.
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
  database_user:
    description:
      - Who may read the tables of users there. Without it no database is asked.
    type: str
  database_password:
    description:
      - The password of O(database_user).
    type: str
  timeout:
    description:
      - For how many seconds to wait for each database.
    type: float
    default: 5.0
extends_documentation_fragment:
  - mysqlha.proxysql.login
  - mysqlha.proxysql.attributes.no_diff
seealso:
  - module: mysqlha.proxysql.restore_points_info
  - module: mysqlha.proxysql.user_rotation
"""

EXAMPLES = r"""
- name: How old are the passwords?
  mysqlha.proxysql.secret_ages_info:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    restore_points: /var/lib/proxysql-restore
  become: true
  register: ages
"""

RETURN = r"""
secrets:
  description:
    - By C(ProxySQL, NAME) or C(DATABASE, USER@HOST), what is known of its age.
  returned: success
  type: dict
  sample: {"ProxySQL, monitor": {"changed_after": null, "same_since": "2026-10-01T03:00:00Z", "text": "at least 57 days old"}}
server_version:
  description: Full version string of ProxySQL.
  returned: success
  type: str
  sample: 2.7.1
"""

from ansible_collections.mysqlha.proxysql.plugins.module_utils._tasks.run_secret_ages import (
    run_secret_ages,
)


def main() -> None:
    run_secret_ages()


if __name__ == "__main__":
    main()
