"""A statement that the server answers with an error is the task's failure, with the answer in fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from driver import everything, run, sql
from server import Server

SECRET = "Xq7-s3cret"
READ_ONLY = "attempt to write a readonly database"
PREPARED = [{"hostgroup_id": 20, "hostname": "db1"}]


@pytest.fixture
def read_only(server: Server) -> Iterator[Server]:
    """A server of one row that takes no writing, as after PROXYSQL READONLY; it does take LOAD and SAVE."""
    run(server, {"mysql_servers": PREPARED})
    sql(server, "PROXYSQL READONLY")
    yield server
    sql(server, "PROXYSQL READWRITE")


@pytest.mark.parametrize(
    "name, options",
    [
        ("mysql_servers", {"config": [{"hostname": "new"}]}),
        ("mysql_servers", {"config": [{"hostname": "new"}], "state": "overridden"}),
        ("mysql_servers", {"config": [{"hostgroup_id": 20, "hostname": "db1"}], "state": "deleted"}),
        ("mysql_users", {"config": [{"username": "app", "password": SECRET}]}),
        ("global_variables", {"config": {"mysql-monitor_password": SECRET}}),
        ("config", {"tables": {"mysql_users": [{"username": "app", "password": SECRET}]}}),
        ("mysql_servers_drain", {"servers": [{"hostname": "db1"}]}),
    ],
)
def test_a_write_that_fails(
    module: Callable[..., dict[str, Any]], read_only: Server, name: str, options: dict[str, Any]
) -> None:
    before = everything(read_only)
    assert module(name, check=True, **options)["changed"]
    result = module(name, **options)
    assert result["failed"] and "exception" not in result, result
    assert result["error"] == "StatementError"
    assert result["code"] == 1045 and READ_ONLY in result["answer"]
    assert result["server"] == f"{read_only.host}:{read_only.admin_port}"
    assert result["answer"] in result["msg"] and result["statement"] in result["msg"]
    assert SECRET not in module.text  # type: ignore[attr-defined]
    assert everything(read_only) == before


@pytest.mark.parametrize(
    "name, options",
    [
        ("mysql_servers", {"config": [{"hostname": "new"}]}),
        ("mysql_servers", {"state": "gathered"}),
        ("proxysql_info", {"tables": ["mysql_servers"]}),
    ],
)
def test_a_user_who_sees_no_configuration(
    module: Callable[..., dict[str, Any]], server: Server, name: str, options: dict[str, Any]
) -> None:
    before = everything(server)
    result = module(name, login_user="stats", login_password="stats", **options)
    assert result["failed"] and result["error"] == "DeclarationError" and "exception" not in result
    assert (
        "mysql_servers: ProxySQL " in result["msg"]
        and "only users of admin-admin_credentials" in result["msg"]
    )
    assert everything(server) == before
