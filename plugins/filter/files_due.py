# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: files_due
short_description: Files that are missing or different on a host
version_added: "1.0.0"
description:
  - Compares files as they should be with what one task of M(ansible.builtin.find) saw on the host, so that
    a loop visits the ones that have to be written, and on an unchanged host none.
author:
  - The mysqlha.proxysql developers (@mysqlha)
positional: _input
options:
  _input:
    description:
      - Files that belong to root, each a dict of C(dest), C(mode) as four octal digits, C(group), which is C(root)
        if it is not given, and C(content), or C(src), a path on the controller, or C(template), one of O(rendered).
    type: list
    elements: dict
    required: true
  found:
    description: What M(ansible.builtin.find) returned, with checksums. All files are due without it.
    type: dict
    default: {}
  rendered:
    description: Contents without their last newlines, by the names that files have as C(template).
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: See which of the files are there
  ansible.builtin.find:
    paths: /etc/keepalived
    get_checksum: true
  register: seen

- name: Write the others
  ansible.builtin.copy:
    content: "{{ item.content }}"
    dest: "{{ item.dest }}"
    owner: root
    group: root
    mode: "{{ item.mode }}"
  loop: "{{ files | mysqlha.proxysql.files_due(seen) }}"
"""

RETURN = r"""
_value:
  description: Those of the files whose content, mode or owners are others, or that are not there, each with its C(content) if that was rendered.
  type: list
  elements: dict
"""

from collections.abc import Mapping, Sequence
from hashlib import sha1
from pathlib import Path
from typing import Any, Callable


def files_due(
    files: Sequence[Mapping[str, Any]],
    found: Mapping[str, Any] | None = None,
    rendered: Mapping[str, str] | None = None,
) -> list[Mapping[str, Any]]:
    there = {file["path"]: file for file in (found or {}).get("files") or []}
    whole = [
        {**file, "content": f"{(rendered or {})[file['template']]}\n"} if "template" in file else file
        for file in files
    ]
    return [file for file in whole if _should_be(file) != _is(there.get(file["dest"], {}))]


def _should_be(file: Mapping[str, Any]) -> tuple[object, ...]:
    try:
        content = Path(file["src"] or "").read_bytes() if "src" in file else file["content"].encode()
    except OSError:
        return ()  # whoever writes it says what is wrong with it
    # as the module computes it, and no matter of security
    return (sha1(content, usedforsecurity=False).hexdigest(), file["mode"], "root", file.get("group", "root"))


def _is(file: Mapping[str, Any]) -> tuple[object, ...]:
    return (file.get("checksum"), file.get("mode"), file.get("pw_name"), file.get("gr_name"))


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"files_due": files_due}
