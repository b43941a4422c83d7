#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: rehearsal
short_description: Try a change on a second ProxySQL before it is written, and ask where queries would go
version_added: "1.0.0"
description:
  - Starts a second ProxySQL of the node's own program for about a second, beside the one that serves. It is given
    what the first holds in memory, without edits that the run would not load, with the declared changes, and LOADs
    it. What it refuses or rewrites is told, and so is where it sends the queries of O(routing).
  - Logins that would be locked out, and open edits, are those of the first, and they stop a rehearsal as they would stop the run.
  - The first is only read. The second has a private folder, Unix sockets and no ports, no monitor and no peers, passwords
    and backends that are replaced, and where the system allows it no network. It runs at the lowest priority, and ends
    with the task, however that ends.
author:
  - The mysqlha.proxysql developers (@mysqlha)
options:
  tables:
    description:
      - Names of tables, each with its rows, as in the module M(mysqlha.proxysql.config).
    type: dict
  variables:
    description:
      - Variables to set, by full name such as V(mysql-max_connections), as in the module M(mysqlha.proxysql.config).
    type: dict
  state:
    description:
      - V(merged), V(replaced), V(overridden) or V(deleted) for all tables, or a dict of table names, each with its state,
        as in the module M(mysqlha.proxysql.config).
    type: raw
    default: merged
  scope:
    description:
      - The part of a table that V(overridden) may change, as in the module M(mysqlha.proxysql.config).
    type: dict
  allow_empty:
    description:
      - Whether a table that is V(overridden) may be declared without rows.
    type: bool
    default: false
  open_edits:
    description:
      - What the run would do where memory holds edits that were never loaded and that are not declared, as in the module
        M(mysqlha.proxysql.config). With V(refuse) the rehearsal fails as the run would.
    type: str
    choices: [refuse, publish, discard]
    default: refuse
  routing:
    description:
      - Queries, and what is expected to become of each. Passwords are not needed.
      - A hostgroup counts as one that has servers if one of them is not C(OFFLINE_SOFT) or C(OFFLINE_HARD), or if a monitor
        may move one there from another hostgroup of the same set.
      - A query that ends in an error is not as expected, unless O(routing[].error) says so.
    type: list
    elements: dict
    suboptions:
      user:
        description: Who sends it. The user must be one of C(mysql_users).
        type: str
        required: true
      schema:
        description: The schema in use. If not given, that of the user.
        type: str
      client_address:
        description: The IP address that the client comes from, for rules and firewalls that look at it.
        type: str
      query:
        description: A query, in a session of its own. Either this or O(routing[].statements) must be given.
        type: str
      statements:
        description: The statements of one session, in order, for transactions for example.
        type: list
        elements: dict
        suboptions:
          query:
            description: The statement.
            type: str
            required: true
          hostgroup:
            description: As O(routing[].hostgroup).
            type: int
          error:
            description: As O(routing[].error).
            type: str
          rewritten:
            description: As O(routing[].rewritten).
            type: str
          cached:
            description: As O(routing[].cached).
            type: bool
          rule:
            description: As O(routing[].rule).
            type: int
          mirrored:
            description: As O(routing[].mirrored).
            type: int
      hostgroup:
        description: The hostgroup that the query is sent to.
        type: int
      error:
        description: A part of the error that the client gets.
        type: str
      rewritten:
        description: The query as it reaches the backend, where a rule rewrites it.
        type: str
      cached:
        description: Whether the same query, asked again, is answered from ProxySQL's query cache.
        type: bool
      rule:
        description: The last rule that matched.
        type: int
      mirrored:
        description: The hostgroup to which the query is sent as well.
        type: int
  program:
    description:
      - The program to start, a path or a command. If not given, C(/usr/bin/proxysql), or C(proxysql) on the search path.
      - It should be the program that serves. A warning says so where its version is another one.
    type: str
  report_only:
    description:
      - Do not fail where something is not as declared or expected; RV(ok) tells.
    type: bool
    default: false
  only_changes:
    description:
      - Rehearse only if a run would change something of O(tables) and O(variables), in any layer. RV(rehearsed) tells.
    type: bool
    default: false
extends_documentation_fragment:
  - mysqlha.proxysql.login
  - mysqlha.proxysql.attributes.no_diff
notes:
  - It does the same in check mode.
  - Not tried are variables that say where ProxySQL listens, who logs in to its admin port and which files it writes. Rows of
    C(scheduler), C(restapi_routes), C(coredump_filters) and C(proxysql_servers) are written and not loaded, since that
    would start programs or reach peers. RV(left_out) names what was declared of these.
  - Patterns and routing of the C(pgsql_) tables are not tried, only loaded.
  - ProxySQL answers C(OK) to a regular expression that does not compile, and its rule then never matches.
  - ProxySQL looks at C(mysql_query_rules_fast_routing) only if the last rule that it came to has C(apply=0), whether
    that rule matched or not (2.7.1). A rehearsal shows where this bites.
  - The rehearsal's login needs an admin user, as all modules that read tables do.
seealso:
  - module: mysqlha.proxysql.config
  - module: mysqlha.proxysql.mysql_query_rules
"""

EXAMPLES = r"""
- name: Where will these queries go, once this is loaded?
  mysqlha.proxysql.rehearsal:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    tables:
      mysql_query_rules:
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
    routing:
      - user: shop
        schema: shop
        query: SELECT name FROM item WHERE id = 1
        hostgroup: 20
        rule: 200
      - user: shop
        query: SELECT name FROM item WHERE id = 1 FOR UPDATE
        hostgroup: 10
      - user: shop
        statements:
          - {query: BEGIN, hostgroup: 10}
          - {query: SELECT name FROM item WHERE id = 1, hostgroup: 10}
          - {query: COMMIT, hostgroup: 10}

- name: Ask the ProxySQL as it is, and only report
  mysqlha.proxysql.rehearsal:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    report_only: true
    routing:
      - {user: shop, client_address: 192.0.2.77, query: DROP TABLE item, error: not allowed}
  register: asked
"""

RETURN = r"""
ok:
  description: Whether all is as declared and as expected. Rules that are not declared here do not count.
  returned: when the second ProxySQL could be started
  type: bool
  sample: true
rehearsed:
  description: Whether a second ProxySQL was started. With O(only_changes) there may be nothing to try.
  returned: when the second ProxySQL could be started, or need not be
  type: bool
  sample: true
refused:
  description: What the second ProxySQL did not take as declared. Secrets are masked.
  returned: when the second ProxySQL could be started
  type: list
  elements: dict
  contains:
    table:
      description: The table.
      type: str
    row:
      description: The row, by its key.
      type: str
    column:
      description: The column that was rewritten.
      type: str
    variable:
      description: The variable, in place of table and row.
      type: str
    declared:
      description: The value that was declared.
      type: raw
    found:
      description: The value that runtime has.
      type: raw
    why:
      description: What became of it, or the server's error.
      type: str
  sample:
    - {variable: mysql-default_authentication_plugin, declared: mysql_clear_password, found: mysql_native_password, why: not taken}
patterns:
  description: Active rules that never match, declared here or not.
  returned: when the second ProxySQL could be started
  type: list
  elements: dict
  contains:
    rule:
      description: Its C(rule_id).
      type: int
    column:
      description: The column that is why.
      type: str
    pattern:
      description: The pattern that does not compile.
      type: str
    why:
      description: Why it never matches.
      type: str
  sample:
    - {rule: 7, column: match_digest, pattern: "(select", why: does not compile as PCRE}
routing:
  description:
    - Each expectation of O(routing), in order. With O(routing[].statements), RV(routing[].statements) has a list of the same shape.
  returned: when the second ProxySQL could be started
  type: list
  elements: dict
  contains:
    user:
      description: Who asked.
      type: str
    schema:
      description: The schema given.
      type: str
    client_address:
      description: The address given.
      type: str
    query:
      description: The query.
      type: str
    statements:
      description: The statements of the session.
      type: list
      elements: dict
    expected:
      description: What was expected.
      type: dict
    found:
      description: What became of it, as far as there is something to tell.
      type: dict
    ok:
      description: Whether that is as expected. Null where it could not be tried.
      type: bool
  sample:
    - user: shop
      query: SELECT 1
      expected: {hostgroup: 20}
      found: {hostgroup: 20, rule: 200}
      ok: true
left_out:
  description: What could not be tried, and why.
  returned: when the second ProxySQL could be started
  type: list
  elements: str
  sample: ["variable mysql-interfaces: not tried, a second server must keep its own"]
program_version:
  description: The version of the second ProxySQL.
  returned: when the second ProxySQL could be started
  type: str
  sample: 2.7.1
server_version:
  description: The version that the server gives, all of it.
  returned: success
  type: str
  sample: 2.7.1
"""

from ansible_collections.mysqlha.proxysql.plugins.module_utils._tasks.run_rehearsal import run_rehearsal


def main() -> None:
    run_rehearsal()


if __name__ == "__main__":
    main()
