"""A change of an application's password under load: ProxySQL 3 keeps two, 2.7 one: a gap, measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from helpers import Cluster, poll
from load import Logins
from vault import Vault

# A hostgroup, and a statement that has a connection of its own there: one that is kept was let in before.
AFRESH = "/* ;hostgroup={};create_new_connection=1 */ {}"

Record = Callable[[str, Any], None]


def has_two(cluster: Cluster) -> bool:
    (row,) = cluster.active.admin("SELECT version()")
    (release,) = row.values()
    return int(str(release).partition(".")[0]) >= 3


@dataclass(frozen=True)
class Change:
    """row: as declared, but for its password, which is a template. old, new: in clear.

    others: rows that stay. behind: the password of a row of its own for databases.
    """

    cluster: Cluster
    vault: Vault
    record: Record
    row: dict[str, Any]
    others: list[dict[str, Any]]
    old: str
    new: str
    behind: str = ""

    @property
    def user(self) -> str:
        return str(self.row["username"])

    def rows(self, additional: str = "") -> list[dict[str, Any]]:
        attributes = {"additional_password": additional.encode().hex().upper()} if additional else ""
        apart = [{**self.row, "password": self.behind, "frontend": False}] if self.behind else []
        return [{**self.row, "attributes": attributes, "backend": not self.behind}, *apart, *self.others]

    def declare(self, previous: bool) -> None:
        """previous: whether with the previous password beside the new one."""
        self.vault.set(proxysql_mysql_users=self.rows(self.old if previous else ""))

    def make(self) -> None:
        """The steps at ProxySQL, once the databases have both."""
        (self._two if has_two(self.cluster) else self._one)()

    def _logins(self, password: str) -> Logins:
        return Logins(self.cluster, password, user=self.user)

    def _one(self) -> None:
        self.declare(previous=False)
        with self._logins(self.old) as before, self._logins(self.new) as after:
            self.vault.configure()
            poll("those with the previous password are out", lambda: before.bad)
            poll("those with the new password are in", lambda: len(after.good) > 20)
        self._told("with the previous password", before)
        self._told("with the new password", after)
        gap = after.good[0] - before.good[-1]
        self._told(
            "from the last login with the previous password to the first with the new one", f"{gap:.3f} s"
        )
        assert not before.lost, "those that are connected stay"
        assert not [moment for moment in after.bad if moment > after.good[0]], after
        if self.cluster.active.is_real:
            assert gap < 0.5

    def _two(self) -> None:
        self.declare(previous=True)
        with self._logins(self.old) as before:
            self.vault.configure()
            with self._logins(self.new) as after:
                look = self.vault.run("rotate", "-e", f"proxysql_rotate_user={self.user}")
                assert f"{self.user}, applications: " in look, look[-3000:]
                logins = len(before.good)
                poll("both", lambda: len(before.good) > logins + 20 and len(after.good) > 20)
        self.declare(previous=False)
        with self._logins(self.new) as later:
            self.vault.configure()
        self._told("with the previous password, which stays good", before)
        self._told("with the new password beside it", after)
        self._told("with the new password while the previous one goes", later)
        for logins_ in (before, after, later):
            assert not logins_.bad and not logins_.lost, logins_

    def _told(self, what: str, figures: object) -> None:
        self.record(f"{self.user}, {what}", str(figures))


def lab_application(cluster: Cluster, vault: Vault, record: Record, new: str, behind: str = "") -> Change:
    """Of the user that the inventory of the lab declares."""
    row, *others = cluster.declared["proxysql_mysql_users"]
    row = {**row, "username": cluster.credentials["lab_app_user"]}
    return Change(cluster, vault, record, row, others, cluster.credentials["lab_app_password"], new, behind)
