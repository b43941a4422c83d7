# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the cores say of themselves, judged before a virtual IP is moved; plain Python, no host touched.

What a core says is what ``/etc/keepalived/proxysql-state show`` prints: files, by name, each with a
value, which is added to the priority, and why; and addresses, the virtual IPs that the host has.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

OUT = -254  # takes a host out, whatever its priority
NOT_SET_UP = "keepalived is not set up on it"
# Somebody's wish, and lasting: behind the others a core can still hold what they cannot.
WISHES = ("preference", "maintenance", "switchover", "restart")


def standing(asked: Sequence[Mapping[str, Any]], step: int = 0, balanced: bool = False) -> dict[str, Any]:
    """asked: for each core its name, peer, and how asking it ended: rc and stdout, or unreachable.

    files: by core, what it says. against: by core, why it could not take a virtual IP, empty if it
    could. willing and holders: names, in the order of asked. step: by how much a core with as many
    writers as the holder may stand behind it. balanced: whether a load balancer stands in for the
    virtual IP. Then each core that is well and nobody has put aside is one of the holders: it is given
    connections, and one that was put aside does not stand in for it. instead: by core, who serves when it
    does not. objections: by core, what speaks against the others, as sentences.
    """
    said = {str(row["peer"]): _said(row) for row in asked}
    silent = {str(row["peer"]): bool(row.get("unreachable")) for row in asked}
    files = {name: found["files"] for name, found in said.items() if found}
    best = max((_value(rows, "backends") for rows in files.values()), default=0)
    against = {}
    for name in said:
        if name in files:
            against[name] = "; ".join(_reasons(files[name], best - step))
        else:
            against[name] = "it cannot be reached" if silent[name] else NOT_SET_UP
    willing = [name for name, why in against.items() if not why]
    if balanced:
        # as proxysql-health answers
        having = [name for name in willing if not any(_value(files[name], wish) < 0 for wish in WISHES)]
        others = having
    else:
        having = [name for name, found in said.items() if found and found["addresses"]]
        others = [name for name in said if name in willing or name in having]
    return {
        "files": files,
        "against": against,
        "willing": willing,
        "holders": having,
        "instead": {name: [other for other in others if other != name] for name in said},
        "objections": {
            name: " ".join(
                f"{other}: {why or 'it is drained'}." for other, why in against.items() if other != name
            )
            for name in said
        },
    }


def heirless(asked: Sequence[Mapping[str, Any]], host: str, balanced: bool = False, new: bool = True) -> str:
    """Why host may not be taken its virtual IP, or its load balancer's connections: nobody else could serve.
    Empty if it does not serve, or somebody could.

    asked: host and the cores that stay, as for ``standing``. balanced: whether a load balancer leads clients
    to host. new: whether cores that are not set up yet are going to be.
    """
    found = standing(asked, balanced=balanced)
    against = {name: why for name, why in found["against"].items() if name != host}
    able = [name for name in against if name in (found["holders"] if balanced else found["willing"])]
    if host not in found["holders"] or able or new and NOT_SET_UP in against.values():
        return ""
    why = " ".join(f"{name}: {said or 'it is drained'}." for name, said in against.items())
    return f"{host} goes on serving clients, for no core that stays could do it. {why} Put one back before"


def holders(
    instances: Sequence[Mapping[str, Any]], hosts: Sequence[str], seen: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Who holds each instance's virtual IPs, and whether it should.

    seen: by host, the facts all_ipv4_addresses, all_ipv6_addresses and local, with their prefix. The
    first healthy core by priority should be it; one that was set back or is cut off should not. Without
    preemption any core may. begun: whether any host that may have them has been set up for that.
    """
    rows = []
    for one in instances:
        begun = any(_files(seen.get(host) or {}) for host in one["priorities"])
        vips = [vip.partition("/")[0] for vip in one["vips"]]
        having, ranks = [], []
        for host in hosts:
            facts = seen.get(host) or {}
            files = _files(facts)
            numbers = [_value(files, name) for name in files]
            # of one that cannot be reached it is not known that it could
            # nor could one that is not set up, where others are
            set_up = bool(_show(facts)) or not begun
            if (
                set_up
                and facts
                and host in one["priorities"]
                and not any(number <= OUT for number in numbers)
            ):
                ranks.append((int(one["priorities"][host]) + sum(numbers), host))
            if set(vips) & set(addresses(facts)):
                having.append(host)
        first = max(ranks, default=(0, ""))[1] if one["preempt"] else ""
        rows.append(
            {
                "name": one["name"],
                "vips": ", ".join(vips),
                "holders": having,
                "first": first,
                "twice": len(having) > 1,
                "begun": begun,
                "well": len(having) == 1 and having[0] in ([first] if first else one["priorities"]),
            }
        )
    return rows


def set_up_for(facts: Mapping[str, Any], vips: Sequence[str], cores: Sequence[str] = ()) -> bool:
    """Whether files of this role are on the host that would take one of these virtual IPs, or that were
    written when it was a core beside one of these.

    facts: local, with their prefix. cores: addresses; two clusters may have cores of one name.
    """
    said = _show(facts)
    return any(
        {str(one) for one in said.get(key) or ()}.intersection(ours)
        for key, ours in (("vips", vips), ("cores", cores))
    )


def addresses(facts: Mapping[str, Any]) -> list[str]:
    """facts: with their prefix."""
    return [
        *(facts.get("ansible_all_ipv4_addresses") or ()),
        *(facts.get("ansible_all_ipv6_addresses") or ()),
    ]


def _files(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    return _show(facts).get("files") or {}


def _show(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    local = facts.get("ansible_local") or {}
    # a sentence where the program failed
    said = local.get("proxysql_vip")
    return said if isinstance(said, Mapping) else {}


def _said(row: Mapping[str, Any]) -> dict[str, Any] | None:
    try:
        found = json.loads(row.get("stdout") or "")
        return {"files": dict(found["files"]), "addresses": list(found["addresses"])}
    except (KeyError, TypeError, ValueError):
        return None


def _value(files: Mapping[str, Any], name: str) -> int:
    return int((files.get(name) or {}).get("value") or 0)


def _reasons(files: Mapping[str, Any], enough: int) -> list[str]:
    found = []
    for name in files:
        value = _value(files, name)
        fewer = name == "backends" and value < enough
        ill = name != "backends" and name not in WISHES and value != 0
        if value <= OUT or fewer or ill:
            found.append(str(files[name].get("why") or f"{name} is {value}"))
    return found
