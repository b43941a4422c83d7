# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Whether a primary can be changed: what databases and nodes say of themselves, and what speaks against it.
Pure.

All that speaks against it is told at once. What does not, and is to be known, is a warning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from . import gtid
from .gtid import Position
from .placement import Pair, Place, text_of

# Seconds that are kept of the time for which ProxySQL lets a statement wait: for what comes after the wait.
RESERVE = 2.0
# Why a session keeps its connection: bits of status_flags in stats_mysql_processlist (MySQL_Connection.h).
_PINNED = {
    4: "user variables",
    16: "LOCK TABLES",
    32: "a temporary table",
    64: "GET_LOCK",
    128: "multiplexing off",
    256: "sql_log_bin",
    512: "SQL_CALC_FOUND_ROWS",
    2048: "a savepoint",
}
# A transaction that has been open for longer, in seconds, is named before anything is done.
_LONG = 1


@dataclass(frozen=True)
class Source:
    """One source of a replica, as its status says. behind: seconds, None while it is not known.

    identity: of the source. received: what has come, applied or not. secure: whether it comes by TLS.
    """

    identity: str
    place: str
    io: bool
    sql: bool
    behind: int | None
    by_gtid: bool
    received: Position
    error: str = ""
    secure: bool = False
    name: str = ""


@dataclass(frozen=True)
class Busy:
    """A session: what it is at, and for how many seconds."""

    number: int
    user: str
    client: str
    seconds: int
    what: str


@dataclass(frozen=True)
class Look:
    """What a database says of itself.

    dialect: MariaDB or MySQL. against: why others cannot follow it by GTID, as parts of sentences. semisync:
    whether its commits wait for a replica's word. followers: identities of replicas that are connected.
    missing: rights that the login lacks.
    """

    place: str
    dialect: str
    version: str
    identity: str
    read_only: bool
    position: Position
    against: Sequence[str] = ()
    sources: Sequence[Source] = ()
    semisync: bool = False
    busy: Sequence[Busy] = ()
    followers: frozenset[str] = frozenset()
    missing: Sequence[str] = ()

    def follows(self, other: Look) -> Source | None:
        return next((source for source in self.sources if source.identity == other.identity), None)


@dataclass(frozen=True)
class Monitored:
    """What a node's monitor last found of a server. read_only: None where it found nothing."""

    read_only: bool | None
    error: str = ""


@dataclass(frozen=True)
class NodeLook:
    """What a node of ProxySQL says. standing: where the pair's servers are in runtime, with their status.

    declared: the pair's rows as last loaded, as one text. wait: seconds for which a statement may wait for a
    server. monitor: None where there is no record of it. pinned: sessions that
    keep a connection to the writer hostgroup. without_ca: servers that it uses TLS with and has no CA for.
    """

    name: str
    standing: frozenset[tuple[int, Place, str]]
    declared: str
    monitor: Mapping[Place, Monitored] | None
    wait: float
    open_edits: Sequence[str] = ()
    pinned: Sequence[Busy] = ()
    without_ca: frozenset[Place] = frozenset()


@dataclass(frozen=True)
class Asked:
    """timeout: seconds for transactions under way. lag: seconds that the new primary may be behind."""

    pair: Pair
    old: Place
    new: Place
    timeout: float = 5.0
    lag: float = 5.0


@dataclass
class Found:
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def extend(self, other: Found) -> None:
        self.problems += other.problems
        self.warnings += other.warnings


def of_databases(old: Look, new: Look, others: Sequence[Look]) -> Found:
    """What speaks against it at the databases. others: the rest of those that ProxySQL knows of the pair."""
    found = Found()
    say = found.problems.append
    if old.identity == new.identity:
        say(f"{new.place} and {old.place} are the same server ({new.identity})")
        return found
    if old.read_only:
        say(f"{old.place}, which ProxySQL writes to, is read only")
    if old.sources:
        say(f"{old.place} is itself a replica, of {old.sources[0].place}")
    if not new.read_only:
        say(f"{new.place} is not read only")
    found.problems += _kinds(old, new)
    for look in (old, new):
        found.problems += [f"{look.place} {reason}" for reason in look.against]
    for look in (old, new, *others):
        if look.missing:
            say(f"the login at {look.place} lacks {', '.join(look.missing)}")
    found.problems += _replication(old, new)
    own = gtid.beyond(new.position, old.position)
    if own:
        say(f"{new.place} has {_many(own, 'transaction')} that {old.place} has not")
    for look in (old, new):
        if look.semisync:
            say(
                f"commits at {look.place} wait for a replica's word (semisync), which does not move with the"
                " primary: turn it off for the change"
            )
    known = {new.identity, *(look.identity for look in others)}
    for look in others:
        if not look.read_only:
            say(f"{look.place} is not read only, and is not the primary")
        if look.follows(old) is None and look.follows(new) is None:
            found.warnings.append(
                f"{look.place} follows neither {old.place} nor {new.place}, and is left as it is"
            )
    strangers = sorted(old.followers - known)
    if strangers:
        found.warnings.append(
            f"{old.place} has replicas that ProxySQL does not know, {', '.join(strangers)}: they go on"
            " following it"
        )
    return found


def _kinds(old: Look, new: Look) -> list[str]:
    if (old.dialect, old.version) == (new.dialect, new.version):
        return []
    return [
        f"{new.place} is {new.dialect} {new.version}, and {old.place} {old.dialect} {old.version}: they"
        " have to be of one release, for each is to follow the other"
    ]


def _replication(old: Look, new: Look) -> list[str]:
    source = new.follows(old)
    if source is None:
        others = ", ".join(each.place for each in new.sources) or "nobody"
        return [f"{new.place} does not replicate from {old.place}, but from {others}"]
    found = []
    if len(new.sources) > 1:
        found.append(f"{new.place} has more than one source")
    if source.name:
        found.append(
            f"the replication of {new.place} is called {source.name!r}; only one without a name is changed"
        )
    if not (source.io and source.sql):
        halves = [name for name, runs in (("IO", source.io), ("SQL", source.sql)) if not runs]
        why = f": {source.error}" if source.error else ""
        found.append(f"replication of {new.place} does not run ({' and '.join(halves)}){why}")
    if not source.by_gtid:
        found.append(f"{new.place} does not replicate by GTID")
    return found


def behind(old: Look, new: Look, lag: float) -> list[str]:
    """Whether the new primary is too far behind to be waited for."""
    source = new.follows(old)
    if source is None or not (source.io and source.sql):
        return []
    if source.behind is None:
        return [f"{new.place} does not know how far it is behind"]
    return [f"{new.place} is {source.behind} s behind; {lag:g} are allowed"] if source.behind > lag else []


def of_nodes(asked: Asked, nodes: Sequence[NodeLook]) -> Found:
    """What speaks against it at the nodes of ProxySQL."""
    found = Found()
    pair, old, new = asked.pair, asked.old, asked.new
    for node in nodes:
        writers = {(place, status) for group, place, status in node.standing if group == pair.writer}
        if writers != {(old, "ONLINE")}:
            text = ", ".join(f"{text_of(place)} {status}" for place, status in sorted(writers)) or "nobody"
            found.problems.append(
                f"{node.name} has {text} in hostgroup {pair.writer}, and not {text_of(old)} ONLINE"
            )
        if (pair.reader, new, "ONLINE") not in node.standing:
            there = [status for group, place, status in node.standing if (group, place) == (pair.reader, new)]
            what = there[0] if there else "missing"
            found.problems.append(f"{node.name}: {text_of(new)} is {what} in hostgroup {pair.reader}")
        found.problems += _monitored(node, old, new)
        found.problems += [f"{node.name}: {edit} was never loaded" for edit in node.open_edits]
        if asked.timeout + RESERVE > node.wait:
            found.problems.append(
                f"{node.name} lets a statement wait for {node.wait:g} s"
                " (mysql-connect_timeout_server_max): a timeout"
                f" of {asked.timeout:g} s and {RESERVE:g} more is longer"
            )
    for text in dict.fromkeys(node.declared for node in nodes):
        if text != nodes[0].declared:
            apart = [node.name for node in nodes if node.declared == text]
            found.problems.append(f"{', '.join(apart)} has other servers loaded than {nodes[0].name}")
    blind = [node.name for node in nodes if new in node.without_ca]
    if blind:
        # see the rule tls-without-ca of lint
        found.warnings.append(
            f"{', '.join(blind)} has no CA for TLS with {text_of(new)}: each new connection there may read"
            " all CAs of the host, and statements wait meanwhile"
        )
    if not found.problems and len({node.standing for node in nodes}) > 1:
        found.problems.append(
            "the nodes' monitors have the servers in different hostgroups; wait until they agree"
        )
    return found


def _monitored(node: NodeLook, old: Place, new: Place) -> list[str]:
    found: list[str] = []
    if node.monitor is None:
        return found
    for place, wanted in ((old, False), (new, True)):
        seen = node.monitor.get(place, Monitored(None))
        if seen.error:
            found.append(f"{node.name}: the monitor cannot ask {text_of(place)}: {seen.error}")
        elif seen.read_only is None:
            found.append(f"{node.name}: the monitor has not asked {text_of(place)} lately: is it enabled?")
        elif seen.read_only != wanted:
            found.append(
                f"{node.name}: the monitor found {text_of(place)} {'' if seen.read_only else 'not '}read only"
            )
    return found


def sessions(old: Look, nodes: Sequence[NodeLook], timeout: float) -> list[str]:
    """Those that a change may have to wait for in vain, with what becomes of them."""
    found = [
        f"{old.place}: session {each.number} of {each.user} from {each.client} has been at {each.what}"
        f" for {each.seconds} s"
        for each in old.busy
        if each.seconds > _LONG
    ]
    found += [
        f"{node.name}: session {each.number} of {each.user} from {each.client} keeps a connection to the"
        " primary"
        f" ({each.what})"
        for node in nodes
        for each in node.pinned
    ]
    if found:
        found.append(
            f"if one of them still has its connection {timeout:g} s after new statements are held, the"
            " change is called off and all go on as before"
        )
    return found


def pinned_by(flags: int) -> str:
    """Why a session keeps its connection, as far as its flags tell."""
    return ", ".join(word for bit, word in _PINNED.items() if flags & bit)


def most_advanced(replicas: Iterable[Look]) -> tuple[Look, dict[str, int]]:
    """Of those whose source is gone: the one with most, and by place how many transactions others have more.

    Raises ValueError without any.
    """
    looks = list(replicas)
    best = max(
        looks, key=lambda look: (-sum(gtid.beyond(has(other), has(look)) for other in looks), look.place)
    )
    return best, {other.place: gtid.beyond(has(other), has(best)) for other in looks if other is not best}


def has(look: Look) -> Position:
    """What it has, applied or not."""
    position = look.position
    for source in look.sources:
        position = gtid.union(position, source.received)
    return position


def _many(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"
