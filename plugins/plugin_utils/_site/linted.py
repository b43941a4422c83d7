# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What of the declaration lint is given, and what the plan says of its findings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

from ...module_utils._declared.errors import EngineError
from ...module_utils._planning.lint.run import lint
from .._lint_output import as_lines, is_failure
from .declaration import tls_rows, tls_variables
from .declared import tables_of

Say = Callable[[str], None]


def arguments(options: Mapping[str, Any], nodes: int) -> dict[str, Any]:
    """``tables``, the input of the filter mysqlha.proxysql.lint, and ``arguments``, what else it takes.

    options: whole names, values plain. nodes: the number of ProxySQL.
    """
    backends = {
        "tls_backends": options.get("proxysql_tls_backends"),
        "data_dir": options.get("proxysql_data_dir"),
    }
    tables, secure = tables_of(options), tls_rows(backends)
    if secure:
        tables["mysql_servers_ssl_params"] = secure
    variables = {
        **(options.get("proxysql_base_variables") or {}),
        **tls_variables(backends),
        **(options.get("proxysql_global_variables") or {}),
    }
    return {
        "tables": tables,
        "arguments": {
            "variables": variables,
            "state": options.get("proxysql_state") or "overridden",
            "scope": options.get("proxysql_scope") or {},
            "ignore": options.get("proxysql_lint_ignore") or [],
            "limits": options.get("proxysql_lint_limits") or {},
            "nodes": max(nodes, 1),
            "threshold": options.get("proxysql_lint_threshold") or "error",
        },
    }


def check(options: Mapping[str, Any], nodes: int, refuse: Say, warn: Say) -> None:
    """Findings as bad as proxysql_lint_threshold are refused; of lesser ones, only warnings are told."""
    given = arguments(options, nodes)
    rest: dict[str, Any] = given["arguments"]
    threshold = rest.pop("threshold")
    try:
        found = lint(given["tables"], rest.pop("variables"), states=rest.pop("state"), **rest)
    except (EngineError, ValueError):
        # what is wrong with rows is said by the check of rows
        return
    for finding in found:
        (line,) = as_lines([finding])
        if is_failure(finding, threshold):
            refuse(line)
        elif finding.severity != "info":
            warn(line)
