# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the module backend_logins does: which logins are new, and whether the databases let them in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._catalog.tables import TABLES
from .._declared.declaration import is_true
from .._declared.errors import DeclarationError
from .._declared.passwords import verify
from .._server.admin import Admin
from .._server.backends import Attempt, Place, is_hash, try_all
from .._server.tls_backends import backend_of, with_certificate
from .declared import masked_config
from .masked import masked_rows
from .module import BACKEND, DECLARED, Module, Spec
from .node_state import Declared

_MONITOR = ("mysql-monitor_username", "mysql-monitor_password")


def run_backend_logins() -> None:
    """The module backend_logins: new logins of the monitor and of applications, tried at the databases."""
    spec: Spec = {
        "servers": {"type": "list", "elements": "dict", "default": []},
        "users": {"type": "list", "elements": "dict", "default": []},
        "hostgroups": {"type": "dict", "default": {}},
        "maybe_hostgroups": {"type": "dict", "default": {}},
        "monitor_user": {"type": "str"},
        "monitor_password": {"type": "str", "no_log": True},
        "tls_backends": {"type": "list", "elements": "dict", "options": BACKEND, "default": []},
        "everything": {"type": "bool", "default": False},
        "timeout": {"type": "float", "default": 5.0},
        "report_only": {"type": "bool", "default": False},
        **DECLARED,
        "variables_since_3": {"type": "dict"},
    }
    module = Module(spec, _masked)
    params = {**module.params, "users": module.raw.get("users") or []}

    def body(admin: Admin) -> dict[str, Any]:
        # before any wait for a database, or nodes would seem to have clocks that are apart
        now = admin.now()
        known: set[Place] = set()
        users: dict[str, list[str]] = {}
        monitor: tuple[str, ...] = ()
        if not params["everything"]:
            known = {
                (str(host), int(port or 0)) for host, port in _rows(admin, "hostname, port", "mysql_servers")
            }
            found = _rows(admin, "username, password", "mysql_users WHERE frontend = 1")
            for user, stored in found:
                users.setdefault(str(user), []).append(str(stored or ""))
            values = dict(_rows(admin, "variable_name, variable_value", "global_variables"))
            monitor = tuple(str(values.get(name) or "") for name in _MONITOR)
        attempts, hashed = _application_users(params, known, users, "hostgroups")
        maybe, _hashed = _application_users(params, known, users, "maybe_hostgroups")
        name, password = params["monitor_user"], params["monitor_password"]
        if name and password:
            attempts += [
                Attempt(*place, name, password)
                for place in _places(params["servers"])
                if place not in known or (name, password) != monitor
            ]
        backends = [backend_of(row) for row in params["tls_backends"]]
        sure = {with_certificate(each, backends) for each in attempts}
        tried = [with_certificate(each, backends) for each in [*attempts, *maybe]]
        texts, unknown = try_all(tried, params["timeout"])
        refused = [text for each, text in texts.items() if each in sure]
        doubtful = [text for each, text in texts.items() if each not in sure]
        if refused and not params["report_only"]:
            raise DeclarationError(
                "databases refuse logins that are declared: {}. Nothing was written".format(
                    "; ".join(refused)
                ),
                refused=refused,
            )
        return {
            "changed": False,
            "as_declared": _as_declared(admin, module),
            "tried": sorted({f"{attempt.user} at {attempt.place}" for attempt in tried}),
            "unknown": unknown,
            "not_tried": hashed,
            "refused": refused,
            "server_time": now,
            "warnings": [
                *(f"new logins could not be tried at the database {text}" for text in unknown),
                *(
                    f"refused where rules for all users, or mirrors, may send queries: {text}"
                    for text in doubtful
                ),
            ],
        }

    module.run(body)


def _masked(raw: dict[str, Any]) -> dict[str, Any]:
    return {
        **masked_config(raw),
        "users": masked_rows(TABLES["mysql_users"], raw.get("users") or []),
    }


def _as_declared(admin: Admin, module: Module) -> bool | None:
    """None if nothing was declared."""
    raw = module.raw
    if not raw.get("tables") and not raw.get("variables"):
        return None
    declared = Declared(raw, module.params["state"], raw.get("variables"))
    return declared.stands(admin, raw.get("variables_since_3"))


def _rows(admin: Admin, columns: str, table: str) -> Iterable[Any]:
    return admin.fetch(f"SELECT {columns} FROM runtime_{table}")[1]


def _application_users(
    params: Mapping[str, Any], known: set[Place], users: Mapping[str, list[str]], which: str
) -> tuple[list[Attempt], list[str]]:
    """Logins of active users at the servers of their hostgroups; names of those with a hash.

    which: hostgroups, where those of whom nothing is said have their default one, or maybe_hostgroups.
    """
    attempts, hashed = [], []
    for user in params["users"]:
        # a row for backends alone is used by nobody: ProxySQL logs in there with what the client's row has
        if not is_true(user.get("active", True)) or not is_true(user.get("frontend", True)):
            continue
        name, password = str(user.get("username") or ""), str(user.get("password") or "")
        if is_hash(password):
            hashed.append(name)
            continue
        new = not any(verify(password, stored) for stored in users.get(name, ()))
        hostgroups = _numbers(params[which].get(name, ()), which, name)
        if which == "hostgroups" and name not in params[which]:
            hostgroups = {int(user.get("default_hostgroup") or 0)}
        servers = [row for row in params["servers"] if int(row.get("hostgroup_id") or 0) in hostgroups]
        attempts += [
            Attempt(*place, name, password) for place in _places(servers) if new or place not in known
        ]
    return attempts, sorted(set(hashed))


def _numbers(value: Any, which: str, name: str) -> set[int]:
    if not isinstance(value, (list, tuple)) or not all(str(each).isdecimal() for each in value):
        raise DeclarationError(f"{which}, {name}: expected a list of numbers of hostgroups")
    return {int(each) for each in value}


def _places(servers: Iterable[Mapping[str, Any]]) -> list[Place]:
    """Those that ProxySQL would log in to: OFFLINE_HARD is as good as not there."""
    found = (
        (str(row.get("hostname") or ""), int(row.get("port", 3306)))
        for row in servers
        if row.get("status") != "OFFLINE_HARD"
    )
    return list(dict.fromkeys(place for place in found if place[0]))
