# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: lint
short_description: Find what is suspicious in a declaration of ProxySQL
version_added: "1.0.0"
description:
  - Looks at declared tables and variables together, and finds what no table can see alone, such as a query rule that no
    query ever comes to. It needs no host. The playbook C(mysqlha.proxysql.lint) uses it.
  - The guide on lint describes each rule.
author:
  - The mysqlha.proxysql developers (@mysqlha)
positional: _input
options:
  _input:
    description: The tables, as for O(mysqlha.proxysql.config#module:tables).
    type: dict
    required: true
  variables:
    description: The variables, as for O(mysqlha.proxysql.config#module:variables).
    type: dict
    default: {}
  state:
    description: As for O(mysqlha.proxysql.config#module:state). A table that a dict does not name is V(overridden).
    type: raw
    default: overridden
  scope:
    description: As for O(mysqlha.proxysql.config#module:scope).
    type: dict
    default: {}
  present:
    description:
      - Tables that are on the server, for those that are not declared, or not wholly. Each is a list of rows, as the module
        M(mysqlha.proxysql.proxysql_info) returns them.
      - Of a table that is neither declared nor given here nothing is known, and nothing is found that depends on it.
    type: dict
    default: {}
  present_variables:
    description: Variables that are on the server.
    type: dict
    default: {}
  ignore:
    description:
      - What is known and meant. Each entry is a dict of C(rule), C(reason), and which findings of the rule are meant by
        any of C(table), C(row) and C(column), as findings name them. The value will do for a C(row) with a key of one column.
      - An entry without a reason, or which matches nothing, is itself reported.
    type: list
    elements: dict
    default: []
  limits:
    description: The C(max_connections) of backends, by C(host:port).
    type: dict
    default: {}
  nodes:
    description: How many nodes of ProxySQL there are.
    type: int
    default: 1
  placed:
    description: The present rows of C(runtime_mysql_servers), if they are known.
    type: list
    elements: dict
  threshold:
    description: The severity from which a finding counts as a failure.
    type: str
    choices: [info, warning, error, never]
    default: error
  format:
    description: What the report is to be.
    type: str
    choices: [lines, json, sarif, junit]
    default: lines
  file:
    description: The file that findings in SARIF are to name.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Is anything suspicious?
  ansible.builtin.debug:
    msg: "{{ (proxysql_tables | mysqlha.proxysql.lint).lines }}"
"""

RETURN = r"""
_value:
  description:
    - A dict of C(findings), a list of dicts of C(rule), C(severity), C(text), C(table), C(row) and C(column), the worst
      first; C(failures), how many of them count as failures; C(lines), a sentence each; and C(report), a text.
  type: dict
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ..module_utils._declared.errors import EngineError
from ..module_utils._planning.lint.look import SEVERITIES
from ..module_utils._planning.lint.run import lint as look_for
from ..plugin_utils._lint_output import FORMATS, as_lines, is_failure, rendered


def lint(
    tables: Mapping[str, Any],
    variables: Mapping[str, Any] | None = None,
    state: Any = "overridden",
    scope: Mapping[str, Any] | None = None,
    present: Mapping[str, Any] | None = None,
    present_variables: Mapping[str, Any] | None = None,
    ignore: Sequence[Any] = (),
    limits: Mapping[str, int] | None = None,
    nodes: int = 1,
    placed: Sequence[Any] | None = None,
    threshold: str = "error",
    format: str = "lines",  # noqa: A002, as the filter's option is called
    file: str = "",
) -> dict[str, Any]:
    for name, value, choices in (
        ("threshold", threshold, (*SEVERITIES, "never")),
        ("format", format, FORMATS),
    ):
        if value not in choices:
            raise AnsibleFilterError(f"lint: {name} is one of {', '.join(choices)}, not {value!r}")
    try:
        findings = look_for(
            tables,
            variables,
            present=present,
            present_variables=present_variables,
            states=state,
            scope=scope,
            ignore=ignore,
            limits=limits,
            nodes=nodes,
            placed=placed,
        )
    except EngineError as exc:
        raise AnsibleFilterError(f"lint: {exc}") from exc
    return {
        "findings": [asdict(finding) for finding in findings],
        "failures": sum(is_failure(finding, threshold) for finding in findings),
        "lines": as_lines(findings),
        "report": rendered(findings, format, threshold, file),
    }


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"lint": lint}
