"""Three nodes: waiting for them, and curing what they cannot cure themselves."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._catalog.tables import SECTIONS
from ansible_collections.mysqlha.proxysql.plugins.module_utils._cluster.cluster import (
    Convergence,
    choose_leader,
    connect_nodes,
)
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.errors import (
    EngineError,
    NotConvergedError,
)
from ansible_collections.mysqlha.proxysql.plugins.module_utils._server.admin import Admin
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


def members_of(nodes, **changed):
    logins = [login(node, user="cluster", password="clusterpw", **changed) for node in nodes]
    return connect_nodes(logins, time.monotonic() + 10)


def converge(nodes, heal=True, timeout=20, sections=None):
    members = members_of(nodes)
    try:
        cluster = Convergence(members, [SECTIONS[name] for name in sections or ["MYSQL QUERY RULES"]], heal)
        cluster.wait(time.monotonic() + timeout)
        return cluster
    finally:
        for member in members:
            member.close()


def choose(nodes, timeout=10, connect_timeout=1, sections=tuple(SECTIONS)):
    members = members_of(nodes, connect_timeout=connect_timeout)
    try:
        leader, remarks = choose_leader(
            members, [SECTIONS[name] for name in sections], time.monotonic() + timeout
        )
        return leader.login.port, remarks
    finally:
        for member in members:
            member.close()


def reasons(nodes, timeout=1.5):
    """Waits in vain; the reasons, by admin port of the node."""
    with pytest.raises(NotConvergedError) as caught:
        converge(nodes, timeout=timeout)
    return {
        int(each["node"].rpartition(":")[2]): each["reason"] for each in caught.value.fields["not_converged"]
    }


def number(node):
    """Which number the node's only rule has in runtime."""
    (row,) = rules(node)["runtime"].values()
    return row["destination_hostgroup"]


def change(node, hostgroup):
    sql(
        node,
        f"UPDATE mysql_query_rules SET destination_hostgroup = {hostgroup}",
        "LOAD MYSQL QUERY RULES TO RUNTIME",
        "SAVE MYSQL QUERY RULES TO DISK",
    )


def setting(node, name, value):
    sql(
        node,
        f"UPDATE global_variables SET variable_value = '{value}' WHERE variable_name = '{name}'",
        "LOAD ADMIN VARIABLES TO RUNTIME",
    )


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
    assert cluster.healed == {"MYSQL QUERY RULES": "version 1 doesn't allow sync"}
    for node in nodes:
        assert rules(node)["runtime"] == rules(leader)["runtime"] != {}
    assert converge(nodes).healed == {}, "nothing to cure, so no LOAD"


def test_a_change_on_the_leader_is_waited_for_without_a_load(nodes):
    converge(nodes)
    run(nodes[0], {"mysql_query_rules": [RULE]}, state="overridden")
    cluster = converge(nodes)
    assert cluster.healed == {}
    for node in nodes:
        assert {key: row["destination_hostgroup"] for key, row in rules(node)["runtime"].items()} == {(1,): 7}


def test_equal_epochs_are_healed(nodes):
    converge(nodes)
    # Two cores loaded with different content in one second: neither follows the other.
    for _ in range(10):
        for which, node in enumerate(nodes[:2]):
            edit = f"UPDATE mysql_query_rules SET destination_hostgroup = {50 + which}"
            sql(node, edit, "LOAD MYSQL QUERY RULES TO RUNTIME")
        # Were they a second apart, one follows the other; and so it is if a pull was under way.
        time.sleep(1)
        first, second = ((epochs(node)["mysql_query_rules"][1], rules(node)["runtime"]) for node in nodes[:2])
        if first[0] == second[0] and first[1] != second[1]:
            break
        converge(nodes)
    else:
        pytest.fail("the two LOADs never fell into one second")
    cluster = converge(nodes)
    assert list(cluster.healed) == ["MYSQL QUERY RULES"]
    assert {row["destination_hostgroup"] for node in nodes for row in rules(node)["runtime"].values()} == {50}


def test_a_satellite_edited_by_hand_is_brought_back(nodes):
    converge(nodes)
    time.sleep(1.1)
    change(nodes[2], 66)
    cluster = converge(nodes)
    assert "loaded after the leader" in cluster.healed["MYSQL QUERY RULES"]
    assert {row["destination_hostgroup"] for row in rules(nodes[2])["runtime"].values()} == {1}


def test_edits_pending_on_the_leader_are_not_published_by_healing(nodes):
    sql(nodes[0], "UPDATE mysql_query_rules SET destination_hostgroup = 77")
    with pytest.raises(EngineError, match="memory holds edits that were never loaded"):
        converge(nodes)
    assert 77 not in {row["destination_hostgroup"] for row in rules(nodes[0])["runtime"].values()}


def test_no_load_while_the_leader_itself_can_still_follow(nodes):
    """A core comes back with the disk of two changes ago: it follows, and nothing is stamped."""
    converge(nodes)
    first, second, satellite = nodes
    first.stop()
    time.sleep(1.1)
    for hostgroup in (21, 22):
        change(second, hostgroup)
        time.sleep(1.1)
    stamped = epochs(second)["mysql_query_rules"]
    first.start()
    cluster = converge(nodes)
    assert cluster.healed == {}
    assert [number(node) for node in nodes] == [22, 22, 22]
    assert epochs(second)["mysql_query_rules"] == stamped


def test_the_leader_is_the_first_core_once_it_has_followed(nodes):
    converge(nodes)
    first, second = nodes[:2]
    first.stop()
    time.sleep(1.1)
    change(second, 21)
    port, remarks = choose(nodes[:2])
    assert port == second.admin_port
    assert f"127.0.0.1:{first.admin_port} is left out: it cannot be reached" in remarks[0]
    first.start()
    # Asked at once, when its old disk is still what it has: it is waited for.
    assert choose(nodes[:2]) == (first.admin_port, [])
    assert number(first) == 21


def test_a_stale_core_that_can_not_follow_is_not_the_leader(nodes):
    converge(nodes)
    first, second = nodes[:2]
    # From now on settings stay where they are made.
    setting(first, "admin-cluster_admin_variables_diffs_before_sync", 0)
    converge(nodes, sections=["ADMIN VARIABLES"])
    setting(first, "admin-cluster_mysql_query_rules_diffs_before_sync", 0)
    time.sleep(1.1)
    change(second, 21)
    time.sleep(1)
    held = [(number(node), epochs(node)["mysql_query_rules"]) for node in nodes]
    port, remarks = choose(nodes[:2], timeout=1, sections=["MYSQL QUERY RULES"])
    assert port == second.admin_port, held
    assert "is not the leader: its MYSQL QUERY RULES" in remarks[0]


def test_a_dead_node_is_named_and_waited_for(nodes):
    converge(nodes)
    nodes[1].kill()
    assert "it cannot be reached" in reasons(nodes)[nodes[1].admin_port]
    nodes[1].start()
    converge(nodes)


def test_a_node_with_another_password_is_named(nodes):
    converge(nodes)
    satellite = nodes[2]
    # It lets others in, and is not let in: nobody refuses it but the peers.
    setting(satellite, "admin-cluster_password", "0ther")
    sql(satellite, "SAVE ADMIN VARIABLES TO DISK")
    satellite.stop()
    satellite.start()
    time.sleep(1.1)
    change(nodes[0], 30)
    said = reasons(nodes, timeout=2)
    assert list(said) == [satellite.admin_port]
    assert "wrong cluster credentials" in said[satellite.admin_port]
    assert "0ther" not in said[satellite.admin_port]
    # And now nobody is let in by it.
    setting(satellite, "admin-admin_credentials", "admin:admin;cluster:0ther")
    assert "does not accept these cluster credentials" in reasons(nodes, timeout=2)[satellite.admin_port]


def test_a_satellite_that_follows_nobody_is_named(nodes):
    converge(nodes)
    sql(nodes[2], "DELETE FROM proxysql_servers", "LOAD PROXYSQL SERVERS TO RUNTIME")
    time.sleep(1.1)
    change(nodes[0], 31)
    assert "its proxysql_servers is empty" in reasons(nodes)[nodes[2].admin_port]


def test_a_section_that_is_switched_off_is_named(nodes):
    converge(nodes)
    setting(nodes[2], "admin-cluster_mysql_query_rules_diffs_before_sync", 0)
    time.sleep(1.1)
    change(nodes[0], 32)
    assert "diffs_before_sync 0" in reasons(nodes)[nodes[2].admin_port]


def test_nodes_of_different_versions_that_differ_are_not_waited_for(nodes):
    members = members_of(nodes)
    members[2].admin._version = "3.0.0"
    cluster = Convergence(members, [SECTIONS["MYSQL QUERY RULES"]], heal=True)
    began = time.monotonic()
    with pytest.raises(NotConvergedError, match="it runs ProxySQL 3.0.0 and"):
        cluster.wait(time.monotonic() + 20)
    assert time.monotonic() - began < 5
    for member in members:
        member.close()


def test_a_load_is_never_stamped_with_the_present_epoch(nodes):
    with Admin(login(nodes[0])) as admin:
        stamps = []
        for _ in range(3):
            admin.load(SECTIONS["MYSQL QUERY RULES"])
            stamps.append(epochs(nodes[0])["mysql_query_rules"][1])
    assert stamps == sorted(set(stamps))


def test_all_sections_agree_after_healing(nodes):
    names = [name for name, section in SECTIONS.items() if section.tables]
    cluster = converge(nodes, sections=names)
    assert not cluster.apart()


def test_a_section_that_no_cluster_carries_is_never_called_agreed_upon(module, server, three):
    nodes = [{"login_host": server.host, "login_port": server.admin_port}]
    for names in (["MYSQL FIREWALL"], ["mysql users", "scheduler"]):
        told = module("cluster_sync", nodes=nodes, sections=names)["msg"]
        assert told == (
            f"sections: the cluster does not carry {names[-1].upper()}; each node has to be written itself"
        )
    if server.is_real:
        return
    # A checksum alone is not enough: this release has no setting for it.
    newer = [{"login_host": three.host, "login_port": three.admin_port}]
    told = module("cluster_sync", nodes=newer, sections=["PGSQL SERVERS"])["msg"]
    assert "does not carry PGSQL SERVERS" in told and "3.0" in told
    assert not module("cluster_sync", nodes=newer).get("failed")
