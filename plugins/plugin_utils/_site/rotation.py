# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Whose passwords the playbook rotate looks at: users and the monitor, and where they log in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Callable

from ...module_utils._declared.declaration import is_true
from ...module_utils._declared.passwords import from_hex, is_hash, lets_nobody_in, verify
from ...module_utils._planning.checks import FOREIGN_HASH
from .reach import Reach

Say = Callable[[str], None]
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Nodes:
    """Their ports for clients and of Admin, as the module takes them, and who their monitor is."""

    clients: Sequence[Mapping[str, Any]]
    admin: Sequence[Mapping[str, Any]]
    monitor: tuple[str, str]


def rotations(
    tables: Mapping[str, Rows], asked: Mapping[str, Any], nodes: Nodes, say: Say
) -> list[dict[str, Any]]:
    """Options of the module user_rotation: for the user that is named, or for each with a previous password.

    asked: the playbook's variables, with their whole names.
    """
    name, step = asked["proxysql_rotate_user"], asked["proxysql_rotate_step"]
    given = asked["proxysql_rotate_previous_passwords"] or {}
    clear = asked["proxysql_rotate_passwords"] or {}
    users = [row for row in tables.get("mysql_users") or () if row.get("username")]
    known = {str(row["username"]) for row in users} | {nodes.monitor[0]}
    clients = [row for row in users if _for_clients(row)]
    if name and name not in known:
        say(f"proxysql_rotate_user is '{name}', which is not in proxysql_mysql_users")
    elif name and name != nodes.monitor[0] and not any(row["username"] == name for row in clients):
        say(f"proxysql_rotate_user is '{name}', whose frontend is false: no client logs in with that row")
    for option, words in (("previous_passwords", given), ("passwords", clear)):
        for unknown in sorted({str(user) for user in words} - known):
            say(f"proxysql_rotate_{option} has '{unknown}', which is not in proxysql_mysql_users")
    found: list[dict[str, Any]] = []

    def add(user: str, password: str, second: str | None, **more: Any) -> None:
        one = asked["proxysql_rotate_previous_password"] if name else None
        previous = second or one or given.get(user)
        word = str((asked["proxysql_rotate_password"] if name else None) or clear.get(user) or "")
        unfit = _unfit(from_hex(password), word)
        wanted = user == name if name else previous is not None
        if not wanted:
            return
        if not previous:
            say(
                f"the user {user} has no previous password: set additional_password in its attributes, or"
                " proxysql_rotate_previous_password or proxysql_rotate_previous_passwords"
            )
        elif not password:
            say(f"the user {user} has no password")
        elif unfit:
            say(f"the password of the user {user} {unfit}")
        else:
            options = {
                "user": user, "password": word or password, "previous_password": str(previous), **more
            }  # fmt: skip
            found.extend([options] if options not in found else [])

    reach = Reach(tables)
    for row in clients:
        sure, maybe = (list(_servers(tables, hostgroups.__contains__)) for hostgroups in reach.of(row))
        places: dict[str, Any] = {
            "databases": sure,
            "maybe_databases": [each for each in maybe if each not in sure],
        }
        user, password = str(row["username"]), str(row.get("password") or "")
        second = additional_password(row)
        add(user, password, second, proxies=list(nodes.clients), **places, monitor=False)
    if nodes.monitor[0] not in {str(row["username"]) for row in clients}:
        places = {"databases": databases(tables), "maybe_databases": []}
        add(*nodes.monitor, None, proxies=list(nodes.admin), **places, monitor=True)
    if step != "look" and not (found or name):
        say(
            f"proxysql_rotate_step is {step}, and no user has a previous password; set it with"
            " proxysql_rotate_previous_passwords"
        )
    return found


def _unfit(declared: str, word: str) -> str:
    """Why this clear password, or none, is no good for what is declared; empty if it is."""
    if lets_nobody_in(declared):
        return f"is good nowhere: {FOREIGN_HASH}"
    if not word and is_hash(declared):
        return (
            "is declared as a hash, and is to be logged in with: give it in clear by proxysql_rotate_password"
            " or proxysql_rotate_passwords"
        )
    return (
        "that is given in clear does not fit the declared one" if word and not verify(word, declared) else ""
    )


def _for_clients(row: Mapping[str, Any]) -> bool:
    """ProxySQL logs in to databases with this row too. One for backends alone is used by nobody."""
    return is_true(row.get("frontend", True))


def additional_password(row: Mapping[str, Any]) -> str | None:
    """The second password that ProxySQL 3 is told, in clear; None where there is none that can be read."""
    attributes: Any = row.get("attributes")
    try:
        parsed = json.loads(attributes) if isinstance(attributes, str) else attributes
        return bytes.fromhex(parsed["additional_password"]).decode()
    except (ValueError, KeyError, TypeError):
        return None


def databases(tables: Mapping[str, Rows]) -> list[dict[str, Any]]:
    """All that are declared, once each."""
    return list(_servers(tables, lambda _hostgroup: True))


def _servers(tables: Mapping[str, Rows], is_of: Callable[[int], bool]) -> Iterable[dict[str, Any]]:
    seen = set()
    for row in tables.get("mysql_servers") or ():
        place = (str(row.get("hostname")), int(row.get("port") or 3306))
        if is_of(int(row.get("hostgroup_id") or 0)) and place not in seen:
            seen.add(place)
            yield {"host": place[0], "port": place[1]}
