"""Users at the databases, as their administrator changes them. No password is an argument of a process."""

from __future__ import annotations

import os
import subprocess

from helpers import SSH_OPTIONS, Node, poll
from pymysql.converters import escape_string

MYSQL = "/opt/mysql/mysql --batch --skip-column-names"
# Who may change passwords.
DBA = ("dba", "Dba-first")


def sql(node: Node, *statements: str, client: str = "mariadb --batch --skip-column-names") -> str:
    key = ["-i", os.environ["LAB_KEY"], *SSH_OPTIONS.split()]
    done = subprocess.run(
        ["ssh", *key, f"ansible@{node.address}", f"sudo {client}"],
        input=";\n".join(statements) + ";\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{node}: {done.stderr}"
    return done.stdout.strip()


def identified(*passwords: str) -> str:
    """MariaDB lets a user in with any of these."""
    words = [f"mysql_native_password USING PASSWORD('{escape_string(each)}')" for each in passwords]
    return f"IDENTIFIED VIA {' OR '.join(words)}"


def alter(node: Node, user: str, *passwords: str, here_only: bool = False) -> None:
    apart = ["SET sql_log_bin = 0"] if here_only else []
    sql(node, *apart, f"ALTER USER {user}@'%' {identified(*passwords)}")


def followed(primary: Node, replica: Node) -> None:
    """The replica has done what the primary has."""
    position = sql(primary, "SELECT @@gtid_binlog_pos")
    poll("the replica", lambda: sql(replica, f"SELECT MASTER_GTID_WAIT('{position}', 5)") == "0")


def dba(primary: Node, replica: Node) -> None:
    sql(
        primary,
        f"CREATE USER IF NOT EXISTS dba@'%' {identified(DBA[1])}",
        "GRANT CREATE USER ON *.* TO dba@'%'",
        "GRANT SELECT ON mysql.* TO dba@'%'",
    )
    followed(primary, replica)


def put(node: Node, path: str, content: str, owner: str = "mysql", mode: str = "600") -> None:
    """A file of the database's own, or of somebody else's."""
    command = f"sudo install -o {owner} -g {owner} -m {mode} /dev/stdin {path}"
    key = ["-i", os.environ["LAB_KEY"], *SSH_OPTIONS.split()]
    subprocess.run(["ssh", *key, f"ansible@{node.address}", command], input=content, text=True, check=True)
