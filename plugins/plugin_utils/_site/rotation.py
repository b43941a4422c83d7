# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Whose passwords the playbook rotate looks at: users of the inventory, and where they log in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Callable

Say = Callable[[str], None]
Rows = Sequence[Mapping[str, Any]]


def rotations(
    tables: Mapping[str, Rows], asked: Mapping[str, Any], proxies: Sequence[Mapping[str, Any]], say: Say
) -> list[dict[str, Any]]:
    """Options of the module user_rotation: for the user that is named, or for each with two passwords.

    asked: the playbook's variables, with their whole names.
    """
    name, step = asked["proxysql_rotate_user"], asked["proxysql_rotate_step"]
    rows = [row for row in tables.get("mysql_users") or () if row.get("username")]
    if name:
        rows = [row for row in rows if str(row["username"]) == name]
        if not rows:
            say(f"proxysql_rotate_user is '{name}', which is not in proxysql_mysql_users")
        elif not any(_for_clients(row) for row in rows):
            say(f"proxysql_rotate_user is '{name}', whose frontend is false: no client logs in with that row")
    elif step != "look":
        say(f"proxysql_rotate_step is {step}; set proxysql_rotate_user, for steps are done for one user")
    found = []
    for row in filter(_for_clients, rows):
        previous = additional_password(row) or (asked["proxysql_rotate_previous_password"] if name else None)
        if previous is None and not name:
            continue
        user, password = str(row["username"]), str(row.get("password") or "")
        if not previous or not password:
            say(
                f"the user {user} has no previous password: set additional_password in its attributes, or"
                " proxysql_rotate_previous_password"
                if not previous
                else f"the user {user} has no password"
            )
            continue
        one = {
            "user": user,
            "password": password,
            "previous_password": str(previous),
            "proxies": list(proxies),
            "databases": list(_databases(tables, int(row.get("default_hostgroup") or 0))),
        }
        if one not in found:
            found.append(one)
    return found


def _for_clients(row: Mapping[str, Any]) -> bool:
    """ProxySQL logs in to databases with this row too. One for backends alone is used by nobody."""
    return str(row.get("frontend", True)).lower() in ("1", "true", "yes", "on")


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


def _databases(tables: Mapping[str, Rows], hostgroup: int) -> Iterable[dict[str, Any]]:
    """Servers of the hostgroup and of its twin, once each."""
    wanted = {hostgroup}
    for pair in tables.get("mysql_replication_hostgroups") or ():
        both = {int(pair.get(f"{side}_hostgroup") or 0) for side in ("writer", "reader")}
        if hostgroup in both:
            wanted |= both
    return _servers(tables, wanted.__contains__)


def _servers(tables: Mapping[str, Rows], is_of: Callable[[int], bool]) -> Iterable[dict[str, Any]]:
    seen = set()
    for row in tables.get("mysql_servers") or ():
        place = (str(row.get("hostname")), int(row.get("port") or 3306))
        if is_of(int(row.get("hostgroup_id") or 0)) and place not in seen:
            seen.add(place)
            yield {"host": place[0], "port": place[1]}
