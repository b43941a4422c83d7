"""Three servers that choose their writer themselves, made anew on the hosts, and what happens to them."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pymysql
from guides import shown
from helpers import Cluster, Node, changes, poll, site
from issuer import Issuer
from kinds import MARIADB, MYSQL
from primary_change import Measured
from threads import Threads
from topology import declare, roles, stir

DATABASES_CA = Issuer("the databases' CA")
TLS = [{"ca": DATABASES_CA.pem}]
TABLE = "CREATE TABLE app.written (id BIGINT AUTO_INCREMENT PRIMARY KEY, word BIGINT NOT NULL, KEY (word))"


def _write(node: Node, path: str, text: str) -> None:
    node.run(f"cat > {path} <<'END'\n{text}\nEND")


def guided(block: str) -> str:
    """The rights of the monitor that the guide asks for."""
    rights = [each for each in shown("databases", block) if each.startswith("GRANT")]
    return "".join(f"{each.replace('192.0.2.%', '%')};" for each in rights)


def _users(cluster: Cluster, rights: str) -> str:
    given = cluster.credentials
    return f"""
        CREATE USER repl@'%' IDENTIFIED BY '{given["lab_repl_password"]}';
        GRANT REPLICATION SLAVE ON *.* TO repl@'%';
        CREATE USER monitor@'%' IDENTIFIED BY '{given["proxysql_monitor_password"]}';
        {rights}
        CREATE USER app@'%' IDENTIFIED BY '{given["lab_app_password"]}';
        GRANT ALL ON app.* TO app@'%';
    """


def empty_mysql(node: Node) -> None:
    """A server of no group and with no data, which does not run."""
    node.run("systemctl stop mariadb mysql; systemctl disable --quiet mariadb; rm -rf /var/lib/mysql-lab/*")
    node.run("rm -f /etc/mysql-lab/conf.d/*; mkdir -p /run/mysql; /opt/mysql/mysqld --initialize-insecure")
    # the server takes what is called so, and makes nothing itself
    parts = (DATABASES_CA.pem, *DATABASES_CA.server(node.address))
    for name, pem in zip(("ca", "server-cert", "server-key"), parts):
        path = f"/var/lib/mysql-lab/{name}.pem"
        _write(node, path, pem)
        node.run(f"chown mysql:mysql {path}; chmod 600 {path}")


# -- Group Replication


def make_group(cluster: Cluster) -> None:
    seeds = ",".join(f"{node.address}:33061" for node in cluster.databases)
    for number, node in enumerate(cluster.databases):
        empty_mysql(node)
        _write(
            node,
            "/etc/mysql-lab/conf.d/91-group.cnf",
            f"""
[mysqld]
bind-address = 0.0.0.0
skip-name-resolve
require-secure-transport = ON
server_id = {number + 1}
report_host = {node.address}
log_bin = lab
gtid_mode = ON
enforce_gtid_consistency = ON
innodb_flush_log_at_trx_commit = 2
sync_binlog = 0
plugin_load_add = group_replication.so
group_replication_group_name = 6f1f7a3c-0000-4000-8000-000000000001
group_replication_local_address = {node.address}:33061
group_replication_group_seeds = {seeds}
group_replication_recovery_use_ssl = ON
group_replication_start_on_boot = OFF
""",
        )
        node.run("systemctl start mysql")
        password = cluster.credentials["lab_repl_password"]
        MYSQL.sql(
            node,
            "SET SQL_LOG_BIN = 0;"
            + _users(
                cluster,
                guided("group-replication") + "GRANT CONNECTION_ADMIN ON *.* TO repl@'%';",
            )
            + f"CHANGE REPLICATION SOURCE TO SOURCE_USER = 'repl', SOURCE_PASSWORD = '{password}'"
            " FOR CHANNEL 'group_replication_recovery'",
            "",
        )
    first, *others = cluster.databases
    MYSQL.sql(
        first,
        "SET GLOBAL group_replication_bootstrap_group = ON; START GROUP_REPLICATION;"
        f" SET GLOBAL group_replication_bootstrap_group = OFF; CREATE DATABASE app; {TABLE}",
        "",
    )
    for node in others:
        MYSQL.sql(node, "START GROUP_REPLICATION", "")
    poll("three members", lambda: group_state(first).count("ONLINE") == 3)


def group_state(node: Node) -> list[str]:
    statement = "SELECT MEMBER_STATE FROM performance_schema.replication_group_members"
    return MYSQL.sql(node, statement, "").split()


def group_back(node: Node) -> None:
    node.run("systemctl start mysql")
    MYSQL.sql(node, "START GROUP_REPLICATION", "")
    poll("a member again", lambda: group_state(node).count("ONLINE") == 3, 60)


# -- Galera


def make_galera(cluster: Cluster) -> None:
    addresses = ",".join(node.address for node in cluster.databases)
    for node in cluster.databases:
        node.run("systemctl stop mariadb mysql; systemctl disable --quiet mysql; rm -rf /var/lib/mysql/*")
        node.run("rm -f /etc/mysql/mariadb.conf.d/9*; mariadb-install-db --user=mysql > /dev/null")
        _write(
            node,
            "/etc/mysql/mariadb.conf.d/91-galera.cnf",
            f"""
[mysqld]
bind-address = 0.0.0.0
skip-name-resolve
innodb_flush_log_at_trx_commit = 2
binlog_format = ROW
innodb_autoinc_lock_mode = 2
wsrep_on = ON
wsrep_provider = /usr/lib/galera/libgalera_smm.so
wsrep_cluster_name = lab
wsrep_cluster_address = gcomm://{addresses}
wsrep_node_address = {node.address}
wsrep_node_name = {node.name}
wsrep_sst_method = rsync
""",
        )
    first, *others = cluster.databases
    first.run("galera_new_cluster")
    MARIADB.sql(
        first,
        _users(cluster, "GRANT USAGE ON *.* TO monitor@'%';") + f"CREATE DATABASE app; {TABLE}",
        "",
    )
    for node in others:
        galera_back(node)


def galera_state(node: Node) -> str:
    return MARIADB.sql(node, "SHOW STATUS LIKE 'wsrep_local_state_comment'", "").split()[-1]


def galera_back(node: Node) -> None:
    node.run("systemctl start mariadb")
    poll("a member again", lambda: galera_state(node) == "Synced", 60)


# -- what both are shown with


class Writers(Threads):
    """Applications that write through the virtual IP. done: (when, word) of what was acknowledged."""

    def __init__(self, cluster: Cluster, many: int = 6) -> None:
        super().__init__(partial(self._run, number) for number in range(many))
        self._cluster = cluster
        self.done: list[tuple[float, int]] = []
        self.failed: list[tuple[float, str]] = []

    def _run(self, number: int) -> None:
        word = number * 10**12 + time.time_ns() // 10**6 * 10
        connection: Any = None
        while not self.over.wait(0.02):
            word += 1
            try:
                connection = connection or self._cluster.app(self._cluster.vip)
                with connection.cursor() as cursor:
                    cursor.execute(f"INSERT INTO written (word) VALUES ({word})")
                self.done.append((time.monotonic(), word))
            except (pymysql.Error, OSError) as exc:
                self.failed.append((time.monotonic(), str(exc)))
                connection = None

    def gap_around(self, moment: float) -> float:
        """The longest time without an acknowledged write from then on."""
        times = [moment, *sorted(when for when, _word in self.done if when > moment)]
        return max(after - before for before, after in zip(times, times[1:]))

    def lost(self, there: str) -> set[int]:
        return {word for _when, word in self.done} - set(map(int, there.split()))


def poll_roles(cluster: Cluster, what: str, wanted: dict[str, set[str]], seconds: float = 30) -> None:
    """Until every node has these servers ONLINE in these hostgroups."""

    def now() -> bool:
        stir(cluster)
        return all(
            {group: roles(node).get(group, set()) for group in wanted} == wanted for node in cluster.nodes
        )

    try:
        poll(what, now, seconds)
    except AssertionError:
        raise AssertionError(f"{what}: {[roles(node) for node in cluster.nodes]}, not {wanted}") from None


def writer(cluster: Cluster) -> Node:
    """The only one: while a member comes back there may be two for a moment."""

    def only() -> list[str]:
        found = roles(cluster.active).get("10", set())
        return list(found) if len(found) == 1 else []

    (address,) = poll("one writer", only)
    return next(node for node in cluster.databases if node.address == address)


@contextmanager
def a_run_of_site(found: list[str]) -> Iterator[None]:
    """site runs meanwhile; what it changed is put into found."""
    thread = threading.Thread(target=lambda: found.extend(changes(site())))
    thread.start()
    yield
    thread.join()


def fail_over(
    cluster: Cluster, die: Callable[[Node], None], back: Callable[[Node], None], writers: Writers, run: bool
) -> tuple[float, list[str]]:
    """The writer dies and comes back. Seconds without writes, and what a run of site changed meanwhile."""
    dead, changed = writer(cluster), list[str]()
    alive = {node.address for node in cluster.databases if node is not dead}

    def do() -> float:
        time.sleep(8 if run else 1)
        died = time.monotonic()
        die(dead)
        poll("a new writer", lambda: roles(cluster.active).get("10", set()) & alive, 60)
        poll("writes again", lambda: writers.done and writers.done[-1][0] > time.monotonic() - 0.5, 60)
        time.sleep(2)
        return writers.gap_around(died)

    if run:
        with a_run_of_site(changed):
            gap = do()
    else:
        gap = do()
    back(dead)

    def all_three(node: Node) -> bool:
        stir(cluster)
        return len(set().union(*(roles(node).get(group, set()) for group in ("10", "20", "30")))) == 3

    for node in cluster.nodes:
        poll("all three again", lambda node=node: all_three(node), 60)
    return gap, changed


def fail_over_often(
    cluster: Cluster,
    die: Callable[[Node], None],
    back: Callable[[Node], None],
    record_property: Measured,
    name: str,
) -> Writers:
    gaps: dict[bool, list[float]] = {False: [], True: []}
    with Writers(cluster) as writers:
        for run in [False] * 5 + [True]:
            gap, changed = fail_over(cluster, die, back, writers, run)
            print(f"{name}, with a run of site: {run}: {gap:.2f} s, {len(writers.failed)} failed so far")
            assert changed == []
            gaps[run].append(gap)
    record_property(
        f"{name}: seconds until writes flow again, median of five", round(statistics.median(gaps[False]), 1)
    )
    record_property(f"{name}: the most of five", round(max(gaps[False]), 1))
    record_property(f"{name}: with a run of site in the middle", round(statistics.median(gaps[True]), 1))
    record_property(f"{name}: acknowledged writes", len(writers.done))
    record_property(f"{name}: failed statements", len(writers.failed))
    assert statistics.median(gaps[True]) < statistics.median(gaps[False]) * 1.5 + 2
    return writers


def change_each(cluster: Cluster, example: str, record_property: Measured, **more: Any) -> None:
    """Every member gets another value under writes: in force at once, and nobody writes to a reader."""
    before = roles(cluster.active)
    with Writers(cluster) as writers:
        time.sleep(1)
        declare(cluster, example, {"max_connections": 900}, **more)
        site("--tags", "configuration")
        for node in cluster.nodes:
            found = node.admin("SELECT DISTINCT max_connections FROM runtime_mysql_servers")
            assert [row["max_connections"] for row in found] == ["900"], node
            assert roles(node) == before
        # as long as it takes the monitor to look again
        time.sleep(6)
    assert changes(site("--tags", "configuration")) == []
    record_property(f"{example}: members changed, failed of", f"{len(writers.failed)} of {len(writers.done)}")
    assert not writers.failed and writers.done


@contextmanager
def apart(cluster: Cluster, node: Node) -> Iterator[None]:
    """Cut off from the other databases, but not from ProxySQL."""
    others = [each.address for each in cluster.databases if each is not node]
    for address in others:
        node.run(f"ip route add unreachable {address}/32")
    try:
        yield
    finally:
        for address in others:
            node.run(f"ip route del unreachable {address}/32")
