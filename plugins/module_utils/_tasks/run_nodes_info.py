# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The module nodes_info: what many nodes say of themselves, asked from one place, many at a time."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .._cluster.at_once import at_once
from .._declared.errors import DeclarationError, EngineError
from .._server.admin import Admin
from .._server.login import Login
from .declared import masked_config, masked_variables
from .module import NODE, Module, Spec, login
from .node_state import Declared, state_of

_BACKEND = ("hostgroup", "host", "port", "status")

_ASIDE = ("nodes", "declarations")
_OF_NODE = ("variables", "variables_since_3")
_NODE: Spec = {**NODE, "declaration": {"type": "int"}, **{name: {"type": "dict"} for name in _OF_NODE}}
_DECLARATION: Spec = {
    "tables": {"type": "dict"},
    "variables": {"type": "dict"},
    "state": {"type": "raw"},
    "scope": {"type": "dict"},
}


@dataclass(frozen=True)
class _Question:
    """Of one node. own: variables that it has besides those of its declaration; since_3: as of ``drift``."""

    login: Login
    declared: Declared
    own: Any
    since_3: Any


def run_nodes_info() -> None:
    """The module nodes_info: how many nodes stand."""
    spec: Spec = {
        "nodes": {"type": "list", "elements": "dict", "default": [], "options": _NODE},
        "declarations": {"type": "list", "elements": "dict", "default": [], "options": _DECLARATION},
        "marks_key": {"type": "str", "no_log": True},
        "deadline": {"type": "float", "default": 10.0},
    }
    module = Module(spec, _declare, aside=_ASIDE)
    params = module.params
    key = str(params["marks_key"] or params["login_password"] or "")
    try:
        questions = _questions(module)
    except EngineError as exc:
        module.fail(exc)

    seen = at_once(lambda question: _look(question, key, params["deadline"]), questions)
    backends = Counter(
        tuple(each[name] for name in _BACKEND) for one in seen for each in one.pop("backends", ())
    )
    module.exit_json(
        changed=False,
        nodes={question.login.place: one for question, one in zip(questions, seen)},
        backends=[{**dict(zip(_BACKEND, each)), "nodes": number} for each, number in backends.items()],
    )


def _declare(raw: dict[str, Any]) -> dict[str, Any]:
    """What Ansible may see. It would copy all of it twice."""
    for name in _ASIDE:
        if not _is_list_of_dicts(raw.get(name)):
            raise DeclarationError(f"{name}: expected a list of dicts")
    return {
        "declarations": [masked_config(each) for each in raw.get("declarations") or ()],
        "nodes": [
            {**node, **{name: masked_variables(node.get(name) or {}) for name in _OF_NODE}}
            for node in raw.get("nodes") or ()
        ],
    }


def _is_list_of_dicts(given: Any) -> bool:
    return given is None or (isinstance(given, Sequence) and all(isinstance(each, Mapping) for each in given))


def _questions(module: Module) -> list[_Question]:
    declarations = [
        Declared(each, each.get("state") or "overridden", each.get("variables"))
        for each in module.raw.get("declarations") or ()
    ]
    nothing = Declared({}, "overridden", {})
    found = []
    for node in module.raw.get("nodes") or ():
        number, port = node.get("declaration"), node.get("login_port", 6032)
        if not node.get("login_host") or not isinstance(port, int):
            raise DeclarationError("nodes: each needs a login_host, and a login_port that is a number")
        if number is not None and not (isinstance(number, int) and 0 <= number < len(declarations)):
            raise DeclarationError(f"nodes: there is no declaration {number}")
        where = login(module.params, str(node["login_host"]), port, module.given)
        declared = nothing if number is None else declarations[number]
        found.append(_Question(where, declared, *(node.get(name) for name in _OF_NODE)))
    return found


def _look(question: _Question, key: str, seconds: float) -> dict[str, Any]:
    """The node's state, or msg: why it cannot be told."""
    deadline = time.monotonic() + seconds
    where = question.login
    try:
        with Admin(replace(where, connect_timeout=min(where.connect_timeout, seconds))) as admin:
            admin.until(deadline)
            return {
                "server_version": admin.version,
                **state_of(admin, None, key, here=False),
                **question.declared.drift(admin, question.own, question.since_3),
            }
    except EngineError as exc:
        return {"msg": exc.message}
