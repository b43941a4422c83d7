# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The module confirm: a change that is not confirmed in time is taken back by the node itself."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping, Sequence
from typing import Any

from .._declared.errors import ConnectError, EngineError
from .._planning.confirm import Traffic, astray, expectations, failed_logins, measured, worse
from .._section.unattended import Unattended, put_back
from .._server.admin import Admin
from .._server.backends import Attempt, try_all
from .._server.explained import sees_no_users, sees_nothing
from .._server.traffic import traffic
from .module import NODE, Module, Spec, login
from .run import result_of

_LIMITS: Spec = {
    "errors": {"type": "float", "default": 10.0},
    "connection_errors": {"type": "float", "default": 5.0},
    "latency": {"type": "float", "default": 5.0},
    "failed_logins": {"type": "int", "default": 0},
}
_QUERY: Spec = {
    "digest": {"type": "str", "required": True},
    "hostgroup": {"type": "int", "required": True},
    "user": {"type": "str"},
    "schema": {"type": "str"},
}
_LOGIN: Spec = {
    "host": {"type": "str", "required": True},
    "port": {"type": "int", "default": 6033},
    "user": {"type": "str", "required": True},
    "password": {"type": "str", "default": "", "no_log": True},
}
_PAUSE = 1.0
_PATIENCE = 2.0  # seconds, for a login
_STATES = ("armed", "checked", "confirmed", "rolled_back")


def run_confirm() -> None:
    spec: Spec = {
        "state": {"type": "str", "required": True, "choices": list(_STATES)},
        "restore_points": {"type": "path", "required": True},
        "restore_points_keep": {"type": "int", "default": 20},
        "restore_points_label": {"type": "str", "default": ""},
        "timeout": {"type": "float", "default": 180.0},
        "seconds": {"type": "float", "default": 30.0},
        "baseline": {"type": "float", "default": 2.0},
        "nodes": {"type": "list", "elements": "dict", "options": NODE, "default": []},
        "before": {"type": "dict", "default": {}},
        "limits": {"type": "dict", "options": _LIMITS, "apply_defaults": True},
        "queries": {"type": "list", "elements": "dict", "options": _QUERY, "default": []},
        "logins": {"type": "list", "elements": "dict", "options": _LOGIN, "default": []},
    }
    module = Module(spec)
    params = module.params
    unattended = Unattended(params["restore_points"])
    if params["state"] == "confirmed":
        module.exit_json(**_confirmed(module, unattended))

    def body(admin: Admin) -> dict[str, Any]:
        if params["state"] == "rolled_back":
            return _rolled_back(module, admin, unattended)
        expected = expectations(params["queries"])
        with contextlib.ExitStack() as stack:
            nodes = {} if params["nodes"] else {admin.login.place: admin}
            for node in params["nodes"]:
                one = stack.enter_context(
                    Admin(login(params, node["login_host"], node["login_port"], module.given))
                )
                nodes[one.login.place] = one
            if params["state"] == "armed":
                if sees_no_users(admin):  # which could not put anything back
                    raise sees_nothing(admin)
                before = _baseline(nodes, params["baseline"])
                warnings = []
                if not module.check_mode:
                    warnings = unattended.arm(
                        admin.login, params["timeout"], params["restore_points_keep"],
                        params["restore_points_label"],
                    )  # fmt: skip
                return {"changed": False, "before": before, "warnings": warnings}
            return _checked(nodes, expected, params)

    module.run(body)


def _confirmed(module: Module, unattended: Unattended) -> dict[str, Any]:
    unguarded = unattended.waits and not unattended.armed
    try:
        outcome = unattended.outcome() if module.check_mode else unattended.disarm()
    except EngineError as exc:
        module.fail(exc)
    if outcome is not None:
        what = "could not" if outcome.get("failed") else "has already"
        module.fail_json(
            msg="Too late: nobody confirmed the change in time, and by itself the node"
            f" {what} put back what was there",
            rolled_back=outcome,
        )
    if unguarded:
        module.warn(
            f"The change stays, but nobody was guarding it any more: {unattended.unit}.timer was stopped,"
            " or the host went down meanwhile. Had this not come, it would not have been taken back"
        )
    return {"changed": False}


def _rolled_back(module: Module, admin: Admin, unattended: Unattended) -> dict[str, Any]:
    """The same at once. The timer goes last: until then the node would still do it by itself."""
    outcome = unattended.outcome()
    if outcome is not None and not outcome.get("failed"):
        return {"changed": False, "rolled_back": unattended.disarm()}
    done, undone = put_back(admin, unattended.settings(), module.check_mode)
    if not module.check_mode:
        unattended.disarm()
    return {**result_of(done), "undone": undone}


def _baseline(nodes: Mapping[str, Admin], seconds: float) -> dict[str, Any]:
    """How traffic is now; of hostgroups that nothing went to meanwhile, how it was on the average."""
    first = {name: traffic(admin) for name, admin in nodes.items()}
    begun = time.monotonic()
    time.sleep(max(0.1, seconds))
    found = {}
    for name, admin in nodes.items():
        now = traffic(admin)
        before = measured(now.since(first[name]), time.monotonic() - begun)
        ever = measured(now, 1.0)
        before["latency"] = {**ever["latency"], **before["latency"]}
        found[name] = before
    return found


def _checked(
    nodes: Mapping[str, Admin], expected: Sequence[Any], params: Mapping[str, Any]
) -> dict[str, Any]:
    """Look until the time is over or something is worse than allowed. Raises EngineError for that."""
    first = {name: traffic(admin) for name, admin in nodes.items()}
    begun = time.monotonic()
    after: dict[str, Any] = {}
    logins = [Attempt(one["host"], one["port"], one["user"], one["password"]) for one in params["logins"]]
    failed: list[str] = []
    while True:
        left = begun + params["seconds"] - time.monotonic()
        time.sleep(max(0.05, min(_PAUSE, left)))
        refused, unknown = try_all(logins, _PATIENCE)
        failed += [*refused.values(), *unknown]
        wrong = failed_logins(failed, params["limits"]["failed_logins"])
        for name, admin in nodes.items():
            seconds = time.monotonic() - begun
            try:
                grown: Traffic = traffic(admin).since(first[name])
            except ConnectError as exc:
                wrong.append(exc.message)
                continue
            after[name] = measured(grown, seconds)
            wrong += worse(name, params["before"].get(name, {}), grown, seconds, params["limits"])
            wrong += astray(name, grown, expected)
        if wrong:
            raise EngineError(
                "After the change: " + "; ".join(wrong[:10]),
                problems=wrong,
                before=params["before"],
                after=after,
            )
        if left <= 0:
            return {"changed": False, "after": after}
