# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which satellites the playbook site need not go to, for a core was told that they stand as they should."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .values import plain, registered

EVERYBODY = "proxysql_core:proxysql_satellite"
NO_NODE = "all:!proxysql_core:!proxysql_satellite"


def looked(site: Mapping[str, Any], hostvars: Mapping[str, Any], before: bool = False) -> dict[str, Any]:
    """What a core was told of the satellites that it asked. Empty if it was told nothing.

    silent: those that do not answer. join: those that need something that the cluster does not bring.
    differ: all that are not as declared. versions, times: by host, of those that need nothing of their own.
    before: this is the second look, after the leader was written to. It changes ``differ`` alone.
    """
    seen = _looked(site, hostvars)
    first = found(hostvars, site["cores"], "__proxysql_looked") if before else {}
    return {**first, "differ": seen["differ"]} if first and seen else first or seen


def _looked(site: Mapping[str, Any], hostvars: Mapping[str, Any]) -> dict[str, Any]:
    answers = (registered(hostvars, core, "__proxysql_answers").get("nodes") for core in site["cores"])
    questions, told = site["questions"], plain(next(filter(None, answers), {}))
    if not told or not questions:
        return {}
    own = questions["own"]
    seen = {site["by_place"][place]: one for place, one in told.items()}
    silent = [host for host, one in seen.items() if one.get("cluster") is None]
    told_of = {host: one for host, one in seen.items() if one.get("cluster") is not None}
    join = [host for host, one in told_of.items() if _has_own(one, own)]
    spared = {host: one for host, one in told_of.items() if host not in set(join)}
    return {
        "silent": silent,
        "join": join,
        "differ": [host for host, one in told_of.items() if one["drift"]],
        "versions": {host: str(one["server_version"]) for host, one in spared.items()},
        "times": {host: int(one["cluster"]["now"]) for host, one in spared.items()},
    }


def _has_own(seen: Mapping[str, Any], own: Mapping[str, Sequence[str]]) -> bool:
    """Whether anything differs that the cluster does not bring, or cannot be told."""
    return bool(
        seen["drift_unknown"]
        or seen["restart_required"]
        or not set(own["tables"]).isdisjoint(seen["drift"])
        or not set(own["variables"]).isdisjoint(seen["drift_variables"])
    )


def found(hostvars: Mapping[str, Any], hosts: Sequence[str], name: str) -> dict[str, Any]:
    """What one of the hosts has worked out under this name, of tasks that ran once."""
    # with --list-hosts and the like there are no variables of hosts
    for host in (host for host in hosts if host in hostvars):
        results = registered(hostvars, host, name).get("results")
        if results:
            item: dict[str, Any] = results[0].get("item") or {}
            if item:
                return item
    return {}


def hosts_of(
    cores: Sequence[str],
    hostvars: Mapping[str, Any],
    finish: bool = False,
    check_mode: bool = False,
    withdraw: bool = False,
) -> str:
    """The pattern of the hosts that tasks run on. finish: after the leader was written to.

    withdraw: nodes that are to hold no virtual IP, where something may be left that once did, and all hosts
    that are no nodes.
    """
    if withdraw:
        return _withdraw(cores, hostvars)
    seen = found(hostvars, cores, "__proxysql_looked")
    if not seen:
        return EVERYBODY
    names = list(seen["join"])
    if finish:
        changed = any(registered(hostvars, core, "__proxysql_declared").get("changed") for core in cores)
        # In check mode nobody has got the change, and what the cluster brings is not compared.
        if not (check_mode and changed):
            names += seen["differ"]
    # not a colon, which an IPv6 address as a name has
    return ",".join(["proxysql_core", *dict.fromkeys(names)])


def _withdraw(cores: Sequence[str], hostvars: Mapping[str, Any]) -> str:
    site = found(hostvars, cores, "__proxysql_planned")
    if not site:
        return "all"
    spared = [
        name
        for name in site["nodes"]
        if site["hosts"][name]["led"] or not _may_have_keepalived(hostvars, name)
    ]
    if len(spared) == len(site["nodes"]):
        return NO_NODE
    return ",".join(["all", *(f"!{name}" for name in spared)])


def _may_have_keepalived(hostvars: Mapping[str, Any], host: str) -> bool:
    """Seen when ProxySQL was installed: most satellites have none. Where nobody looked there may be one."""
    files = registered(hostvars, host, "__proxysql_found").get("files")
    return files is None or any(file["path"] == "/etc/keepalived" for file in files)
