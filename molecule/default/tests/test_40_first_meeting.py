"""Three nodes that start with different content, each at version 1, on which ProxySQL's
cluster never agrees by itself: a peer at version 1 is refused. site.yml ends that."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable

from declared import checksums, differences, read
from helpers import Cluster, Node, changes, poll, same, site, tasks_by_host

DATABASE = "/var/lib/proxysql/proxysql.db"
SECTION = "mysql_query_rules"
# Each node gets rows of its own on disk; ProxySQL's database is a plain SQLite file.
STRAY = """
import sqlite3
database = sqlite3.connect("{database}")
database.execute("DELETE FROM mysql_servers")
database.execute("INSERT INTO mysql_servers (hostgroup_id, hostname, comment)"
                 " VALUES (10, '192.0.2.{number}', '{name}')")
database.execute("DELETE FROM mysql_query_rules")
database.execute("INSERT INTO mysql_query_rules (rule_id, active, match_digest, destination_hostgroup, apply)"
                 " VALUES ({number}, 1, 'stray of {name}', 10, 1)")
database.execute("DELETE FROM mysql_users")
database.execute("INSERT INTO mysql_users (username, password, default_hostgroup)"
                 " VALUES ('stray{number}', 'x', 10)")
database.commit()
"""


def estrange(cluster: Cluster) -> None:
    """All nodes down, each one's database rewritten, all nodes up."""
    for node in cluster.nodes:
        node.run("systemctl stop proxysql")
    for number, node in enumerate(cluster.nodes, start=1):
        script = STRAY.format(database=DATABASE, number=number, name=node.name)
        node.run(f"python3 -c {shlex.quote(script)}")
    for node in cluster.nodes:
        node.run("systemctl start proxysql")
    for node in cluster.nodes:
        poll(f"{node} answers", node.serves)


def watched_long_enough(node: Node) -> bool:
    """Every peer of this node was seen to differ more often than it takes to pull from it."""
    rows = node.admin(
        "SELECT hostname, diff_check FROM stats_proxysql_servers_checksums"
        f" WHERE name = '{SECTION}' AND hostname <> '{node.address}'"
    )
    return bool(rows) and all(int(row["diff_check"] or 0) > 5 for row in rows)


def test_by_themselves_they_never_agree(cluster: Cluster) -> None:
    estrange(cluster)
    for node in cluster.nodes:
        poll(
            f"{node} has seen that its peers differ", lambda node=node: watched_long_enough(node), seconds=60
        )
    assert [checksums(node)[SECTION][0] for node in cluster.nodes] == ["1", "1", "1"]
    assert len({checksums(node)[SECTION][1] for node in cluster.nodes}) == 3
    for number, node in enumerate(cluster.nodes, start=1):
        assert {row[0] for row in read(node, SECTION, "runtime")} == {str(number)}, node


def test_site_brings_them_to_the_declared_configuration(
    cluster: Cluster, record_property: Callable[[str, object], None]
) -> None:
    began = time.monotonic()
    output = site()
    record_property("site.yml on three nodes at version 1", f"{time.monotonic() - began:.1f} s")
    assert changes(output) != []
    assert differences(cluster) == []
    assert same(checksums(node)[SECTION][1] for node in cluster.nodes)
    poll("the VIP on the active core", lambda: cluster.holders() == [cluster.active])
    assert cluster.ask("SELECT @@hostname") == ("db1",)


def test_a_second_run_changes_nothing(
    cluster: Cluster, record_property: Callable[[str, object], None]
) -> None:
    before = [checksums(node) for node in cluster.nodes]
    began = time.monotonic()
    output = site()
    record_property("site.yml again", f"{time.monotonic() - began:.1f} s")
    assert changes(output) == []
    tasks = tasks_by_host(output)
    record_property("tasks of site.yml again", tasks)
    for node, most in zip(cluster.nodes, (18, 12, 7)):
        assert tasks[node.name] <= most, f"{node}: {tasks}"
    assert [checksums(node) for node in cluster.nodes] == before
