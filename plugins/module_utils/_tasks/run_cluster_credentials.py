# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the module cluster_credentials does: options to the engine, the steps to a result."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from .._cluster.cluster import Node, connect_nodes
from .._cluster.credentials import check_wanted, rotate, variables_of
from .._declared.errors import DeclarationError, EngineError
from .._planning.ages import passwords_of
from .._planning.credentials import Standing, pairs_of
from .._section import replaced_logins
from .._section.apply import OPEN_EDITS, How
from .module import NODE, Module, Spec, login


def run_cluster_credentials() -> None:
    """The module cluster_credentials: the logins of all nodes, changed so that nodes go on following."""
    spec: Spec = {
        "nodes": {"type": "list", "elements": "dict", "options": NODE, "required": True},
        "admin_credentials": {"type": "str", "required": True, "no_log": True},
        "stats_credentials": {"type": "str", "no_log": True},
        "cluster_user": {"type": "str", "required": True},
        "cluster_password": {"type": "str", "required": True, "no_log": True},
        "restore_points": {"type": "path", "default": ""},
        "open_edits": {"type": "str", "default": OPEN_EDITS[0], "choices": list(OPEN_EDITS)},
        "timeout": {"type": "float", "default": 60.0},
    }
    module = Module(spec)
    params = module.params
    nodes: list[Node] = []
    deadline = time.monotonic() + params["timeout"]
    want = Standing(
        pairs_of(params["admin_credentials"]),
        (params["cluster_user"], params["cluster_password"]),
        params["stats_credentials"] or "",
    )

    def remember(stands: Sequence[Standing]) -> None:
        """Those that no node has yet: one that was away has its previous ones longer than they were used."""
        new = passwords_of(variables_of(want))
        there = [passwords_of(variables_of(stand)) for stand in stands]
        old = {name: word for one in there for name, word in one.items() if name in new and word}
        replaced = {
            name: word for name, word in old.items() if all(one.get(name) != new[name] for one in there)
        }
        try:
            replaced_logins.keep(params["restore_points"], replaced, new if want.stats else None)
        except EngineError as exc:
            module.warn(f"it is not kept when the logins changed: {exc}")

    try:
        if not params["nodes"]:
            raise DeclarationError("nodes: at least one must be given")
        logins = [
            login(params, node["login_host"], node["login_port"], module.given) for node in params["nodes"]
        ]
        check_wanted(want, logins[0].user)
        nodes = connect_nodes(logins, deadline)
        how = How(check=module.check_mode, open_edits=params["open_edits"])
        done = rotate(nodes, want, how, deadline, remember if params["restore_points"] else None)
    except EngineError as exc:
        module.fail(exc)
    finally:
        for node in nodes:
            node.close()
    result: dict[str, Any] = {
        "changed": done.changed,
        "steps": [{"what": step.what, "nodes": list(step.nodes)} for step in done.steps],
        "absent": done.absent,
        "diff": [
            {**entry, **{side: f"{name} {entry[side]}" for side in ("before_header", "after_header")}}
            for name, outcome in done.outcomes.items()
            for entry in outcome.diff()
        ],
    }
    for name, why in done.absent.items():
        module.warn(f"{name} keeps its logins, and is told when this is run again: {why}")
    module.exit_json(**result)
