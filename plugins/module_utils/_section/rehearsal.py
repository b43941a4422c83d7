# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a second ProxySQL makes of what the first one would hold after a run.

The first is only read. The second is given what its memory holds, without edits that no LOAD of the run takes
along, then the declared changes, and LOADs both.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._catalog.tables import SECTIONS, TABLES, Table
from .._catalog.variables import STATIC
from .._declared.errors import StatementError
from .._declared.rows import Key, Row, key_of, show_key, show_row, text_of
from .._declared.variables import canonical, is_secret, shown
from .._planning.plan import Want, drift
from .._server.admin import Admin, load_statement, section_of_variable
from .._server.sql import Statement, delete_rows, plain, replace_rows, replace_variables
from .apply import How, apply
from .section import Part, filled_tables
from .tables import TableWork
from .variables import VariableWork, plan_variables, read_variables

# Their LOAD would run programs, open ports or talk to peers; their rows are tried in memory alone.
_NEVER_LOADED = ("SCHEDULER", "RESTAPI", "PROXYSQL SERVERS", "COREDUMP")

# The second server keeps its own: what ports there are, who logs in to them, what is written where.
_KEPT_BACK = re.compile(
    r"(mysql|pgsql)-(interfaces|monitor_enabled|have_ssl|ssl_\w+|\w*(filename|_file|_path))\Z"
    r"|admin-(\w*_ifaces|\w*credentials|telnet\w*|restapi\w*|web\w*|read_only|ssl_\w+)\Z"
    r"|admin-\w*(filename|_file|_path)\Z"
    r"|(?!mysql-|pgsql-|admin-)"
)

Declared = Sequence[tuple[Want, Any]]


@dataclass
class Rehearsal:
    """What was found.

    refused: table, row, column, declared, found, why; or variable, declared, found, why.
    left_out: what could not be tried, as sentences.
    """

    refused: list[dict[str, Any]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def rehearse(
    first: Admin, second: Admin, tables: Declared, variables: Mapping[str, str], published: Collection[str]
) -> Rehearsal:
    """Bring the second server to what the first would be. Raises DeclarationError as the run itself would.

    published: names of the sections of which the run LOADs open edits as well.
    """
    result = Rehearsal()
    loaded = [each for each in SECTIONS.values() if each.name not in _NEVER_LOADED]
    only_memory = [want.table.name for want, _config in tables if want.table.section in _NEVER_LOADED]
    copied = [name for section in loaded for name in section.tables] + only_memory
    filled = _copy_variables(first, second, published) + _copy_tables(first, second, copied, published)
    for section in filled:
        _load(second, section)
    tried = {name: value for name, value in variables.items() if not _kept_back(name)}
    result.left_out += [
        f"variable {name}: not tried, a second server must keep its own"
        for name in variables
        if name not in tried
    ]
    result.left_out += [f"{name}: tried in memory, not loaded" for name in only_memory]
    works: list[Part] = list(plan_variables(second, tried)) if tried else []
    works += [TableWork(second, want, config) for want, config in tables]
    works = list(apply(second, works, How(save=False, check=True, open_edits="publish")).works)
    unwritten = {id(work): _write(second, work, result) for work in works}
    for name in dict.fromkeys(work.section.name for work in works):
        if name not in _NEVER_LOADED:
            _load(second, name)
    for work in works:
        if isinstance(work, VariableWork):
            result.refused += _unlike_variables(second, work)
        elif work.section.name not in _NEVER_LOADED:
            result.refused += _unlike_rows(second, work, unwritten[id(work)])
    return result


def _kept_back(name: str) -> bool:
    return name in STATIC or bool(_KEPT_BACK.match(name))


def _load(admin: Admin, section: str) -> None:
    admin.execute(load_statement(SECTIONS[section]))


# -- what is there -----------------------------------------------------------------------


def _copy_variables(first: Admin, second: Admin, published: Collection[str]) -> list[str]:
    """The names of the sections that are now to be loaded, as of _copy_tables."""
    values = read_variables(first, "memory")
    for name, value in read_variables(first, "runtime").items():
        if name in values and section_of_variable(name).name not in published:
            values[name] = value
    there = read_variables(second, "memory")
    copied = {
        name: value
        for name, value in values.items()
        # How the first is run by its administrators does not matter here.
        if there.get(name, value) != value and not name.startswith("admin-") and not _kept_back(name)
    }
    for statement in replace_variables(copied, filter(is_secret, copied)) if copied else ():
        second.execute(statement)
    return list(dict.fromkeys(section_of_variable(name).name for name in copied))


def _copy_tables(first: Admin, second: Admin, names: Sequence[str], published: Collection[str]) -> list[str]:
    filled = filled_tables(first, names)
    for name in filled:
        table = TABLES[name]
        rows = raw_rows(first, table)
        known = set(second.fetch_raw(f"SELECT * FROM main.{name} LIMIT 0")[0])
        write_rows(second, table, [{key: row[key] for key in row if key in known} for row in rows])
        if table.section not in (*published, *_NEVER_LOADED):
            for statement in TableWork(first, Want(table, []), [], discard=True).memory_statements():
                second.execute(statement)
    return list(
        dict.fromkeys(TABLES[name].section for name in filled if TABLES[name].section not in _NEVER_LOADED)
    )


def raw_rows(admin: Admin, table: Table) -> list[Row]:
    """The rows of memory, in the very words."""
    names, fetched = admin.fetch_raw(f"SELECT * FROM main.{table.name}")
    return [dict(zip(names, map(text_of, row))) for row in fetched]


def write_rows(admin: Admin, table: Table, rows: Sequence[Row]) -> None:
    for statement in replace_rows(table, rows) if rows else ():
        admin.execute(statement)


# -- what is declared --------------------------------------------------------------------


def _write(admin: Admin, work: Part, result: Rehearsal) -> set[Key]:
    """Write a work's memory; the keys of rows that the server does not take."""
    try:
        for statement in work.memory_statements():
            admin.execute(statement)
        return set()
    except StatementError as exc:
        if isinstance(work, VariableWork):
            result.refused.append({"variable": ", ".join(work.want), "why": _answer(exc)})
            return set()
    refused = set()
    for statement, row in _one_by_one(work):
        try:
            admin.execute(statement)
        except StatementError as exc:
            refused.add(key_of(work.table, row))
            result.refused.append(
                {"table": work.title, "row": show_key(work.table, row), "why": _answer(exc)}
            )
    return refused


def _one_by_one(work: TableWork) -> Iterable[tuple[Statement, Row]]:
    gone = [change for change in work.plan.changes if change.after is None]
    for statement in delete_rows(work.table, [change.key for change in gone]) if gone else ():
        yield statement, {}
    for change in work.plan.changes:
        for statement in replace_rows(work.table, [change.after]) if change.after else ():
            yield statement, change.after or {}


def _answer(exc: StatementError) -> str:
    return str(exc.fields.get("answer") or exc.message)


def _unlike_rows(admin: Admin, work: TableWork, unwritten: set[Key]) -> Iterable[dict[str, Any]]:
    rows = work.present.loaded(admin, work.plan.after)
    for change in drift(work.plan, work.should["runtime"], rows):
        if change.key in unwritten:
            continue
        place = {"table": work.title, "row": show_key(work.table, change.after or change.before or {})}
        if change.before is None:
            yield {**place, "why": "left out of runtime"}
        elif change.after is None:
            yield {**place, "why": "still in runtime"}
        else:
            declared, found = show_row(work.table, change.after), show_row(work.table, change.before)
            for column in change.columns:
                values = {"declared": declared.get(column), "found": found.get(column)}
                yield {**place, "column": column, **values, "why": "rewritten"}


def _unlike_variables(admin: Admin, work: VariableWork) -> Iterable[dict[str, Any]]:
    runtime = read_variables(admin, "runtime")
    for name, value in work.live.items():
        found = runtime.get(name)
        if canonical(name, found) != canonical(name, value):
            yield {
                "variable": name,
                "declared": shown(name, value),
                "found": shown(name, found),
                "why": "dropped" if found is None else "not taken",
            }


# -- for what follows --------------------------------------------------------------------


def set_variables(admin: Admin, values: Mapping[str, str]) -> None:
    """Variables of the second server alone, loaded."""
    for statement in replace_variables(values, filter(is_secret, values)):
        admin.execute(statement)
    admin.execute(load_statement(SECTIONS["MYSQL VARIABLES"]))


def empty(admin: Admin, table: str) -> None:
    admin.execute(plain(f"DELETE FROM {table}"))
