"""Real MySQL servers with the interface of ``MariaDBServer``: GTID, caching_sha2_password, TLS."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import pymysql
from mysqls import MYSQLD
from replicating import USERS, MariaDBServer

RIGHTS = {
    "repl": "REPLICATION SLAVE",
    "monitor": "REPLICATION CLIENT",
    # no more than the guide asks for
    "switch": "RELOAD, PROCESS, REPLICATION CLIENT, REPLICATION SLAVE, REPLICATION_SLAVE_ADMIN,"
    " SYSTEM_VARIABLES_ADMIN, CONNECTION_ADMIN",
    "app": USERS["app"][1],
}


class ReplicatingMySQL(MariaDBServer):
    """data: an initialized folder, of which each server has a copy."""

    REPLICA, SEMISYNC, TLS = "REPLICA", "", True

    def __init__(self, number: int, data: Path) -> None:
        super().__init__(number)
        shutil.copytree(data, self.folder / "data")

    def start(self) -> ReplicatingMySQL:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [MYSQLD, "--no-defaults", f"--datadir={self.folder / 'data'}", f"--socket={self.socket}",
                 f"--port={self.port}", f"--bind-address={self.host}", f"--server-id={self.number}",
                 "--gtid-mode=ON", "--enforce-gtid-consistency=ON", "--mysqlx=OFF", "--super-read-only=1",
                 "--secure-file-priv=NULL", "--skip-name-resolve", "--innodb-buffer-pool-size=32M",
                 "--innodb-flush-log-at-trx-commit=2", "--sync-binlog=0", f"--report-host={self.host}",
                 f"--pid-file={self.folder / 'pid'}", "--max-connections=300", *self._as()],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + 60
        while True:
            try:
                self.run("SELECT 1")
                return self
            except pymysql.err.OperationalError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((self.folder / "log").read_text()[-3000:]) from None
                time.sleep(0.05)

    def lead(self) -> None:
        self.run(
            "SET GLOBAL super_read_only = 0", "SET GLOBAL read_only = 0", "CREATE DATABASE IF NOT EXISTS shop"
        )
        for name, rights in RIGHTS.items():
            scope = "shop.*" if name == "app" else "*.*"
            self.run(
                f"CREATE USER {name}@'%' IDENTIFIED BY '{USERS[name][0]}'",
                f"GRANT {rights} ON {scope} TO {name}@'%'",
            )

    def follow(self, source: MariaDBServer) -> None:
        self.run(
            f"CHANGE REPLICATION SOURCE TO SOURCE_HOST='{source.host}', SOURCE_PORT={source.port},"
            f" SOURCE_USER='repl', SOURCE_PASSWORD='{USERS['repl'][0]}', SOURCE_AUTO_POSITION=1,"
            " SOURCE_SSL=1, SOURCE_CONNECT_RETRY=1",
            "START REPLICA",
        )
