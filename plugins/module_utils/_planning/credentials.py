# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""In which order the logins of a cluster's nodes change, so that no node stops following another. Pure.

Nodes log in to each other's admin port as ``admin-cluster_username``. A node that the others let in no
more is left behind, for good: it cannot fetch the change that would let it in (2.7.1). One user name has one
password; so where that changes, the nodes use a second name in between.

Each step is found from how the nodes stand, and not from the steps before: whatever was done, and on
whichever nodes, the next run goes on from there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

Pair = tuple[str, str]

# Of the name that is used in between; what is before it is the cluster's user.
SUFFIX = "_rotating"


@dataclass(frozen=True)
class Standing:
    """What one node has in runtime. accepts: admin logins, in order; login: the cluster's.

    stats: ``admin-stats_credentials``, empty where they are not to change.
    """

    accepts: tuple[Pair, ...]
    login: Pair
    stats: str = ""


@dataclass(frozen=True)
class Step:
    """nodes: how those that have to be written to are to stand. what: for people."""

    what: str
    nodes: Mapping[str, Standing]


def pairs_of(credentials: str) -> tuple[Pair, ...]:
    """``user:password;user:password`` as pairs."""
    parts = (each.partition(":")[::2] for each in credentials.split(";") if each)
    return tuple((user, password) for user, password in parts)


def credentials_of(pairs: Iterable[Pair]) -> str:
    return ";".join(f"{user}:{password}" for user, password in pairs)


def next_step(nodes: Mapping[str, Standing], want: Standing) -> Step | None:
    """What is to be written next, or None where every node stands as wanted.

    At the end of each step every login that nodes are using suits every node.
    """
    used = _used(nodes)
    user, password = want.login
    old = [pair for pair in used if pair[0] == user and pair[1] != password]
    if old:
        between = (user + SUFFIX, password)
        goal = {name: _accepting(node, want, (between, *used), user, old[0]) for name, node in nodes.items()}
        return _step("let a second user of the cluster in", nodes, goal) or _step(
            "let the nodes use it",
            nodes,
            {name: replace(node, login=between) for name, node in nodes.items()},
        )
    goal = {
        name: replace(node, accepts=_with(want.accepts, used), stats=want.stats)
        for name, node in nodes.items()
    }
    last = all(pair == want.login for pair in used)
    return _step("let the old logins in no more" if last else "let the new logins in", nodes, goal) or _step(
        "let the nodes use the cluster's", nodes, {n: replace(s, login=want.login) for n, s in goal.items()}
    )


def _used(nodes: Mapping[str, Standing]) -> list[Pair]:
    """Logins that suit at least one other node. One that suits nobody leads nowhere, and is not kept."""
    return list(
        dict.fromkeys(
            node.login
            for name, node in nodes.items()
            if any(node.login in other.accepts for other_name, other in nodes.items() if other_name != name)
        )
    )


def _accepting(node: Standing, want: Standing, more: Iterable[Pair], user: str, old: Pair) -> Standing:
    """Everything wanted and in use, but of the cluster's user the password that is still in use."""
    kept = next((pair for pair in node.accepts if pair[0] == user), old)
    return replace(
        node,
        accepts=_with([kept if pair[0] == user else pair for pair in want.accepts], more),
        stats=want.stats,
    )


def _with(pairs: Iterable[Pair], more: Iterable[Pair]) -> tuple[Pair, ...]:
    found = dict(pairs)
    for user, password in more:
        found.setdefault(user, password)
    return tuple(found.items())


def _step(what: str, nodes: Mapping[str, Standing], goal: Mapping[str, Standing]) -> Step | None:
    due = {name: stand for name, stand in goal.items() if _apart(nodes[name], stand)}
    return Step(what, due) if due else None


def _apart(one: Standing, other: Standing) -> bool:
    return dict(one.accepts) != dict(other.accepts) or one.login != other.login or one.stats != other.stats
