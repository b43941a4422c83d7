# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is shown to databases that ask for a certificate, for modules that log in there as ProxySQL does."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  tls_backends:
    description:
      - What ProxySQL uses for TLS with the databases, as O(mysqlha.proxysql.tls_backends#module:backends). Its certificates are shown to
        those that ask for one.
    type: list
    elements: dict
    default: []
    suboptions:
      hostname:
        description:
          - The server. If empty, all servers that have none of their own.
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
          - Not looked at here.
        type: str
        default: ""
      certificate:
        description:
          - A certificate of ProxySQL's own, as PEM.
        type: str
        default: ""
      key:
        description:
          - The private key of O(tls_backends[].certificate) as PEM, not encrypted.
        type: str
        default: ""
      ssl_cipher:
        description:
          - Not looked at here.
        type: str
        default: ""
"""
