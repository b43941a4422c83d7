"""Who is led past by load balancers, or by the virtual IP; and whether a balancer asks at all."""

from __future__ import annotations

from typing import Any

from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._status_serving import serving


def core(
    status: int = 200, asking: tuple[str, ...] = ("192.0.2.41",), age: int = 900, **files: int
) -> dict[str, Any]:
    """Behind a load balancer. files: numbers that somebody has given."""
    return {
        "health": {"port": 6034, "status": status, "balancers": list(asking), "age": age},
        "set_back": {name: {"value": value, "why": ""} for name, value in files.items()},
    }


def texts(**cores: Any) -> list[tuple[str, bool]]:
    return [(text, serious) for text, _todo, serious, _host in serving(cores, False)]


def test_behind_a_balancer_all_is_well() -> None:
    assert texts(core1=core(), core2=core()) == []


def test_one_that_is_drained_is_told_of_and_that_nobody_else_could_serve() -> None:
    for name, value in (("maintenance", -254), ("switchover", -56), ("restart", -57), ("preference", -1)):
        assert texts(core1=core(404, **{name: value}), core2=core()) == [
            (f"core1 is drained: load balancers give it no connections: {name}", False),
            ("no other core could take over from core2", True),
        ]
    # of three one may be out
    assert len(texts(core1=core(404, maintenance=-254), core2=core(), core3=core())) == 1


def test_what_says_nothing_to_a_balancer_is_not_told() -> None:
    assert texts(core1=core(network=-56, backends=-3), core2=core()) == []


def test_one_that_does_not_answer() -> None:
    found = texts(core1=core(0, ()), core2=core())
    assert found == [("core1 does not answer load balancers at port 6034", True)]


def test_no_balancer_asks() -> None:
    assert texts(core1=core(asking=()), core2=core()) == [("no load balancer asks core1", False)]
    nobody = core(asking=())
    assert texts(core1=nobody, core2=nobody) == [("no load balancer asks core1 nor core2", True)]
    assert texts(core1=core(asking=(), age=20), core2=core()) == [], "that is not known yet"


def test_with_a_virtual_ip_balancers_are_not_missed() -> None:
    cores = {"core1": core(asking=()), "core2": core(asking=(), maintenance=-254)}
    found = [text for text, *_more in serving(cores, True)]
    assert found == [
        "core2 is out as holder of the virtual IP: maintenance",
        "no other core could take over the virtual IP from core1",
    ]


def test_a_core_that_is_silent_cannot_take_over() -> None:
    found = list(serving({"core1": core(404, maintenance=-254), "core2": None}, False))
    assert [row[0] for row in found][-1] == "no other core could take over"
