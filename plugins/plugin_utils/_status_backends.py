# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Databases that are not where they should be, by what their hostgroups are for. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

#: (hostgroup, backend) -> on how many nodes it has which status
Backends = Mapping[tuple[str, str], Mapping[str, int]]

_LOOK = (
    "look at the database, and at mysql_server_connect_log and mysql_server_ping_log; where it answers again,"
    " a node that sends it no query says SHUNNED until LOAD MYSQL SERVERS TO RUNTIME"
)


def well(roles: Mapping[str, str], backends: Backends) -> set[tuple[str, str]]:
    """Those that serve as what they are meant to."""
    spare = {
        backend
        for (hostgroup, backend), states in backends.items()
        if roles.get(hostgroup) == "backup writer" and set(states) == {"ONLINE"}
    }

    def is_well(hostgroup: str, backend: str, states: Mapping[str, int]) -> bool:
        if set(states) == {"ONLINE"}:
            return roles.get(hostgroup) != "offline"
        # Of Galera ProxySQL keeps the backup writers among the writers too, and does not use them there.
        return roles.get(hostgroup) == "writer" and backend in spare and set(states) <= {"ONLINE", "SHUNNED"}

    return {
        (group, backend) for (group, backend), states in backends.items() if is_well(group, backend, states)
    }


def unused(good: Collection[tuple[str, str]], backends: Backends) -> set[tuple[str, str]]:
    """Places of backup writers among the writers: not what they are for. good: of ``well``."""
    return {key for key in good if set(backends[key]) != {"ONLINE"}}


def troubles(
    roles: Mapping[str, str], good: Collection[tuple[str, str]], backends: Backends
) -> Iterator[tuple[str, str]]:
    """What is wrong, and what to do. good: of ``well``."""
    groups: dict[str, Counter[str]] = {}
    for (hostgroup, backend), states in backends.items():
        if roles.get(hostgroup) == "offline":
            yield f"backend {backend} is in the offline hostgroup {hostgroup}", _LOOK
            continue
        groups.setdefault(hostgroup, Counter()).update(states)
        bad = {state: number for state, number in states.items() if state not in ("ONLINE", "OFFLINE_SOFT")}
        if bad and (hostgroup, backend) not in good:
            text = ", ".join(f"{state} on {number}" for state, number in bad.items())
            yield (
                f"backend {backend} in hostgroup {hostgroup} is {text} of {sum(states.values())} nodes",
                _LOOK,
            )
    for hostgroup, states in groups.items():
        if not states["ONLINE"]:
            yield f"hostgroup {hostgroup} has no backend that is ONLINE", "bring one of them back"
