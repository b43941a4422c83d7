"""ProxySQL on the hosts of an application, which sends everything to the cores: the first layer of two."""

from __future__ import annotations

import re

from balanced import Balanced, Logins
from helpers import NAME, Node, changes, full, lab, play, played, poll, site

SHOP = "mariadb --defaults-file=/etc/shop.cnf --batch --skip-column-names --execute"


def shop(node: Node, statement: str, more: str = "") -> str:
    return node.run(f"{SHOP} '{statement}' {more}")


def used(node: Node, hostgroup: int) -> int:
    """Queries that the node has sent to it."""
    rows = node.admin(
        f"SELECT SUM(Queries) AS n FROM stats_mysql_connection_pool WHERE hostgroup = {hostgroup}"
    )
    return int(rows[0]["n"] or 0)


def test_the_application_started_after_its_proxysql(cluster: Balanced) -> None:
    for node in cluster.satellites:
        node.run("systemctl start shop")
        assert node.run("cat /run/shop") == "db1"


def test_queries_go_through_the_cores_and_their_rules(cluster: Balanced) -> None:
    shop(cluster.satellites[0], "CREATE TABLE IF NOT EXISTS reports (id INT PRIMARY KEY)")
    poll("the replica has it", lambda: shop(cluster.satellites[0], "SELECT COUNT(*) FROM reports") == "0")
    for node in cluster.satellites:
        direct, layered = used(node, 10) + used(node, 20), used(node, 6033)
        assert shop(node, "SELECT @@hostname") == "db1"
        # the cores' rules, not the satellite's: reports are read from the replica
        assert shop(node, "SELECT @@hostname, COUNT(*) FROM reports").split() == ["db2", "0"]
        assert used(node, 10) + used(node, 20) == direct
        assert used(node, 6033) >= layered + 2


def test_over_tcp_on_the_host_itself_too(cluster: Balanced) -> None:
    node = cluster.satellites[0]
    before = used(node, 6033)
    assert shop(node, "SELECT @@hostname", "--protocol tcp --host 127.0.0.1 --port 3306 --ssl=0") == "db1"
    assert used(node, 6033) > before


def test_a_transaction_stays_together(cluster: Balanced) -> None:
    node = cluster.satellites[0]
    done = shop(
        node,
        "CREATE TABLE IF NOT EXISTS sums (n INT); BEGIN; INSERT INTO sums VALUES (1);"
        " SELECT COUNT(*) FROM sums; ROLLBACK; SELECT COUNT(*) FROM sums",
    )
    assert done.split() == ["1", "0"]


def test_a_core_on_its_own_address_sends_to_the_databases(cluster: Balanced) -> None:
    before = used(cluster.backup, 6033)
    assert cluster.ask("SELECT @@hostname", cluster.backup.address) == ("db1",)
    assert used(cluster.backup, 6033) == before


def test_the_cores_change_places_under_the_application(cluster: Balanced) -> None:
    node = cluster.satellites[0]
    with Logins(cluster):
        played("switchover", "-e", "proxysql_switchover_to=core2")
        assert shop(node, "SELECT @@hostname") == "db1"
        played("switchover", "-e", "proxysql_switchover_to=core1")
        assert shop(node, "SELECT @@hostname") == "db1"


def test_status_draws_it(cluster: Balanced) -> None:
    # a node that sends nothing there does not notice by itself that the balancer is back
    for core in cluster.cores:
        core.admin("LOAD MYSQL SERVERS TO RUNTIME")
    output = played("status")
    assert f"{cluster.balancer.address}:6033  ONLINE (4)" in output, output


@full
def test_the_application_waits_for_it_at_boot(cluster: Balanced) -> None:
    node = cluster.satellites[1]
    lab("kill", NAME, node.name)
    lab("start", NAME, node.name)
    poll("the host is up", lambda: node.run("systemctl is-active shop || true") == "active", 90, 1)
    assert node.run("cat /run/shop") == "db1"
    moments = [
        int(node.run(f"systemctl show {unit} --property {what} --value"))
        for unit, what in (
            ("proxysql", "ActiveEnterTimestampMonotonic"),
            ("shop", "ExecMainStartTimestampMonotonic"),
        )
    ]
    assert moments == sorted(moments)
    poll("it follows again", node.serves)


@full
def test_satellites_in_batches(cluster: Balanced) -> None:
    output = site("-e", "proxysql_site_batch=1")
    assert changes(output) == []
    lines = re.findall(r"\d of \d hosts[^\"]*", output)
    assert lines == ["3 of 4 hosts", "4 of 4 hosts"], output[-3000:]
    lab("cut", NAME, cluster.satellites[0].name)
    try:
        code, output = play("site", "-e", "proxysql_site_batch=1")
    finally:
        lab("heal", NAME, cluster.satellites[0].name)
    assert code and "3 of 4 hosts, 1 failed" in output, output[-3000:]
