"""From ProxySQL 2.7 to 3 with the same database: where the newer one listens from its first second on."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import KINDS, REAL, REAL_THREE
from driver import everything, sql, variable
from server import Server, free_port

Module = Callable[..., dict[str, Any]]


@pytest.fixture(params=KINDS)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """One of its own: it ends as another release."""
    with Server(binary=REAL if request.param == "real" else "") as started:
        yield started


def answers(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex((host, port)) == 0


def test_the_listeners_of_three_are_kept_for_it_on_disk(server: Server, module: Module) -> None:
    ports = {name: free_port("127.0.0.1") for name in ("admin-pgsql_ifaces", "pgsql-interfaces")}
    given = {name: f"127.0.0.1:{port}" for name, port in ports.items()}
    before = everything(server)
    found = module("config", variables_after_upgrade=given, check=True)
    assert found["changed"] and everything(server) == before
    found = module("config", variables_after_upgrade=given)
    assert found["layers"] == {"memory": "unchanged", "runtime": "unchanged", "disk": "saved"}, found
    assert found["restart_required"] == [] and "warnings" not in found
    assert found["after"]["variables"] == given
    assert variable(server, "admin-pgsql_ifaces") == {
        "memory": None, "runtime": None, "disk": given["admin-pgsql_ifaces"],
    }  # fmt: skip
    assert not module("config", variables_after_upgrade=given)["changed"]
    # what is written afterwards leaves it there, and counts it as nobody's edit
    found = module("config", variables={"admin-refresh_interval": 3000, "mysql-max_connections": 3333})
    assert not found.get("failed") and "warnings" not in found
    sql(server, "SAVE ADMIN VARIABLES TO DISK")
    assert not module("config", variables_after_upgrade=given)["changed"]
    # declared as if this release had it, it is refused as ever
    assert "no such variable" in module("config", variables=given)["msg"]


def test_proxysql_3_listens_where_its_predecessor_was_told_and_nowhere_else(
    server: Server, module: Module
) -> None:
    if not (server.is_real and REAL_THREE):
        pytest.skip("two real releases are needed: the emulator takes no database over")
    ports = {name: free_port("127.0.0.1") for name in ("admin-pgsql_ifaces", "pgsql-interfaces")}
    given = {name: f"127.0.0.1:{port}" for name, port in ports.items()}
    assert module("config", variables_after_upgrade=given)["changed"]
    server.stop()
    server.binary = REAL_THREE
    server.start()
    for name, value in given.items():
        assert variable(server, name)["runtime"] == value
    assert all(answers("127.0.0.1", port) for port in ports.values())
    assert not any(answers("127.0.0.2", port) for port in ports.values())
    # by then it is told like any other
    assert not module("config", variables=given)["changed"]
    before = everything(server)
    assert not module("config", variables_after_upgrade={"admin-pgsql_ifaces": "127.0.0.1:1"})["changed"]
    assert everything(server) == before


def test_of_what_is_refused_no_secret_is_shown(server: Server, module: Module) -> None:
    given = {"pgsql-no_such_thing": {"a": 1}, "pgsql-monitor_password": "pg-secret"}
    found = module("config", variables_after_upgrade=given, _ansible_inject_invocation=True)
    assert found["failed"] and "pg-secret" not in module.text  # type: ignore[attr-defined]
