"""runtime_checksums_values: one row a section, with version, epoch and checksum."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from . import THREE
from .database import Database

NAMES = (
    "admin_variables", "mysql_query_rules", "mysql_servers", "mysql_users", "mysql_variables",
    "proxysql_servers", "mysql_servers_v2",
    *(("pgsql_query_rules", "pgsql_servers", "pgsql_users", "pgsql_variables") if THREE else ()),
)  # fmt: skip


@dataclass
class Stamp:
    version: int = 0
    epoch: int = 0
    checksum: str = ""


def checksum_of(rows: Iterable[Any]) -> str:
    rows = list(rows)
    if not rows:
        return "0x0000000000000000"
    return "0x" + hashlib.blake2b(repr(rows).encode(), digest_size=8).hexdigest().upper()


class Checksums:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.stamps = {name: Stamp() for name in NAMES}
        for name in NAMES:
            database.connection.execute(
                "INSERT INTO main.runtime_checksums_values VALUES (?,0,0,'')", (name,)
            )

    def __getitem__(self, name: str) -> Stamp:
        return self.stamps[name]

    def loaded(
        self, name: str, rows: Iterable[Any], expected: Stamp | None = None, *, count: bool = True
    ) -> None:
        """After a LOAD: a new version and epoch, whether anything changed or not.

        A LOAD that brought what a peer announced keeps the peer's epoch: so the nodes agree
        which content is the newest. The monitor's moves do not count as a version.
        """
        stamp = self.stamps[name]
        stamp.checksum = checksum_of(rows)
        stamp.version += int(count)
        same = expected is not None and expected.checksum == stamp.checksum
        stamp.epoch = expected.epoch if expected is not None and same else int(time.time())
        with self.database.transaction():
            self.database.connection.execute(
                "UPDATE main.runtime_checksums_values SET version=?, epoch=?, checksum=? WHERE name=?",
                (stamp.version, stamp.epoch, stamp.checksum, name),
            )
