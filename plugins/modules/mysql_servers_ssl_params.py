#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: mysql_servers_ssl_params
short_description: TLS towards single backends (table mysql_servers_ssl_params)
version_added: "1.0.0"
description:
  - Keeps the rows of ProxySQL's table C(mysql_servers_ssl_params) as declared, in memory, runtime and
    disk.
  - Each row says with which files and limits ProxySQL talks TLS to one server, in place of the
    variables C(mysql-ssl_p2s_ca) and so on. It has an effect only if the server has C(use_ssl) on in
    C(mysql_servers).
author:
  - The mysqlha.proxysql developers (@mysqlha)
options:
  config:
    description:
      - The rows. A row is found by its O(config[].hostname), O(config[].port) and O(config[].username)
        together.
      - A column that is not in this list but in your ProxySQL's table is passed on as the server has
        it, with a warning.
    type: list
    elements: dict
    suboptions:
      hostname:
        description:
          - Name or address of the server, exactly as in C(mysql_servers). Part of the key.
        type: str
        required: true
      port:
        description:
          - The server's port. 0 to 65535. Part of the key. The table's default is 3306.
        type: int
      username:
        description:
          - For connections of this user only. The empty string stands for all users that have no row of
            their own. Part of the key. The table's default is the empty string.
        type: str
      ssl_ca:
        description:
          - Path of a file with the certificates of authorities that may have signed that of the server.
            The table's default is the empty string.
        type: str
      ssl_cert:
        description:
          - Path of ProxySQL's own certificate, for servers that ask for one. The table's default is the
            empty string.
        type: str
      ssl_key:
        description:
          - Path of the private key of O(config[].ssl_cert). The path is no secret, the file is. The
            table's default is the empty string.
        type: str
      ssl_capath:
        description:
          - Path of a folder with such certificates of authorities. The table's default is the empty
            string.
        type: str
      ssl_crl:
        description:
          - Path of a file with revoked certificates. The table's default is the empty string.
        type: str
      ssl_crlpath:
        description:
          - Path of a folder with such files. The table's default is the empty string.
        type: str
      ssl_cipher:
        description:
          - Names of the ciphers allowed, separated by colons. With TLS 1.3 they have no effect. The table's
            default is the empty string.
        type: str
      tls_version:
        description:
          - Versions of TLS allowed, separated by commas. ProxySQL 2.7.1 and 3.0.3 keep this and act on it in
            no way. The table's default is the empty string.
        type: str
      comment:
        description:
          - Free text. The table's default is the empty string.
        type: str
extends_documentation_fragment:
  - mysqlha.proxysql.login
  - mysqlha.proxysql.table
  - mysqlha.proxysql.writing
  - mysqlha.proxysql.attributes
notes:
  - ProxySQL takes paths of files that do not exist, and says nothing. Connections then fail. The files
    themselves are not carried to other nodes by anything, put them on every node.
  - A new row counts for new connections. Those that are open stay as they are.
  - Section of C(LOAD) and C(SAVE) is MYSQL SERVERS. It also covers C(mysql_servers) and the other
    tables of hostgroups.
  - The cluster carries this table. Write it on one core, the other nodes follow.
seealso:
  - module: mysqlha.proxysql.mysql_servers
  - module: mysqlha.proxysql.global_variables
  - module: mysqlha.proxysql.config
  - name: ProxySQL's documentation of the table
    description: The columns in ProxySQL's own words.
    link: https://proxysql.com/documentation/main-runtime/#mysql_servers_ssl_params
"""

EXAMPLES = r"""
- name: Two servers whose certificates come from an authority of our own
  mysqlha.proxysql.mysql_servers_ssl_params:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    config:
      - hostname: db1.example.com
        ssl_ca: /etc/proxysql/tls/ca.pem
      - hostname: db2.example.com
        ssl_ca: /etc/proxysql/tls/ca.pem

- name: One user who needs a certificate on one of them
  mysqlha.proxysql.mysql_servers_ssl_params:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    config:
      - hostname: db1.example.com
        username: audit
        ssl_ca: /etc/proxysql/tls/ca.pem
        ssl_cert: /etc/proxysql/tls/audit.pem
        ssl_key: /etc/proxysql/tls/audit-key.pem

- name: Only these two rows, whatever was there
  mysqlha.proxysql.mysql_servers_ssl_params:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    state: overridden
    config:
      - hostname: db1.example.com
        ssl_ca: /etc/proxysql/tls/ca.pem
      - hostname: db2.example.com
        ssl_ca: /etc/proxysql/tls/ca.pem
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
  sample: [{hostname: db1.example.com, port: 3306, username: "", ssl_ca: "/etc/proxysql/tls/ca.pem"}]
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
    - REPLACE INTO mysql_servers_ssl_params (hostname, port, username, ssl_ca) VALUES
      ('db1.example.com', 3306, '', '/etc/proxysql/tls/ca.pem')
    - LOAD MYSQL SERVERS TO RUNTIME
    - SAVE MYSQL SERVERS TO DISK
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
    run_table("mysql_servers_ssl_params")


if __name__ == "__main__":
    main()
