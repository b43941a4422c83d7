# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which of the three layers a task reads and writes."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  load:
    description:
      - Whether to bring the change to runtime (C(LOAD ... TO RUNTIME)). Until that is done ProxySQL
        goes on as before.
      - It is done once per section, and only if runtime differs from what is declared. A C(LOAD) that
        changes nothing is not harmless. It gives the section a new epoch, by which two nodes of a cluster
        can come to stand apart, it sets the hits of query rules back to 0, and for servers it can send
        writes to an old primary for a moment.
    type: bool
    default: true
  save:
    description:
      - Whether to keep the change on disk (C(SAVE ... TO DISK)). What is not on disk is gone
        when ProxySQL starts the next time.
      - It is done once per section, after runtime has been seen to hold what is declared, and only if
        disk differs from it.
    type: bool
    default: true
  open_edits:
    description:
      - What to do where memory holds edits that were never loaded and that this task does not declare, in any
        table of the section, or among its variables. A C(LOAD) takes the whole section, and so would publish
        them; a C(SAVE) takes them to disk.
      - V(refuse) fails and names them, before anything is written and in check mode too.
      - V(publish) takes them along, with a warning.
      - V(discard) takes them back, to what runtime holds. That is a change, and in the diff.
      - A task that neither loads nor saves does not mind them.
    type: str
    choices: [refuse, publish, discard]
    default: refuse
  restore_points:
    description:
      - A folder on the host the task runs on, for restore points. If given, what the task is about to change is
        kept there before anything is written, and M(mysqlha.proxysql.rollback) can put it back.
      - Give each ProxySQL a folder of its own. It is made if it is not there, and nobody but the user the task runs
        as can look into it, since passwords are in it as ProxySQL stores them. Use C(become) to keep it for root.
      - A task that changes nothing makes no restore point. If the file cannot be written, nothing is changed in
        ProxySQL.
    type: path
  restore_points_keep:
    description:
      - How many restore points are kept. The oldest are removed. With V(0) none is made.
    type: int
    default: 20
  restore_points_label:
    description:
      - Any text that is kept with the restore point. Tasks of one run that have the same are taken back together.
    type: str
    default: ""
  layer:
    description:
      - Which layer to read with O(state=gathered). Other states look at all three.
      - V(memory) is what the admin tables hold, V(runtime) is what ProxySQL acts on, V(disk) is what it
        will start with.
    type: str
    choices: [memory, runtime, disk]
    default: memory
notes:
  - Whatever is declared is checked before anything is written. A column, a value or a name that
    ProxySQL would not take makes the task fail by name, and nothing has changed.
  - ProxySQL answers C(OK) to much that it does not take (seen on 2.7.1). So runtime is read back after
    each C(LOAD). If it does not hold what was declared, memory and runtime are put back as they were
    and the task fails, naming what was refused.
  - ProxySQL has no transactions. A run that is cut off half way, between the write and the C(LOAD) or
    between C(LOAD) and C(SAVE), is put right by the next run, which reports C(changed).
  - Two tasks that write to one ProxySQL at the same time wait for each other, section by section. If two of
    them override the same table, one fails. Whoever writes by hand meanwhile is found out before
    the C(SAVE); the task then fails and says what is left.
  - In a cluster, write on one core only and let the others follow, then wait for them with
    M(mysqlha.proxysql.cluster_sync).
"""
