"""Three nodes: waiting for them, and curing what they can not cure themselves."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._catalog import SECTIONS
from ansible_collections.mysqlha.proxysql.plugins.module_utils._cluster import (
    Convergence,
    connect_nodes,
    same_version,
)
from ansible_collections.mysqlha.proxysql.plugins.module_utils._errors import (
    ConnectError,
    EngineError,
    NotConvergedError,
)
from conftest import KINDS, REAL
from driver import epochs, layers, login, run, sql
from server import Server

RULE = {"rule_id": 1, "active": True, "match_pattern": "x", "destination_hostgroup": 7}
SETTINGS = {"cluster_check_interval_ms": 200, "cluster_check_status_frequency": 10} | {
    f"cluster_{name}_diffs_before_sync": 2
    for name in ("mysql_query_rules", "mysql_servers", "mysql_users", "proxysql_servers")
}


@pytest.fixture(params=KINDS)
def nodes(request) -> Iterator[list[Server]]:
    """Two cores and a satellite, just started: every section at version 1, rules different."""
    binary = REAL if request.param == "real" else ""
    # Variables that name ports differ by node and are not synchronised; the rest is alike.
    servers = [Server(binary=binary, admin_variables=SETTINGS) for _ in range(3)]
    cores = "".join(f'{{hostname="{s.host}" port={s.admin_port}}},' for s in servers[:2])
    for number, server in enumerate(servers):
        rule = f'{{rule_id={number + 1} active=1 match_pattern="old{number}" destination_hostgroup=1}}'
        tables = f"proxysql_servers=({cores[:-1]})\nmysql_query_rules=({rule})\n"
        server.cnf.write_text(server.cnf.read_text() + tables)
    try:
        yield [server.start() for server in servers]
    finally:
        for server in servers:
            server.kill()


def converge(nodes, heal=True, timeout=20, sections=None):
    members = connect_nodes([login(node, user="cluster", password="clusterpw") for node in nodes])
    try:
        same_version(members)
        names = sections or ["MYSQL QUERY RULES"]
        cluster = Convergence(members, [SECTIONS[name] for name in names], heal)
        cluster.wait(timeout)
        return cluster
    finally:
        for member in members:
            member.admin.close()


def rules(server):
    return layers(server, "mysql_query_rules")


def test_nodes_at_version_1_with_different_content_do_not_follow_and_are_healed(nodes):
    leader = nodes[0]
    with pytest.raises(NotConvergedError) as caught:
        converge(nodes, heal=False, timeout=2)
    message = caught.value.message
    for node in nodes[1:]:
        assert f"MYSQL QUERY RULES on {node.host}:{node.admin_port}: version 1 doesn't allow sync" in message
    cluster = converge(nodes)
    assert cluster.healed_why == {"MYSQL QUERY RULES": "version 1 doesn't allow sync"}
    for node in nodes:
        assert rules(node)["runtime"] == rules(leader)["runtime"] != {}
    assert converge(nodes).healed_why == {}, "nothing to cure, so no LOAD"


def test_a_change_on_the_leader_is_waited_for_without_a_load(nodes):
    converge(nodes)
    run(nodes[0], {"mysql_query_rules": [RULE]}, state="overridden")
    cluster = converge(nodes)
    assert cluster.healed_why == {}
    for node in nodes:
        assert {key: row["destination_hostgroup"] for key, row in rules(node)["runtime"].items()} == {(1,): 7}


def test_equal_epochs_are_healed(nodes):
    converge(nodes)
    # Two cores loaded with different content in one second: neither follows the other.
    for _ in range(10):
        for number, node in enumerate(nodes[:2]):
            change = f"UPDATE mysql_query_rules SET destination_hostgroup = {50 + number}"
            sql(node, change, "LOAD MYSQL QUERY RULES TO RUNTIME")
        # Were they a second apart, one follows the other; and so it is if a pull was under way.
        time.sleep(1)
        first, second = ((epochs(node)["mysql_query_rules"][1], rules(node)["runtime"]) for node in nodes[:2])
        if first[0] == second[0] and first[1] != second[1]:
            break
        converge(nodes)
    else:
        pytest.fail("the two LOADs never fell into one second")
    cluster = converge(nodes)
    assert list(cluster.healed_why) == ["MYSQL QUERY RULES"]
    assert {row["destination_hostgroup"] for node in nodes for row in rules(node)["runtime"].values()} == {50}


def test_a_satellite_edited_by_hand_is_brought_back(nodes):
    converge(nodes)
    time.sleep(1.1)
    change = "UPDATE mysql_query_rules SET destination_hostgroup = 66"
    sql(nodes[2], change, "LOAD MYSQL QUERY RULES TO RUNTIME")
    cluster = converge(nodes)
    assert "loaded after the leader" in cluster.healed_why["MYSQL QUERY RULES"]
    assert {row["destination_hostgroup"] for row in rules(nodes[2])["runtime"].values()} == {1}


def test_edits_pending_on_the_leader_are_not_published_by_healing(nodes):
    sql(nodes[0], "UPDATE mysql_query_rules SET destination_hostgroup = 77")
    with pytest.raises(EngineError, match="memory holds edits that were never loaded"):
        converge(nodes)
    assert 77 not in {row["destination_hostgroup"] for row in rules(nodes[0])["runtime"].values()}


def test_a_dead_node_is_named(nodes):
    nodes[1].kill()
    with pytest.raises(ConnectError, match=f"{nodes[1].admin_port} did not answer"):
        members = [login(node, user="cluster", password="clusterpw", connect_timeout=1) for node in nodes]
        connect_nodes(members)


def test_a_node_of_another_version_is_refused(nodes):
    members = connect_nodes([login(node, user="cluster", password="clusterpw") for node in nodes])
    members[2].admin._version = "3.0.0"
    with pytest.raises(EngineError, match=f"{nodes[2].admin_port} runs ProxySQL 3.0.0 and the leader"):
        same_version(members)


def test_all_sections_agree_after_healing(nodes):
    names = [name for name, section in SECTIONS.items() if section.tables]
    cluster = converge(nodes, sections=names)
    assert not cluster.apart()
