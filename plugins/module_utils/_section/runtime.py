# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Copying whole sections between layers, only where the layers differ."""

from __future__ import annotations

from collections.abc import Sequence

from .._catalog.tables import SECTIONS, TABLES, Section
from .._catalog.variables import STATIC
from .._declared.errors import DeclarationError, RefusedError
from .._planning.layers import expected
from .._server.admin import Admin, load_statement, save_statement
from .._server.present import Present
from .._server.sql import Statement, plain
from .variables import canonical, read_variables

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


def differs(admin: Admin, section: Section, direction: str) -> bool:
    """Whether copying the section in this direction would change anything."""
    if section.prefix:
        return _variables_differ(admin, section, direction)
    return any(_table_differs(admin, name, direction) for name in _present(admin, section))


def copy(admin: Admin, section: Section, direction: str) -> None:
    """Copy one section. Raises RefusedError where runtime does not become what memory is."""
    if direction != "memory_to_runtime":
        admin.write(statement(section, direction))
        return
    admin.load(section)
    if differs(admin, section, direction):
        raise RefusedError(
            f"LOAD {section.name} TO RUNTIME was answered with OK, yet runtime still differs from memory:"
            " ProxySQL left something out or put it back (its error log says what)",
            section=section.name,
        )


def statement(section: Section, direction: str) -> Statement:
    if direction == "memory_to_runtime":
        return load_statement(section)
    if direction == "memory_to_disk":
        return save_statement(section)
    return plain(f"LOAD {section.name} FROM DISK")


def _present(admin: Admin, section: Section) -> list[str]:
    """The section's tables that this server has."""
    rows = admin.fetch("SELECT name FROM main.sqlite_master WHERE type = 'table'")[1]
    names = {row[0] for row in rows}
    return [name for name in section.tables if name in names]


def _table_differs(admin: Admin, name: str, direction: str) -> bool:
    table = TABLES.get(name)
    if table is None:
        # Not in the catalog: compared by the server, which is exact for the tables it can be.
        sides = ("main." + name, "disk." + name if "disk" in direction else "runtime_" + name)
        query = "SELECT 1 FROM (SELECT * FROM {} EXCEPT SELECT * FROM {}) LIMIT 1"
        return any(admin.value(query.format(*pair)) is not None for pair in (sides, sides[::-1]))
    layer = "disk" if "disk" in direction else "runtime"
    rows = Present(admin, table).rows
    return expected(table, layer, rows["memory"]) != rows[layer]


def _variables_differ(admin: Admin, section: Section, direction: str) -> bool:
    layer = "disk" if "disk" in direction else "runtime"
    memory, other = (_of(section, read_variables(admin, name)) for name in ("memory", layer))
    # Static variables wait on disk for a restart; memory and runtime can not follow.
    return any(
        canonical(name, memory.get(name)) != canonical(name, other.get(name))
        for name in {**memory, **other}
        if name not in STATIC
    )


def _of(section: Section, values: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if name.startswith(section.prefix or "")}
