# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A section: what one LOAD and one SAVE take, and so what is read, warned of, verified, undone and saved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Union

from .._catalog.tables import TABLES, Section
from .._planning.plan import Want
from .._server.admin import Admin
from .._server.explained import sees_nothing
from .._server.sql import Statement
from .tables import TableWork
from .variables import VariableWork

Part = Union[TableWork, VariableWork]


class SectionWork:
    """All of a section. works: its declared tables, or its declared variables.

    The section's other tables are read only once it is known that something will be written: a run that
    changes nothing need not look at them.
    """

    def __init__(self, section: Section, works: Sequence[Part], load: bool, save: bool) -> None:
        self.section = section
        self.works = list(works)
        self.sisters: list[TableWork] = []
        self.loads = load and any(work.changes["runtime"] for work in works)
        self._save = save
        self.saves = save and any(work.needs_save for work in works)

    @property
    def parts(self) -> list[Part]:
        return [*self.works, *self.sisters]

    @property
    def open_edits(self) -> list[str]:
        """What others have edited in memory and never loaded, and a LOAD or SAVE would take along."""
        return [text for part in self.parts for text in part.open_edits]

    def spares(self, load: bool, save: bool) -> bool:
        """Whether memory changes and yet a LOAD or SAVE that is wanted is not due."""
        changes = any(work.changes["memory"] for work in self.works)
        return changes and ((load and not self.loads) or (save and not self.saves))

    def complete(self, admin: Admin) -> None:
        """Read the section's tables that are not declared, as far as there is anything in them."""
        ours = {work.title for work in self.works}
        names = [name for name in self.section.tables if name not in ours]
        self.sisters = [TableWork(admin, Want(TABLES[name], []), []) for name in filled_tables(admin, names)]

    def settle(self, admin: Admin) -> None:
        """Where a LOAD is due, let it find the members of clusters where they stand."""
        if self.loads:
            self.works = [
                work.again(admin, loading=True) if isinstance(work, TableWork) and work.unsettled else work
                for work in self.works
            ]
            self.saves = self.saves or self._save and any(work.needs_save for work in self.works)

    def discard(self, admin: Admin) -> None:
        """Plan to take the open edits back, in tables that are not declared as well."""
        self.works = [self._discarded(admin, work) if work.open_edits else work for work in self.works]
        edited = [sister for sister in self.sisters if sister.open_edits]
        self.sisters = [sister for sister in self.sisters if not sister.open_edits]
        self.works += [sister.again(admin, True) for sister in edited]

    def _discarded(self, admin: Admin, work: Part) -> Part:
        if isinstance(work, TableWork):
            return work.again(admin, True, self.loads)
        return work.again(admin, True)

    def undo(self, admin: Admin, loaded: bool) -> None:
        """Bring memory and, after a LOAD, runtime back to what they were. Raises EngineError."""
        back = [part.undo(admin, loaded) for part in self.parts]
        for first, _second in back:
            for statement in first:
                admin.write(statement)
        if loaded:
            admin.load(self.section)
        for _first, second in back:
            for statement in second():
                admin.write(statement)

    def refusals(self, admin: Admin, disturbed: bool) -> list[str]:
        """What runtime does not hold although the LOAD was answered with OK."""
        found = [line for work in self.works for line in work.refusals(admin, disturbed)]
        # Edits of others that were published on purpose are not to be lost either.
        for part in self.parts:
            if part.open_edits:
                ours = set(part.open_edits)
                found += [
                    f"{line}: somebody's edit, which ProxySQL did not take as it stood"
                    for line in part.unlike(admin)
                    if line in ours
                ]
        return found

    def unsaved(self, admin: Admin) -> list[str]:
        """What the disk does not hold although the SAVE was answered with OK, as with a full disk (2.7.1)."""
        return [line for work in self.works for line in work.unsaved(admin)] if self.saves else []

    def disk_statements(self) -> list[Statement]:
        return [statement for work in self.works for statement in work.disk_statements(self.saves)]


def sections_of(works: Iterable[Part], load: bool, save: bool) -> list[SectionWork]:
    """The works by section, in the order of the works."""
    found: dict[Section, list[Part]] = {}
    for work in works:
        found.setdefault(work.section, []).append(work)
    return [SectionWork(section, parts, load, save) for section, parts in found.items()]


def present_tables(admin: Admin, section: Section) -> list[str]:
    """The section's tables that this server has. Raises DeclarationError for a login that sees none."""
    rows = admin.fetch("SELECT name FROM main.sqlite_master WHERE type = 'table'")[1]
    names = {row[0] for row in rows}
    if "mysql_users" not in names:
        raise sees_nothing(admin)
    return [name for name in section.tables if name in names]


def filled_tables(admin: Admin, names: Sequence[str]) -> list[str]:
    """Those of the tables that hold a row in any layer; an older server has fewer of them."""
    if not names:
        return []
    there = {row[0] for row in admin.fetch("SELECT name FROM main.sqlite_master WHERE type = 'table'")[1]}
    on_disk = {row[0] for row in admin.fetch("SELECT name FROM disk.sqlite_master WHERE type = 'table'")[1]}
    parts = []
    for name in names:
        if name not in there:
            continue
        sources = [f"main.{name}", f"main.runtime_{name}", *([f"disk.{name}"] if name in on_disk else [])]
        exists = " OR ".join(f"EXISTS (SELECT 1 FROM {source})" for source in sources)
        parts.append(f"SELECT '{name}' WHERE {exists}")
    return [str(row[0]) for row in admin.fetch(" UNION ALL ".join(parts))[1]] if parts else []
