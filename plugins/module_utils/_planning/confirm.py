# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Whether live traffic is worse after a change than before. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._declared.errors import DeclarationError

# Averages of fewer queries than these say little, and a latency below this (microseconds) is none.
_ENOUGH = 20
_FLOOR = 1000


@dataclass(frozen=True)
class Digest:
    """A row of stats_mysql_query_digest. time: microseconds, of all together."""

    hostgroup: int
    user: str
    schema: str
    text: str
    count: int
    time: int


@dataclass
class Traffic:
    """What one node has counted up to now.

    errors: those of stats_mysql_errors. refused: connections to servers that failed, by hostgroup.
    digests: by all that tells them apart.
    """

    errors: int = 0
    refused: dict[int, int] = field(default_factory=dict)
    digests: dict[tuple[str, ...], Digest] = field(default_factory=dict)

    def since(self, other: Traffic) -> Traffic:
        """What was counted between the two. A counter that was set to 0 in between counts from there."""
        digests = {}
        for key, one in self.digests.items():
            old = other.digests.get(key)
            count, time = (old.count, old.time) if old and old.count <= one.count else (0, 0)
            if one.count > count:
                digests[key] = Digest(
                    one.hostgroup, one.user, one.schema, one.text, one.count - count, one.time - time
                )
        refused = {group: _grown(count, other.refused.get(group, 0)) for group, count in self.refused.items()}
        return Traffic(_grown(self.errors, other.errors), refused, digests)

    def latency(self) -> dict[int, tuple[int, float]]:
        """Queries and their average in microseconds, by hostgroup. Answers from the cache have none."""
        found: dict[int, list[int]] = {}
        for each in self.digests.values():
            if each.hostgroup >= 0:
                sums = found.setdefault(each.hostgroup, [0, 0])
                sums[0] += each.count
                sums[1] += each.time
        return {group: (count, time / count) for group, (count, time) in found.items() if count}


def _grown(now: int, before: int) -> int:
    return now - before if now >= before else now


def measured(traffic: Traffic, seconds: float) -> dict[str, Any]:
    """As a result shows it: rates a second, latency in microseconds, by hostgroup where it is one's."""
    return {
        "errors": round(traffic.errors / seconds, 3),
        "connection_errors": {
            str(group): round(count / seconds, 3) for group, count in sorted(traffic.refused.items())
        },
        "queries": {str(group): count for group, (count, _mean) in sorted(traffic.latency().items())},
        "latency": {str(group): round(mean) for group, (_count, mean) in sorted(traffic.latency().items())},
    }


def worse(
    node: str, before: Mapping[str, Any], traffic: Traffic, seconds: float, limits: Mapping[str, float]
) -> list[str]:
    """What is worse than the limits, as sentences. before: as `measured` gave it; seconds: of traffic."""
    found = []
    more = traffic.errors - float(before.get("errors", 0)) * seconds
    if more > limits["errors"]:
        found.append(
            f"{node}: {traffic.errors} errors in {seconds:.0f} s, {more:.0f} more than expected;"
            f" {limits['errors']:g} are allowed"
        )
    refused = before.get("connection_errors", {})
    for group, count in traffic.refused.items():
        more = count - float(refused.get(str(group), 0)) * seconds
        if more > limits["connection_errors"]:
            found.append(
                f"{node}: hostgroup {group} refused {count} connections in {seconds:.0f} s, {more:.0f} more"
                f" than expected; {limits['connection_errors']:g} are allowed"
            )
    for group, (count, mean) in traffic.latency().items():
        old = before.get("latency", {}).get(str(group))
        if old is None or count < _ENOUGH or mean < _FLOOR:
            continue
        if mean > max(float(old), _FLOOR) * limits["latency"]:
            found.append(
                f"{node}: hostgroup {group} takes {mean / 1000:.1f} ms for a query, before it was"
                f" {float(old) / 1000:.1f} ms; {limits['latency']:g} times as much is allowed"
            )
    return found


def failed_logins(failed: Sequence[str], allowed: int) -> list[str]:
    """failed: a sentence for each login that failed."""
    if len(failed) <= allowed:
        return []
    many = "1 login" if len(failed) == 1 else f"{len(failed)} logins"
    return [f"{many} failed, the last one: {failed[-1]}; {allowed} are allowed"]


@dataclass(frozen=True)
class Expected:
    """A declared query: where those whose digest text matches have to go."""

    pattern: re.Pattern[str]
    hostgroup: int
    user: str | None
    schema: str | None


def expectations(given: Sequence[Mapping[str, Any]]) -> list[Expected]:
    found = []
    for number, each in enumerate(given, 1):
        try:
            pattern = re.compile(each["digest"], re.IGNORECASE)
        except re.error as exc:
            raise DeclarationError(f"queries, {number}: {each['digest']!r} does not compile: {exc}") from None
        found.append(Expected(pattern, each["hostgroup"], each.get("user"), each.get("schema")))
    return found


def astray(node: str, traffic: Traffic, expected: Sequence[Expected]) -> list[str]:
    """Declared queries that went elsewhere, as sentences. hostgroup -1 is the cache, which is no place."""
    found = []
    for each in traffic.digests.values():
        for wanted in expected:
            if (
                each.hostgroup not in (wanted.hostgroup, -1)
                and wanted.user in (None, each.user)
                and wanted.schema in (None, each.schema)
                and wanted.pattern.search(each.text)
            ):
                found.append(
                    f"{node}: {each.count} of {each.text[:120]} ({each.user}) went to hostgroup"
                    f" {each.hostgroup}, not to {wanted.hostgroup}"
                )
                break
    return found
