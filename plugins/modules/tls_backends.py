#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: tls_backends
short_description: Give a ProxySQL the files that it uses for TLS with databases
version_added: "1.0.0"
description:
  - Writes CAs that must have signed what databases show, and certificates that ProxySQL shows to databases that ask for one, to the folder
    C(tls-backends) in ProxySQL's data folder. Tables and variables have their paths.
  - Before anything is written it begins TLS with each of O(servers) that has C(use_ssl), as ProxySQL would, from the host that the task
    runs on, which is to be the ProxySQL node. It fails naming each that shows a certificate of another CA. One that does
    not answer is a warning.
  - ProxySQL reads these files at each new connection to a database, so no command follows. Connections that are open stay.
  - Where no file changes, only servers that ProxySQL has not used TLS with are tried.
  - It runs on the ProxySQL host, as a user that may write to the folder and give files to its owner, which is most often root.
author:
  - The mysqlha.proxysql developers (@mysqlha)
options:
  folder:
    description:
      - ProxySQL's data folder. The files belong to whom it belongs to.
    type: path
    default: /var/lib/proxysql
  backends:
    description:
      - What is for which servers.
      - The files are C(NAME-ca.pem), C(NAME-certificate.pem) and C(NAME-key.pem), where the name is C(all), C(HOSTNAME_PORT) or
        C(HOSTNAME_PORT_USERNAME).
    type: list
    elements: dict
    required: true
    suboptions:
      hostname:
        description:
          - The server, as in M(mysqlha.proxysql.mysql_servers). If empty, all servers that have none of their own.
        type: str
        default: ""
      port:
        description:
          - Its port.
        type: int
        default: 3306
      username:
        description:
          - For connections of this user. If empty, of all users that have none of their own.
        type: str
        default: ""
      ca:
        description:
          - The CA, or several, as PEM. If empty, any certificate is good.
        type: str
        default: ""
      certificate:
        description:
          - A certificate of ProxySQL's own, as PEM.
        type: str
        default: ""
      key:
        description:
          - The private key of O(backends[].certificate) as PEM, not encrypted.
        type: str
        default: ""
      ssl_cipher:
        description:
          - Ciphers that ProxySQL offers, as a list of OpenSSL's, such as V(ECDHE+AESGCM). If empty, all. With TLS 1.3 it has no effect.
          - This module writes it nowhere, it only tries the databases with it. It is a column of M(mysqlha.proxysql.mysql_servers_ssl_params),
            and for all servers C(mysql-ssl_p2s_cipher).
        type: str
        default: ""
  servers:
    description:
      - The servers, as rows of the module M(mysqlha.proxysql.mysql_servers).
    type: list
    elements: dict
    default: []
  timeout:
    description:
      - For how many seconds to wait for each server.
    type: float
    default: 5.0
extends_documentation_fragment:
  - mysqlha.proxysql.login
  - mysqlha.proxysql.attributes
seealso:
  - module: mysqlha.proxysql.mysql_servers_ssl_params
  - module: mysqlha.proxysql.tls_files
"""

EXAMPLES = r"""
- name: The CA of all databases
  mysqlha.proxysql.tls_backends:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    backends:
      - ca: "{{ lookup('ansible.builtin.file', 'databases-ca.pem') }}"
    servers:
      - {hostname: 192.0.2.31, use_ssl: true}
  become: true
"""

RETURN = r"""
files:
  description: The paths of the files that are written, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: [/var/lib/proxysql/tls-backends/all-ca.pem]
tried:
  description: The servers that TLS was tried with.
  returned: success
  type: list
  elements: str
  sample: ["192.0.2.31:3306"]
unknown:
  description: Those that did not answer, with the reason.
  returned: success
  type: list
  elements: str
  sample: []
refused:
  description: Those that do not fit, with the reason.
  returned: when one does not
  type: list
  elements: str
  sample: ["192.0.2.31:3306 shows a certificate that the CA did not sign: unable to get local issuer certificate"]
diff:
  description: Which files are written. Nothing of what is in them.
  returned: success
  type: dict
  sample: {before: "", after: "/var/lib/proxysql/tls-backends/all-ca.pem: written"}
server_version:
  description: Full version string of ProxySQL.
  returned: success
  type: str
  sample: 2.7.1
"""

from ansible_collections.mysqlha.proxysql.plugins.module_utils._tasks.run_tls_backends import (
    run_tls_backends,
)


def main() -> None:
    run_tls_backends()


if __name__ == "__main__":
    main()
