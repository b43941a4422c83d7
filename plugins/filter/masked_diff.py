# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: masked_diff
short_description: How a keepalived.conf changes, without its passwords
version_added: "1.0.0"
description:
  - Used by the role P(mysqlha.proxysql.keepalived#role).
author:
  - The mysqlha.proxysql developers (@mysqlha)
positional: _input, before
options:
  _input:
    description: The file as it will be.
    type: str
    required: true
  before:
    description: The file as it is.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Show what changes
  ansible.builtin.debug:
    msg: "{{ lookup('ansible.builtin.template', 'keepalived.conf.j2') | mysqlha.proxysql.masked_diff(present) }}"
"""

RETURN = r"""
_value:
  description: Lines of a unified diff. Of a password it shows only whether it becomes another one.
  type: list
  elements: str
"""

import difflib
import re
from typing import Callable

_PASSWORD = re.compile(r"^(\s*auth_pass\s+)(.*?)\s*$")


def masked_diff(after: str, before: str = "") -> list[str]:
    present = {found[2] for found in map(_PASSWORD.match, before.splitlines()) if found}
    lines = difflib.unified_diff(
        _masked(before, present), _masked(after, present), "before", "after", lineterm=""
    )
    return list(lines)


def _masked(text: str, present: set[str]) -> list[str]:
    return [_PASSWORD.sub(lambda found: _mask(found, present), line) for line in text.splitlines()]


def _mask(found: re.Match[str], present: set[str]) -> str:
    return f"{found[1]}********{'' if found[2] in present else ' (another one)'}"


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[str]]]:
        return {"masked_diff": masked_diff}
