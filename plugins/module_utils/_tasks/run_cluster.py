# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What cluster_sync does: options to the engine, what the nodes hold to a result."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

from .._catalog.tables import Section
from .._cluster.cluster import Convergence, Node, choose_leader, connect_nodes
from .._declared.errors import DeclarationError, EngineError
from .._section.runtime import named_sections
from .module import NODE, Module, Spec, login


def run_cluster_sync() -> None:
    """The module cluster_sync: wait until every node agrees with the first, or choose the first."""
    spec: Spec = {
        "nodes": {"type": "list", "elements": "dict", "options": NODE, "required": True},
        "sections": {"type": "list", "elements": "str"},
        "heal": {"type": "bool", "default": False},
        "choose_leader": {"type": "bool", "default": False},
        "timeout": {"type": "float", "default": 60.0},
    }
    module = Module(spec)
    params = module.params
    nodes: list[Node] = []
    deadline = time.monotonic() + params["timeout"]
    try:
        if not params["nodes"]:
            raise DeclarationError("nodes: at least the leader must be given")
        named = named_sections(params["sections"])
        sections = [section for section in named if section.checksum]
        if params["sections"]:
            _check_carried(section.name for section in named if not section.checksum)
        nodes = connect_nodes(
            (login(params, node["login_host"], node["login_port"], module.given) for node in params["nodes"]),
            deadline,
        )
        if params["choose_leader"]:
            leader, remarks = choose_leader(nodes, sections, deadline)
            result: dict[str, Any] = {"changed": False, "leader": leader.name, "remarks": remarks}
        else:
            result = _synchronise(nodes, sections, params["heal"], deadline, module.check_mode)
            if params["sections"] and nodes[0].view is not None:
                seen = nodes[0].view
                _check_carried((s.name for s in sections if s.name not in seen.sections), seen.version)
            result["leader"] = nodes[0].name
    except EngineError as exc:
        module.fail(exc)
    finally:
        for node in nodes:
            node.close()
    result["nodes"] = {node.name: _node_result(node) for node in nodes}
    module.exit_json(**result)


def _check_carried(names: Iterable[str], version: str = "") -> None:
    """Refuse sections that nodes do not take from each other. Raises DeclarationError."""
    listed = ", ".join(names)
    if listed:
        server = f"the cluster of ProxySQL {version}" if version else "the cluster"
        raise DeclarationError(
            f"sections: {server} does not carry {listed}; each node has to be written itself"
        )


def _synchronise(
    nodes: Sequence[Node], sections: Sequence[Section], heal: bool, deadline: float, check: bool
) -> dict[str, Any]:
    cluster = Convergence(nodes, sections, heal)
    if check:
        cluster.look(deadline)
        found = ((section, cluster.needs_load(section)) for section in cluster.sections if heal)
        would = {section.name: why for section, why in found if why}
    else:
        cluster.wait(deadline)
        would = cluster.healed
    return {
        "changed": bool(would),
        "healed": [{"section": name, "reason": why} for name, why in would.items()],
        "statements": [f"LOAD {name} TO RUNTIME" for name in would],
        "server_version": cluster.views[0].version,
        "not_converged": cluster.why(),
    }


def _node_result(node: Node) -> dict[str, dict[str, Any]]:
    if node.view is None:
        return {}
    return {
        name: {
            "checksum": seen.checksum,
            "version": seen.version,
            "epoch": seen.epoch,
            "seconds": node.converged.get(name),
        }
        for name, seen in node.view.sections.items()
    }
