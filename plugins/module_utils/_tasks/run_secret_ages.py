# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the module secret_ages_info does: how old secrets are, by what restore points and databases know."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from datetime import datetime, timezone
from operator import itemgetter
from typing import Any

from .._declared.passwords import verify
from .._planning.ages import Age, age_of, passwords_of
from .._section import replaced_logins
from .._section.restore_points import Point, RestorePoints
from .._server.admin import Admin
from .._server.backends import Attempt, code_of, connect, shown
from .module import Module, Spec

with contextlib.suppress(ImportError):
    import pymysql

Secrets = dict[str, str]

_ADMIN, _MYSQL, _USERS = "ADMIN VARIABLES", "MYSQL VARIABLES", "MYSQL USERS"
_MYSQL_AGES = "SELECT User, Host, UNIX_TIMESTAMP(password_last_changed) FROM mysql.user"
_MARIADB_AGES = "SELECT User, Host, JSON_VALUE(Priv, '$.password_last_changed') FROM mysql.global_priv"


def run_secret_ages() -> None:
    """The module secret_ages_info."""
    place: Spec = {"host": {"type": "str", "required": True}, "port": {"type": "int", "required": True}}
    spec: Spec = {
        "restore_points": {"type": "path", "default": ""},
        "databases": {"type": "list", "elements": "dict", "options": place, "default": []},
        "database_user": {"type": "str"},
        "database_password": {"type": "str", "no_log": True},
        "timeout": {"type": "float", "default": 5.0},
    }
    module = Module(spec)
    params = module.params

    def body(admin: Admin) -> dict[str, Any]:
        now = datetime.now(timezone.utc)
        folder = params["restore_points"]
        points = RestorePoints(folder).all()[0] if folder else []
        replaced = replaced_logins.known(folder) if folder else {}
        rows = admin.fetch("SELECT variable_name, variable_value FROM runtime_global_variables")[1]
        variables = {str(name): value for name, value in rows}
        users = admin.fetch("SELECT username, password FROM mysql_users")[1]
        found = {
            f"ProxySQL, {name}": _by_points(points, replaced.get(name), name, secret)
            for name, secret in {**passwords_of(variables), **_of_users(users)}.items()
            if secret
        }
        warnings = []
        names = {str(user) for user, _password in users} | {variables.get("mysql-monitor_username")}
        for one in params["databases"] if params["database_user"] else ():
            login = Attempt(
                one["host"], one["port"], params["database_user"], params["database_password"] or ""
            )
            try:
                found.update(_at(login, names, params["timeout"]))
            except (pymysql.err.MySQLError, OSError, RuntimeError) as exc:
                said = code_of(exc)
                warnings.append(f"{login.place} does not tell {login.user!r} how old passwords are ({said})")
        return {
            "changed": False,
            "secrets": {name: _shown(age, now) for name, age in found.items()},
            "warnings": warnings,
        }

    module.run(body)


def _by_points(
    points: Iterable[Point], replaced: tuple[datetime, str] | None, name: str, present: str
) -> Age:
    kept: list[tuple[datetime, str | None]] = [replaced] if replaced else []
    for point in points:
        content = point.content
        if name.startswith("user "):
            table = content.get(_USERS, {}).get("tables", {}).get("mysql_users")
            if table:
                at = [table["columns"].index(column) for column in ("username", "password")]
                kept.append((point.made, _of_users([row[i] for i in at] for row in table["rows"]).get(name)))
            continue
        section = content.get(_MYSQL if name == "monitor" else _ADMIN, {})
        if "variables" in section:
            kept.append((point.made, passwords_of(section["variables"]).get(name)))
    return age_of(sorted(kept, key=itemgetter(0)), present, _same)


def _same(one: str, other: str) -> bool:
    return verify(one, other) or verify(other, one)


def _of_users(rows: Iterable[Any]) -> Secrets:
    return {f"user {name}": str(password or "") for name, password in rows}


def _at(login: Attempt, names: set[Any], timeout: float) -> dict[str, Age]:
    """What a database tells of the users that ProxySQL has. Raises what the driver raises."""
    with contextlib.closing(connect(login, timeout)) as connection, connection.cursor() as cursor:
        cursor.execute(_MARIADB_AGES if "MariaDB" in str(connection.server_version) else _MYSQL_AGES)
        rows = [[shown(cell) for cell in row] for row in cursor.fetchall()]
    found = {}
    for user, host, seconds in rows:
        if user in names and seconds:
            when = datetime.fromtimestamp(int(float(seconds)), timezone.utc)
            found[f"{login.place}, {user}@{host}"] = Age(when, when)
    return found


def _shown(age: Age, now: datetime) -> dict[str, Any]:
    def stamp(when: datetime | None) -> str | None:
        return when.strftime("%Y-%m-%dT%H:%M:%SZ") if when else None

    return {
        "changed_after": stamp(age.changed_after),
        "same_since": stamp(age.same_since),
        "text": age.text(now),
    }
