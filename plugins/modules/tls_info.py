#!/usr/bin/python
# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: tls_info
short_description: Read which certificates ProxySQL and databases show
version_added: "1.0.0"
description:
  - Begins TLS as a MySQL client does, from the host that the task runs on, and reads the certificate. It does not log in.
  - It fails, naming each, if a server cannot be reached, offers no TLS or shows another certificate than in O(serials), or, with O(ca_cert),
    one that does not verify.
author:
  - The mysqlha.proxysql developers (@mysqlha)
options:
  places:
    description:
      - Where to look, each an C(address:port). An address of IPv6 is in brackets.
    type: list
    elements: str
    required: true
  serials:
    description:
      - By place, the serial number of the certificate that it is to show, as C(openssl x509 -serial) prints it. Of a place that is not in here, or
        with an empty text, it may be any.
    type: dict
    default: {}
  timeout:
    description:
      - For how many seconds to wait for each.
    type: float
    default: 5.0
notes:
  - Of the login only the options of TLS are used, O(ca_cert), O(check_hostname), O(client_cert) and O(client_key).
extends_documentation_fragment:
  - mysqlha.proxysql.login
  - mysqlha.proxysql.attributes.no_diff
seealso:
  - module: mysqlha.proxysql.tls_files
"""

EXAMPLES = r"""
- name: Which certificates do the nodes show?
  mysqlha.proxysql.tls_info:
    places: ["192.0.2.11:6033", "192.0.2.12:6033"]
  register: shown
"""

RETURN = r"""
certificates:
  description:
    - By place, the certificate that it shows, as RV(mysqlha.proxysql.tls_files#module:serial) and so on, and the C(version) of TLS and the
      C(cipher) that were agreed on.
  returned: always
  type: dict
  sample: {"192.0.2.11:6033": {serial: 4C1F2E9B, begins: 1764115200, ends: 1795651200, days_left: 364, version: TLSv1.3}}
"""

from ansible_collections.mysqlha.proxysql.plugins.module_utils._tasks.run_tls import run_tls_info


def main() -> None:
    run_tls_info()


if __name__ == "__main__":
    main()
