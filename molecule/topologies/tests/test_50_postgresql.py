"""PostgreSQL behind ProxySQL 3: a primary and a standby that is promoted, under writes."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import pytest
from groups import a_run_of_site
from helpers import Cluster, Node, changes, full, poll, site
from postgres import PASSWORD, Applications, ctl, is_standby, make_primary, make_standby, sql, version
from primary_change import Measured
from topology import behind, drawn, roles

pytestmark = full

TABLES = ("pgsql_servers", "pgsql_replication_hostgroups", "pgsql_users", "pgsql_query_rules")


@pytest.fixture(scope="module", autouse=True)
def pair(cluster: Cluster, real: None) -> None:
    if " 2." in cluster.active.run("proxysql --version"):
        pytest.skip("ProxySQL 2 has no PostgreSQL: name a package of ProxySQL 3 in PROXYSQL_DEB")
    primary, standby, client = cluster.databases
    make_primary(cluster, primary)
    make_standby(cluster, standby, primary)
    client.run("systemctl stop mariadb mysql")
    # nothing of MySQL stands behind it meanwhile
    behind(
        cluster,
        "postgresql",
        proxysql_mysql_servers=[],
        proxysql_mysql_query_rules=[],
        vault_shop_password=PASSWORD,
        vault_proxysql_monitor_password=cluster.credentials["proxysql_monitor_password"],
    )


def placed(cluster: Cluster, primary: Node) -> None:
    """Until every node writes to it. A standby that was away stays SHUNNED until somebody reads."""
    wanted = [{primary.address}] * len(cluster.nodes)
    poll("the writer", lambda: [roles(node, "pgsql").get("110") for node in cluster.nodes] == wanted, 60)


def ask(cluster: Cluster, statement: str, password: str = PASSWORD) -> str:
    command = f'PGPASSWORD={password} psql -h {cluster.vip} -p 6133 -U shop -d shop -Atqc "{statement}"'
    return str(cluster.databases[2].infra.run(command).stdout).strip()


def test_every_node_has_all_of_it(cluster: Cluster) -> None:
    placed(cluster, cluster.databases[0])
    for table in TABLES:
        for layer in ("", "disk."):
            rows = [node.admin(f"SELECT * FROM {layer}{table}") for node in cluster.nodes]
            assert rows[0] and rows[0] == rows[1], (layer, table, rows)


def test_scram(cluster: Cluster) -> None:
    primary = cluster.databases[0]
    stored = sql(
        primary, "SELECT DISTINCT left(rolpassword, 13) FROM pg_authid WHERE rolpassword IS NOT NULL"
    )
    assert stored == "SCRAM-SHA-256"
    assert ask(cluster, "SELECT current_user") == "shop"
    assert ask(cluster, "SELECT current_user", "another") == ""
    # a rule sends it to the readers, of whom the primary may be one
    poll("an answer of the standby", lambda: ask(cluster, "SELECT pg_is_in_recovery()") == "t")
    for node in cluster.nodes:
        node.run("ss -tln | grep -q '127.0.0.1:6132'")


def test_status_draws_it(cluster: Cluster, tmp_path: Path) -> None:
    drawn(
        tmp_path,
        {f"{cluster.databases[0].address}:5432": "writer", f"{cluster.databases[1].address}:5432": "reader"},
    )


def test_a_promotion_moves_the_writer(cluster: Cluster, record_property: Measured) -> None:
    primary, standby = cluster.databases[:2]
    gaps: dict[bool, list[float]] = {False: [], True: []}
    with Applications(cluster) as applications:
        poll("writes", lambda: applications.writes_since(0))
        for run in [*[False] * 5, True]:
            changed: list[str] = []

            def promote(primary: Node = primary, standby: Node = standby, run: bool = run) -> float:
                time.sleep(8 if run else 1)
                # what is acknowledged is at the standby: that is not this test's
                poll(
                    "nothing under way",
                    lambda: sql(primary, "SELECT sent_lsn = replay_lsn FROM pg_stat_replication") == "t",
                )
                died = time.time()
                primary.infra.run(f"pg_ctlcluster {version(primary)} main stop -m immediate")
                ctl(standby, "promote")
                poll("writes", lambda: applications.writes_since(time.time() - 0.5), 60)
                time.sleep(1)
                return applications.gap_around(died)

            if run:
                with a_run_of_site(changed):
                    gaps[run].append(promote())
            else:
                gaps[run].append(promote())
            assert changed == []
            assert not is_standby(standby)
            make_standby(cluster, primary, standby)
            placed(cluster, standby)
            primary, standby = standby, primary
            print(f"PostgreSQL, with a run of site: {run}: {gaps[run][-1]:.2f} s")
        done, failed = applications.done(), applications.failed()
    record_property(
        "PostgreSQL: seconds until writes flow again, median of five",
        round(statistics.median(gaps[False]), 1),
    )
    record_property("PostgreSQL: the most of five", round(max(gaps[False]), 1))
    record_property("PostgreSQL: with a run of site in the middle", round(max(gaps[True]), 1))
    record_property("PostgreSQL: acknowledged writes", len(done))
    there = set(map(int, sql(primary, "SELECT id FROM written", "shop").split()))
    record_property("PostgreSQL: acknowledged writes that are lost", len({key for _, key in done} - there))
    record_property("PostgreSQL: failed statements", failed)
    assert changes(site()) == []
    placed(cluster, primary)
