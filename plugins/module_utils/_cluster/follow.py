# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Who follows whom, by ProxySQL's own rule, and why somebody does not. Pure: no server here.

How a node decides to pull a section from a peer of its proxysql_servers
(lib/ProxySQL_Cluster.cpp, 2.7.1):

    peer.version > 1 and (own.version == 1 or peer.epoch > own.epoch)

Every start puts each section at version 1, so fresh nodes, or cores that all restarted, give
nothing to anybody; and nodes that hold different content of one epoch stay apart for good.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

# These may log in to the admin interface from the node itself only (lib/MySQL_Session.cpp).
LOCAL_USERS = ("admin", "stats", "monitor")

VERSION_ONE = "version 1 doesn't allow sync"
EQUAL_EPOCHS = "equal epochs"


@dataclass(frozen=True)
class Checksum:
    """One row of runtime_checksums_values. epoch: seconds since 1970 of the last LOAD."""

    checksum: str
    version: int
    epoch: int

    def __str__(self) -> str:
        return f"{self.checksum} version {self.version} epoch {self.epoch}"


@dataclass(frozen=True)
class View:
    """What one node says of itself. name: host:port, as peers call it.

    follows: names in its runtime_proxysql_servers. diffs: diffs_before_sync by section, 0 is
    off. heard: how many seconds ago a peer last answered, by name. login and accepts: user and
    password that it uses towards its peers, and those that open its own admin interface.
    """

    name: str
    version: str = ""
    sections: Mapping[str, Checksum] = field(default_factory=dict)
    follows: tuple[str, ...] = ()
    diffs: Mapping[str, int] = field(default_factory=dict)
    interval: float = 1.0
    heard: Mapping[str, int] = field(default_factory=dict)
    now: int = 0
    login: tuple[str, str] = field(default=("", ""), repr=False)
    accepts: frozenset[tuple[str, str]] = field(default=frozenset(), repr=False)


Views = Sequence[View]


def agree(one: View, other: View, section: str) -> bool:
    """A section that a node does not know agrees with nothing but its like."""
    mine, theirs = one.sections.get(section), other.sections.get(section)
    return (mine.checksum if mine else None) == (theirs.checksum if theirs else None)


def link(node: View, peer: View) -> str | None:
    """Why the node cannot follow this peer at all, whatever its content; None if it can."""
    if not node.follows:
        return "its proxysql_servers is empty, so it follows nobody"
    if peer.name not in node.follows:
        return f"{peer.name} is not in its proxysql_servers, which has {', '.join(node.follows)}"
    if node.version != peer.version:
        return (
            f"it runs ProxySQL {node.version} and {peer.name} runs {peer.version}, and nodes of different"
            " versions do not synchronise"
        )
    user = node.login[0]
    if not user:
        return "its admin-cluster_username is empty, so it follows nobody"
    if user in LOCAL_USERS and not peer.name.startswith(("127.", "localhost:", "[::1]")):
        return (
            f"its admin-cluster_username is {user}, and ProxySQL lets a user of that name log in locally only"
        )
    if node.login not in peer.accepts:
        return (
            f"wrong cluster credentials: {peer.name} does not accept its admin-cluster_username and"
            " admin-cluster_password"
        )
    return None


def pulls(views: Views, section: str) -> list[tuple[str, str]]:
    """(node, peer) for each pull that ProxySQL's rule lets happen now."""
    return [
        (node.name, peer.name)
        for node in views
        for peer in _followed(node, views)
        if would_pull(node, peer, section)
    ]


def _followed(node: View, views: Views) -> list[View]:
    """Of these, the ones that the node takes anything from: of a thousand a few."""
    return [peer for peer in views if peer.name in node.follows and peer is not node]


def would_pull(node: View, peer: View, section: str) -> bool:
    own, other = node.sections.get(section), peer.sections.get(section)
    return (
        own is not None
        and other is not None
        and own.checksum != other.checksum
        and node.diffs.get(section, 0) > 0
        and other.version > 1
        and (own.version == 1 or other.epoch > own.epoch)
        and link(node, peer) is None
    )


def needs_load(views: Views, section: str) -> str | None:
    """Why an explicit LOAD on the first node, the leader, is what the others wait for.

    None where they agree, where they can still follow by themselves, and where a LOAD would not
    help. A LOAD is never made in the first two cases: it stamps a new epoch, and a leader that
    was about to follow a newer node would win over it.
    """
    leader = views[0]
    apart = [node for node in views[1:] if not agree(node, leader, section)]
    own = leader.sections.get(section)
    if not apart or own is None or pulls(views, section):
        return None
    newest = max(view.sections[section].epoch for view in views if section in view.sections)
    loaded = replace(leader, sections={section: replace(own, version=own.version + 1, epoch=newest + 1)})
    for node in apart:
        if would_pull(node, loaded, section):
            return _order(leader, own, node, node.sections[section])
    return None


def _order(leader: View, own: Checksum, node: View, other: Checksum) -> str:
    """Why the order of the two keeps the node from following."""
    if own.version <= 1:
        return VERSION_ONE
    if own.epoch == other.epoch:
        return EQUAL_EPOCHS
    return f"{node.name} was loaded after the leader"


def stale(views: Views, node: View, sections: Iterable[str]) -> list[str]:
    """Sections of which another of these nodes has what ProxySQL takes for newer content."""
    return [
        section
        for section in sections
        for own in [node.sections.get(section)]
        if own is not None
        and any(
            other.checksum != own.checksum
            and other.version > 1
            and (own.version == 1 or other.epoch > own.epoch)
            for view in views
            for other in [view.sections.get(section)]
            if other is not None and view is not node
        )
    ]


def leader_of(cores: Views, sections: Sequence[str]) -> View | None:
    """The first core, in the order given, that no other core is newer than."""
    return next((core for core in cores if not stale(cores, core, sections)), None)


def reason(views: Views, node: View, section: str) -> str:
    """Why the node does not agree with the first of the views, as far as it can be told."""
    leader = views[0]
    own, other = leader.sections.get(section), node.sections.get(section)
    if own is None or other is None:
        return "this server has no checksum for the section"
    found = _obstacle(views, node, section) or _order_now(views, node, section, own, other)
    return f"{found}; it has {other}, the leader {own}"


def _obstacle(views: Views, node: View, section: str) -> str | None:
    """What keeps the node from following whatever the epochs are."""
    leader = views[0]
    if not node.diffs.get(section, 0):
        return "its synchronisation of this section is switched off (diffs_before_sync 0)"
    # It may as well follow another node that agrees with the leader.
    sources = [leader, *(view for view in _followed(node, views[1:]) if agree(view, leader, section))]
    links = [link(node, source) for source in sources]
    if all(links):
        return next(each for each in links if each)
    silent = [source for source, broken in zip(sources, links) if not broken and _silent(node, source)]
    if len(silent) == links.count(None):
        return f"it does not reach {' and '.join(view.name for view in silent)}"
    return None


def _silent(node: View, peer: View) -> bool:
    """Whether the peer has not answered for ten checks. What is not known is not said."""
    seconds = node.heard.get(peer.name)
    return seconds is not None and seconds > max(5, 10 * node.interval)


def _order_now(views: Views, node: View, section: str, own: Checksum, other: Checksum) -> str:
    leader = views[0]
    if any(would_pull(node, peer, section) for peer in _followed(node, views)):
        return "it can follow, and has not yet"
    if leader.now and own.epoch > leader.now + 5:
        return "the leader's epoch is in the future: its clock was put back"
    if leader.now and other.epoch > leader.now + 5:
        return "its epoch is in the leader's future: the clocks differ"
    return _order(leader, own, node, other)
