# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which step is next while the password of an application's user, or of the monitor, changes. Pure.

The order in which no login fails: the databases take both passwords, then ProxySQL the new one (and from 3.0
on the previous one beside it), then applications change, then nobody takes the previous one any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Callable

#: In their order.
STEPS = ("retain", "proxy", "applications", "discard", "done")


@dataclass(frozen=True)
class Standing:
    """Which passwords a place lets in with; None where it could not be told."""

    new: bool | None
    previous: bool | None


@dataclass(frozen=True)
class Step:
    """name: one of STEPS, or 'look' where not all is known. text: what to do, for people."""

    name: str
    text: str


def _do(places: str, verb: str) -> str:
    """They refuse, or it refuses."""
    return f"{places} {verb}" if "," in places else f"{places} {verb}s"


def next_step(
    databases: Mapping[str, Standing], proxies: Mapping[str, Standing], two: bool, monitor: bool = False
) -> Step:
    """databases, proxies: by host:port. two: whether ProxySQL can have two passwords of one user.

    monitor: the proxies do not let this user in, but log in with it.
    """
    everywhere = {**databases, **proxies}
    unknown = _where(everywhere, lambda seen: None in (seen.new, seen.previous))
    if unknown:
        return Step("look", f"it could not be told which passwords are good at {unknown}; look again")
    refusing = _where(databases, lambda seen: not seen.new)
    if refusing:
        already = _where(proxies, lambda seen: bool(seen.new))
        fails = "its servers count as read only" if monitor else "queries fail"
        urgent = f". {already} has it already: until then {fails}" if already else ""
        return Step(
            "retain",
            f"{_do(refusing, 'refuse')} the new password: add it there and keep the previous one{urgent}",
        )
    behind = _where(proxies, lambda seen: not seen.new)
    if behind and monitor:
        return Step("proxy", f"{_do(behind, 'log')} in with another password: run the playbook site")
    if behind:
        how = (
            "with the previous one as additional_password of its attributes, which stays good"
            if two
            else "which refuses the previous one from that moment on, for this ProxySQL has one password of a"
            " user: have the applications ready to change"
        )
        return Step(
            "proxy",
            f"{_do(behind, 'refuse')} the new password: declare it, where it is not yet, and run the playbook"
            f" site, {how}",
        )
    both = _where(proxies, lambda seen: bool(seen.previous))
    if both:
        return Step(
            "applications",
            "give the applications the new password. When all have it, take additional_password out of the"
            f" inventory and run the playbook site; {_do(both, 'let')} in with the previous one until then",
        )
    keeping = _where(databases, lambda seen: bool(seen.previous))
    if keeping:
        return Step("discard", f"{_do(keeping, 'let')} in with the previous password still: discard it there")
    return Step("done", "the new password is good everywhere, and the previous one nowhere")


def _where(places: Mapping[str, Standing], is_so: Callable[[Standing], bool]) -> str:
    return ", ".join(place for place, seen in places.items() if is_so(seen))
