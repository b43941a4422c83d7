# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the module user_rotation does: who lets whom in, and which step is next."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from typing import Any

from .._cluster.cluster import Node, connect_nodes
from .._declared.errors import DeclarationError
from .._planning.rotation import Standing, Step, next_step
from .._server.admin import Admin
from .._server.backends import Attempt, Place, is_hash, let_in
from .._server.tls_backends import backend_of, with_certificate
from .._server.two_passwords import discard, retain
from .module import BACKEND, Module, Spec, login

_TWO_SINCE = 3
_MONITOR = (
    "SELECT variable_name, variable_value FROM runtime_global_variables"
    " WHERE variable_name IN ('mysql-monitor_username', 'mysql-monitor_password')"
)


def run_user_rotation() -> None:
    """The module user_rotation: one step of a change of a password that databases have too, or a look."""
    place: Spec = {"host": {"type": "str", "required": True}, "port": {"type": "int", "required": True}}
    spec: Spec = {
        "user": {"type": "str", "required": True},
        "password": {"type": "str", "required": True, "no_log": True},
        "previous_password": {"type": "str", "required": True, "no_log": True},
        "proxies": {"type": "list", "elements": "dict", "options": place, "required": True},
        "databases": {"type": "list", "elements": "dict", "options": place, "required": True},
        "maybe_databases": {"type": "list", "elements": "dict", "options": place, "default": []},
        "step": {"type": "str", "default": "look", "choices": ["look", "retain", "discard"]},
        "database_user": {"type": "str"},
        "database_password": {"type": "str", "no_log": True},
        "monitor": {"type": "bool", "default": False},
        "tls_backends": {"type": "list", "elements": "dict", "options": BACKEND, "default": []},
        "timeout": {"type": "float", "default": 5.0},
    }
    module = Module(spec)
    params = module.params

    def body(admin: Admin) -> dict[str, Any]:
        _check(params)
        two = int(admin.version.partition(".")[0]) >= _TWO_SINCE
        seen = _look(module)
        step = next_step(*seen, two, params["monitor"])
        changed = params["step"] == step.name != "look"
        if params["step"] == "discard" and not changed and step.name != "done":
            raise DeclarationError(f"it is too early to discard the previous password: {step.text}")
        if changed and not module.check_mode:
            _alter(params, step, seen[0])
            seen, step = _until(module, two)
        databases, proxies = seen
        return {
            "changed": changed,
            "next": step.name,
            "text": f"{params['user']}, {step.name}: {step.text}",
            "databases": {name: vars(each) for name, each in databases.items()},
            "proxies": {name: vars(each) for name, each in proxies.items()},
            "warnings": [
                f"{place} knows {params['user']} by neither password, and is left out; rules for all users,"
                " or mirrors, may send its queries there"
                for place in map(_named, _places(params["maybe_databases"]))
                if place not in databases
            ],
        }

    module.run(body)


def _check(params: Mapping[str, Any]) -> None:
    if params["password"] == params["previous_password"]:
        raise DeclarationError("password and previous_password are the same")
    for name in ("password", "previous_password"):
        if is_hash(params[name]):
            raise DeclarationError(f"{name} is a hash; give it in clear, for it is logged in with")
    if params["step"] != "look" and not params["database_user"]:
        raise DeclarationError(f"step {params['step']} needs database_user, who may change users there")


def _places(rows: list[dict[str, Any]]) -> list[Place]:
    return [(row["host"], row["port"]) for row in rows]


def _named(place: Place) -> str:
    return Attempt(*place, "", "").place


def _databases(params: Mapping[str, Any]) -> list[Place]:
    """Those that only may be the user's, too."""
    return _places(params["databases"] + params["maybe_databases"])


def _look(module: Module) -> tuple[dict[str, Standing], dict[str, Standing]]:
    params = module.params
    backends = [backend_of(row) for row in params["tls_backends"]]
    words = (params["password"], params["previous_password"])
    kinds = ("databases",) if params["monitor"] else ("databases", "proxies")
    wanted = {
        kind: {
            place: [
                with_certificate(Attempt(*place, params["user"], word), backends if kind == kinds[0] else [])
                for word in words
            ]
            for place in (_databases(params) if kind == "databases" else _places(params[kind]))
        }
        for kind in kinds
    }
    tried = let_in(
        [each for places in wanted.values() for pair in places.values() for each in pair], params["timeout"]
    )
    found = [
        {pair[0].place: Standing(*(tried[each] for each in pair)) for pair in wanted[kind].values()}
        for kind in kinds
    ]
    sure = {_named(place) for place in _places(params["databases"])}
    found[0] = {
        name: seen for name, seen in found[0].items() if name in sure or seen != Standing(False, False)
    }
    return found[0], _monitors(module) if params["monitor"] else found[1]


def _monitors(module: Module) -> dict[str, Standing]:
    """Which password the nodes log in to databases with, by their ports of Admin."""
    params = module.params
    logins = [login(params, *place, module.given) for place in _places(params["proxies"])]
    nodes = connect_nodes(logins, time.monotonic() + params["timeout"])
    try:
        return {node.name: _monitor(node, params) for node in nodes}
    finally:
        for node in nodes:
            node.close()


def _monitor(node: Node, params: Mapping[str, Any]) -> Standing:
    if node.admin is None:
        return Standing(None, None)
    rows: Any = node.admin.fetch(_MONITOR)[1]
    values = dict(rows)
    user, password = (values.get(f"mysql-monitor_{name}") for name in ("username", "password"))
    new, previous = (
        user == params["user"] and password == params[word] for word in ("password", "previous_password")
    )
    return Standing(new, previous)


def _alter(params: Mapping[str, Any], step: Step, seen: Collection[str]) -> None:
    """On those that are written to; replicas follow them. seen: those that are the user's."""
    written = False
    backends = [backend_of(row) for row in params["tls_backends"]]
    for place in [place for place in _databases(params) if _named(place) in seen]:
        dba = Attempt(*place, params["database_user"], params["database_password"] or "")
        word = with_certificate(Attempt(*place, params["user"], params["password"]), backends)
        if step.name == "discard":
            written |= discard(dba, params["user"], params["password"], params["timeout"])
        elif not let_in([word], params["timeout"])[word]:
            # never twice: the new one would take the place of the previous one that is kept
            words = (params["password"], params["previous_password"])
            written |= retain(dba, params["user"], *words, params["timeout"])
    if not written:
        raise DeclarationError("none of the databases takes writes: they are all read only")


def _until(module: Module, two: bool) -> tuple[tuple[dict[str, Standing], dict[str, Standing]], Step]:
    """A look when replicas have followed, or when it has been waited for long enough."""
    params = module.params
    deadline = time.monotonic() + params["timeout"]
    while True:
        seen = _look(module)
        step = next_step(*seen, two, params["monitor"])
        if step.name not in ("look", params["step"]) or time.monotonic() > deadline:
            return seen, step
        time.sleep(0.2)
