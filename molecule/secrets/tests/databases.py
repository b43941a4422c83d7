"""Users at the databases, as their administrator changes them. No password is an argument of a process."""

from __future__ import annotations

import os
import subprocess

from helpers import SSH_OPTIONS, Node, poll
from pymysql.converters import escape_string


def sql(node: Node, *statements: str) -> str:
    key = ["-i", os.environ["LAB_KEY"], *SSH_OPTIONS.split()]
    done = subprocess.run(
        ["ssh", *key, f"ansible@{node.address}", "sudo mariadb --batch --skip-column-names"],
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


def put(node: Node, path: str, content: str) -> None:
    """A file of the database's own."""
    command = f"sudo install -o mysql -g mysql -m 600 /dev/stdin {path}"
    key = ["-i", os.environ["LAB_KEY"], *SSH_OPTIONS.split()]
    subprocess.run(["ssh", *key, f"ansible@{node.address}", command], input=content, text=True, check=True)
