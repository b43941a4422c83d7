# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What was read of one host, in a shape that can be reasoned about."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_MOVE = re.compile(r"instance (?P<name>\S+): (?P<before>\w+) -> (?P<state>\w+), priority -?\d+: (?P<why>.*)")


@dataclass
class Evidence:
    """info: of the module proxysql_info. layers: by layer, sections that differ from memory.

    units: of systemd. said: lines of the journal and of ProxySQL's log. full: mount points without room.
    """

    host: str
    info: Mapping[str, Any] = field(default_factory=dict)
    layers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    units: Sequence[Mapping[str, str]] = ()
    said: Sequence[str] = ()
    full: Sequence[str] = ()

    def rows(self, name: str) -> Sequence[Mapping[str, Any]]:
        """Of the subset activity."""
        found: Sequence[Mapping[str, Any]] = (self.info.get("activity") or {}).get(name) or ()
        return found

    def counter(self, name: str) -> int:
        return next((_number(row["value"]) for row in self.rows("counters") if row["name"] == name), 0)

    def variable(self, name: str) -> str:
        variables = (self.info.get("variables") or {}).get("runtime") or {}
        return str(variables.get(name) or "")

    def count(self, pattern: str) -> int:
        look = re.compile(pattern)
        return sum(1 for line in self.said if look.search(line))

    def moves(self) -> list[str]:
        """Of the virtual IP, as proxysql-notify told them."""
        return [line for line in self.said if _MOVE.search(line)]


def evidence_of(host: str, left: Mapping[str, Any]) -> Evidence:
    """left: the variables of the host, with what the tasks of the role registered."""
    texts, met = texts_of(left), left.get("__proxysql_met") or {}
    return Evidence(
        host,
        met,
        {layer: names for layer, names in (met.get("differences") or {}).items() if names},
        units(texts.get("units", "")),
        [*texts.get("journal", "").splitlines(), *texts.get("log", "").splitlines()],
        full(texts.get("disk", "")),
    )


def texts_of(left: Mapping[str, Any]) -> dict[str, str]:
    """Name of a command -> what it printed."""
    results = (left.get("__proxysql_printed") or {}).get("results") or ()
    return {
        str(one["item"]["name"]): "\n".join(
            filter(None, (str(one.get("stdout") or ""), str(one.get("stderr") or "")))
        )
        for one in results
    }


def units(text: str) -> list[dict[str, str]]:
    """Of `systemctl show`, a block for each unit; those that are not there are left out."""
    found = []
    for block in text.strip().split("\n\n"):
        unit = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        if unit.get("LoadState", "") == "loaded":
            found.append(unit)
    return found


def full(text: str) -> list[str]:
    """Of `df -P`: where less than a twentieth is left."""
    found = []
    for line in text.splitlines()[1:]:
        words = line.split()
        if len(words) >= 6 and words[4].rstrip("%").isdigit() and int(words[4].rstrip("%")) > 95:
            found.append(f"{words[5]} ({words[4]})")
    return list(dict.fromkeys(found))


def _number(value: Any) -> int:
    return int(value) if str(value).isdigit() else 0
