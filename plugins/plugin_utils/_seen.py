# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the role proxysql has left of each node, for whoever judges the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ._site.values import plain


def seen_nodes(
    names: Sequence[str], hostvars: Mapping[str, Any], site: Mapping[str, Any]
) -> tuple[list[dict[str, Any]], list[Any]]:
    """The nodes as ``judge`` takes them, and the backends of those that a core has asked. site: the plan."""
    told, backends, why = _answers(hostvars, site) if site.get("questions") else ({}, [], "")
    found = []
    for name in names:
        if why and name not in site["cores"]:
            # the variables of a thousand hosts take seconds to put together, and nothing of these is in them
            seen = told.get(name, {"msg": why})
        else:
            seen = hostvars[name].get("__proxysql_status", {})
        found.append(_node(name, seen, site["cores"]))
    return found, backends


def _answers(hostvars: Mapping[str, Any], site: Mapping[str, Any]) -> tuple[dict[str, Any], list[Any], str]:
    """By satellite what a core has been told, their backends, and why nothing is known of any other."""
    why = "no core answers that could ask it"
    for core in site["cores"]:
        left = hostvars[core].get("__proxysql_answers", {})
        if left.get("nodes"):
            # a virtual IP is seen on its host alone
            told = {
                site["by_place"][place]: {"holds": [], **seen} for place, seen in plain(left["nodes"]).items()
            }
            return told, plain(left["backends"]), f"{core} did not ask it"
        if left.get("msg"):
            why = f"{core} could not ask it: {left['msg']}"
    return {}, [], why


def _node(name: str, seen: Mapping[str, Any], cores: Sequence[str]) -> dict[str, Any]:
    return {
        "host": name,
        "role": "core" if name in cores else "satellite",
        "seen": seen if seen.get("cluster") is not None else None,
        "error": seen.get("msg") or "unreachable",
    }
