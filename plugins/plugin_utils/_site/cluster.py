# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The nodes as a run finds them: which it reached, who leads them, and what is left to be written where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .looked import found
from .values import registered


def cluster(
    site: Mapping[str, Any],
    hostvars: Mapping[str, Any],
    host: str,
    running: Sequence[str],
    began: Sequence[str],
    check_mode: bool = False,
) -> dict[str, Any]:
    """site: the plan. host: who asks. began: hosts of the play; running: those that have not failed.

    versions: by node, of those that were asked; asked: where they are. leader: the host that is written to.
    leads: whether that is host. led: whether host may be written to after it. nodes: asked, the leader first.
    rehearses: whether host tries what is declared before it joins.
    lost: nodes that the run did not finish, and silent ones, to whose hosts it did not go.
    alone: whether no core is in the run, who could give the others anything. ahead: whether what the cluster
    carries cannot be compared yet, or is only compared with the cores.
    as_declared: whether nothing is to be written on any node, for all were seen to hold what is declared.
    """
    sync = site["hosts"][host]["proxysql"]["cluster_mode"] == "sync"
    looked = found(hostvars, site["cores"], "__proxysql_looked") if site["questions"] else {}
    versions, places = _answers(site, hostvars, looked.get("versions", {}))
    present = [name for name in site["cores"] if name in running]
    leader = _leader(places, hostvars, host, present, began)
    leads = sync and host == leader and host in site["cores"]
    alone = sync and not set(site["cores"]) & set(began)
    changes = check_mode and bool(registered(hostvars, leader, "__proxysql_declared").get("changed"))
    order = [leader, *(name for name in versions if name != leader)]
    return {
        "versions": versions,
        "as_declared": _as_declared(site, hostvars, looked, running),
        "versions_differ": sync and len(set(versions.values())) > 1,
        "candidates": [places[name] for name in present if name in versions],
        "asked": [places[name] for name in versions],
        "leader": leader,
        "leads": leads,
        # what was not written on the leader, because it failed, no other node gets written by itself
        "led": not sync or not present or leader in running,
        "nodes": [places[name] for name in order],
        # Before any node is written to, and where it will be; of cores one is as good as another.
        "rehearses": not sync or host in present[:1],
        "lost": [
            *(name for name in site["nodes"] if name in began and name not in running),
            *looked.get("silent", ()),
        ],
        "alone": alone,
        # In check mode the leader has not given it to the others; without a core there is nobody who could.
        "ahead": sync and (changes or not present and not (alone and check_mode)),
    }


def _as_declared(
    site: Mapping[str, Any], hostvars: Mapping[str, Any], looked: Mapping[str, Any], running: Sequence[str]
) -> bool:
    """Of those that somebody else has asked, the others need nobody who goes to them."""
    if looked.get("differ") or looked.get("join"):
        return False
    # one of a later batch has not been asked yet
    return all(registered(hostvars, name, "__proxysql_seen").get("as_declared") is True for name in running)


def _answers(
    site: Mapping[str, Any], hostvars: Mapping[str, Any], spared: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, Any]]:
    """Versions of the nodes that were asked, and where each node answers now.

    That may be another port than the declared one: in check mode for the whole run. spared: versions of
    those that somebody else has asked; the variables of a thousand hosts take seconds to put together.
    """
    versions, places = {}, dict(site["places"])
    for name in site["nodes"]:
        version = spared.get(name)
        if not version:
            left = hostvars[name]
            version = left["__proxysql_seen"].get("server_version") if "__proxysql_seen" in left else None
            if "__proxysql_present_port" in left:
                places[name] = {**places[name], "login_port": int(left["__proxysql_present_port"])}
        if version:
            versions[name] = str(version)
    return versions, places


def _leader(
    places: Mapping[str, Mapping[str, Any]],
    hostvars: Mapping[str, Any],
    host: str,
    present: Sequence[str],
    began: Sequence[str],
) -> str:
    """The core that was chosen; until one is, and in a run without cores, the first host of the play."""
    for name in (host, *present[:1]):
        chosen = registered(hostvars, name, "__proxysql_chosen").get("leader")
        for core, place in places.items() if chosen else ():
            if chosen == f"{place['login_host']}:{place['login_port']}":
                return core
    return str(began[0])
