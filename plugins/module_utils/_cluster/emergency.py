# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A new primary in place of a dead one: the replica that has most, once a person agreed to the loss."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .._declared.errors import DeclarationError, EngineError, NotConvergedError, StatementError
from .._planning import gtid
from .._planning.placement import Place, text_of, without
from .._planning.primary import Look, NodeLook, has, most_advanced
from .._server.databases import Database
from .switch import Hands, Switch, Task

# Seconds: to apply what a replica has received already.
_APPLIES = 60.0


@dataclass
class Choice:
    """new: the one with most. behind: by place how many transactions another has more. loss: for people.

    others: the rest of the replicas that answer.
    """

    new: Place
    behind: Mapping[str, int]
    loss: str
    others: list[Place]
    warnings: list[str] = field(default_factory=list)


def choose(
    hands: Hands, old: Place, places: Sequence[Place], nodes: Sequence[NodeLook], asked: Place | None
) -> Choice:
    """Who takes the dead one's place. Raises DeclarationError where it is not dead, or none is left."""
    _must_be_dead(hands, old, nodes)
    looks: dict[Place, Look] = {}
    warnings = []
    for place in places:
        try:
            looks[place] = hands.get(place).look()
        except EngineError as exc:
            warnings.append(f"{exc.message}: it is left as it is")
    if not looks:
        raise DeclarationError("no replica answers: " + "; ".join(warnings))
    # One that was chosen before, by a run that was cut off, is chosen again.
    writable = [place for place, look in looks.items() if not look.read_only]
    if len(writable) > 1:
        raise DeclarationError(f"{' and '.join(map(text_of, writable))} both take writes")
    best, _others = most_advanced(looks.values())
    new = writable[0] if writable else asked or next(place for place, look in looks.items() if look is best)
    if new not in looks:
        raise DeclarationError(f"{text_of(new)} does not answer")
    more = {
        look.place: gtid.beyond(has(look), has(looks[new])) for place, look in looks.items() if place != new
    }
    ahead = {place: count for place, count in more.items() if count}
    if ahead and not writable:
        counts = ", ".join(f"{place} has {count} transactions" for place, count in ahead.items())
        raise DeclarationError(f"{counts} that {text_of(new)} has not: choose {best.place}, or give none")
    warnings += [f"{text_of(new)} {why}" for why in looks[new].against]
    loss = (
        f"what {text_of(old)} had committed and not sent to {text_of(new)} is lost, and how much that is"
        " cannot be known while it is dead. None of the other replicas has more"
    )
    others = [place for place, look in looks.items() if place != new and _orphan(look, old)]
    return Choice(new, more, loss, others, warnings)


def _orphan(look: Look, old: Place) -> bool:
    """Whether it followed the dead one: not one that follows another replica."""
    return any(each.place == text_of(old) or not each.io for each in look.sources)


def _must_be_dead(hands: Hands, old: Place, nodes: Sequence[NodeLook]) -> None:
    try:
        hands.open(old).close()
    except EngineError:
        alive = [node.name for node in nodes if node.monitor and _answers(node, old)]
        if alive:
            raise DeclarationError(
                f"{text_of(old)} cannot be asked from here, but the monitor of {', '.join(alive)} reaches it"
            ) from None
        return
    raise DeclarationError(f"{text_of(old)} answers: change the primary without emergency")


def _answers(node: NodeLook, place: Place) -> bool:
    seen = (node.monitor or {}).get(place)
    return seen is not None and not seen.error and seen.read_only is not None


class Promotion:
    """What is done. task: its rows are without the dead server. times, left: as of Switch."""

    def __init__(self, task: Task, hands: Hands) -> None:
        self.switch = Switch(task, hands, lambda: None)
        self.task, self.hands = task, hands

    def run(self) -> None:
        """Raises EngineError while nothing was promoted yet."""
        nodes, task, switch = self.hands.nodes, self.task, self.switch
        switch.begin()
        # First, so that it is not written to if it comes back in this very moment.
        failed = nodes.load(without(task.hold, task.old))
        if failed:
            raise StatementError("; ".join(f"{node}: {text}" for node, text in failed.items()))
        new = self.hands.get(task.new)
        self._apply(new)
        new.stop()
        new.allow_writes()
        switch.forward(dead=True)

    def _apply(self, new: Database) -> None:
        received = has(new.look())
        new.patience(_APPLIES)
        deadline = time.monotonic() + _APPLIES
        if not new.has(received, deadline - time.monotonic()):
            raise NotConvergedError(
                f"{new.place} has received transactions that it did not apply within {_APPLIES:g} s:"
                f" {new.look().sources}"
            )
