"""PostgreSQL, a primary and a standby on the first two hosts, and applications on the third."""

from __future__ import annotations

import time

from helpers import Cluster, Node, poll

PASSWORD = "Sh0p-topologies-q"


def version(node: Node) -> str:
    return node.run("ls /etc/postgresql")


def ctl(node: Node, *words: str) -> None:
    node.run(f"pg_ctlcluster {version(node)} main {' '.join(words)}")


def sql(node: Node, statement: str, database: str = "shop") -> str:
    return node.run(f'cd / && runuser -u postgres -- psql -Atq {database} -c "{statement}"')


def is_standby(node: Node) -> bool:
    return sql(node, "SELECT pg_is_in_recovery()", "postgres") == "t"


def make_primary(cluster: Cluster, node: Node) -> None:
    number = version(node)
    node.run(
        f"systemctl stop mariadb mysql; pg_dropcluster --stop {number} main; pg_createcluster {number} main"
    )
    _configure(node)
    ctl(node, "start")
    given = cluster.credentials
    for statement in (
        f"CREATE ROLE repl LOGIN REPLICATION PASSWORD '{given['lab_repl_password']}'",
        f"CREATE ROLE monitor LOGIN PASSWORD '{given['proxysql_monitor_password']}'",
        f"CREATE ROLE shop LOGIN PASSWORD '{PASSWORD}'",
        "CREATE DATABASE shop OWNER shop",
    ):
        sql(node, statement, "postgres")
    sql(node, "CREATE TABLE written (id BIGINT PRIMARY KEY); ALTER TABLE written OWNER TO shop")


def make_standby(cluster: Cluster, node: Node, source: Node) -> None:
    number, password = version(node), cluster.credentials["lab_repl_password"]
    data = f"/var/lib/postgresql/{number}/main"
    node.run(f"systemctl stop mariadb mysql; pg_ctlcluster {number} main stop -m immediate; rm -rf {data}")
    _configure(node)
    node.run(
        f"cd / && PGPASSWORD={password} runuser -u postgres -- pg_basebackup -h {source.address} -U repl"
        f" -D {data} -R -X stream -c fast"
    )
    ctl(node, "start")
    poll("it follows", lambda: "t" in sql(source, "SELECT state = 'streaming' FROM pg_stat_replication"))


def _configure(node: Node) -> None:
    folder = f"/etc/postgresql/{version(node)}/main"
    node.run(
        f"cat > {folder}/conf.d/lab.conf <<'END'\n"
        "listen_addresses = '*'\nssl = on\npassword_encryption = 'scram-sha-256'\nwal_keep_size = 64MB\n"
        "fsync = off\nEND\n"
        f"cat > {folder}/pg_hba.conf <<'END'\n"
        "local all all peer\nhostssl all all all scram-sha-256\n"
        "hostssl replication repl all scram-sha-256\nEND"
    )


class Applications:
    """Write one row after another through the virtual IP, with a new connection for each."""

    def __init__(self, cluster: Cluster, many: int = 3) -> None:
        self._host, self._vip, self._many = cluster.databases[2], cluster.vip, many

    def __enter__(self) -> Applications:
        self._host.run(
            f"""rm -f /tmp/written.* /tmp/failed.*; cat > /tmp/write.sh <<'END'
n=$1; export PGPASSWORD={PASSWORD} PGCONNECT_TIMEOUT=5
while [ -e /tmp/writing ]; do
  n=$((n + 1))
  if psql -h {self._vip} -p 6133 -U shop -d shop -Atqc "INSERT INTO written VALUES ($n)" 2>> /tmp/failed.$1
  then echo "$(date +%s.%N) $n" >> /tmp/written.$1; else sleep 0.1; fi
done
END
touch /tmp/writing"""
        )
        for number in range(self._many):
            start = int(time.time()) * 10**5 + number * 10**4 * 3
            self._host.run(f"setsid sh /tmp/write.sh {start} > /dev/null 2>&1 < /dev/null &")
        return self

    def __exit__(self, *_: object) -> None:
        self._host.run("rm -f /tmp/writing; sleep 1")

    def done(self) -> list[tuple[float, int]]:
        rows = [row.split() for row in self._host.run("cat /tmp/written.* || true").splitlines()]
        return sorted((float(row[0]), int(row[1])) for row in rows if len(row) == 2)

    def failed(self) -> int:
        return int(self._host.run("cat /tmp/failed.* | grep -c . || true"))

    def gap_around(self, moment: float) -> float:
        times = [moment, *(when for when, _id in self.done() if when > moment)]
        return max(after - before for before, after in zip(times, times[1:]))

    def writes_since(self, moment: float) -> bool:
        done = self.done()
        return bool(done) and done[-1][0] > moment
