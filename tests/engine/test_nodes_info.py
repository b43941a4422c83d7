"""The module nodes_info: of each node what node_info tells, and nothing fails for one that is silent."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pymysql
import pytest
from cases import FIRST
from driver import everything, sql
from server import free_port
from tls import Authority

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "conformance"))
from backend import Backend  # noqa: E402


@pytest.fixture
def silent() -> Iterator[int]:
    """A port where connections are taken and nothing is said."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def node(port, **more):
    return {"login_host": "127.0.0.1", "login_port": port, **more}


def test_it_tells_the_same_as_of_one_and_writes_nothing(module, server):
    module("config", tables=FIRST)
    sql(server, "UPDATE mysql_servers SET weight = 9 WHERE hostname = 'db1'")
    before = everything(server)
    variables = {"mysql-max_connections": 77, "mysql-threads": 3}
    one = module("node_info", tables=FIRST, variables=variables)
    many = module(
        "nodes_info",
        nodes=[node(server.admin_port, declaration=0, variables={"mysql-threads": 3})],
        declarations=[{"tables": FIRST, "variables": {"mysql-max_connections": 77}}],
    )
    assert not many["changed"]
    found = many["nodes"][f"127.0.0.1:{server.admin_port}"]
    assert found["drift"] and found["restart_required"] == one["restart_required"]
    for name in found:
        if name not in ("uptime", "cluster"):
            assert found[name] == one[name], name
    # A second may pass between the two.
    assert found["cluster"]["heard"].keys() == one["cluster"]["heard"].keys()
    assert {**found["cluster"], "now": 0, "heard": 0} == {**one["cluster"], "now": 0, "heard": 0}
    rows = [
        {name: each[name] for name in ("hostgroup", "host", "port", "status")} for each in one["backends"]
    ]
    assert rows and many["backends"] == [{**row, "nodes": 1} for row in rows]
    assert everything(server) == before


def test_a_server_that_was_taken_away_and_is_still_in_use_is_no_backend(module, server):
    """Until nobody uses it runtime has it as OFFLINE_HARD."""
    users = [{"username": "app", "password": "secret", "default_hostgroup": 10}]
    place = {"host": server.host, "port": server.data_port}

    def rows(hostgroup):
        servers = [{"hostgroup_id": hostgroup, "hostname": one.host, "port": one.port}]
        given = {"mysql_servers": servers, "mysql_users": users}
        assert module("config", tables=given, state="overridden")["changed"]
        return {(each["hostgroup"], each["status"]) for each in module("node_info")["backends"]}

    with Backend("one") as one:
        assert rows(10) == {("10", "ONLINE")}
        with pymysql.connect(user="app", password="secret", ssl_disabled=True, **place) as connection:
            connection.cursor().execute("SELECT GET_LOCK('a', 1)")
            assert rows(20) == {("20", "ONLINE")}
            assert not server.binary or ("10", "OFFLINE_HARD") in sql(
                server, "SELECT hostgroup, status FROM stats_mysql_connection_pool"
            )


def test_files_are_those_of_its_own_host_alone(module, server, tmp_path):
    """The host that asks may have others at the same paths."""
    authority = Authority(tmp_path)
    module("config", variables={"mysql-ssl_p2s_ca": authority.ca})
    many = module("nodes_info", nodes=[node(server.admin_port)])["nodes"]
    here = [each["what"] for each in module("node_info")["certificates"]]
    there = [each["what"] for each in many[f"127.0.0.1:{server.admin_port}"]["certificates"]]
    assert here == [*there, authority.ca]


def test_marks_are_those_of_another_login(module, server):
    one = module("node_info")["cluster"]
    place = node(server.admin_port)
    many = module(
        "nodes_info", login_user="cluster", login_password="clusterpw", marks_key="admin", nodes=[place]
    )["nodes"]
    assert next(iter(many.values()))["cluster"]["accepts_marks"] == one["accepts_marks"]
    without = module("nodes_info", login_user="cluster", login_password="clusterpw", nodes=[place])["nodes"]
    assert next(iter(without.values()))["cluster"]["accepts_marks"] != one["accepts_marks"]


def test_a_node_without_a_declaration_is_compared_with_nothing(module, server):
    (found,) = module("nodes_info", nodes=[node(server.admin_port)])["nodes"].values()
    assert (found["drift"], found["drift_unknown"]) == ({}, None)


def test_who_does_not_answer_says_why_and_costs_its_deadline_once(module, server, silent):
    dead = [node(free_port("127.0.0.1")) for _ in range(20)]
    hanging = [{"login_host": f"127.0.0.{number + 2}", "login_port": silent} for number in range(3)]
    began = time.monotonic()
    found = module(
        "nodes_info",
        nodes=[*dead, *hanging, node(silent), node(server.admin_port)],
        deadline=1,
        connect_timeout=9,
    )["nodes"]
    assert time.monotonic() - began < 5
    assert "uptime" in found.pop(f"127.0.0.1:{server.admin_port}")
    assert all("did not answer within 1 s" in one["msg"] for one in found.values()) and len(found) == 24


def test_a_refused_login_is_that_nodes_own(module, server):
    (found,) = module("nodes_info", login_password="wrong", nodes=[node(server.admin_port)])["nodes"].values()
    assert "refused the login of 'admin'" in found["msg"]


def test_what_a_node_cannot_hold_is_said_of_it(module, server):
    declared = {"variables": {"mysql-no_such": 1}}
    (found,) = module("nodes_info", nodes=[node(server.admin_port, declaration=0)], declarations=[declared])[
        "nodes"
    ].values()
    assert "has no such variable" in found["drift_unknown"] and found["uptime"] >= 0


def test_no_secret_is_in_the_result(module, server):
    module("config", tables=FIRST)
    module(
        "nodes_info",
        nodes=[node(server.admin_port, declaration=0, variables={"mysql-monitor_password": "t0psecret"})],
        declarations=[{"tables": FIRST, "variables": {"admin-cluster_password": "oth3rsecret"}}],
        marks_key="k3ysecret",
    )
    for secret in ("clusterpw", "s3cret", "t0psecret", "oth3rsecret", "k3ysecret"):
        assert secret not in module.text


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"nodes": "everywhere"}, "nodes: expected a list of dicts"),
        ({"declarations": [1]}, "declarations: expected a list of dicts"),
        ({"nodes": [{"login_port": 6032}]}, "needs a login_host"),
        ({"nodes": [{"login_host": "a", "login_port": "b"}]}, "a login_port that is a number"),
        (
            {"nodes": [{"login_host": "a", "declaration": 1}], "declarations": [{}]},
            "there is no declaration 1",
        ),
        ({"declarations": [{"tables": {"mysql_serverz": [{"comment": "s3cret"}]}}]}, "mysql_serverz"),
        ({"nodes": [{"login_host": "a", "variables": {"x": "s3cret"}}]}, "not the full name of a variable"),
    ],
)
def test_what_cannot_be_is_refused(module, server, options, said):
    found = module("nodes_info", **options)
    assert found["failed"] and said in found["msg"]
    assert "s3cret" not in module.text
