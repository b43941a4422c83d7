# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which cores clients are led to, by a virtual IP or load balancers, and which somebody put aside. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Optional

from ._standing import OUT, WISHES

#: text, what to do, whether it is serious, host
Row = tuple[str, str, bool, str]
#: By core, what node_info returned; None of one that does not answer.
Seen = Mapping[str, Optional[Mapping[str, Any]]]

_PUT_BACK = {
    "maintenance": (
        "`maintenance -e proxysql_maintenance_host={host} -e proxysql_maintenance_state=back` puts it back"
    ),
    "switchover": "`switchover` to the core that is first in rank ends it",
    "preference": "`/etc/keepalived/proxysql-state prefer 0` on it ends it",
    "restart": "a rolling run was interrupted: run it again",
}
# Seconds after which it is known whether a balancer asks.
_KNOWN = 30


def serving(cores: Seen, virtual_ip: bool) -> Iterator[Row]:
    """Somebody's wish is no illness, but somebody must know of it; and that nobody could take over."""
    balanced = not virtual_ip and any((seen or {}).get("health") for seen in cores.values())
    against = {host: _against(seen or {}, balanced) for host, seen in cores.items()}
    for host, files in against.items():
        for name, row in files.items():
            how = "out" if row["value"] <= OUT else "set back"
            what = (
                "drained: load balancers give it no connections"
                if balanced
                else f"{how} as holder of the virtual IP"
            )
            todo = _PUT_BACK.get(name, "`journalctl -u proxysql-watch` on it tells more")
            yield f"{host} is {what}: {row['why'] or name}", todo.format(host=host), False, host
    # a balancer is told of any wish, whatever its number
    most = 0 if balanced else OUT
    able = [
        host
        for host, files in against.items()
        if cores[host] and all(row["value"] > most for row in files.values())
    ]
    if balanced and cores and not able and len(cores) == 1:
        yield "no core is left that takes connections", "put it back", True, ""
    if any(against.values()) and (virtual_ip or balanced) and len(cores) > 1 and len(able) < 2:
        what = "take over" if balanced else "take over the virtual IP"
        yield f"no other core could {what}" + (f" from {able[0]}" if able else ""), "put one back", True, ""
    if balanced:
        yield from _balancers(cores)


def _against(seen: Mapping[str, Any], balanced: bool) -> Mapping[str, Mapping[str, Any]]:
    """By name, the numbers that lead clients past the core: balancers are told of wishes alone."""
    files: Mapping[str, Mapping[str, Any]] = seen.get("set_back") or {}
    return {name: row for name, row in files.items() if not balanced or name in WISHES}


def _balancers(cores: Seen) -> Iterator[Row]:
    health = {host: seen["health"] for host, seen in cores.items() if seen and seen.get("health")}
    for host, found in health.items():
        if not found["status"]:
            text = f"{host} does not answer load balancers at port {found['port']}"
            yield text, "`systemctl status proxysql-health` on it tells more", True, host
    unasked = [host for host, found in health.items() if found["status"] and not found["balancers"]]
    if unasked and all(health[host]["age"] >= _KNOWN for host in unasked):
        port = health[unasked[0]]["port"]
        yield (
            f"no load balancer asks {' nor '.join(unasked)}",
            f"see that one runs, and asks at port {port} at least every 10 s",
            len(unasked) == len(health),
            unasked[0] if len(unasked) == 1 else "",
        )
