# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A change of the primary: statements held on all nodes, the databases' roles exchanged, statements let go.

In one process, for what is held waits inside ProxySQL and may wait only for so long. What went wrong before
the new primary takes writes is taken back; after that there is only the way forward, and what is left to do
is said.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Callable

from .._declared.errors import EngineError, NotConvergedError, StatementError
from .._declared.rows import Row
from .._planning import gtid
from .._planning.placement import Pair, Place, leaving, place_of, text_of
from .._planning.primary_steps import (
    ALLOW,
    BACK,
    CATCH_UP,
    DRAIN,
    FOLLOW,
    FORBID,
    FORWARD,
    HOLD,
    RELEASE,
    STOP,
    WayOut,
    stands,
    to_take_back,
    way_out,
)
from .._server.databases import Database
from .placing import Nodes

# Seconds: until replicas must follow their new source, until readers have left a hostgroup, and how long a
# step
# back may take.
_FOLLOWS = 15.0
_READERS = 30.0
_AFTERWARDS = 90.0
_BACK = 10.0
_PAUSE = 0.02


class UnsureError(EngineError):
    """Neither forth nor back would be safe, and nothing more was done."""


@dataclass
class Task:
    """What is to be done, as it is kept on disk for whoever has to go on: nothing secret.

    others: further replicas of the old one. before, hold, after: rows of the pair. kept: by node
    a variable as it was.
    """

    pair: Pair
    old: Place
    new: Place
    others: list[Place]
    before: list[Row]
    hold: list[Row]
    after: list[Row]
    kept: dict[str, str] = field(default_factory=dict)
    secure: bool = False

    @property
    def places(self) -> tuple[str, str]:
        return text_of(self.old), text_of(self.new)

    def as_dict(self) -> dict[str, Any]:
        return {**vars(self), "pair": [self.pair.writer, self.pair.reader]}

    @classmethod
    def of_dict(cls, given: Mapping[str, Any]) -> Task:
        values = dict(given)
        values["pair"] = Pair(*values["pair"])
        for name in ("old", "new"):
            values[name] = (values[name][0], values[name][1])
        values["others"] = [(str(each[0]), int(each[1])) for each in values["others"]]
        return cls(**values)


@dataclass
class Hands:
    """All that is written to. open: a database by its place; raises EngineError."""

    nodes: Nodes
    databases: dict[Place, Database]
    open: Callable[[Place], Database]
    replication: tuple[str, str]

    def get(self, place: Place) -> Database:
        """Raises EngineError."""
        if place not in self.databases:
            self.databases[place] = self.open(place)
        return self.databases[place]

    def again(self, place: Place, work: Callable[[Database], Any]) -> Any:
        """What the work gives, on a new connection if the old one broke. Raises EngineError."""
        try:
            return work(self.get(place))
        except EngineError:
            self.databases[place] = self.open(place)
            return work(self.databases[place])

    def close(self) -> None:
        for database in self.databases.values():
            database.close()


class Switch:
    """One change. note: called when something is to be kept on disk.

    done: the steps, in order. times: of each, in seconds since statements were held. left: what is not as it
    should be at the end, as sentences.
    """

    def __init__(self, task: Task, hands: Hands, note: Callable[[], None]) -> None:
        self.task, self.hands, self.note = task, hands, note
        self.nodes = hands.nodes
        self.done: list[str] = []
        self.times: dict[str, float] = {}
        self.left: list[str] = []
        self._began = self._until = 0.0

    # -- forth

    def run(self, timeout: float, wait: float) -> None:
        """timeout: seconds for transactions under way. wait: for how many a statement may wait in all.

        Raises EngineError with all taken back, or telling what is left.
        """
        try:
            self.task.kept = self.nodes.keep()
            self.note()
            if self.task.kept:
                self.nodes.let_go()
            self.begin()
            self._until = self._began + wait
            self.nodes.until(self._until)
            self._hold()
            self._drain(timeout)
            self._exchange()
        except UnsureError:
            raise
        except EngineError as exc:
            raise self.back(exc) from None
        self.forward()

    def begin(self) -> None:
        self._began = time.monotonic()

    def _past(self, name: str) -> None:
        self.times[name] = round(time.monotonic() - self._began, 3)

    def _hold(self) -> None:
        self.done.append(HOLD)
        failed = self.nodes.load(self.task.hold)
        failed = failed or self.nodes.apart([], time.monotonic() + 1)
        if failed:
            raise StatementError("not all nodes hold new statements: " + _texts(failed))
        self._past(HOLD)

    def _drain(self, timeout: float) -> None:
        left = self.nodes.unused(self.task.pair.writer, None, self._began + timeout)
        if left:
            counts = ", ".join(f"{count} on {node}" for node, count in left.items())
            raise NotConvergedError(
                f"after {timeout:g} s connections to {self.task.places[0]} are still in use: {counts}",
                in_use=left,
            )
        self._past(DRAIN)

    def _exchange(self) -> None:
        old, new = self.hands.get(self.task.old), self.hands.get(self.task.new)
        for database in (old, new):
            database.patience(self._until - 1 - time.monotonic())
        self.done.append(FORBID)
        old.forbid_writes()
        self._past(FORBID)
        self._catch_up(old, new)
        self._past(CATCH_UP)
        self.done.append(STOP)
        new.stop()
        self._past(STOP)
        try:
            new.allow_writes()
        except EngineError:
            # Whether it was done is what decides, not whether the answer came.
            try:
                refused = self.hands.again(self.task.new, lambda database: database.read_only)
            except EngineError as exc:
                raise UnsureError(
                    f"{new.place} was to take writes and does not answer any more, so it is not known"
                    " whether it does:"
                    f" {'; '.join(stands(self.done, *self.task.places))}. Run this again when it answers"
                    f" ({exc.message})",
                    left=stands(self.done, *self.task.places),
                ) from None
            if refused:
                raise
        self.done.append(ALLOW)
        self._past(ALLOW)

    def _catch_up(self, old: Database, new: Database) -> None:
        position = old.position()
        while True:
            if not new.has(position, self._until - time.monotonic()):
                raise NotConvergedError(f"{new.place} has not all that {old.place} has")
            # Whoever may write to a server that is read only may have, until now.
            now = old.position()
            if not gtid.beyond(now, position):
                return
            position = now

    def forward(self, dead: bool = False) -> None:
        """All that comes once the new primary takes writes. Raises nothing: what failed is in ``left``.

        dead: whether the old one is, and so follows nobody.
        """
        replicas = [*([] if dead else [self.task.old]), *self.task.others]
        # Nobody is waited for without end.
        self.nodes.until(time.monotonic() + _AFTERWARDS)
        gone = leaving(self.task.hold, self.task.after)
        failed = self.nodes.load([*self.task.after, *gone])
        if failed:
            failed = self.nodes.load([*self.task.after, *gone])
        apart = self.nodes.apart([self.task.new], time.monotonic() + _BACK)
        self.left += [f"{node}: {text}" for node, text in failed.items()]
        self.left += [f"{node} writes to {text}" for node, text in apart.items()]
        self.done.append(RELEASE)
        self._past(RELEASE)
        self._try(self.task.new, lambda database: database.forget_source() if database.sources() else None)
        for place in replicas:
            self._follow(place)
        self._wait_for_replicas(replicas)
        self.done.append(FOLLOW)
        self._past(FOLLOW)
        try:
            self._finish(self.task.after, gone)
        except EngineError as exc:
            self.left.append(exc.message)

    def _try(self, place: Place, work: Callable[[Database], Any]) -> None:
        try:
            self.hands.again(place, work)
        except EngineError as exc:
            self.left.append(exc.message)

    def _follow(self, place: Place) -> None:
        def follow(database: Database) -> None:
            source = self.hands.get(self.task.new)
            there = [
                each
                for each in database.sources()
                if each.identity == source.identity or each.place == self.task.places[1]
            ]
            if not there:
                database.follow(source, *self.hands.replication, self.task.secure)
            elif not (there[0].io and there[0].sql):
                database.start()

        self._try(place, follow)

    def _wait_for_replicas(self, replicas: Sequence[Place]) -> None:
        deadline = time.monotonic() + _FOLLOWS
        waiting = list(replicas)
        why: dict[Place, str] = {}
        while waiting and time.monotonic() < deadline:
            for place in list(waiting):
                try:
                    source = next(iter(self.hands.get(place).sources()), None)
                except EngineError as exc:
                    why[place] = exc.message
                    continue
                if source is not None and source.io and source.sql:
                    waiting.remove(place)
                why[place] = source.error if source is not None else "it has no source"
            time.sleep(_PAUSE)
        self.left += [
            f"{text_of(place)} does not replicate: {why.get(place) or 'not yet'}" for place in waiting
        ]

    def _finish(self, rows: Sequence[Row], gone: Sequence[Row]) -> None:
        """Rows that are no more wanted are taken away when nobody uses them; the disk; the variable."""
        if gone:
            places, group = [place_of(row) for row in gone], self.task.pair.reader
            used = self.nodes.unused(group, places, time.monotonic() + _READERS)
            if used:
                counts = ", ".join(f"{count} on {node}" for node, count in used.items())
                self.left.append(f"readers keep connections to {', '.join(map(text_of, places))}: {counts}")
            else:
                self.left += [f"{node}: {text}" for node, text in self.nodes.load(rows).items()]
        for failed in (self.nodes.save(), self.nodes.keep_again(self.task.kept)):
            self.left += [f"{node}: {text}" for node, text in failed.items()]

    # -- back

    def back(self, cause: EngineError) -> EngineError:
        """The error to be raised, with all taken back or telling what is left."""
        if ALLOW in self.done:
            return cause
        self.nodes.until(time.monotonic() + _AFTERWARDS)
        for name in to_take_back(self.done):
            if name == STOP:
                self._try(self.task.new, lambda database: database.start())
            elif name == FORBID:
                self._try(self.task.old, lambda database: database.allow_writes())
            elif name == HOLD:
                try:
                    self._let_go_back()
                except EngineError as exc:
                    self.left.append(exc.message)
        failed = self.nodes.keep_again(self.task.kept)
        self.left += [f"{node}: {text}" for node, text in failed.items()]
        if self._began:
            cause.fields["held"] = round(time.monotonic() - self._began, 3)
        if self.left:
            standing = "; ".join(stands(self.done, *self.task.places))
            cause.message += f". Taking it back failed: {'; '.join(self.left)}. It may be that {standing}"
            cause.fields["left"] = self.left
        else:
            cause.message += ". It was called off, and everything is as it was"
        return cause

    def _let_go_back(self) -> None:
        gone = leaving(self.task.hold, self.task.before)
        failed = self.nodes.load([*self.task.before, *gone])
        if failed:
            failed = self.nodes.load([*self.task.before, *gone])
        apart = self.nodes.apart([self.task.old], time.monotonic() + _BACK)
        self.left += [f"{node}: {text}" for node, text in failed.items()]
        self.left += [f"{node} writes to {text}" for node, text in apart.items()]
        if gone and not failed:
            self.nodes.unused(
                self.task.pair.reader, [place_of(row) for row in gone], time.monotonic() + _READERS
            )
            self.nodes.load(self.task.before)

    # -- after a run that was cut off

    def go_on(self) -> WayOut:
        """Finish what was cut off, or take it back. Raises EngineError where neither is safe."""
        others = self._strangers()
        if others:
            raise EngineError(
                "a change of the primary was cut off, and since then somebody has written other servers to"
                f" {', '.join(others)}: look what is right"
            )
        seen = {place: self._look(place) for place in (self.task.old, self.task.new)}
        (old, had), (new, has) = seen[self.task.old], seen[self.task.new]
        ahead = gtid.beyond(has, had) if had is not None and has is not None else 0
        out = way_out(old, new, ahead, self.task.places)
        if out.way == FORWARD:
            self.begin()
            self.forward()
        elif out.way == BACK:
            self.done = [HOLD, FORBID, STOP]
            error = self.back(EngineError(out.why))
            if self.left:
                raise error
        else:
            raise EngineError(
                f"a change of the primary was cut off, and cannot be finished by itself: {out.why}"
            )
        return out

    def _strangers(self) -> list[str]:
        """Nodes that hold none of what this change has written, or would put back."""
        task = self.task
        ours = [task.before, task.hold, task.after]
        ours += [[*rows, *leaving(task.hold, rows)] for rows in (task.before, task.after)]
        known = [_bare(rows) for rows in ours]
        return [node for node, rows in self.nodes.loaded().items() if _bare(rows) not in known]

    def _look(self, place: Place) -> tuple[bool | None, gtid.Position | None]:
        try:
            return self.hands.again(place, lambda database: (database.read_only, database.position()))  # type: ignore[no-any-return]
        except EngineError:
            return None, None


def _bare(rows: Sequence[Row]) -> list[str]:
    return sorted(repr(sorted(row.items())) for row in rows)


def _texts(failed: Mapping[str, str]) -> str:
    return "; ".join(f"{node}: {text}" for node, text in failed.items())
