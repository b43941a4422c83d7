"""Real MySQL servers with the interface of ``MariaDBServer``: GTID, caching_sha2_password, TLS."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from answering import until_it_answers
from mysqls import command
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
                [*command(self.number, self.host, self.port, self.folder), "--super-read-only=1",
                 "--innodb-flush-log-at-trx-commit=2", "--sync-binlog=0", f"--report-host={self.host}",
                 "--max-connections=300"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        until_it_answers(self.run, self.process, self.folder / "log")
        return self

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
