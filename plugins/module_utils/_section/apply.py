# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The order of writing: memory, one LOAD per dirty section, read back, one SAVE.

Admin accepts BEGIN and ignores it, and answers OK to what it rejects; so whatever goes wrong
before the SAVE is undone here, statement by statement, and the error says what is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Union

from .._catalog.tables import SECTIONS, TABLES, Section
from .._declared.errors import DeclarationError, EngineError, RefusedError
from .._declared.rows import Rows
from .._planning.layers import LAYERS
from .._server.admin import Admin, load_statement, save_statement
from .._server.present import read
from .._server.servers import check_sets
from .._server.sql import Statement
from .tables import TableWork
from .variables import VariableWork

Work = Union[TableWork, VariableWork]

_ORDER = list(SECTIONS)


@dataclass
class Outcome:
    """What a task did, or in check mode would do."""

    works: list[Work]
    statements: list[Statement] = field(default_factory=list)
    layers: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        return bool(self.statements)

    @property
    def restart_required(self) -> list[str]:
        return sorted(
            name for work in self.works if isinstance(work, VariableWork) for name in work.restart_required()
        )

    def diff(self) -> list[dict[str, str]]:
        """One entry for each table and layer that changes; layers that change alike share one."""
        entries: dict[tuple[str, str, str], list[str]] = {}
        for work in self.works:
            texts: dict[int, dict[str, str]] = {}  # by list of changes: layers may share one
            for layer in LAYERS:
                changes = work.changes[layer]
                if self.layers[layer] == "skipped" or not changes:
                    continue
                if id(changes) not in texts:
                    texts[id(changes)] = work.diff_lines(layer)
                lines = texts[id(changes)]
                entries.setdefault((work.title, lines["before"], lines["after"]), []).append(layer)
        return [
            {
                "before_header": "{} ({})".format(title, ", ".join(layers)),
                "after_header": "{} ({})".format(title, ", ".join(layers)),
                "before": before,
                "after": after,
            }
            for (title, before, after), layers in entries.items()
        ]


@dataclass(frozen=True)
class _Script:
    """All that will be sent, in order."""

    works: Sequence[Work]
    memory: list[tuple[Work, list[Statement]]]
    loads: list[Section]
    saves: list[Section]
    disk: list[Statement]

    def statements(self) -> list[Statement]:
        return (
            [statement for _work, part in self.memory for statement in part]
            + [load_statement(section) for section in self.loads]
            + [save_statement(section) for section in self.saves]
            + self.disk
        )


def apply(admin: Admin, works: Sequence[Work], load: bool, save: bool, check: bool) -> Outcome:
    """Bring the server to what ``works`` planned. Raises EngineError with the server put back."""
    ordered = sorted(works, key=lambda work: _rank(work.section))
    _check_hostgroups(admin, [work for work in works if isinstance(work, TableWork)])
    script = _script(ordered, load, save)
    outcome = Outcome(
        ordered, script.statements(), _layers(ordered, script, load, save), _warnings(ordered, script)
    )
    if not check:
        _write(admin, script)
        outcome.statements = list(admin.sent)
    return outcome


def _check_hostgroups(admin: Admin, works: Sequence[TableWork]) -> None:
    """What no table can see alone: one hostgroup in the sets of two tables."""
    for section in _sections(work for work in works if work.table.hostgroups and work.plan.changes):
        ours = {work.title: work for work in works}
        rows: dict[str, Rows] = {}
        for name in section.tables:
            if not TABLES[name].hostgroups:
                continue
            try:
                rows[name] = ours[name].plan.after if name in ours else read(admin, TABLES[name], "memory")
            except DeclarationError:
                continue  # an older server has fewer of these tables
        check_sets(section.name, rows, {n: {c.key for c in work.plan.changes} for n, work in ours.items()})


def _rank(section: Section) -> int:
    return _ORDER.index(section.name) if section.name in _ORDER else len(_ORDER)


def _script(works: Sequence[Work], load: bool, save: bool) -> _Script:
    memory = [(work, work.memory_statements()) for work in works]
    loads = _sections(work for work in works if load and work.changes["runtime"])
    saves = _sections(work for work in works if save and work.needs_save)
    disk = [statement for work in works if save for statement in work.disk_statements(work.section in saves)]
    return _Script(works, [(work, part) for work, part in memory if part], loads, saves, disk)


def _sections(works: Iterable[Work]) -> list[Section]:
    return list(dict.fromkeys(work.section for work in works))


def _layers(works: Sequence[Work], script: _Script, load: bool, save: bool) -> dict[str, str]:
    def verdict(layer: str, wanted: bool, done: str) -> str:
        if not any(work.changes[layer] for work in works):
            return "unchanged"
        return done if wanted else "skipped"

    return {
        "memory": "changed" if script.memory else "unchanged",
        "runtime": verdict("runtime", load, "loaded"),
        "disk": verdict("disk", save, "saved"),
    }


def _warnings(works: Sequence[Work], script: _Script) -> list[str]:
    pending = [
        f"{work.title}: memory holds edits that are not declared here and were never loaded; the LOAD takes"
        f" them to runtime too: {work.pending[0]}"
        + (f" and {len(work.pending) - 1} more" if work.pending[1:] else "")
        for work in works
        if work.pending and work.section in script.loads
    ]
    return pending + [remark for work in works for remark in work.remarks()]


def _write(admin: Admin, script: _Script) -> None:
    started: list[Work] = []
    loaded: list[Section] = []
    try:
        for work, statements in script.memory:
            started.append(work)
            for statement in statements:
                admin.write(statement)
        for section in script.loads:
            loaded.append(section)
            admin.load(section)
        # Only now: what LOAD made of it is read once, for all sections.
        refused = [line for work in script.works if work.section in loaded for line in work.refusals(admin)]
        if refused:
            raise RefusedError(_listed(refused), refused=refused)
    except EngineError as exc:
        works = [work for work in script.works if work in started or work.section in loaded]
        raise _undone(admin, exc, works, loaded) from None
    _save(admin, script)


def _undone(
    admin: Admin, cause: EngineError, works: Sequence[Work], loaded: Sequence[Section]
) -> EngineError:
    """Put memory and runtime back, and say in the error how that went."""
    if not works:
        return cause
    try:
        _undo(admin, works, loaded)
    except EngineError as exc:
        names = ", ".join(work.title for work in works)
        left = f"Putting {names} back failed too ({exc.message}): check them before the next LOAD or restart."
    else:
        left = "Everything has been put back as it was."
    cause.message = "{}. {}".format(cause.message.rstrip("."), left)
    return cause


def _undo(admin: Admin, works: Sequence[Work], loaded: Sequence[Section]) -> None:
    admin.revive()
    back = [work.undo(work.section in loaded) for work in works]
    for first, _second in back:
        for statement in first:
            admin.write(statement)
    for section in loaded:
        admin.load(section)
    for _first, second in back:
        for statement in second:
            admin.write(statement)


def _save(admin: Admin, script: _Script) -> None:
    """SAVE comes last, when runtime is known to be right; what it could not write is named."""
    statements = [save_statement(section) for section in script.saves] + script.disk
    for number, statement in enumerate(statements):
        try:
            admin.write(statement)
        except EngineError as exc:
            left = "; ".join(rest.shown[:120] for rest in statements[number:])
            exc.message += f". Memory and runtime are as declared; still to be done for disk: {left}"
            raise


def _listed(lines: Sequence[str]) -> str:
    shown = list(lines[:10])
    if len(lines) > 10:
        shown.append(f"and {len(lines) - 10} more")
    return "ProxySQL answered OK but did not take what was declared: " + "; ".join(shown)
