# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Copying whole sections between layers, only where the layers differ."""

from __future__ import annotations

from collections.abc import Sequence

from .._catalog.tables import SECTIONS, Section
from .._declared.errors import DeclarationError, EngineError, RefusedError
from .._planning.layers import LAYERS
from .._planning.plan import Want
from .._server.admin import Admin, load_statement, save_statement
from .._server.schema import table_of
from .._server.sql import Statement, plain
from .lock import WriteLock
from .section import Part, SectionWork, present_tables
from .tables import TableWork
from .variables import VariableWork, read_variables

DIRECTIONS = ("memory_to_runtime", "memory_to_disk", "disk_to_memory")


def named_sections(names: Sequence[str] | None) -> list[Section]:
    """Sections by name in any case, in the order of loading; all of them for None."""
    if names is None:
        return list(SECTIONS.values())
    wanted = {" ".join(str(name).upper().split()) for name in names}
    for name in sorted(wanted - set(SECTIONS)):
        raise DeclarationError("section {}: not one of {}".format(name, ", ".join(SECTIONS)), section=name)
    return [section for name, section in SECTIONS.items() if name in wanted]


def for_direction(names: Sequence[str] | None, direction: str) -> list[Section]:
    """Sections by name, or all of them, as far as they have the layers of a direction."""
    sections = named_sections(names)
    without = [section.name for section in sections if not section.disk and "disk" in direction]
    if names is not None and without:
        raise DeclarationError(f"section {without[0]}: there is no disk layer to it", section=without[0])
    return [section for section in sections if section.name not in without]


class Copy:
    """A whole section, to be copied in one direction. Raises DeclarationError for a login that sees none."""

    def __init__(self, admin: Admin, section: Section, direction: str) -> None:
        self.section = section
        self.direction = direction
        self._look(admin)

    def _look(self, admin: Admin) -> None:
        self.parts: list[Part] = []
        names = present_tables(admin, self.section)
        if self.section.prefix:
            have = {layer: read_variables(admin, layer) for layer in LAYERS}
            self.parts.append(VariableWork(self.section, {}, have))
        self.parts += [TableWork(admin, Want(table_of(admin, name), []), []) for name in names]
        layer = "disk" if "disk" in self.direction else "runtime"
        self.due = any(part.differs(layer) for part in self.parts)

    def statements(self) -> list[Statement]:
        """What is sent, in order; nothing where the layers agree."""
        if not self.due:
            return []
        if self.direction == "memory_to_runtime":
            return [load_statement(self.section)]
        if self.direction == "disk_to_memory":
            return [plain(f"LOAD {self.section.name} FROM DISK")]
        return [
            save_statement(self.section),
            *(statement for part in self.parts for statement in part.disk_statements(True)),
        ]

    def perform(self, admin: Admin) -> None:
        """Copy. Raises RefusedError, with all put back, where runtime does not become what memory is."""
        if not self.due:
            return
        with WriteLock(admin, [self.section]):
            # Another writer may have come first: undone would be what it wrote.
            self._look(admin)
            if not self.due:
                return
            if self.direction == "memory_to_runtime":
                self._load(admin)
                return
            for statement in self.statements():
                admin.write(statement)
            if self.direction == "memory_to_disk" and differs(admin, self.section, self.direction):
                raise RefusedError(
                    f"SAVE {self.section.name} TO DISK was answered with OK, and the disk is not as memory is"
                    " (its error log says why; is the disk full?)",
                    section=self.section.name,
                )

    def _load(self, admin: Admin) -> None:
        admin.load(self.section)
        unlike = [line for part in self.parts for line in part.unlike(admin)]
        if not unlike:
            return
        shown = "; ".join(unlike[:10]) + (f" and {len(unlike) - 10} more" if unlike[10:] else "")
        try:
            SectionWork(self.section, self.parts, True, False).undo(admin, True)
            left = "Everything has been put back as it was."
        except EngineError as exc:
            left = f"Putting it back failed too ({exc.message}): check the section before the next LOAD."
        raise RefusedError(
            f"LOAD {self.section.name} TO RUNTIME was answered with OK, yet ProxySQL left something out or"
            f" changed it (its error log says why): {shown}. {left}",
            section=self.section.name,
            refused=unlike,
        )


def differs(admin: Admin, section: Section, direction: str) -> bool:
    """Whether copying the section in this direction would change anything."""
    return Copy(admin, section, direction).due
