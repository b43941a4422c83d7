# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Checksums, epochs and versions of several nodes: waiting until they agree, and curing.

How a node decides to pull a section from a peer (lib/ProxySQL_Cluster.cpp, 2.7.1):

    peer.version > 1 and (own.version == 1 or peer.epoch > own.epoch)

Every start puts each section at version 1, so fresh nodes, or cores that all restarted, give
nothing to anybody: "diff_check is increasing, but version 1 doesn't allow sync". One explicit
LOAD of that section on one core cures it; so it does where two nodes hold different content of
one epoch, and where a satellite was changed by hand after the cores.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Callable

from ._admin import Admin, Login
from ._catalog import SECTIONS, Section
from ._errors import ConnectError, DeclarationError, EngineError, NotConvergedError, StatementError
from ._runtime import differs

PAUSE = 0.2

# How long to watch a difference that looks incurable before acting on it: a peer that is about
# to pull by itself must not be answered with a LOAD, which would only stamp a new epoch.
PATIENCE = 1.0


@dataclass(frozen=True)
class Checksum:
    """One row of runtime_checksums_values. epoch: seconds since 1970 of the last LOAD."""

    checksum: str
    version: int
    epoch: int

    def __str__(self) -> str:
        return f"{self.checksum} version {self.version} epoch {self.epoch}"


@dataclass
class Node:
    """One member. name: host:port. sections: what was seen last, by section name."""

    name: str
    admin: Admin
    sections: dict[str, Checksum] = field(default_factory=dict)
    converged: dict[str, float] = field(default_factory=dict)

    def look(self) -> None:
        rows = self.admin.fetch("SELECT name, version, epoch, checksum FROM runtime_checksums_values")[1]
        found = {row[0]: row for row in rows}
        self.sections = {
            section.name: Checksum(str(row[3]), int(row[1] or 0), int(row[2] or 0))
            for section in SECTIONS.values()
            for row in [found.get(section.checksum)]
            if row is not None
        }


def same_version(nodes: Sequence[Node]) -> None:
    """Refuse a mixed cluster: links between different versions are closed (#3325)."""
    leader = nodes[0]
    for node in nodes[1:]:
        if node.admin.version != leader.admin.version:
            raise DeclarationError(
                f"node {node.name} runs ProxySQL {node.admin.version} and the leader {leader.name} runs"
                f" {leader.admin.version}: nodes of different versions do not synchronise; bring them to one"
                " version first",
                node=node.name,
                version=node.admin.version,
                leader_version=leader.admin.version,
            )


class Convergence:
    """Waits until every node agrees with the first, the leader, on some sections.

    healed: names of the sections that were loaded once more on the leader.
    """

    def __init__(self, nodes: Sequence[Node], sections: Sequence[Section], heal: bool) -> None:
        self.nodes = nodes
        self.sections = [section for section in sections if section.checksum]
        self.heal = heal
        self.healed: list[str] = []
        self.healed_why: dict[str, str] = {}
        self._stuck_since: dict[str, float] = {}

    @property
    def leader(self) -> Node:
        return self.nodes[0]

    def look(self) -> None:
        for node in self.nodes:
            node.look()

    def wait(self, timeout: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Until all agree. Raises NotConvergedError naming node, section and reason."""
        start = clock()
        while True:
            self.look()
            apart = self.apart()
            for node in self.nodes:
                for section in self.sections:
                    if (node.name, section.name) not in apart:
                        node.converged.setdefault(section.name, round(clock() - start, 2))
                    else:
                        node.converged.pop(section.name, None)
            if not apart:
                return
            self._cure(clock())
            if clock() - start >= timeout:
                raise self._error(timeout)
            time.sleep(PAUSE)

    def apart(self) -> set[tuple[str, str]]:
        """(node, section) pairs that differ from the leader."""
        return {
            (node.name, section.name)
            for node in self.nodes[1:]
            for section in self.sections
            if _checksum(node, section) != _checksum(self.leader, section)
        }

    def needs_load(self, section: Section) -> str | None:
        """Why the peers can not follow by themselves, or None where they can (or agree)."""
        own = self.leader.sections.get(section.name)
        for node in self.nodes[1:]:
            peer = node.sections.get(section.name)
            if own is None or peer is None or peer.checksum == own.checksum:
                continue
            if own.version <= 1:
                return "version 1 doesn't allow sync"
            if peer.version > 1 and peer.epoch == own.epoch:
                return "equal epochs"
            if peer.version > 1 and peer.epoch > own.epoch:
                return f"{node.name} was loaded after the leader"
        return None

    def _cure(self, now: float) -> None:
        if not self.heal:
            return
        for section in self.sections:
            why = self.needs_load(section)
            if why is None or section.name in self.healed:
                self._stuck_since.pop(section.name, None)
                continue
            since = self._stuck_since.setdefault(section.name, now)
            if now - since >= PATIENCE or why.startswith("version 1"):
                self.load(section, why)

    def load(self, section: Section, why: str) -> None:
        """One explicit LOAD on the leader, of what its runtime already holds."""
        if differs(self.leader.admin, section, "memory_to_runtime"):
            raise EngineError(
                f"{section.name} on {self.leader.name}: memory holds edits that were never loaded, so a LOAD"
                f" to bring the cluster together ({why}) would publish them; load or discard them first",
                section=section.name,
                node=self.leader.name,
            )
        self.leader.admin.load(section)
        self.healed.append(section.name)
        self.healed_why[section.name] = why

    def _error(self, timeout: float) -> NotConvergedError:
        lines = [
            f"{section} on {node}: {self._reason(node, section)}" for node, section in sorted(self.apart())
        ]
        return NotConvergedError(
            f"the cluster did not agree within {timeout:g} s: " + "; ".join(lines), not_converged=lines
        )

    def _reason(self, name: str, section_name: str) -> str:
        section = SECTIONS[section_name]
        node = next(node for node in self.nodes if node.name == name)
        own, peer = self.leader.sections.get(section_name), node.sections.get(section_name)
        if own is None or peer is None:
            return "this server has no checksum for the section"
        why = self.needs_load(section)
        return "; ".join(part for part in (why, _link(node), f"it has {peer}, the leader {own}") if part)


def _checksum(node: Node, section: Section) -> str | None:
    seen = node.sections.get(section.name)
    return seen.checksum if seen else None


def _link(node: Node) -> str | None:
    """What the node itself says of its view of the cluster."""
    try:
        rows = node.admin.fetch("SELECT hostname, port FROM runtime_proxysql_servers")[1]
    except StatementError as exc:
        return exc.message
    if not rows:
        return "its proxysql_servers is empty, so it follows nobody"
    peers = ", ".join(f"{row[0]}:{row[1]}" for row in rows)
    return f"it follows {peers}"


def connect_nodes(logins: Iterable[Login]) -> list[Node]:
    """Connect to all; an unreachable one is an error that names it. Closes what it opened on error."""
    nodes: list[Node] = []
    try:
        for login in logins:
            nodes.append(Node(login.place, Admin(login)))
    except ConnectError:
        for node in nodes:
            node.admin.close()
        raise
    return nodes
