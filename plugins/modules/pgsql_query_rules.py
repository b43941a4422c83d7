#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: pgsql_query_rules
short_description: Where PostgreSQL queries go, and what becomes of them (table pgsql_query_rules)
version_added: "1.0.0"
description:
  - Keeps the rows of ProxySQL's table C(pgsql_query_rules) as declared, in memory, runtime and disk.
  - Rules are tried in the order of their O(config[].rule_id). All conditions of a rule must hold for it
    to match. What a matching rule sets stays set, and the next rules are tried as well, until one with
    O(config[].apply=true) matches. A query that no rule sends elsewhere goes to its user's default
    hostgroup.
  - ProxySQL has this table from 3.0 on; the module was tried on 3.0.3. On an older server it fails, and says that
    the table is not there.
author:
  - The mysqlha.proxysql developers (@mysqlha)
options:
  config:
    description:
      - The rows. A row is found by its O(config[].rule_id).
      - Columns whose default is C(null) have no effect while they are C(null). Give C(null) to take a
        value away again. The empty string is a value.
      - A column that is not in this list but in your ProxySQL's table is passed on as the server has
        it, with a warning.
    type: list
    elements: dict
    suboptions:
      rule_id:
        description:
          - Number of the rule, 0 to 2147483647. Rules are tried in this order, so leave gaps. The key.
        type: int
        required: true
      active:
        description:
          - Whether the rule is used. Rules that are not active are kept in memory and on disk, but do
            not reach runtime, and do not travel to the cluster's other nodes.
          - A new rule without V(active=true) does nothing. The table's default is false.
        type: bool
      username:
        description:
          - Condition. The user who is logged in. The table's default is C(null).
        type: str
      database:
        description:
          - Condition. The database the connection is in. The table's default is C(null).
        type: str
      flagIN:
        description:
          - Condition. The query's flag. It is 0 at first, and O(config[].flagOUT) of an earlier rule
            changes it. 0 or more. 0 or more. The table's default is 0.
        type: int
      client_addr:
        description:
          - Condition. The address the client comes from. A C(%) at the end stands for any rest.
            ProxySQL leaves out a rule with a C(%) anywhere else, and answers C(OK). The table's default
            is C(null).
        type: str
      proxy_addr:
        description:
          - Condition. The address of ProxySQL that the client connected to. The table's default is
            C(null).
        type: str
      proxy_port:
        description:
          - Condition. The port of ProxySQL that the client connected to, 0 to 65535. The table's
            default is C(null).
        type: int
      digest:
        description:
          - Condition. One kind of query, by its digest as in C(stats_pgsql_query_digest), such as
            V(0x3A2B1C0D4E5F6071).
          - ProxySQL takes what is no hexadecimal number for no condition at all, so that the rule would
            match everything. It is refused here. The table's default is C(null).
        type: str
      match_digest:
        description:
          - Condition. A regular expression for the text of the digest (the query with C(?) for its
            values).
          - ProxySQL does not complain about an expression that is broken. The rule then never matches.
            The table's default is C(null).
        type: str
      match_pattern:
        description:
          - Condition. A regular expression for the query itself, as rewritten by earlier rules. The
            table's default is C(null).
        type: str
      negate_match_pattern:
        description:
          - Turns O(config[].match_digest) and O(config[].match_pattern) round, so that what does not
            fit matches. The table's default is false.
        type: bool
      re_modifiers:
        description:
          - How both regular expressions work. V(CASELESS) does not tell upper from lower case,
            V(GLOBAL) makes O(config[].replace_pattern) replace all it finds. Several are separated by a
            comma. The table's default is C(CASELESS).
        type: str
      flagOUT:
        description:
          - Sets the query's flag. From there on the rules whose O(config[].flagIN) is the same are
            tried, which makes chains of rules. 0 or more. 0 or more.
          - Rules before this one are not tried again, unless the variable
            C(pgsql-query_processor_iterations) is above 0. So let chains run from low to high
            O(config[].rule_id). The table's default is C(null).
        type: int
      replace_pattern:
        description:
          - Rewrites what O(config[].match_pattern) finds. Needs O(config[].match_pattern). Groups in
            parentheses are C(\1), C(\2) and so on. The table's default is C(null).
        type: str
      destination_hostgroup:
        description:
          - The hostgroup the query goes to. In a transaction of a user with C(transaction_persistent)
            it has no effect. 0 or more. The table's default is C(null).
        type: int
      cache_ttl:
        description:
          - For how many milliseconds the result is kept, and given again when the same user asks the
            same in the same database. 1 or more. Results are not thrown away when the data changes. 1
            or more. The table's default is C(null).
        type: int
      cache_empty_result:
        description:
          - Whether a result without rows is kept too. With C(null) the variable
            C(pgsql-query_cache_stores_empty_result) decides. The table's default is C(null).
        type: bool
      cache_timeout:
        description:
          - Kept by ProxySQL, but not acted on. 0 or more. 0 or more. The table's default is C(null).
        type: int
      reconnect:
        description:
          - Kept by ProxySQL, but not acted on. The table's default is C(null).
        type: bool
      timeout:
        description:
          - After how many milliseconds the query is killed. 0 to 2147483647. With C(null) or V(0) the
            variable C(pgsql-default_query_timeout) decides. The table's default is C(null).
        type: int
      retries:
        description:
          - How often the query is tried again when the connection fails, 0 to 1000. With C(null) the
            variable C(pgsql-query_retries_on_failure) decides. The table's default is C(null).
        type: int
      delay:
        description:
          - For how many milliseconds the query is held back before it is sent, on top of the variable
            C(pgsql-default_query_delay). 0 to 2147483647. The table's default is C(null).
        type: int
      next_query_flagIN:
        description:
          - The flag with which the next query of this session begins. 0 to 2147483647. The table's
            default is C(null).
        type: int
      mirror_flagOUT:
        description:
          - Sends a copy of the query through the rules, beginning with this flag. Nobody waits for the
            copy or sees its answer. 0 to 2147483647. The table's default is C(null).
        type: int
      mirror_hostgroup:
        description:
          - Sends a copy of the query to this hostgroup. Nobody waits for the copy or sees its answer. 0
            to 2147483647. The table's default is C(null).
        type: int
      error_msg:
        description:
          - The query is not executed. The client gets this text as an error. The table's default is
            C(null).
        type: str
      OK_msg:
        description:
          - The query is not executed. The client gets an OK with this text. The table's default is
            C(null).
        type: str
      sticky_conn:
        description:
          - Kept by ProxySQL, but not acted on. The table's default is C(null).
        type: bool
      multiplex:
        description:
          - Whether the backend connection may be shared with other sessions after this query. V(0) says
            no, V(1) says yes again, V(2) says that this query alone is no reason not to. The table's
            default is C(null).
        type: int
      log:
        description:
          - Whether the query is written to the events log. With C(null) the variable
            C(pgsql-eventslog_default_log) decides. The table's default is C(null).
        type: bool
      apply:
        description:
          - Whether this is the last rule for a query that matches it. No further rule is tried then,
            nor C(pgsql_query_rules_fast_routing). The table's default is false.
        type: bool
      attributes:
        description:
          - A JSON object with further settings, as text or as a dict. Two objects that mean the same
            are equal, whatever their spaces and the order of their keys. The table's default is the
            empty string.
        type: str
      comment:
        description:
          - Free text. The table's default is C(null).
        type: str
extends_documentation_fragment:
  - mysqlha.proxysql.login
  - mysqlha.proxysql.table
  - mysqlha.proxysql.writing
  - mysqlha.proxysql.attributes
notes:
  - Every C(LOAD PGSQL QUERY RULES TO RUNTIME) sets the hits of the rules back to 0. A run that has
    nothing to change does not issue one.
  - Section of C(LOAD) and C(SAVE) is PGSQL QUERY RULES. It also covers
    C(pgsql_query_rules_fast_routing).
  - The cluster carries this table from about 3.0.8 on. On an older server every node has to be written.
seealso:
  - module: mysqlha.proxysql.pgsql_users
  - module: mysqlha.proxysql.pgsql_query_rules_fast_routing
  - module: mysqlha.proxysql.config
  - name: ProxySQL's documentation of the table
    description: The columns in ProxySQL's own words.
    link: https://proxysql.com/documentation/main-runtime/#pgsql_query_rules
"""

EXAMPLES = r"""
- name: Reads go to the replicas
  mysqlha.proxysql.pgsql_query_rules:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    state: overridden
    config:
      - rule_id: 100
        active: true
        match_digest: ^SELECT .* FOR UPDATE
        destination_hostgroup: 10
        apply: true
      - rule_id: 200
        active: true
        match_digest: ^SELECT
        destination_hostgroup: 20
        apply: true
"""

RETURN = r"""
before:
  description: The rows that change in some layer, as they were in memory. Passwords are masked.
  returned: for the states V(merged), V(replaced), V(overridden) and V(deleted)
  type: list
  elements: dict
  sample: []
after:
  description:
    - The same rows as they are now, or in check mode would be. Passwords are masked.
    - A row that was removed is in RV(before) only, a new one in RV(after) only.
  returned: for the states V(merged), V(replaced), V(overridden) and V(deleted)
  type: list
  elements: dict
  sample:
    - rule_id: 200
      active: true
      match_digest: "^SELECT"
      destination_hostgroup: 20
      apply: true
diff:
  description:
    - What differs, as text. One entry for each set of layers that change alike, with the layers named in
      its header.
    - A password is never shown. One that changes reads C(******** (new)).
  returned: for the states V(merged), V(replaced), V(overridden) and V(deleted)
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
      description: The rows before, as YAML.
      type: str
    after:
      description: The rows after, as YAML.
      type: str
statements:
  description:
    - The statements sent to ProxySQL, in order, or in check mode those that would be sent. Passwords are
      masked.
    - An empty list means that memory, runtime and disk all held what is declared.
  returned: for the states V(merged), V(replaced), V(overridden) and V(deleted)
  type: list
  elements: str
  sample:
    - REPLACE INTO pgsql_query_rules (rule_id, active, match_digest, destination_hostgroup, apply)
      VALUES (200, 1, '^SELECT', 20, 1)
    - LOAD PGSQL QUERY RULES TO RUNTIME
    - SAVE PGSQL QUERY RULES TO DISK
layers:
  description: What was done to each layer, or in check mode would be done.
  returned: for the states V(merged), V(replaced), V(overridden) and V(deleted)
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
  description: The rows of the O(layer), in the shape of O(config). Passwords are left out.
  returned: for O(state=gathered)
  type: list
  elements: dict
rendered:
  description: The statements in order. Passwords are masked.
  returned: for O(state=rendered)
  type: list
  elements: str
"""

from ansible_collections.mysqlha.proxysql.plugins.module_utils._tasks.run import run_table


def main() -> None:
    run_table("pgsql_query_rules")


if __name__ == "__main__":
    main()
