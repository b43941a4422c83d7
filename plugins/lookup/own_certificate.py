# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: own_certificate
short_description: A certificate of an authority of your own, made and renewed on the controller
version_added: "1.0.0"
description:
  - For those who have no authority. Like P(ansible.builtin.password#lookup) it makes what is not there yet, in a folder on the controller,
    and returns what is there from then on.
  - Another certificate is made when the names change, and O(renew) days before the present one ends. The authority is renewed in time as well,
    with the key that it has, so that clients that trust the one before trust what the next one signs.
  - Keep the folder. Without it the next run makes an authority that no client trusts. On a controller that forgets its files (AWX) use
    certificates from elsewhere.
author:
  - The mysqlha.proxysql developers (@mysqlha)
options:
  _terms:
    description: The folder, which only its owner can look into. It is made if it is not there.
    required: true
  names:
    description: Names and addresses by which clients come.
    type: list
    elements: str
    required: true
  name:
    description: The name of the certificate, and of its file in the folder.
    type: str
    default: proxysql
  days:
    description: For how many days a certificate is good.
    type: int
    default: 365
  renew:
    description: How many days before its end another one is made. The playbook C(status) warns from 30 on.
    type: int
    default: 45
  password:
    description: Encrypts the key of the authority in its file, C(ca-key.pem). That of the certificate is not encrypted.
    type: str
    default: ""
"""

EXAMPLES = r"""
# group_vars/all/tls.yml
own_nodes: "{{ groups['proxysql_core'] + groups['proxysql_satellite'] | default([]) }}"
own_names: "{{ own_nodes | map('extract', hostvars, 'ansible_host') + ['192.0.2.10', 'db.example.com'] }}"
own: "{{ lookup('mysqlha.proxysql.own_certificate', inventory_dir ~ '/.pki', names=own_names, password=vault_ca_password) }}"
proxysql_tls_certificate: "{{ own.certificate }}"
proxysql_tls_key: "{{ own.key }}"
proxysql_tls_ca: "{{ own.ca }}"
"""

RETURN = r"""
_raw:
  description: For each folder a dict of C(certificate), C(key) and C(ca), each as PEM.
  type: list
  elements: dict
"""

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

from ..plugin_utils._own_ca import Asked, as_names, own_certificate


class LookupModule(LookupBase):
    def run(self, terms: list[str], variables: Any = None, **kwargs: Any) -> list[dict[str, str]]:
        self.set_options(var_options=variables, direct=kwargs)
        given = {name: self.get_option(name) for name in ("name", "days", "renew", "password")}
        try:
            asked = Asked(names=as_names(self.get_option("names")), **given)
            if "/" in asked.name or asked.name in ("", "ca", "ca-key"):
                raise ValueError(f"name: {asked.name!r} is no name of a file, or that of the authority's own")
            if not 0 <= asked.renew < asked.days:
                raise ValueError("renew: must be 0 or more, and less than days")
            return [vars(own_certificate(Path(term).expanduser(), asked)) for term in terms]
        except (OSError, ValueError) as exc:
            raise AnsibleError(f"own_certificate: {exc}") from None
