"""Databases and nodes for a change of the primary, all of them real, and clients that use them meanwhile."""

from __future__ import annotations

import contextlib
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pymysql
from replicating import USERS, MariaDBServer
from server import DEFAULTS, Server

BINARY = os.environ.get("PROXYSQL_BIN", "")
PROGRAM = Path(__file__).resolve().parent / "switching.py"
WRITER, READER = 10, 20
KEEPS = "mysql-auto_increment_delay_multiplex"


class Site:
    """Databases, the first of which leads at the beginning, and nodes."""

    def __init__(self, databases: list[MariaDBServer], nodes: list[Server], folder: Path) -> None:
        self.databases, self.nodes, self.folder = databases, nodes, folder

    @property
    def primary(self) -> MariaDBServer:
        (found,) = [each for each in self.databases if not each.read_only]
        return found

    @property
    def replicas(self) -> list[MariaDBServer]:
        return [each for each in self.databases if each.read_only]

    def options(self, **changed: Any) -> dict[str, Any]:
        node = self.nodes[0]
        given = {
            "login_host": node.host,
            "login_port": node.admin_port,
            "login_user": "cluster",
            "login_password": "clusterpw",
            "nodes": [{"login_host": each.host, "login_port": each.admin_port} for each in self.nodes],
            "database_user": "switch",
            "database_password": USERS["switch"][0],
            "replication_user": "repl",
            "replication_password": USERS["repl"][0],
            "restore_points": str(self.folder / "points"),
            "timeout": 3,
            "_ansible_check_mode": changed.pop("check", False),
        }
        return {**given, **changed}

    def start(self, **options: Any) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdin
        process.stdin.write(json.dumps(self.options(**options)))
        process.stdin.close()
        process.stdin = None
        return process

    def switch(self, **options: Any) -> dict[str, Any]:
        out, err = self.start(**options).communicate(timeout=120)
        assert out, err
        assert not [word for word, _rights in USERS.values() if word in out + err]
        found: dict[str, Any] = json.loads(out)
        return found

    def play(self, collections_path: str, folder: Path, *variables: str) -> str:
        """What the playbook says, with the nodes as hosts of an inventory."""
        options = self.options()
        every = {
            f"proxysql_primary_switchover_{name}": options[name]
            for name in ("database_user", "database_password", "replication_user", "replication_password")
        }
        every |= {
            "ansible_connection": "local", "ansible_become": False,
            "ansible_python_interpreter": sys.executable, "keepalived_vips": [],
            "proxysql_admin_user": "site", "proxysql_admin_password": "site-word",
            "proxysql_cluster_user": "cluster", "proxysql_cluster_password": "clusterpw",
            "proxysql_monitor_password": USERS["monitor"][0],
            "proxysql_restore_points_folder": options["restore_points"],
        }  # fmt: skip
        hosts = {
            f"core{number}": {
                "proxysql_address": node.host,
                "proxysql_login_host": node.host,
                "proxysql_admin_port": node.admin_port,
                "proxysql_mysql_port": node.data_port,
            }
            for number, node in enumerate(self.nodes, 1)
        }
        inventory = {"all": {"children": {"proxysql_core": {"hosts": hosts}}, "vars": every}}
        (folder / "hosts.json").write_text(json.dumps(inventory))
        extra = [word for one in variables for word in ("-e", one)]
        done = subprocess.run(
            ["ansible-playbook", "-i", folder / "hosts.json", "mysqlha.proxysql.primary_switchover", *extra],
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
                "ANSIBLE_COLLECTIONS_PATH": collections_path,
                "ANSIBLE_NOCOLOR": "1",
            },
            cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        assert not [word for word, _rights in USERS.values() if word in done.stdout + done.stderr]
        return done.stdout

    def to(self, database: MariaDBServer, **options: Any) -> dict[str, Any]:
        return self.switch(new_primary=database.place, **options)

    def sql(self, node: Server, *statements: str) -> list[tuple[Any, ...]]:
        connection = node.connect(ssl_disabled=True)
        with contextlib.closing(connection), connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall())

    def writers(self) -> list[list[int]]:
        """By node, the ports of those that are ONLINE in the writer hostgroup."""
        query = f"SELECT port FROM runtime_mysql_servers WHERE hostgroup_id = {WRITER} AND status = 'ONLINE'"
        return [[int(port) for (port,) in self.sql(node, query)] for node in self.nodes]

    def settle(self) -> None:
        """Wait until the monitors have looked."""
        time.sleep(1.5)

    def check(self, primary: MariaDBServer) -> None:
        """One takes writes, all others follow it, and every node writes to it, in all layers."""
        assert [each.port for each in self.databases if not each.read_only] == [primary.port]
        for each in self.replicas:
            source = each.source()
            assert source == (primary.place, ""), (each.place, source)
        assert self.writers() == [[primary.port]] * len(self.nodes)
        for node in self.nodes:
            for layer in ("main", "disk"):
                query = f"SELECT port, status FROM {layer}.mysql_servers WHERE hostgroup_id = {WRITER}"
                assert [(int(port), status) for port, status in self.sql(node, query)] == [
                    (primary.port, "ONLINE")
                ]
            query = f"SELECT DISTINCT variable_value FROM {{}} WHERE variable_name = '{KEEPS}'"
            for layer in ("main.global_variables", "runtime_global_variables"):
                assert self.sql(node, query.format(layer)) == [("5",)]
        assert not (self.folder / "points" / "primary_switchover.json").exists()


def cnf(databases: list[MariaDBServer]) -> str:
    servers = "".join(
        f'{{ hostgroup={READER if number else WRITER} address="{each.host}" port={each.port}'
        f" use_ssl={int(each.TLS)} }},"
        for number, each in enumerate(databases)
    )
    word = USERS["app"][0]
    return (
        DEFAULTS.replace("monitor_enabled=false", "monitor_enabled=true").replace(
            "admin:admin;", "admin:admin;site:site-word;"
        )
        + f"""
mysql_servers=({servers[:-1]})
mysql_replication_hostgroups=({{ writer_hostgroup={WRITER} reader_hostgroup={READER} check_type="read_only"}})
mysql_users=({{ username="app" password="{word}" default_hostgroup={WRITER} max_connections=500 }})
mysql_query_rules=({{ rule_id=1 active=1 match_digest="^SELECT" destination_hostgroup={READER} apply=1 }})
""".replace("{", "{{").replace("}", "}}")
    )


@contextlib.contextmanager
def site_of(
    count: int, folder: Path, make: Callable[[int], MariaDBServer] = MariaDBServer, ca: str = ""
) -> Iterator[Site]:
    """ca: the file of the databases' CA."""
    with contextlib.ExitStack() as stack:
        databases = [stack.enter_context(make(number + 1)) for number in range(count)]
        databases[0].lead()
        for each in databases[1:]:
            each.follow(databases[0])
        databases[0].run(
            "CREATE TABLE shop.written (id BIGINT PRIMARY KEY)",
            "CREATE TABLE shop.numbered (id BIGINT PRIMARY KEY AUTO_INCREMENT, word VARCHAR(40))",
        )
        nodes = [
            Server(
                cnf(databases),
                binary=BINARY,
                admin_variables={"cluster_check_interval_ms": 200, "cluster_mysql_servers_sync_algorithm": 2},
                mysql_variables={
                    "monitor_username": "monitor",
                    "monitor_password": USERS["monitor"][0],
                    "monitor_read_only_interval": 500,
                    "monitor_writer_is_also_reader": False,
                    **({"ssl_p2s_ca": ca} if ca else {}),
                },
            )
            for _number in range(2)
        ]
        for node in nodes:
            stack.enter_context(node)
        site = Site(databases, nodes, folder)
        members = ",".join(f"('{node.host}',{node.admin_port},0,'')" for node in nodes)
        for node in nodes:
            site.sql(
                node,
                f"INSERT INTO proxysql_servers VALUES {members}",
                "LOAD PROXYSQL SERVERS TO RUNTIME",
                "SAVE MYSQL SERVERS TO DISK",
            )
        site.settle()
        yield site


class Load:
    """Clients of both nodes: writers with and without a new login each time, transactions, readers."""

    def __init__(self, site: Site, writers: int = 8, transactions: int = 3, readers: int = 6) -> None:
        self.site = site
        self.failed: list[str] = []
        self.slowest = 0.0
        self.count = 0
        self.written: list[int] = []
        self._numbers = iter(range(random.randrange(10**12), 10**15))
        self._over = threading.Event()
        self._lock = threading.Lock()
        work = [self._write] * writers + [self._transact] * transactions + [self._read] * readers
        self.threads = [threading.Thread(target=each, args=(number,)) for number, each in enumerate(work)]

    def _connect(self, number: int) -> Any:
        node = self.site.nodes[number % len(self.site.nodes)]
        return pymysql.connect(
            host=node.host, port=node.data_port, user="app", password=USERS["app"][0], database="shop",
            autocommit=True, read_timeout=30, ssl_disabled=True,
        )  # fmt: skip

    def _do(self, connection: Any, *statements: str) -> Any:
        began = time.monotonic()
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            rows = cursor.fetchall()
        took = time.monotonic() - began
        with self._lock:
            self.slowest = max(self.slowest, took)
            self.count += len(statements)
        return rows

    def _loop(self, number: int, new_login: bool, work: Any) -> None:
        connection = self._connect(number)
        while not self._over.is_set():
            try:
                if new_login:
                    connection.close()
                    connection = self._connect(number)
                work(connection)
            except Exception as exc:
                self.failed.append(f"{work.__name__}: {exc}")
                connection = self._connect(number)
            time.sleep(0.08)
        connection.close()

    def _write(self, number: int) -> None:
        def write(connection: Any) -> None:
            with self._lock:
                key = next(self._numbers)
            if number % 4:
                self._do(connection, f"INSERT INTO written VALUES ({key})")
            else:
                self._do(
                    connection,
                    "INSERT INTO numbered (word) VALUES ('x')",
                    f"INSERT INTO written VALUES ({key})",
                )
            with self._lock:
                self.written.append(key)

        self._loop(number, number % 2 == 0, write)

    def _transact(self, number: int) -> None:
        def transact(connection: Any) -> None:
            with self._lock:
                keys = [next(self._numbers) for _each in range(2)]
            self._do(connection, "BEGIN")
            self._do(connection, f"INSERT INTO written VALUES ({keys[0]})")
            time.sleep(random.random() / 10)
            self._do(connection, f"INSERT INTO written VALUES ({keys[1]})")
            self._do(connection, "COMMIT")
            with self._lock:
                self.written += keys

        self._loop(number, False, transact)

    def _read(self, number: int) -> None:
        def read(connection: Any) -> None:
            self._do(connection, "SELECT COUNT(*) FROM numbered WHERE id < 50")

        self._loop(number, number % 2 == 0, read)

    def __enter__(self) -> Load:
        for thread in self.threads:
            thread.start()
        time.sleep(0.5)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self.threads:
            thread.join()

    def lost(self) -> list[int]:
        """What was acknowledged and is not there."""
        there = {key for (key,) in self.site.primary.run("SELECT id FROM shop.written")}
        return [key for key in self.written if key not in there]
