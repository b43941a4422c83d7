# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the module primary_switchover does: the checks, then the change, by one process."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from .._cluster.emergency import Promotion, choose
from .._cluster.guardian import Guardian, Record
from .._cluster.placing import SERVERS, VARIABLES, Nodes
from .._cluster.switch import Hands, Switch, Task
from .._declared.errors import ConnectError, DeclarationError, EngineError
from .._declared.rows import Row
from .._planning.placement import Pair, Place, changes, held, of_pair, placed, places, text_of, without
from .._planning.primary import (
    RESERVE,
    Asked,
    Found,
    Look,
    NodeLook,
    behind,
    of_databases,
    of_nodes,
    sessions,
)
from .._section.armed import settings_of
from .._section.lock import WriteLock
from .._server.admin import Admin
from .._server.backends import Attempt
from .._server.databases import open_database
from .._server.login import Login
from .module import NODE, Module, Spec, login

_CONNECT = 3.0  # seconds, for each database


def run_primary_switchover() -> None:
    """The module primary_switchover."""
    spec: Spec = {
        "nodes": {"type": "list", "elements": "dict", "options": NODE, "required": True},
        "new_primary": {"type": "str"},
        "writer_hostgroup": {"type": "int"},
        "timeout": {"type": "float", "default": 5.0},
        "max_lag": {"type": "float", "default": 5.0},
        "emergency": {"type": "bool", "default": False},
        "confirm": {"type": "str"},
        "database_user": {"type": "str", "required": True},
        "database_password": {"type": "str", "required": True, "no_log": True},
        "replication_user": {"type": "str", "required": True},
        "replication_password": {"type": "str", "required": True, "no_log": True},
        "restore_points": {"type": "path", "required": True},
    }
    module = Module(spec)

    def body(admin: Admin) -> dict[str, Any]:
        with contextlib.ExitStack() as stack:
            return _Change(module, admin, stack).run()

    module.run(body)


class _Change:
    """One run of the module."""

    def __init__(self, module: Module, admin: Admin, stack: contextlib.ExitStack) -> None:
        self.params, self.check = module.params, module.check_mode
        given = module.given
        self.logins = [
            login(self.params, node["login_host"], node["login_port"], given) for node in self.params["nodes"]
        ]
        self.pair = _pair(admin, self.params["writer_hostgroup"])
        self.record = Record(f"{self.params['restore_points']}/primary_switchover.json")
        self.away: list[str] = []
        self.hands = self._hands([each for each in map(partial(self._open, stack), self.logins) if each])
        stack.callback(self.hands.close)
        self.stack = stack
        self.declared: list[Row] = []

    def _open(self, stack: contextlib.ExitStack, node: Login) -> Admin | None:
        """In an emergency a node that does not answer either is gone without: it follows when it is back."""
        if not self.params["emergency"]:
            return stack.enter_context(Admin(node))
        try:
            return stack.enter_context(
                Admin(replace(node, connect_timeout=min(_CONNECT, node.connect_timeout)))
            )
        except ConnectError as exc:
            self.away.append(f"{exc.message}. It is gone without")
            return None

    def _hands(self, admins: Sequence[Admin]) -> Hands:
        given = self.params
        words = (given["database_user"], given["database_password"])
        return Hands(
            Nodes(admins, self.pair),
            {},
            lambda place: open_database(Attempt(*place, *words), _CONNECT),
            (given["replication_user"], given["replication_password"]),
        )

    def run(self) -> dict[str, Any]:
        if settings_of(self.params["restore_points"]) is not None:
            raise DeclarationError("a change of this node waits to be confirmed, or to be rolled back")
        before = self._cut_off()
        self.declared = self.hands.nodes.declared()
        result = self._emergency() if self.params["emergency"] else self._planned()
        if before:
            result = {**result, "changed": True, "cut_off": before}
        return result

    # -- what a run that was cut off has left

    def _cut_off(self) -> str:
        kept = self.record.read()
        if kept is None:
            return ""
        task = Task.of_dict(kept["task"])
        old, new = task.places
        what = f"a change of the primary from {old} to {new} was cut off"
        if self.check:
            raise DeclarationError(f"{what}. The next run that is no rehearsal finishes it, or takes it back")
        self._lock()
        try:
            out = Switch(task, self.hands, lambda: None).go_on()
        except EngineError as exc:
            exc.message += (
                f". {self.record.path} tells what it was about; it is asked for as long as it is there"
            )
            raise
        self.record.remove()
        return f"{what}; {out.why}: it was {'finished' if out.way == 'forward' else 'taken back'}"

    def _lock(self) -> None:
        nodes = self.hands.nodes
        if not nodes.locks:
            # In one order, whoever runs this where.
            for admin in sorted(nodes.admins, key=lambda each: each.login.place):
                nodes.locks.append(self.stack.enter_context(WriteLock(admin, (SERVERS, VARIABLES))))

    # -- planned

    def _planned(self) -> dict[str, Any]:
        nodes = self.hands.nodes
        declared, standing = self.declared, nodes.standing()
        known = places(of_pair(declared, self.pair)) or places(standing)
        new = _named(self.params["new_primary"], known, "new_primary")
        old = _primary(standing, self.pair)
        if old == new and not self.hands.get(new).read_only:
            return {
                "changed": False,
                "old_primary": text_of(old),
                "new_primary": text_of(new),
                "text": "it is the primary",
            }
        asked = Asked(self.pair, old, new, self.params["timeout"], self.params["max_lag"])
        found, looks, seen = self._checked(asked, [place for place in known if place not in (old, new)])
        if found.problems:
            raise _problems(found)
        # As it is now, where the monitor has found another primary than is declared.
        before = placed(declared, self.pair, old)
        source = looks[new].follows(looks[old])
        task = Task(
            self.pair, old, new,
            [place for place in looks if place != new and looks[place].follows(looks[old])],
            before, held(standing, self.pair), placed(before, self.pair, new),
            secure=bool(source and source.secure),
        )  # fmt: skip
        result = self._told(task, found, sessions(looks[old], seen, asked.timeout))
        if self.check:
            return {
                **result,
                "changed": True,
                "text": f"{text_of(new)} would be the primary instead of {text_of(old)}",
            }
        return self._do(task, min(each.wait for each in seen) - RESERVE / 2, result)

    def _checked(
        self, asked: Asked, others: Sequence[Place]
    ) -> tuple[Found, dict[Place, Look], list[NodeLook]]:
        found = Found()
        seen = self.hands.nodes.look()
        found.extend(of_nodes(asked, seen))
        looks: dict[Place, Look] = {}
        # First those that follow, so that what comes in between is not taken for theirs alone.
        for place in (*others, asked.new, asked.old):
            try:
                looks[place] = self.hands.get(place).look(sessions=place == asked.old)
            except EngineError as exc:
                found.problems.append(exc.message)
        if asked.old in looks and asked.new in looks:
            rest = [look for place, look in looks.items() if place in others]
            found.extend(of_databases(looks[asked.old], looks[asked.new], rest))
            found.problems += behind(looks[asked.old], looks[asked.new], asked.lag)
        return found, looks, seen

    def _do(self, task: Task, wait: float, result: dict[str, Any]) -> dict[str, Any]:
        self._lock()
        switch = Switch(task, self.hands, lambda: self.record.write(task.as_dict()))
        self.record.write(task.as_dict())
        clean = False
        try:
            with Guardian(partial(self._go_on, task)):
                switch.run(self.params["timeout"], wait)
            clean = not switch.left
        except EngineError as exc:
            clean = not switch.left and "left" not in exc.fields
            raise
        finally:
            if clean:
                self.record.remove()
        return self._done(task, switch, result)

    def _go_on(self, task: Task) -> None:
        """By the guardian, with connections of its own. The dead one's lock still holds, for a while."""
        kept = self.record.read()
        if kept is None:
            return
        task = Task.of_dict(kept["task"])
        hands = self._hands([Admin(each) for each in self.logins])
        Switch(task, hands, lambda: None).go_on()
        self.record.remove()

    # -- in an emergency

    def _emergency(self) -> dict[str, Any]:
        nodes = self.hands.nodes
        declared, standing = self.declared, nodes.standing()
        known = places(of_pair(declared, self.pair)) or places(standing)
        old = self._dead(standing, known)
        asked = (
            _named(self.params["new_primary"], known, "new_primary") if self.params["new_primary"] else None
        )
        rest = [place for place in known if place != old]
        choice = choose(self.hands, old, rest, nodes.look(), asked)
        before = placed(declared, self.pair, old)
        after = without(placed(before, self.pair, choice.new), old)
        task = Task(self.pair, old, choice.new, choice.others, before, held(standing, self.pair), after)
        result = self._told(task, Found([], [*choice.warnings, *self.away]), [choice.loss])
        if self.check:
            return {
                **result,
                "changed": True,
                "text": f"{text_of(choice.new)} would be the primary: {choice.loss}",
            }
        if self.params["confirm"] != text_of(choice.new):
            raise DeclarationError(
                f"{text_of(choice.new)} has most of what {text_of(old)} had; {choice.loss}. Say confirm:"
                f" {text_of(choice.new)}"
                " if it is to be the primary",
                **result,
            )
        self._lock()
        promotion = Promotion(task, self.hands)
        promotion.run()
        return self._done(task, promotion.switch, result)

    def _dead(self, standing: Sequence[Row], known: Sequence[Place]) -> Place:
        """A primary that does not answer for long the monitor takes for a reader."""
        writers = places(standing, self.pair.writer)
        if len(writers) == 1:
            return writers[0]
        silent = []
        for place in known:
            try:
                self.hands.get(place)
            except EngineError:
                silent.append(place)
        if len(silent) != 1:
            raise DeclarationError(
                f"hostgroup {self.pair.writer} has no server, and {len(silent)} of the pair do not answer:"
                " it cannot be told which was the primary"
            )
        return silent[0]

    # -- what is told

    def _told(self, task: Task, found: Found, notes: list[str]) -> dict[str, Any]:
        declare = changes(self.declared, task.after, self.pair)
        return {
            "old_primary": text_of(task.old),
            "new_primary": text_of(task.new),
            "warnings": found.warnings,
            "notes": notes,
            "declare": declare,
        }

    def _done(self, task: Task, switch: Switch, result: dict[str, Any]) -> dict[str, Any]:
        old, new = task.places
        done = {**result, "changed": True, "times": switch.times, "left": switch.left}
        done["text"] = (
            f"{new} is the primary instead of {old}; statements waited for {switch.times['release']:g} s"
            " at most"
        )
        done["warnings"] = [*result["warnings"], *(f"still to be done: {text}" for text in switch.left)]
        return done


def _pair(admin: Admin, writer: int | None) -> Pair:
    rows = admin.fetch(
        "SELECT writer_hostgroup, reader_hostgroup, check_type FROM runtime_mysql_replication_hostgroups"
    )[1]
    pairs = [(Pair(int(one or 0), int(other or 0)), str(check)) for one, other, check in rows]
    chosen = [each for each in pairs if writer in (None, each[0].writer)]
    if len(chosen) != 1:
        there = ", ".join(str(pair.writer) for pair, _check in pairs) or "none"
        raise DeclarationError(
            f"writer_hostgroup: the pairs of mysql_replication_hostgroups have {there}: name one"
        )
    pair, check = chosen[0]
    if "innodb" in check:
        raise DeclarationError(
            f"the pair of hostgroup {pair.writer} is checked by {check}, which is not set here"
        )
    return pair


def _primary(standing: Sequence[Row], pair: Pair) -> Place:
    found = places(standing, pair.writer)
    if len(found) != 1:
        there = ", ".join(map(text_of, found)) or "nobody"
        raise DeclarationError(f"hostgroup {pair.writer} has {there}, and not one primary")
    return found[0]


def _named(text: str | None, known: Sequence[Place], option: str) -> Place:
    chosen = [place for place in known if text in (place[0], text_of(place))]
    if len(chosen) != 1:
        raise DeclarationError(
            f"{option} is {text!r}; it is to be one of {', '.join(map(text_of, known)) or 'none'}"
        )
    return chosen[0]


def _problems(found: Found) -> DeclarationError:
    count = len(found.problems)
    head = (
        "The primary cannot be changed now"
        if count == 1
        else f"The primary cannot be changed now, for {count} reasons"
    )
    return DeclarationError(
        f"{head}: {'; '.join(found.problems)}. Nothing was changed",
        problems=found.problems,
        notes=found.warnings,
    )
