# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a run leaves on each node of what it has changed: one line for the journal."""

from __future__ import annotations

import getpass
import re
import socket
from collections.abc import Mapping, Sequence
from typing import Any

# Where the roles keep the results of what writes tables and variables, or puts them back.
WRITING = (
    "__proxysql_joined",
    "__proxysql_declared",
    "__proxysql_stands",
    "__proxysql_led_back",
    "__proxysql_back",
)
# What AWX, or Automation Platform, says of the person and of the job.
_PERSON = ("awx_user_name", "tower_user_name")
_JOB = ("awx_job_id", "tower_job_id")


def who(variables: Mapping[str, Any]) -> str:
    """The person behind this run, as far as the controller knows."""
    person, job = (_first(variables, names) for names in (_PERSON, _JOB))
    if person or job:
        return f"{person or 'somebody'} (job {job})" if job else person
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (KeyError, OSError):  # no name for this user id, as in a container
        return socket.gethostname()


def _first(variables: Mapping[str, Any], names: Sequence[str]) -> str:
    found = next((str(variables[name]) for name in names if name in variables), "")
    # it comes from others, and is one word of one line
    return re.sub(r"[^\w.@+-]", "?", found)[:80]


def changed(seen: Mapping[str, Any]) -> list[str]:
    """Tables that were written on the host in this run, with their layers."""
    results = [seen.get(name) or {} for name in WRITING]
    diffs = [diff for result in results if result.get("changed") for diff in result.get("diff") or []]
    headers = [diff.get("before_header") for diff in diffs]
    return list(dict.fromkeys(header for header in headers if header))


def _points(seen: Mapping[str, Any]) -> list[str]:
    results = [seen.get(name) or {} for name in WRITING]
    names = [result.get("restore_point") for result in results if result.get("changed")]
    return list(dict.fromkeys(name for name in names if name))


def traces(hosts: Sequence[str], hostvars: Mapping[str, Mapping[str, Any]], run: str) -> dict[str, str]:
    """By host, its line. Nothing where the run has changed nothing; else every node has one."""
    written = {host: changed(hostvars[host]) for host in hosts}
    writers = [host for host in hosts if written[host]]
    if not writers:
        return {}
    head = f"{run} by {who(hostvars[hosts[0]])}"
    lines = {}
    for host in hosts:
        if written[host]:
            points = _points(hostvars[host])
            kept = f"; restore point {', '.join(points)}" if points else ""
            lines[host] = f"{head} wrote {', '.join(written[host])}{kept}"
        else:
            lines[host] = f"{head} wrote on {', '.join(writers)}, which this node follows"
    return lines
