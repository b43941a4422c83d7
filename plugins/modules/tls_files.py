#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: tls_files
short_description: Give a ProxySQL the certificate that it shows to clients
version_added: "1.0.0"
description:
  - Writes C(proxysql-cert.pem), C(proxysql-key.pem) and C(proxysql-ca.pem) in ProxySQL's data folder, and has ProxySQL load
    them by C(PROXYSQL RELOAD TLS). No connection is lost. New ones, to the ports of clients and of Admin, are shown the new certificate.
  - Before anything is written the certificate is tried in memory, as clients would. The key must fit, the CA must have signed it,
    it must be for each of O(names), and all of it must be good today.
  - After it, the module looks which certificate ProxySQL shows. If it refuses the files or goes on with others, they are
    put back as they were. ProxySQL does not start with files that do not fit each other.
  - The three are links into C(tls/current) of the folder, which is a link to the set in use. A set takes the place of another by one
    rename. If the host loses its power meanwhile, ProxySQL starts with the old set or the new one.
  - It runs on the ProxySQL host, as a user that may write to the folder and give files to its owner, which is most often root.
author:
  - The mysqlha.proxysql developers (@mysqlha)
options:
  folder:
    description:
      - ProxySQL's data folder. The files belong to whom it belongs to.
    type: path
    default: /var/lib/proxysql
  certificate:
    description:
      - The certificate as PEM. Those of its issuers may follow it, as in a C(fullchain.pem). They go to the file of the CA.
      - ProxySQL shows two certificates, this one and the one after it. A client must trust what signed the second.
    type: str
    required: true
  key:
    description:
      - Its private key as PEM, not encrypted.
    type: str
    required: true
  ca:
    description:
      - The CA as PEM, that which signed the certificate first. If empty, the issuers in O(certificate).
    type: str
    default: ""
  names:
    description:
      - Names and addresses by which clients come, virtual ones too. The certificate must be for all of them.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - mysqlha.proxysql.login
  - mysqlha.proxysql.attributes
seealso:
  - module: mysqlha.proxysql.tls_info
"""

EXAMPLES = r"""
- name: Give ProxySQL its certificate
  mysqlha.proxysql.tls_files:
    login_user: radmin
    login_password: "{{ proxysql_admin_password }}"
    certificate: "{{ lookup('ansible.builtin.file', 'fullchain.pem') }}"
    key: "{{ lookup('ansible.builtin.file', 'privkey.pem') }}"
    names: [db.example.com, 192.0.2.10]
  become: true
"""

RETURN = r"""
files:
  description: Files that were not as they should be. In check mode, that would be written.
  returned: success
  type: list
  elements: str
  sample: [proxysql-cert.pem, proxysql-key.pem]
shown_before:
  description: Serial number of the certificate that ProxySQL showed when the task began. None where it offers no TLS.
  returned: success
  type: str
  sample: 66AB04F1
serial:
  description: Serial number of the certificate given, as C(openssl x509 -serial) prints it.
  returned: success
  type: str
  sample: 4C1F2E9B
begins:
  description: From when on it is good, in seconds since 1970.
  returned: success
  type: int
  sample: 1764115200
ends:
  description: Until when it is good, in seconds since 1970.
  returned: success
  type: int
  sample: 1795651200
days_left:
  description: For how many whole days it is good.
  returned: success
  type: int
  sample: 364
diff:
  description: The serial numbers, and which files change. Nothing of what is in them.
  returned: success
  type: dict
  sample: {before: "certificate 66AB04F1, until 2027-01-01\n", after: "certificate 4C1F2E9B, until 2028-01-01\n"}
server_version:
  description: The version that the server gives, all of it.
  returned: success
  type: str
  sample: 2.7.1
"""

from ansible_collections.mysqlha.proxysql.plugins.module_utils._tasks.run_tls import run_tls_files


def main() -> None:
    run_tls_files()


if __name__ == "__main__":
    main()
