# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The variables that only a playbook takes: names of hosts in them are hosts."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ...module_utils._declared.meant import did_you_mean

CORES, SATELLITES = "proxysql_core", "proxysql_satellite"

_NAME = re.compile(r"[A-Za-z0-9_.-]+\Z")
# By playbook, the variable that names a host.
_HOSTS = {
    "lint": "proxysql_lint_host",
    "maintenance": "proxysql_maintenance_host",
    "remove_node": "proxysql_remove_node_host",
    "restore": "proxysql_backup_host",
    "switchover": "proxysql_switchover_to",
}
# What one core gives away another takes, and each is told.
_WITH_ALL_CORES = ("maintenance", "remove_node", "switchover")


def spec_of(playbook: str) -> str:
    """Both rolling playbooks take the same, and what backup writes restore reads."""
    if playbook.startswith("rolling_"):
        return "rolling"
    return "backup" if playbook == "restore" else playbook


def misspelt(group: str, groups: Mapping[str, Sequence[str]], known: Sequence[str]) -> str:
    """A sentence if there is nobody in this group, and one of nearly its name has hosts that nobody knows."""
    if groups.get(group):
        return ""
    # proxysql_satelite and proxysql-satellites, and not proxysql
    near = difflib.get_close_matches(group, groups, 3, 0.85)
    meant = [one for one in near if set(groups[one]) - set(known)]
    return f"there is no host in the group {group}; is the group {meant[0]} meant?" if meant else ""


def check_hosts(
    cores: Sequence[str],
    satellites: Sequence[str],
    groups: Mapping[str, Sequence[str]],
    hosts: Sequence[str],
    nodes: Sequence[str],
    say: Callable[[str], None],
) -> None:
    """Whether there is anybody to do something on. hosts: of the run; nodes: of the site."""
    slips = {name: misspelt(name, groups, nodes) for name in (CORES, SATELLITES)}
    for sentence in filter(None, slips.values()):
        say(sentence)
    if not cores and not slips[CORES]:
        why = "; the satellites would have nobody to follow" if satellites else ": is it the right inventory?"
        say(f"there is no host in the group {CORES}{why}")
    elif cores and not set(nodes) & set(hosts):
        say(f"none of the hosts of this run is in {CORES} or {SATELLITES}; --limit may leave none of them")


def chosen(pattern: str, groups: Mapping[str, Sequence[str]], say: Callable[[str], None]) -> list[str]:
    """The hosts that a pattern of names means; none are known of a pattern of another kind."""
    found: list[str] = []
    for name in (part.strip() for part in str(pattern).split(",")):
        hosts = groups.get(name, [name] if name in groups.get("all", ()) else [])
        found += hosts
        if not hosts and _NAME.match(name):
            say(
                f"proxysql_export_hosts has '{name}', which is no host or group of the inventory"
                + did_you_mean(name, [*groups.get("all", ()), *groups])
            )
    return found


def check(
    playbook: str,
    options: Mapping[str, Any],
    cores: Sequence[str],
    satellites: Sequence[str],
    hosts: Sequence[str],
    say: Callable[[str], None],
) -> None:
    """Whether it can do what it is asked for. hosts: of the run, which --limit may have made fewer."""
    name = _HOSTS.get(playbook, "")
    host = options.get(name)
    allowed = list(cores) if playbook == "switchover" else [*cores, *satellites]
    # A survey's question that nobody answered arrives as an empty text.
    unanswered = host is None or (playbook == "switchover" and host == "")
    if not unanswered and host not in allowed:
        groups = "proxysql_core" if playbook == "switchover" else "proxysql_core or proxysql_satellite"
        say(f"{name} is '{host}', which is no host of {groups}{did_you_mean(str(host), allowed)}")
    needed = [*(cores if playbook in _WITH_ALL_CORES else ()), *([host] if host in allowed else ())]
    left_out = [each for each in dict.fromkeys(needed) if each not in hosts]
    if left_out and playbook != "lint":
        say(f"--limit leaves out {', '.join(left_out)}; {playbook} would do nothing, or half of it")
    if playbook == "remove_node" and list(cores) == [host] and satellites:
        say(f"{host} is the only core; the others would have nobody to follow")
    if playbook in ("backup", "restore") and not options.get("proxysql_backup_password"):
        say("proxysql_backup_password is not set; backups are encrypted with it, so keep it in a vault")
    if playbook == "restore" and not options.get("proxysql_backup_file"):
        say("proxysql_backup_file is not set; it is the file that the playbook backup has written")
    if playbook == "primary_switchover":
        _check_primary(options, say)
    for name in ("proxysql_status_watch", "proxysql_status_watch_times"):
        if (options.get(name) or 0) < 0:
            say(f"{name} is {options[name]}; it must be 0 or more")
    for name in ("proxysql_rolling_serial", "proxysql_site_batch"):
        if (options.get(name, 1) or 0) < 1:
            say(f"{name} is {options[name]}; it must be 1 or more")


def _check_primary(options: Mapping[str, Any], say: Callable[[str], None]) -> None:
    prefix = "proxysql_primary_switchover"
    emergency = options.get(f"{prefix}_emergency")
    if not options.get(f"{prefix}_to") and not emergency:
        say(f"{prefix}_to is not set; it is the replica that becomes the primary")
    if options.get(f"{prefix}_confirm") and not emergency:
        say(f"{prefix}_confirm is set without {prefix}_emergency, and has no effect")
    for what in ("database_user", "database_password", "replication_user", "replication_password"):
        if not options.get(f"{prefix}_{what}"):
            say(f"{prefix}_{what} is not set")
