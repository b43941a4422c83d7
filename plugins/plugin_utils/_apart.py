# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Whether cores would get other settings of VRRP than those that a limited run leaves out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ._standing import addresses

# what each host has told of itself when its play began
_SEEN = "__proxysql_found"


def apart(
    site: Mapping[str, Any],
    hostvars: Mapping[str, Any],
    hosts: Sequence[str],
    limit: str = "",
    outside: Sequence[Mapping[str, Any]] = (),
) -> dict[str, list[str]]:
    """hosts: those of this run. outside: what looking at others returned, each with its ``node``.

    ask: hosts of which nothing is known and which may hold an address. refusals: why a core that is in
    this run may get no other settings, to be said after its name. Without a limit there are none: then a host
    that is not there is not there.
    """
    vips = [vip.partition("/")[0] for vip in site["vips"]]
    if not (limit and vips):
        return {"ask": [], "refusals": []}
    missing = [name for name in site["cores"] if name not in hosts]
    # of hosts that are no nodes as well: one of them may have been a core
    unseen = [
        name
        for name in hostvars
        if name not in hosts and name not in site["cores"] and _SEEN not in hostvars[name]
    ]
    holding = [
        str(row["node"])
        for row in outside
        if set(vips).intersection(addresses(row.get("ansible_facts") or {}))
    ]
    refusals = []
    for names, why in (
        (missing, "cores that do not agree would both take"),
        (holding, "it would go on holding"),
    ):
        if names:
            are = "is" if len(names) == 1 else "are"
            refusals.append(
                f"gets no other settings of VRRP while {' and '.join(names)} {are} not in this run"
                f" (--limit {limit}): {why} {', '.join(vips)}. Run this without --limit"
            )
    return {"ask": unseen, "refusals": refusals}
