# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How far a play has come that goes through its hosts in batches, for a person who waits."""

from __future__ import annotations

from collections.abc import Sequence


def progress(hosts: Sequence[str], left: Sequence[str], batch: Sequence[str], first: int, size: int) -> str:
    """A line, empty where there is only one batch.

    hosts: all of the play, in order. left: those of them that have not failed. batch: those of the present
    batch that have not. first, size: how many hosts the first batch has, and each of the others.
    """
    if len(hosts) <= first or not batch:
        return ""
    places = {name: place for place, name in enumerate(hosts, start=1)}
    reached = max(places[name] for name in batch)
    # the last of the batch may have failed
    done = first if reached <= first else first + -(-(reached - first) // size) * size
    done = min(done, len(hosts))
    failed = len(set(hosts[:done]) - set(left))
    return f"{done:,} of {len(hosts):,} hosts" + (f", {failed:,} failed" if failed else "")
