"""How clients are led to the cores: what of a load balancer cannot be, or should be known."""

from __future__ import annotations

from typing import Any

import pytest
from test_site import planned

BALANCED: dict[str, Any] = {"keepalived_vips": [], "keepalived_health_port": 6034}


def test_a_load_balancer_in_place_of_a_virtual_ip() -> None:
    found = planned(**BALANCED)
    assert (found["problems"], found["warnings"]) == ([], [])
    assert [found["hosts"][core]["balanced"] for core in ("core1", "core2")] == [True, True]


@pytest.mark.parametrize("places", [["0.0.0.0:6033", "0.0.0.0:6034"], ["0.0.0.0:6033", "[::1]:6034"]])
def test_a_port_at_which_proxysql_listens_besides_its_own(places: list[str]) -> None:
    found = planned(**BALANCED, proxysql_mysql_interfaces=places)
    assert found["problems"] == ["all cores: keepalived_health_port is 6034, where ProxySQL listens"]


@pytest.mark.parametrize(
    "declared",
    [
        {"keepalived_health_port": 6132},
        {"keepalived_health_port": 6133},
        {"keepalived_health_port": 6080, "proxysql_global_variables": {"admin-web_port": 6080}},
        {"keepalived_health_port": 6071, "proxysql_base_variables": {"admin-restapi_port": "6071"}},
        {
            "keepalived_health_port": 7133,
            "proxysql_global_variables": {"pgsql-interfaces": "0.0.0.0:7133;/tmp/pgsql.sock"},
        },
    ],
)
def test_a_port_that_a_variable_of_the_server_names(declared: dict[str, Any]) -> None:
    found = planned(**{"keepalived_vips": [], **declared})
    port = declared["keepalived_health_port"]
    assert found["problems"] == [f"all cores: keepalived_health_port is {port}, where ProxySQL listens"]


def test_only_cores_answer_balancers() -> None:
    """Where all hosts are given it nobody means the satellites."""
    (said,) = planned(hosts={"sat1": {"keepalived_health_port": 6034}})["warnings"]
    assert said == "sat1: keepalived_health_port is set, and only cores answer load balancers"
    assert planned(**BALANCED, hosts={"sat1": BALANCED})["warnings"] == []


@pytest.mark.parametrize("path", ["run/shop.sock", "/run/", "/", "/run/a b", "/run/a;b"])
def test_a_socket_that_is_no_path_of_a_file(path: str) -> None:
    (said,) = planned(hosts={"sat1": {"proxysql_mysql_socket": path}})["problems"]
    assert said.startswith(f"sat1: proxysql_mysql_socket is '{path}'; it is the path of a file")


def test_one_core_alone_behind_a_balancer() -> None:
    found = planned(hosts={"core1": BALANCED}, keepalived_vips=[])
    assert (found["problems"], found["warnings"]) == (
        [],
        ["core1 is the only core with keepalived_health_port: no other one can take over from it"],
    )


def test_one_core_behind_a_balancer_and_the_others_with_a_virtual_ip() -> None:
    """What is said then is of the virtual IP."""
    (said,) = planned(hosts={"core1": BALANCED})["warnings"]
    assert said.startswith("core2 is the only core with a virtual IP")


def test_a_proxysql_that_would_wait_for_itself() -> None:
    found = planned(hosts={"sat1": {"proxysql_start_before": ["shop.service", "proxysql.service"]}})
    assert found["problems"] == [
        "sat1: proxysql_start_before has proxysql.service, which cannot start before itself"
    ]
