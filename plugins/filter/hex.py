# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: hex
short_description: The bytes of a text in hexadecimal
version_added: "1.0.0"
description:
  - This is how ProxySQL 3 wants the second password of a user, C(additional_password) in its C(attributes).
author:
  - The mysqlha.proxysql developers (@mysqlha)
positional: _input
options:
  _input:
    description: A text, whose bytes in UTF-8 are meant.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Let the shop in with its previous password too
  mysqlha.proxysql.mysql_users:
    config:
      - username: shop
        password: "{{ vault_shop_password }}"
        attributes:
          additional_password: "{{ vault_shop_password_before | mysqlha.proxysql.hex }}"
"""

RETURN = r"""
_value:
  description: Two digits for each byte.
  type: str
"""

from typing import Any, Callable


def to_hex(text: Any) -> str:
    return str(text).encode("utf-8", "surrogateescape").hex()


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"hex": to_hex}
