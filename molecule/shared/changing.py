"""A change of one variable, whose value tells whether it was made or taken back."""

from __future__ import annotations

import json
from typing import Any

from helpers import Cluster, Node, changes, site

CONFIGURATION = ("--tags", "configuration")
NAME = "mysql-max_connections"


def given(**variables: Any) -> tuple[str, str]:
    return "-e", json.dumps(variables)


def wanted(cluster: Cluster, number: int, **more: object) -> tuple[str, str]:
    variables = {**cluster.declared["proxysql_global_variables"], NAME: number}
    return given(proxysql_global_variables=variables, **more)


def value(node: Node) -> str | None:
    statement = f"SELECT variable_value FROM runtime_global_variables WHERE variable_name = '{NAME}'"
    return node.admin(statement)[0]["variable_value"]


def as_declared() -> None:
    """Nothing is left to do but the file for a first start, which is no part of a rollback."""
    left = changes(site(*CONFIGURATION))
    assert all(change.endswith("Write /etc/proxysql.cnf") for change in left), left
    assert changes(site(*CONFIGURATION)) == []
