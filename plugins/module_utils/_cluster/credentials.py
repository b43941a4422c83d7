# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The logins of all nodes, brought to what is declared in the order of ``_planning/credentials.py``.

Every node is told by itself, and not by the cluster: so those are reached that do not follow at present.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Callable

from .._declared.errors import DeclarationError, EngineError, NotConvergedError, OvertakenError
from .._planning.credentials import SUFFIX, Standing, Step, credentials_of, next_step, pairs_of
from .._section.apply import How, Outcome, apply
from .._section.variables import plan_variables
from .._server.admin import Admin
from .cluster import Node

ADMINS, STATS = "admin-admin_credentials", "admin-stats_credentials"
USER, PASSWORD = "admin-cluster_username", "admin-cluster_password"

Before = Callable[[Sequence[Standing]], None]

# A node that follows may fetch from another what this is about to write: then it is looked at again.
_AGAIN = 5
_PAUSE = 0.2


@dataclass
class Rotation:
    """What was done, or in check mode would be. absent: why, by the name of a node that was not reached."""

    steps: list[Step] = field(default_factory=list)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        return any(outcome.changed for outcome in self.outcomes.values())


def check_wanted(want: Standing, login: str | None) -> None:
    """Raises DeclarationError for logins that could not all be let in."""
    names = [user for user, _password in want.accepts]
    if want.login not in want.accepts:
        raise DeclarationError(
            "admin_credentials: lacks cluster_user with cluster_password; no node would let another in"
        )
    if len(set(names)) < len(names):
        raise DeclarationError(
            "admin_credentials: a user is in it twice, and ProxySQL keeps one password of each"
        )
    if want.login[0] + SUFFIX in names:
        raise DeclarationError(
            f"admin_credentials: the name {want.login[0] + SUFFIX!r} is needed while that password changes"
        )
    if login not in names:
        raise DeclarationError(f"admin_credentials: lacks {login!r}, the login in use")


def rotate(
    nodes: Sequence[Node], want: Standing, how: How, deadline: float, before: Before | None = None
) -> Rotation:
    """Bring all nodes that answer to the wanted logins, in all layers. Raises EngineError naming the step.

    before: is told how they stand before anything is written.
    """
    done = Rotation(absent={node.name: node.problem or "" for node in nodes if node.admin is None})
    there = {node.name: node.admin for node in nodes if node.admin is not None}
    final = dict.fromkeys(there, want)
    done.outcomes = _each(there, final, How(how.load, how.save, True, how.open_edits))
    if not done.changed:
        return done
    stands = {name: _standing(admin, want) for name, admin in there.items()}
    if before is not None and not how.check:
        before(list(stands.values()))
    again = 0
    while step := next_step(stands, want):
        done.steps.append(step)
        if how.check:
            stands = {**stands, **step.nodes}
            continue
        if time.monotonic() > deadline:
            raise NotConvergedError(
                f"there was no time left to {step.what}; run this again, and it goes on from there"
            )
        try:
            _each(there, step.nodes, how)
        except OvertakenError:
            again += 1
            if again > _AGAIN:
                raise
            done.steps.pop()
            time.sleep(_PAUSE)
        except EngineError as exc:
            exc.message = (
                f"while it was to {step.what}: {exc.message.rstrip('.')}. Run this again, and it goes on"
            )
            raise
        stands = {name: _standing(admin, want) for name, admin in there.items()}
    if not how.check:
        # Runtime is right; a run that was ended before its SAVE has left disk behind.
        _each(there, final, how)
    return done


def _each(admins: Mapping[str, Admin], stands: Mapping[str, Standing], how: How) -> dict[str, Outcome]:
    """All at once. Raises the first error, when all have ended."""

    def write(name: str) -> Outcome:
        admin, stand = admins[name], stands[name]
        admin.sent = []
        try:
            return apply(admin, plan_variables(admin, variables_of(stand)), how)
        except EngineError as exc:
            exc.message = f"{name}: {exc.message}"
            exc.fields.setdefault("node", name)
            raise

    with ThreadPoolExecutor(max_workers=64) as pool:
        return dict(zip(stands, pool.map(write, stands)))


def variables_of(stand: Standing) -> dict[str, str]:
    """The variables that make a node stand so."""
    return {
        ADMINS: credentials_of(stand.accepts),
        USER: stand.login[0],
        PASSWORD: stand.login[1],
        **({STATS: stand.stats} if stand.stats else {}),
    }


def _standing(admin: Admin, want: Standing) -> Standing:
    rows = admin.fetch(
        "SELECT variable_name, variable_value FROM runtime_global_variables WHERE variable_name IN"
        f" ('{ADMINS}', '{STATS}', '{USER}', '{PASSWORD}')"
    )[1]
    values = {str(name): value or "" for name, value in rows}
    return Standing(
        pairs_of(values.get(ADMINS, "")),
        (values.get(USER, ""), values.get(PASSWORD, "")),
        values.get(STATS, "") if want.stats else "",
    )
