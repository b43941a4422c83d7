"""Where ProxySQL 3 listens besides: told by /etc/proxysql.cnf at a first start, and by site afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import KINDS, REAL, REAL_THREE
from driver import variable
from server import Server, free_port
from test_upgrade import answers

Module = Callable[..., dict[str, Any]]
THREE = [("emulator", "3.0"), *([("real", "3.0")] if REAL_THREE else [])]
RELEASES = [*((kind, "2.7.1") for kind in KINDS), *THREE]
ADMIN, CLIENTS = "admin-pgsql_ifaces", "pgsql-interfaces"


@pytest.fixture
def given() -> dict[str, str]:
    return {name: f"127.0.0.1:{free_port('127.0.0.1')}" for name in (ADMIN, CLIENTS)}


@pytest.fixture(params=RELEASES, ids="-".join)
def server(request: pytest.FixtureRequest, given: dict[str, str]) -> Iterator[Server]:
    """One that is told by its file, unless its parameters say that it is not."""
    kind, release, *untold = request.param
    binary = REAL_THREE if release == "3.0" else REAL
    told: dict[str, Any] = {
        "admin_variables": {"pgsql_ifaces": given[ADMIN]},
        "tables": f'pgsql_variables=\n{{\n    interfaces="{given[CLIENTS]}"\n}}\n',
    }
    with Server(
        binary=binary if kind == "real" else "", release=release, **({} if untold else told)
    ) as started:
        yield started


def waiting(server: Server, module: Module, given: dict[str, str]) -> list[dict[str, Any]]:
    """What status is told of them: on the node's own host, and by a core."""
    node = {"login_host": server.host, "login_port": server.admin_port, "variables_since_3": given}
    (by_core,) = module("nodes_info", nodes=[node])["nodes"].values()
    seen = [module("node_info", variables_since_3=given), by_core]
    assert [one["drift_unknown"] for one in seen] == [None, None]
    return [{name: one[name] for name in ("drift_variables", "restart_required")} for one in seen]


def test_a_first_start_takes_them_from_the_file_and_an_older_one_does_without(
    server: Server, module: Module, given: dict[str, str]
) -> None:
    ports = [int(value.rpartition(":")[2]) for value in given.values()]
    assert waiting(server, module, given) == [{"drift_variables": [], "restart_required": []}] * 2
    if server.release == "2.7.1":
        for _start in range(2):
            assert not any(answers("127.0.0.1", port) for port in ports)
            for name in given:
                found = variable(server, name)
                assert found["memory"] is found["runtime"] is None
            server.stop()
            server.start()
        return
    for name, value in given.items():
        assert variable(server, name) == dict.fromkeys(("memory", "runtime", "disk"), value)
    if server.is_real:
        assert all(answers("127.0.0.1", port) for port in ports)
        assert not any(answers("127.0.0.2", port) for port in ports)
    found = module("config", variables=given)
    assert not found["changed"] and found["restart_required"] == []


@pytest.mark.parametrize("server", THREE, indirect=True, ids="-".join)
def test_one_that_runs_is_told_once_and_follows_at_its_next_start(
    server: Server, module: Module, given: dict[str, str]
) -> None:
    new = {CLIENTS: f"127.0.0.1:{free_port('127.0.0.1')}"}
    for changed in (True, False):
        found = module("config", variables=new)
        assert found["changed"] is changed and found["restart_required"] == [CLIENTS], found
        assert waiting(server, module, new) == [{"drift_variables": [], "restart_required": [CLIENTS]}] * 2
    assert variable(server, CLIENTS) == {
        **dict.fromkeys(("memory", "runtime"), given[CLIENTS]),
        "disk": new[CLIENTS],
    }
    server.stop()
    server.start()
    assert variable(server, CLIENTS)["runtime"] == new[CLIENTS]
    found = module("config", variables=new)
    assert not found["changed"] and found["restart_required"] == []


@pytest.mark.parametrize("server", [(*one, "untold") for one in THREE], indirect=True, ids="-".join)
def test_what_it_listens_at_by_itself_is_declared_without_a_restart(server: Server, module: Module) -> None:
    assert variable(server, CLIENTS)["runtime"] == "0.0.0.0:6133"
    for changed in (True, False):
        found = module("config", variables={CLIENTS: "0.0.0.0:6133"})
        assert found["changed"] is changed and found["restart_required"] == []
