#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: global_variables
short_description: ProxySQL's variables (table global_variables)
version_added: "1.0.0"
description:
  - Keeps ProxySQL's variables as declared, in memory, runtime and disk. Variables that are not named are
    left alone.
  - Names and values are checked before anything is written, and read back afterwards. This is needed
    because ProxySQL answers C(OK) to a value it rejects and silently goes back to the present one, and
    to a name it does not know (seen on 2.7.1).
author:
  - The mysqlha.proxysql developers (@mysqlha)
options:
  config:
    description:
      - Full names, with C(mysql-) or C(admin-) in front, and values.
      - Booleans and numbers may be given as such. Write text that looks like one in quotes, for
        example V("8.0").
      - With O(state=gathered), the variables to return, whatever value they have here. If none is
        given, all of them are returned.
    type: dict
  state:
    description:
      - V(merged) sees to it that the variables given have the values given.
      - V(gathered) changes nothing and returns the variables of one O(layer). Those that hold
        passwords are left out.
      - V(rendered) needs no server. It returns the SQL that V(merged) would mean.
    type: str
    choices: [merged, gathered, rendered]
    default: merged
extends_documentation_fragment:
  - mysqlha.proxysql.login
  - mysqlha.proxysql.writing
  - mysqlha.proxysql.attributes
notes:
  - C(mysql-threads) and C(mysql-interfaces) cannot change while ProxySQL runs. They are written to
    disk only, last of all, and take effect when ProxySQL is started again. RV(restart_required) names
    them until then. C(mysql-stacksize) is accepted while it runs, but also has its effect only after a
    restart.
  - Variables with passwords are masked in all results. These are C(admin-admin_credentials),
    C(admin-stats_credentials), C(admin-cluster_password) and C(mysql-monitor_password).
  - There can be no double quote in the text of an C(admin-) variable. ProxySQL would drop the whole
    variable from runtime.
  - A new password for C(admin-admin_credentials) must differ from the old one in more than upper and lower
    case. ProxySQL would show it, and go on asking for the old one.
  - Credentials without a password, or with a name twice, are refused. ProxySQL would take them, and let anybody in.
  - A variable that your ProxySQL has and this collection does not know is passed on as text, with a
    warning.
  - In a cluster most variables travel to the other nodes, C(admin-admin_credentials) too.
    C(mysql-threads), the interfaces and a few more stay where they are set.
  - C(admin-read_only=true) is refused. It would lock this module out as well, until somebody
    gives the command C(PROXYSQL READWRITE).
  - After a change of C(admin-mysql_ifaces) it is tried whether the login gets in there. If not, because something else has
    the port, it is put back.
  - Sections of C(LOAD) and C(SAVE) are MYSQL VARIABLES and ADMIN VARIABLES.
seealso:
  - module: mysqlha.proxysql.config
  - name: ProxySQL's documentation of the variables
    description: What each of them means.
    link: https://proxysql.com/documentation/global-variables/
"""

EXAMPLES = r"""
- name: Settings of this site
  mysqlha.proxysql.global_variables:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    config:
      mysql-max_connections: 4000
      mysql-server_version: "8.0.36"
      mysql-monitor_username: monitor
      mysql-monitor_password: "{{ proxysql_monitor_password }}"
      mysql-monitor_read_only_interval: 1000
      mysql-monitor_writer_is_also_reader: false

- name: More threads, which need a restart
  mysqlha.proxysql.global_variables:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    config:
      mysql-threads: 8
  register: threads

- name: Restart ProxySQL if that is what it takes
  ansible.builtin.service:
    name: proxysql
    state: restarted
  when: threads.restart_required | length > 0

- name: What ProxySQL acts on right now
  mysqlha.proxysql.global_variables:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    state: gathered
    layer: runtime
  register: settings
"""

RETURN = r"""
before:
  description: The variables given, with the values they had. Passwords are masked.
  returned: for O(state=merged)
  type: dict
  sample: {mysql-max_connections: "2048"}
after:
  description: The variables given, with the values they have now, or in check mode would have. Passwords are masked.
  returned: for O(state=merged)
  type: dict
  sample: {mysql-max_connections: "4000"}
restart_required:
  description:
    - Names of the variables given whose value takes effect only when ProxySQL is started again, and
      has not yet. C(mysql-stacksize), C(pgsql-stacksize), C(pgsql-monitor_enabled) and C(pgsql-monitor_threads) are among
      them only in the run that changes them, for ProxySQL does not tell what it was started with.
  returned: for O(state=merged)
  type: list
  elements: str
  sample: [mysql-threads]
diff:
  description:
    - What differs, as text. One entry for each set of layers that change alike, with the layers named in
      its header.
    - A password is never shown. One that changes reads C(******** (new)).
  returned: for O(state=merged)
  type: list
  elements: dict
  contains:
    before_header:
      description: Name of the table and of the layers.
      type: str
    after_header:
      description: The same as before_header.
      type: str
    before:
      description: The variables before, as YAML.
      type: str
    after:
      description: The variables after, as YAML.
      type: str
statements:
  description:
    - The statements sent to ProxySQL, in order, or in check mode those that would be sent. Passwords are
      masked.
    - An empty list means that memory, runtime and disk all held what is declared.
  returned: for O(state=merged)
  type: list
  elements: str
  sample:
    - REPLACE INTO global_variables (variable_name, variable_value) VALUES ('mysql-max_connections',
      '4000')
    - LOAD MYSQL VARIABLES TO RUNTIME
    - SAVE MYSQL VARIABLES TO DISK
layers:
  description: What was done to each layer, or in check mode would be done.
  returned: for O(state=merged)
  type: dict
  sample: {memory: changed, runtime: loaded, disk: saved}
  contains:
    memory:
      description: V(changed) or V(unchanged).
      type: str
    runtime:
      description: V(loaded), V(unchanged), or V(skipped) where it differs and O(load=false).
      type: str
    disk:
      description: V(saved), V(unchanged), or V(skipped) where it differs and O(save=false).
      type: str
restore_point:
  description: Name of the restore point that was made before anything was written.
  returned: if O(restore_points) is given and something was changed
  type: str
  sample: 20261126T125501.123456Z
server_version:
  description: Full version string of ProxySQL.
  returned: always, except for O(state=rendered)
  type: str
  sample: 2.7.1
gathered:
  description: The variables of the O(layer). Those that hold passwords are left out.
  returned: for O(state=gathered)
  type: dict
  sample: {mysql-have_ssl: "true", mysql-max_connections: "4000"}
rendered:
  description: The statements in order. Passwords are masked.
  returned: for O(state=rendered)
  type: list
  elements: str
"""

from ansible_collections.mysqlha.proxysql.plugins.module_utils._tasks.run import run_variables


def main() -> None:
    run_variables()


if __name__ == "__main__":
    main()
