# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The order in which a primary is changed, what stands after each step, and the way out from anywhere. Pure.

Until the new primary takes writes everything can be taken back, and is. From then on there is only the way
forward: somebody may have written to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

HOLD, DRAIN, FORBID, CATCH_UP, STOP, ALLOW, RELEASE, FOLLOW = NAMES = (
    "hold", "drain", "forbid", "catch_up", "stop", "allow", "release", "follow",
)  # fmt: skip

# What stands once a step is done; with the places of the old and the new primary.
STANDS = {
    HOLD: "new statements for {old} wait on the nodes",
    FORBID: "{old} is read only",
    STOP: "{new} does not replicate",
    ALLOW: "{new} takes writes",
    RELEASE: "the nodes send writes to {new}",
    FOLLOW: "{old} and the other replicas follow {new}",
}
# What is done to take a step back, the last first.
TAKEN_BACK = {
    STOP: "{new} replicates again",
    FORBID: "{old} takes writes again",
    HOLD: "the nodes send statements to {old} again",
}

BACK, FORWARD, STUCK = "back", "forward", "stuck"


@dataclass(frozen=True)
class WayOut:
    """way: one of BACK, FORWARD and STUCK. why: a sentence, for people."""

    way: str
    why: str


def stands(done: Sequence[str], old: str, new: str) -> list[str]:
    """What stands after the steps that were done."""
    return [STANDS[name].format(old=old, new=new) for name in done if name in STANDS]


def to_take_back(done: Sequence[str]) -> list[str]:
    """The steps that are to be taken back, in that order. Raises ValueError where there is no way back."""
    if ALLOW in done:
        raise ValueError("the new primary takes writes")
    return [name for name in TAKEN_BACK if name in done]


def way_out(old: bool | None, new: bool | None, ahead: int, places: tuple[str, str]) -> WayOut:
    """Where to go from a change that was cut off.

    old, new: whether each is read only, None where it cannot be asked. ahead: how many transactions the new
    one has that the old one has not. places: of the two.
    """
    was, will = places
    if old is None or new is None:
        silent = " and ".join(place for place, seen in ((was, old), (will, new)) if seen is None)
        return WayOut(STUCK, f"{silent} cannot be asked, so it is not known who takes writes")
    if not old and not new:
        return WayOut(STUCK, f"{was} and {will} both take writes: make one of them read only by hand")
    if not new:
        return WayOut(FORWARD, f"{will} takes writes already")
    if ahead:
        return WayOut(STUCK, f"{will} is read only and has transactions that {was} has not")
    return WayOut(BACK, f"{will} is read only, so nobody has written to it")
