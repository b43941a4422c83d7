# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The pure rules of ``_planning/lockout.py``, asked with what a task declares and the server has."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace

from .._declared.errors import (
    DeclarationError,
    EngineError,
    RefusedError,
    StatementError,
    together,
    where,
)
from .._declared.rows import show_key
from .._planning.lockout import (
    credentials_problems,
    faults_of_credentials,
    leaves_a_port,
    names_in_credentials,
    ports_for,
    users_of_admins,
)
from .._server.admin import Admin
from .section import Part
from .tables import TableWork
from .variables import VariableWork

_ADMINS, _STATS = "admin-admin_credentials", "admin-stats_credentials"
# The lists that decide over this protocol's admin port.
_INTERFACES = "admin-mysql_ifaces"
_READ_ONLY = "admin-read_only"
_USERS = ("mysql_users", "pgsql_users")
# Seconds in which ProxySQL listens at other interfaces after a LOAD; it takes up to one (2.7.1).
_LISTENS = 4.0


def check_lockout(admin: Admin, works: Sequence[Part]) -> None:
    """Refuse what would take the login in use, another admin or an application user away.

    Raises DeclarationError naming all of it.
    """
    values = {
        name: work.want[name]
        for work in works
        if isinstance(work, VariableWork)
        for name in (*work.changes["memory"], *work.changes["runtime"])
        if name in work.want
    }
    tables = [work for work in works if isinstance(work, TableWork) and work.title in _USERS]
    wrong = [*_users(admin, tables, values), *_variables(admin, tables, values)]
    if wrong:
        raise together(wrong)


def _users(admin: Admin, tables: Iterable[TableWork], values: dict[str, str]) -> Iterable[DeclarationError]:
    for work in tables:
        lists = (work.plan.changes, work.changes["runtime"])
        # Both are one list where nothing was there.
        changes = lists[0] if lists[0] is lists[1] else [*lists[0], *lists[1]]
        rows = [change.after for change in changes if change.after is not None]
        if not rows:
            continue
        logins = names_in_credentials(values.get(_ADMINS) or admin.variable(_ADMINS))
        logins += names_in_credentials(values.get(_STATS) or admin.variable(_STATS))
        named = users_of_admins([str(row["username"]) for row in rows], logins)
        clashing = {show_key(work.table, row): row for row in rows if named and row["username"] in named}
        for key, row in clashing.items():
            yield DeclarationError(
                f"{where(work.title, key, 'username')}: {row['username']!r} is a login of the admin port;"
                " ProxySQL keeps both in one place, and would let it in there no more",
                table=work.title,
                key=key,
                column="username",
            )


def _variables(
    admin: Admin, tables: Sequence[TableWork], values: dict[str, str]
) -> Iterable[DeclarationError]:
    for name in (_ADMINS, _STATS):
        if name in values:
            user = admin.login.user if name == _ADMINS else None
            problems = credentials_problems(values[name], user, _application_users(admin, tables))
            for problem in problems + faults_of_credentials(values[name]):
                yield DeclarationError(f"variable {name}: {problem}", variable=name)
    login = admin.login
    if login.user in names_in_credentials(values.get(_STATS, "")):
        yield DeclarationError(
            f"variable {_STATS}: has {login.user!r}, the login in use, which would see no configuration",
            variable=_STATS,
        )
    if values.get(_READ_ONLY) == "true":
        yield DeclarationError(
            f"variable {_READ_ONLY}: nothing could be written any more, this variable included",
            variable=_READ_ONLY,
        )
    if _INTERFACES in values and not leaves_a_port(values[_INTERFACES], login.host, login.unix_socket):
        yield DeclarationError(
            f"variable {_INTERFACES}: {values[_INTERFACES]} leaves no port at which the login in use, at"
            f" {login.place}, could get in again",
            variable=_INTERFACES,
        )


def check_reached(admin: Admin, works: Iterable[Part]) -> None:
    """After a LOAD: the login in use gets in at other interfaces, as it did at those before.

    ProxySQL answers OK where it cannot listen, and then listens nowhere (2.7.1). Only asked where the login
    goes to one of the former interfaces itself, and to no port that leads there. Raises RefusedError.
    """
    for work in works:
        if isinstance(work, VariableWork) and _INTERFACES in work.changes["runtime"]:
            before, after = work.have["runtime"].get(_INTERFACES, ""), work.want[_INTERFACES]
            login = admin.login
            if login.unix_socket or login.port not in ports_for(before, login.host):
                continue
            ports = ports_for(after, login.host)
            if not _gets_in(admin, ports, after):
                raise RefusedError(
                    f"variable {_INTERFACES}: ProxySQL answered OK, and the login in use does not get in at"
                    f" {login.host}, port {' or '.join(map(str, ports))}: is something else there?",
                    variable=_INTERFACES,
                )


def _gets_in(admin: Admin, ports: Sequence[int], interfaces: str) -> bool:
    """Whether a new login finds this ProxySQL at one of the ports."""
    deadline = time.monotonic() + _LISTENS
    while True:
        for port in ports:
            timeout = min(admin.login.connect_timeout, 1)
            try:
                with Admin(replace(admin.login, port=port, connect_timeout=timeout)) as other:
                    if other.variable(_INTERFACES) == interfaces:
                        return True
            except EngineError:
                continue
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)


def _application_users(admin: Admin, tables: Sequence[TableWork]) -> set[str]:
    """Names in the tables of users, as they will stand."""
    found: set[str] = set()
    ours = {work.title: work for work in tables}
    for name in _USERS:
        if name in ours:
            found.update(str(key[0]) for key in ours[name].plan.after)
            continue
        try:
            found.update(str(row[0]) for row in admin.fetch(f"SELECT username FROM main.{name}")[1])
        except StatementError:
            continue  # not in this release
    return found
