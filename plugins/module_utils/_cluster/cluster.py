# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Several nodes at once: looking at them, waiting until they agree, and curing what can be.

What a cure is needed for is decided in ``follow.py``, by the rule that ProxySQL follows.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache
from typing import Any, Callable

from .._catalog.tables import SECTIONS, Section
from .._declared.errors import ConnectError, DeclarationError, EngineError, NotConvergedError, StatementError
from .._section.runtime import differs
from .._server.admin import Admin
from .._server.explained import explained
from .._server.login import Login
from .follow import Checksum, View, agree, leader_of, needs_load, pulls, reason, stale

PAUSE = 0.1

# A node that does not answer is tried again this often, in seconds.
_AGAIN = 2.0
# Seconds: the most that one look waits for one node, and the least, at the end of the time.
_PATIENCE = 5.0
_LEAST = 0.3

# One LOAD cures. A second is needed when somebody else LOADs at the same time; more is a fight.
_CURES = 2

_DIFFS = {
    section.name: "admin-cluster_{}_diffs_before_sync".format(section.checksum.replace("_v2", ""))
    for section in SECTIONS.values()
    if section.checksum
}


class Node:
    """One member. name: host:port as given. problem: why it cannot be asked at present."""

    def __init__(self, login: Login) -> None:
        self.name = login.place
        self.login = login
        self.admin: Admin | None = None
        self.view: View | None = None
        self.problem: str | None = None
        self.converged: dict[str, float] = {}
        self._try_at = 0.0

    def connect(self, seconds: float) -> None:
        """Sets ``problem`` where it is in vain."""
        try:
            self.admin = Admin(replace(self.login, connect_timeout=seconds))
            self.problem = None
        except ConnectError as exc:
            self.admin = self.view = None
            self.problem = _refusal(exc)
            self._try_at = time.monotonic() + _AGAIN

    def look(self, deadline: float) -> None:
        """What the node says of itself now; ``view`` is None while it does not answer.

        deadline: until when an answer is waited for (time.monotonic).
        """
        left = deadline - time.monotonic()
        if self.admin is None and time.monotonic() >= self._try_at:
            self.connect(max(_LEAST, min(1.0, left)))
        if self.admin is None:
            return
        try:
            # A node that hangs is not waited for to the end, or nothing would be known of it till then.
            self.admin.until(time.monotonic() + max(_LEAST, min(_PATIENCE, left)))
            self.view = see(self.admin)
            self.admin.until(deadline + _LEAST)
        except StatementError as exc:
            self.admin.close()
            self.admin = self.view = None
            self.problem = f"it stopped answering: {exc.message}"
            self._try_at = time.monotonic() + _AGAIN

    def close(self) -> None:
        if self.admin is not None:
            self.admin.close()


def _refusal(exc: ConnectError) -> str:
    code = exc.fields.get("code")
    if code == 1040:
        return f"it lets this user log in locally only, from no other address: {exc.message}"
    if code in (1044, 1045):
        return f"it does not accept these cluster credentials: {exc.message}"
    return f"it cannot be reached: {exc.message}"


@lru_cache(maxsize=4096)
def peer_name(host: str, port: int) -> str:
    """host:port with the host's address, so that a name and its address are the same peer."""
    # A name that is not known here, the node itself may know.
    with contextlib.suppress(OSError):
        host = str(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0])
    return f"{host}:{port}"


def see(admin: Admin, address: str | None = None) -> View:
    """Read a node's View: four short statements, none of which writes.

    address: where its peers reach it, if that is not where it was reached now.
    """
    try:
        rows = admin.fetch("SELECT name, version, epoch, checksum FROM runtime_checksums_values")[1]
    except StatementError as exc:
        raise explained(admin, exc) from None
    found = {row[0]: Checksum(str(row[3]), int(row[1] or 0), int(row[2] or 0)) for row in rows}
    settings = {
        str(row[0]): str(row[1] or "")
        for row in admin.fetch(
            "SELECT variable_name, variable_value FROM runtime_global_variables"
            " WHERE variable_name LIKE 'admin-cluster%' OR variable_name = 'admin-admin_credentials'"
        )[1]
    }
    peers = admin.fetch("SELECT hostname, port FROM runtime_proxysql_servers")[1]
    heard = admin.fetch(
        "SELECT hostname, port, strftime('%s', 'now') - MAX(updated_at), strftime('%s', 'now')"
        " FROM stats_proxysql_servers_checksums GROUP BY hostname, port"
    )[1]
    pairs = (pair.partition(":")[::2] for pair in settings.get("admin-admin_credentials", "").split(";"))
    return View(
        name=peer_name(address or admin.login.host, admin.login.port),
        version=admin.version,
        sections={
            section.name: found[section.checksum]
            for section in SECTIONS.values()
            # A server may have a checksum of a section and no setting, and so not carry it.
            if section.checksum in found and _DIFFS[section.name] in settings
        },
        follows=tuple(peer_name(str(row[0]), int(row[1] or 0)) for row in peers),
        diffs={name: int(settings.get(variable) or 0) for name, variable in _DIFFS.items()},
        interval=int(settings.get("admin-cluster_check_interval_ms") or 1000) / 1000,
        heard={peer_name(str(row[0]), int(row[1] or 0)): int(row[2] or 0) for row in heard},
        now=max((int(row[3] or 0) for row in heard), default=0),
        login=(settings.get("admin-cluster_username", ""), settings.get("admin-cluster_password", "")),
        accepts=frozenset((user, password) for user, password in pairs),
    )


class Convergence:
    """Waits until every node agrees with the first, the leader, on some sections.

    healed: why a section was loaded once more on the leader, by its name.
    """

    def __init__(self, nodes: Sequence[Node], sections: Sequence[Section], heal: bool) -> None:
        self.nodes = nodes
        self.sections = [section for section in sections if section.checksum]
        self.heal = heal
        self.healed: dict[str, str] = {}
        self._cures: dict[str, int] = {}
        self._seen_before: dict[str, object] = {}

    @property
    def leader(self) -> Node:
        return self.nodes[0]

    def look(self, deadline: float) -> None:
        """Ask all nodes at once, and wait no longer than until the deadline. The leader must answer."""
        _at_once(lambda node: node.look(deadline), self.nodes)
        if self.leader.view is None:
            raise NotConvergedError(f"the leader {self.leader.name}: {self.leader.problem}")

    @property
    def views(self) -> list[View]:
        """Of the nodes that answer, the leader's first."""
        return [node.view for node in self.nodes if node.view is not None]

    def wait(self, deadline: float) -> None:
        """Until all agree. Raises NotConvergedError naming node, section and reason."""
        start = time.monotonic()
        while True:
            self.look(deadline)
            apart = self.apart()
            for node in self.nodes:
                for section in self.sections:
                    if (node.name, section.name) in apart:
                        node.converged.pop(section.name, None)
                    else:
                        node.converged.setdefault(section.name, round(time.monotonic() - start, 2))
            if not apart:
                return
            self._cure()
            if time.monotonic() >= deadline or self._mixed():
                raise self._error(time.monotonic() - start)
            time.sleep(PAUSE)

    def apart(self) -> set[tuple[str, str]]:
        """(node, section) pairs that differ from the leader; a node that does not answer differs."""
        leader = self.leader.view
        return {
            (node.name, section.name)
            for node in self.nodes[1:]
            for section in self.sections
            if leader is None or node.view is None or not agree(node.view, leader, section.name)
        }

    def why(self) -> list[dict[str, Any]]:
        """Each node and section that differs, with the reason; section None for the whole node."""
        found: list[dict[str, Any]] = []
        apart = self.apart()
        for node in self.nodes[1:]:
            if node.view is None:
                found.append({"node": node.name, "section": None, "reason": node.problem})
                continue
            for section in self.sections:
                if (node.name, section.name) in apart:
                    text = reason(self.views, node.view, section.name)
                    found.append({"node": node.name, "section": section.name, "reason": text})
        return found

    def needs_load(self, section: Section) -> str | None:
        """Why the others wait for a LOAD on the leader, or None where they do not."""
        return needs_load(self.views, section.name)

    def _cure(self) -> None:
        for section in self.sections if self.heal else ():
            why = self.needs_load(section)
            # The nodes were not asked in the very same moment: twice the same is no pull under way.
            state = (why, [view.sections.get(section.name) for view in self.views])
            before, self._seen_before[section.name] = self._seen_before.get(section.name), state
            if why and before == state and self._cures.get(section.name, 0) < _CURES:
                self._load(section, why)

    def _load(self, section: Section, why: str) -> None:
        """One explicit LOAD on the leader, of what its runtime already holds."""
        admin = self.leader.admin
        if admin is None:
            return
        if differs(admin, section, "memory_to_runtime"):
            raise EngineError(
                f"{section.name} on {self.leader.name}: memory holds edits that were never loaded, so a LOAD"
                f" to bring the cluster together ({why}) would publish them; load or discard them first",
                section=section.name,
                node=self.leader.name,
            )
        # A node that was loaded in this very second would otherwise stay apart.
        found = [view.sections.get(section.name) for view in self.views]
        admin.load(section, after=max(seen.epoch for seen in found if seen is not None))
        self.healed[section.name] = why
        self._cures[section.name] = self._cures.get(section.name, 0) + 1

    def _mixed(self) -> bool:
        """Whether versions differ, so that waiting is in vain."""
        return len({view.version for view in self.views}) > 1

    def _error(self, seconds: float) -> NotConvergedError:
        why = self.why()
        lines = [
            "{}: {}".format(
                each["node"] if not each["section"] else f"{each['section']} on {each['node']}",
                each["reason"],
            )
            for each in why
        ]
        return NotConvergedError(
            f"the cluster did not agree within {seconds:.0f} s: " + "; ".join(lines),
            not_converged=why,
        )


def choose_leader(
    cores: Sequence[Node], sections: Sequence[Section], deadline: float
) -> tuple[Node, list[str]]:
    """The first core that answers and holds the newest content, and what there is to say of it.

    Cores that are about to follow each other are waited for. Raises NotConvergedError where no
    core answers.
    """
    names = [section.name for section in sections if section.checksum]
    while True:
        _at_once(lambda node: node.look(deadline), cores)
        views = {node: node.view for node in cores if node.view is not None}
        if not any(pulls(list(views.values()), name) for name in names) or time.monotonic() >= deadline:
            break
        time.sleep(PAUSE)
    said = [f"{node.name} is left out: {node.problem}" for node in cores if node.view is None]
    if not views:
        raise NotConvergedError("no core answers: " + "; ".join(said))
    chosen = leader_of(list(views.values()), names)
    for node, view in views.items():
        if view is chosen or chosen is None:
            if chosen is None:
                said.append("no core holds the newest content of every section; the first is taken")
            return node, said
        behind = ", ".join(stale(list(views.values()), view, names))
        said.append(f"{node.name} is not the leader: its {behind} is older than another core's")
    raise AssertionError("unreachable")


def _at_once(work: Callable[[Node], object], nodes: Sequence[Node]) -> None:
    with ThreadPoolExecutor(max_workers=64) as pool:
        list(pool.map(work, nodes))


def connect_nodes(logins: Iterable[Login], deadline: float) -> list[Node]:
    """Connect to all at once, no longer than until the deadline; who does not answer is tried again later."""
    nodes = [Node(login) for login in logins]
    for name in {node.name for node in nodes if sum(node.name == other.name for other in nodes) > 1}:
        raise DeclarationError(f"nodes: {name} is given twice", node=name)
    left = max(_LEAST, deadline - time.monotonic())
    _at_once(lambda node: node.connect(min(2, left, node.login.connect_timeout)), nodes)
    first = nodes[0] if nodes else None
    left = min(deadline - time.monotonic(), first.login.connect_timeout - 2) if first else 0
    if first and first.admin is None and left > 0:
        first.connect(left)
    return nodes
