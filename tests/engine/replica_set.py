"""Stand-ins for MariaDB and MySQL that replicate by GTID, and can be told to fail."""

from __future__ import annotations

import re
from typing import Any

from mysql_mimic.stream import MysqlStream
from proxysql_emulator.admin import OK, Answer
from proxysql_emulator.database import AdminError
from proxysql_emulator.protocol import MysqlConnection
from standin import StandIn

VERSIONS = {"MariaDB": "5.5.5-10.11.19-MariaDB", "MySQL": "8.4.3"}
WORDS = {"switch": b"switch-word", "monitor": b"monitor-word"}
_CHANGE = re.compile(r"(?:MASTER|SOURCE)_HOST = '([^']*)', (?:MASTER|SOURCE)_PORT = (\d+)")


class Member(StandIn):
    """One server. everybody: all of the set, by place; each adds itself.

    fails: parts of statements that are answered with an error, with how often. log: what was changed, in
    order, by all of them.
    """

    def __init__(self, everybody: dict[str, Member], dialect: str = "MariaDB") -> None:
        super().__init__()
        self.dialect, self.everybody = dialect, everybody
        self.number = len(everybody) + 1
        self.read_only, self.running = True, True
        self.transactions, self.source = 9, ""
        self.received: int | None = None
        self.fails: dict[str, int] = {}
        self.busy: list[tuple[Any, ...]] = []
        self.rights = "ALL PRIVILEGES"
        self.dies = ""  # the statement at which it answers no more
        self.lost = False  # whether another one is dead, and may take writes
        self.log: list[str] = []

    def __enter__(self) -> Member:
        super().__enter__()
        self.everybody[self.place] = self
        for other in self.everybody.values():
            self.log = other.log
            break
        return self

    @property
    def place(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def state(self) -> tuple[Any, ...]:
        return self.read_only, self.source, self.running

    def connection(self, stream: MysqlStream) -> MysqlConnection:
        return MysqlConnection(
            stream,
            VERSIONS[self.dialect],
            WORDS.get,
            lambda sql, _user: self._answer(sql.decode()),
            ("192.0.2.1", 0),
        )  # fmt: skip

    def _answer(self, sql: str) -> Answer:
        if self.dies and self.dies in sql:
            self.fails = {"": 10**6}
        for part, left in self.fails.items():
            if part in sql and left:
                self.fails[part] -= 1
                raise AdminError("told to fail", 1105)
        return self._said(sql) or self._done(sql) or OK

    # -- what it says

    def _said(self, sql: str) -> Answer | None:
        one = {
            "VERSION()": VERSIONS[self.dialect],
            "server_id": str(self.number),
            "server_uuid": f"uuid-{self.number}",
            "@@global.read_only": str(int(self.read_only)),
            "gtid_current_pos": f"0-{self.number}-{self.transactions}",
            "gtid_executed": f"aaa:1-{self.transactions}",
            "log_replica_updates": "1",
        }
        if "GTID_WAIT(" in sql or "WAIT_FOR_EXECUTED" in sql:
            return Answer(["answer"], [("0",)])
        if "log_bin" in sql:
            names = re.findall(r"AS (\w+)", sql)
            return Answer(names, [tuple("ON" if name == "gtid_mode" else "1" for name in names)])
        if sql.startswith(("SELECT @@global", "SELECT VERSION")):
            return next(Answer(["value"], [(value,)]) for name, value in one.items() if name in sql)
        if "STATUS" in sql:
            return self._status()
        if "INNODB_TRX" in sql:
            return Answer(["ID", "USER", "HOST", "seconds"], self.busy)
        if sql == "SHOW GRANTS":
            return Answer(["Grants"], [(f"GRANT {self.rights} ON *.* TO `switch`@`%`",)])
        if sql.startswith(("SHOW", "SELECT")):
            return Answer(["Server_id", "Replica_UUID"], [])
        return None

    def _status(self) -> Answer:
        if not self.source:
            return Answer(["x"], [])
        source = self.everybody[self.source]
        both = "Yes" if self.running else "No"
        got = self.transactions if self.received is None else self.received
        if self.dialect == "MariaDB":
            row = {
                "Connection_name": "", "Master_Server_Id": source.number, "Master_Host": source.host,
                "Master_Port": source.port, "Slave_IO_Running": both, "Slave_SQL_Running": both,
                "Seconds_Behind_Master": 0, "Using_Gtid": "Slave_Pos", "Gtid_IO_Pos": f"0-1-{got}",
                "Last_IO_Error": "", "Last_SQL_Error": "", "Master_SSL_Allowed": "No",
            }  # fmt: skip
        else:
            row = {
                "Channel_Name": "", "Source_UUID": f"uuid-{source.number}", "Source_Host": source.host,
                "Source_Port": source.port, "Replica_IO_Running": both, "Replica_SQL_Running": both,
                "Seconds_Behind_Source": 0, "Auto_Position": "1", "Retrieved_Gtid_Set": f"aaa:1-{got}",
                "Last_IO_Error": "", "Last_SQL_Error": "", "Source_SSL_Allowed": "No",
            }  # fmt: skip
        return Answer(list(row), [tuple(map(str, row.values()))])

    # -- what is done with it

    def _done(self, sql: str) -> Answer | None:
        if not sql.startswith(("SET GLOBAL", "STOP", "START", "RESET", "CHANGE")):
            return None
        self.log.append(f"{self.number} {sql.partition(' TO ')[0]}")
        if "read_only = " in sql:
            self.read_only = sql.endswith("1")
            assert [each.read_only for each in self.everybody.values()].count(False) <= 1 + self.lost, (
                self.log
            )
        elif sql.startswith(("STOP", "START")):
            self.running = sql.startswith("START")
        elif sql.startswith("RESET"):
            self.source = ""
        elif sql.startswith("CHANGE"):
            found = _CHANGE.search(sql)
            assert found and "repl-word" in sql, sql
            self.source = f"{found[1]}:{found[2]}"
        return OK
