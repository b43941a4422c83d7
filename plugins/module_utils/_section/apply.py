# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The order of writing: memory, one LOAD per dirty section, read back, one SAVE.

Admin accepts BEGIN and ignores it, and answers OK to what it rejects; so whatever goes wrong
before the SAVE is undone here, section by section, and the error says what is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from .._catalog.tables import SECTIONS, TABLES, Section
from .._declared.errors import DeclarationError, EngineError, OpenEditsError, OvertakenError, RefusedError
from .._declared.rows import Rows
from .._planning.layers import LAYERS
from .._server.admin import Admin, load_statement, save_statement
from .._server.present import read
from .._server.servers import check_sets
from .._server.sql import Statement
from .lock import WriteLock
from .lockout import check_lockout, check_reached
from .restore_points import RestorePoints
from .section import Part, SectionWork, sections_of
from .tables import TableWork
from .variables import VariableWork

OPEN_EDITS = ("refuse", "publish", "discard")

_ORDER = list(SECTIONS)


@dataclass(frozen=True)
class How:
    """What a task's options say of writing. points: where what was there is kept before."""

    load: bool = True
    save: bool = True
    check: bool = False
    open_edits: str = "refuse"
    points: RestorePoints | None = None


@dataclass
class Outcome:
    """What a task did, or in check mode would do."""

    works: list[Part]
    statements: list[Statement] = field(default_factory=list)
    layers: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    saves: bool = True
    restore_point: str | None = None

    @property
    def changed(self) -> bool:
        return bool(self.statements)

    @property
    def loaded(self) -> frozenset[str]:
        """Names of the sections that a LOAD takes."""
        return frozenset(work.section.name for work in self.works if work.changes["runtime"])

    @property
    def restart_required(self) -> list[str]:
        return sorted(
            name
            for work in self.works
            if isinstance(work, VariableWork)
            for name in work.restart_required(self.saves)
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


class Script:
    """All that will be sent, in order. finds_edits: whether there are open edits in what it writes."""

    def __init__(self, admin: Admin, works: Sequence[Part], how: How) -> None:
        self.declared = works
        self.sections = sections_of(works, how.load, how.save)
        self.finds_edits = False
        for section in self.sections:
            section.settle(admin)
            # What is in memory alone is nobody's business until it is loaded or saved.
            if section.loads or section.saves:
                section.complete(admin)
                self.finds_edits = self.finds_edits or bool(section.open_edits)
                if how.open_edits == "discard":
                    section.discard(admin)
        self.memory = [
            (section, [statement for work in section.works for statement in work.memory_statements()])
            for section in self.sections
        ]
        self.disk = [
            statement for section in self.sections if how.save for statement in section.disk_statements()
        ]

    @property
    def works(self) -> list[Part]:
        return [work for section in self.sections for work in section.works]

    @property
    def written(self) -> list[SectionWork]:
        """The sections of which any layer changes."""
        return [
            section
            for section, statements in self.memory
            if statements or section.loads or section.saves or section.disk_statements()
        ]

    @property
    def saves(self) -> list[Statement]:
        return [save_statement(each.section) for each in self.sections if each.saves] + self.disk

    def statements(self) -> list[Statement]:
        return (
            [statement for _section, part in self.memory for statement in part]
            + [load_statement(each.section) for each in self.sections if each.loads]
            + self.saves
        )


def apply(admin: Admin, works: Sequence[Part], how: How) -> Outcome:
    """Bring the server to what ``works`` planned.

    Raises EngineError with the server put back, or telling what is left.
    """
    ordered = sorted(works, key=lambda work: _rank(work.section))
    try:
        script: Script | None = _checked(admin, ordered, how)
    except OpenEditsError:
        if how.check:
            raise
        script = None  # perhaps another task of this collection is half way
    if script is not None and (how.check or not script.statements()):
        return _outcome(script, how, script.statements())
    sections = (
        [section.section for section in script.written] if script else [work.section for work in ordered]
    )
    with WriteLock(admin, dict.fromkeys(sections)) as lock:
        script = _still_so(admin, script, how) if script else _anew(admin, ordered, how)
        point = how.points.make(admin, script.written) if how.points and script.written else None
        try:
            _write(admin, script, lock)
        except EngineError as exc:
            if how.points and point and exc.put_back:
                how.points.remove(point)
            raise
    return replace(_outcome(script, how, list(admin.sent)), restore_point=point)


def _checked(admin: Admin, works: Sequence[Part], how: How) -> Script:
    _check_hostgroups(admin, [work for work in works if isinstance(work, TableWork)])
    check_lockout(admin, works)
    script = Script(admin, works, how)
    if how.open_edits == "refuse":
        _refuse_open_edits(script)
    return script


def _outcome(script: Script, how: How, statements: list[Statement]) -> Outcome:
    return Outcome(script.works, statements, _layers(script, how), _warnings(script), how.save)


def _still_so(admin: Admin, script: Script, how: How) -> Script:
    """The script, made anew where a layer was changed between the look at it and the lock.

    Memory is looked at always; open edits may have been another writer's, seen half way. Runtime and disk
    only where the plan relies on what they hold already: another writer, seen half way, has since brought
    them to what it wrote.
    Of a table that is to be exactly as declared that is for a person to see: somebody else declares it too,
    unless it has become just that. A node gets it from one that it follows, written to a moment before.
    """
    moved = [
        work
        for section in script.sections
        for work in section.works
        if work.moved(admin) or (section.spares(how.load, how.save) and work.stale(admin))
    ]
    if not moved and not script.finds_edits:
        return script
    for work in moved:
        if (
            isinstance(work, TableWork)
            and work.want.state == "overridden"
            and work.again(admin).changes["memory"]
        ):
            raise OvertakenError(
                f"{work.title}: somebody else wrote to this table while this task was about to;"
                " nothing was written. Run it again",
                table=work.title,
            )
    return _anew(admin, script.declared, how)


def _anew(admin: Admin, works: Sequence[Part], how: How) -> Script:
    return _checked(admin, [work.again(admin) for work in works], how)


def _refuse_open_edits(script: Script) -> None:
    found = [(each.section, each.open_edits) for each in script.sections if each.loads or each.saves]
    lines = [f"{section.name}: {_few(edits)}" for section, edits in found if edits]
    if lines:
        raise OpenEditsError(
            "memory holds edits that nobody declares and that were never loaded. A LOAD or SAVE would take"
            " them along: {}. Declare them, load or remove them by hand, or say open_edits: publish or"
            " discard. Nothing was written".format("; ".join(lines)),
            open_edits={section.name: edits for section, edits in found if edits},
        )


def _few(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - 10} more" if texts[10:] else ""
    return "; ".join(texts[:10]) + more


def _check_hostgroups(admin: Admin, works: Sequence[TableWork]) -> None:
    """What no table can see alone: one hostgroup in the sets of two tables."""
    changing = [work for work in works if work.table.hostgroups and work.plan.changes]
    for section in dict.fromkeys(work.section for work in changing):
        ours = {work.title: work for work in changing if work.section == section}
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


def _layers(script: Script, how: How) -> dict[str, str]:
    def verdict(layer: str, wanted: bool, done: str) -> str:
        if not any(work.changes[layer] for work in script.works):
            return "unchanged"
        return done if wanted else "skipped"

    return {
        "memory": "changed" if any(statements for _section, statements in script.memory) else "unchanged",
        "runtime": verdict("runtime", how.load, "loaded"),
        "disk": verdict("disk", how.save, "saved"),
    }


def _warnings(script: Script) -> list[str]:
    published = [
        f"{section.section.name}: edits that are not declared here and were never loaded are taken along:"
        f" {_few(section.open_edits)}"
        for section in script.sections
        if (section.loads or section.saves) and section.open_edits
    ]
    return published + [remark for work in script.works for remark in work.remarks()]


def _write(admin: Admin, script: Script, lock: WriteLock) -> None:
    started: list[SectionWork] = []
    loaded: list[SectionWork] = []
    try:
        admin.watch()
        for section, statements in script.memory:
            if statements:
                started.append(section)
            for statement in statements:
                lock.renew()
                admin.write(statement)
        for section in script.sections:
            if section.loads:
                lock.renew()
                loaded.append(section)
                admin.load(section.section)
        # Only now: what LOAD made of it is read once, for all sections.
        disturbed = admin.disturbed()
        overtaken = [line for work in script.works for line in work.overtaken(admin)] if disturbed else []
        refused = [line for section in loaded for line in section.refusals(admin, disturbed)]
        if not (overtaken or refused):
            check_reached(admin, [work for section in loaded for work in section.works])
    except EngineError as exc:
        raise _undone(admin, exc, started, loaded) from None
    if overtaken:
        raise _overtaken(overtaken, script)
    if refused:
        raise _undone(admin, RefusedError(_listed(refused), refused=refused), started, loaded)
    _save(admin, script, lock)


def _overtaken(lines: Sequence[str], script: Script) -> OvertakenError:
    """Nothing is put back here: that would undo what somebody else has just done."""
    left = "; ".join(statement.shown[:120] for statement in script.saves)
    return OvertakenError(
        "somebody else changed, while this task was writing: {}. What they wrote is left as it is{}. Run this"
        " again when they have finished".format(
            _few(lines), f", and this was not done: {left}" if left else ""
        ),
        overtaken=list(lines),
    )


def _undone(
    admin: Admin, cause: EngineError, started: Sequence[SectionWork], loaded: Sequence[SectionWork]
) -> EngineError:
    """The error that is raised, with what was done about it."""
    sections = list(dict.fromkeys([*started, *loaded]))
    if not sections:
        cause.put_back = True
        return cause
    try:
        admin.revive()
        for section in sections:
            section.undo(admin, section in loaded)
    except EngineError as exc:
        names = ", ".join(work.title for section in sections for work in section.works)
        left = f"Putting {names} back failed too ({exc.message}): check them before the next LOAD or restart."
    else:
        left = "Everything has been put back as it was."
        cause.put_back = True
    cause.message = "{}. {}".format(cause.message.rstrip("."), left)
    return cause


def _save(admin: Admin, script: Script, lock: WriteLock) -> None:
    """SAVE comes last, when runtime is known to be right; what it could not write is named."""
    statements = script.saves
    for number, statement in enumerate(statements):
        try:
            lock.renew()
            admin.write(statement)
        except EngineError as exc:
            left = "; ".join(rest.shown[:120] for rest in statements[number:])
            exc.message += f". Memory and runtime are as declared; still to be done for disk: {left}"
            raise
    unsaved = [line for section in script.sections for line in section.unsaved(admin)]
    if unsaved:
        raise RefusedError(
            "ProxySQL answered OK to SAVE and did not write to disk (its error log says why; is the disk"
            f" full?): {_few(unsaved)}. Memory and runtime are as declared, and would not outlive a restart",
            refused=unsaved,
        )


def _listed(lines: Sequence[str]) -> str:
    shown = list(lines[:10])
    if len(lines) > 10:
        shown.append(f"and {len(lines) - 10} more")
    return "ProxySQL answered OK but did not take what was declared: " + "; ".join(shown)
