# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the role proxysql has left of each node, for whoever judges the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def seen_nodes(
    names: Sequence[str], hostvars: Mapping[str, Any], cores: Sequence[str]
) -> list[dict[str, Any]]:
    """The nodes as ``judge`` takes them."""
    return [_node(name, hostvars[name], cores) for name in names]


def _node(name: str, left: Mapping[str, Any], cores: Sequence[str]) -> dict[str, Any]:
    seen = left.get("__proxysql_status", {})
    return {
        "host": name,
        "role": "core" if name in cores else "satellite",
        "seen": seen if seen.get("cluster") is not None else None,
        "error": seen.get("msg") or "unreachable",
    }
