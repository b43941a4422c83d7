#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: rollback
short_description: Put back what a ProxySQL had before a run changed it
version_added: "1.0.0"
description:
  - Goes back to a restore point, which the modules of this collection make when they are given the option
    C(restore_points).
  - It is written as any declaration is. Memory first, one C(LOAD) for each section that differs, runtime is read
    back, and then one C(SAVE). Sections that are as they were are left alone.
  - In a cluster, run it on one core. The C(LOAD) has a new epoch, so the others follow it as they follow any other.
    What the cluster does not carry has to be put back on each node, from its own restore points.
author:
  - The mysqlha.proxysql developers (@mysqlha)
options:
  restore_points:
    description:
      - The folder of the restore points, on the host the task runs on.
      - What is there now is kept in it too before it is changed, so a rollback can itself be taken back.
    type: path
    required: true
  to:
    description:
      - V(last) takes back the last run, which is all of the last restore points that have the same label, or the very
        last if it has none. A rollback is not a run, so to do this twice changes nothing more. To take a rollback back,
        name the restore point that it made. A task that failed and put everything back leaves no restore point.
      - The name of a restore point puts back what there was before it was made. A label does so for the first of the
        run that has it. A time such as V(2026-11-26T12:00:00) puts back what there was then. It is in UTC where it names
        no zone.
      - Going back past several restore points takes back all of them, as far as each holds something. A section that none
        of them holds was not changed by this collection since then, and is left alone.
      - Restore points of another ProxySQL in the same folder are refused. A file that cannot be read is left out with a
        warning, unless it is the one that is named.
    type: str
    default: last
  content:
    description:
      - The text of a restore point that was kept elsewhere, as M(mysqlha.proxysql.restore_point) returns it. It is used
        in place of those in the folder, and O(to) is not.
    type: str
  sections:
    description:
      - What to put back. A section is what one C(LOAD) or C(SAVE) covers, see
        M(mysqlha.proxysql.runtime). Upper and lower case are the same. If not given, all of them.
    type: list
    elements: str
  access:
    description:
      - Whether who gets into the admin port, and who belongs to the cluster, is put back as well. These are
        C(admin-admin_credentials), C(admin-stats_credentials), C(admin-cluster_username), C(admin-cluster_password), the
        admin port's interfaces, and the table C(proxysql_servers).
      - Without it they stay as they are, since an old password would lock out whoever has the new one. RV(left_out)
        says so where they differ.
    type: bool
    default: false
  missing_ok:
    description:
      - Whether to change nothing, and not to fail, where the folder has no such restore point. It is meant for the other
        nodes of a cluster, on which a run may have had nothing to write.
    type: bool
    default: false
  load:
    description:
      - Whether to bring it to runtime (C(LOAD ... TO RUNTIME)).
    type: bool
    default: true
  save:
    description:
      - Whether to keep it on disk (C(SAVE ... TO DISK)).
    type: bool
    default: true
  open_edits:
    description:
      - What to do where memory holds edits that were never loaded and that are not in what is put back.
      - V(refuse) fails and names them. V(publish) takes them along, with a warning. V(discard) takes them back, to what
        runtime holds.
      - Tables are put back whole, so edits of theirs go in any case.
    type: str
    choices: [refuse, publish, discard]
    default: refuse
  restore_points_keep:
    description:
      - How many restore points are kept. The oldest are removed. With V(0) none is made of what is put back.
    type: int
    default: 20
  restore_points_label:
    description:
      - Any text that is kept with the restore point that is made. Tasks of one run that have the same are taken
        back together.
    type: str
    default: ""
extends_documentation_fragment:
  - mysqlha.proxysql.login
  - mysqlha.proxysql.attributes
notes:
  - What is put back is what runtime was made of. Edits that lay in memory and had never been loaded are in the file, and
    are not put back.
  - Passwords are put back as ProxySQL had stored them.
  - What the monitor has found out by itself since, such as who is the primary now, is not touched.
seealso:
  - module: mysqlha.proxysql.restore_point
  - module: mysqlha.proxysql.restore_points_info
  - module: mysqlha.proxysql.rehearsal
"""

EXAMPLES = r"""
- name: See what it would be to take the last run back
  mysqlha.proxysql.rollback:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    restore_points: /var/lib/proxysql-restore
  become: true
  check_mode: true
  diff: true

- name: Take it back
  mysqlha.proxysql.rollback:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    restore_points: /var/lib/proxysql-restore
  become: true

- name: The query rules as they were before the run that had this label
  mysqlha.proxysql.rollback:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    restore_points: /var/lib/proxysql-restore
    to: release-41
    sections: [MYSQL QUERY RULES]
  become: true
"""

RETURN = r"""
undone:
  description: The restore points that were gone back past, oldest first.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Its name, which begins with the time.
      type: str
    made:
      description: When it was made, in UTC.
      type: str
    label:
      description: The label it was made with, or an empty text.
      type: str
    kind:
      description:
        - Why it was made. V(written) for a task that was going to change something, V(rollback) for one that went back,
          V(kept) for M(mysqlha.proxysql.restore_point).
      type: str
    sections:
      description: The sections it holds.
      type: list
      elements: str
    server:
      description: The admin port, as the task saw it.
      type: str
    server_version:
      description: The version of the ProxySQL that it is of.
      type: str
left_out:
  description: What is not as it was and is left so, as sentences.
  returned: success
  type: list
  elements: str
  sample: ["PROXYSQL SERVERS: who belongs to the cluster is left as it is"]
restore_point:
  description: Name of the restore point that was made before anything was written.
  returned: if O(restore_points) is given and something was changed
  type: str
  sample: 20261126T125501.123456Z
diff:
  description: What differs, as text, as in M(mysqlha.proxysql.config). Passwords are masked.
  returned: success
  type: list
  elements: dict
statements:
  description:
    - The statements sent to ProxySQL, in order, or in check mode those that would be sent. Passwords are masked.
  returned: success
  type: list
  elements: str
layers:
  description: What was done to each layer, or in check mode would be done.
  returned: success
  type: dict
  sample: {memory: changed, runtime: loaded, disk: saved}
restart_required:
  description: Names of variables put back whose value takes effect only when ProxySQL is started again.
  returned: success
  type: list
  elements: str
  sample: []
server_version:
  description: Full version string of ProxySQL.
  returned: success
  type: str
  sample: 2.7.1
"""

from ansible_collections.mysqlha.proxysql.plugins.module_utils._tasks.run_rollback import run_rollback


def main() -> None:
    run_rollback()


if __name__ == "__main__":
    main()
