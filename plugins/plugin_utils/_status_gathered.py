# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Findings that say the same of many nodes, as one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ._status import Finding

#: Of so many nodes, each has its own line.
_FEW = 3
# Addresses and times, which differ with the node.
_OWN = re.compile(r"[0-9]+(?:\.[0-9]+){3}(?::[0-9]+)?|\b[0-9]{10}\b")


@dataclass
class Gathered:
    """A finding, and of which other hosts the same holds."""

    text: str
    todo: str
    serious: bool
    others: list[str] = field(default_factory=list)


def gathered(findings: Sequence[Finding]) -> list[Gathered]:
    """The serious first, and else in order."""
    alike: dict[tuple[str, str, bool], list[Finding]] = {}
    for each in findings:
        alike.setdefault(_key(each), []).append(each)
    found = []
    for group in sorted(alike.values(), key=lambda group: not group[0].serious):
        first, *others = group
        if len(group) <= _FEW:
            found += [Gathered(each.text, each.todo, each.serious) for each in group]
        else:
            found.append(Gathered(first.text, first.todo, first.serious, [each.host for each in others]))
    return found


def _key(finding: Finding) -> tuple[str, str, bool]:
    if not finding.host:
        return finding.text, finding.todo, finding.serious
    # whole names: core1 is no part of core10
    name = re.compile(rf"(?<![\w.-]){re.escape(finding.host)}(?![\w-])")
    text, todo = (_OWN.sub("?", name.sub("*", one)) for one in (finding.text, finding.todo))
    return text, todo, finding.serious
