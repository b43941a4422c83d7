"""Random declarations on random servers: what a task promises holds for all of them.

Each table of the catalog gets its share of cases; a new table needs no code here. The rows of
memory, runtime and disk are set directly, the engine runs as a task would, and what it left is
compared with model.py and with what a LOAD by hand makes of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._catalog.tables import SECTIONS, TABLES
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.errors import (
    EngineError,
    OpenEditsError,
    StatementError,
)
from conftest import skip_without_table
from driver import FULL, HastyAdmin, login, perform
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from model import (
    LAST_LOADED,
    Rows,
    Scope,
    applied,
    as_loaded,
    declared,
    declared_by_role,
    folded,
    key_of,
    layers_of,
    same,
    spelled,
    understood,
)
from server import Server
from strategies import Case, cases, literal

# Cases for each table: some 1,000 on the emulator (2,200 in the long round), the same ones every time, and
# 600 on the real server. PROPERTY_CASES multiplies them and has them drawn anew, for a night of searching.
CASES = {"emulator": 100, "three": 70, "real": 40} if FULL else {"emulator": 40, "three": 40, "real": 40}
FACTOR = float(os.environ.get("PROPERTY_CASES", "1"))


@pytest.fixture(scope="module")
def admin(running: Server) -> Iterator[HastyAdmin]:
    with HastyAdmin(login(running)) as connection:
        yield connection


@pytest.fixture(scope="module")
def admin_of_three(running_three: Server) -> Iterator[HastyAdmin]:
    with HastyAdmin(login(running_three)) as connection:
        yield connection


def set_layers(admin: HastyAdmin, case: Case) -> None:
    table, section = case.table, SECTIONS[case.table.section]
    there = {name for (name,) in admin.fetch("SELECT name FROM main.sqlite_master")[1]}
    for name in section.tables:
        if name in there and name != table.name:
            admin.fetch(f"DELETE FROM {name}")
    for statement in (
        f"DELETE FROM {table.name}",
        case.runtime,
        f"LOAD {section.name} TO RUNTIME",
        f"DELETE FROM {table.name}",
        case.memory,
        f"DELETE FROM disk.{table.name}",
        case.disk,
    ):
        if statement and (section.disk or "disk." not in statement):
            admin.fetch(statement)


def raw(admin: HastyAdmin, case: Case, layer: str) -> list[dict[str, Any]]:
    name = case.table.name
    source = {"memory": f"SELECT * FROM {name}", "runtime": f"SELECT * FROM runtime_{name}"}
    source["disk"] = f"SELECT * FROM disk.{name}"
    try:
        oracle = LAST_LOADED.get(name) if layer == "runtime" else None
        names, rows = admin.fetch(oracle or source[layer])
    except StatementError:
        # Not every release tells what was last loaded, of every table.
        names, rows = admin.fetch(source[layer])
    return [dict(zip(names, row)) for row in sorted(rows, key=repr)]


def look(admin: HastyAdmin, case: Case) -> dict[str, list[dict[str, Any]]]:
    return {layer: raw(admin, case, layer) for layer in layers_of(case.table)}


def task(admin: HastyAdmin, case: Case, check: bool = False, open_edits: str = "publish") -> Any:
    return perform(
        admin,
        {case.table.name: case.config},
        state=case.state,
        scope=case.scope,
        load=case.load,
        save=case.save,
        check=check,
        open_edits=open_edits,
    )


def rows_of(case: Case, layer: list[dict[str, Any]]) -> Rows:
    by_role = declared_by_role(case.table, declared(case.table, case.config))
    return folded(case.table, understood(case.table, layer), by_role)


@pytest.mark.parametrize("name", [name for name in TABLES if not name.startswith("pgsql_")])
def test_what_a_task_promises(running: Server, admin: HastyAdmin, name: str) -> None:
    promises_hold(admin, name, CASES["real" if running.is_real else "emulator"])


@pytest.mark.parametrize("name", [name for name in TABLES if name.startswith("pgsql_")])
def test_what_a_task_promises_for_postgresql(
    running_three: Server, admin_of_three: HastyAdmin, name: str, request: pytest.FixtureRequest
) -> None:
    skip_without_table(running_three, request)
    promises_hold(admin_of_three, name, CASES["three"])


def promises_hold(admin: HastyAdmin, name: str, count: int) -> None:
    names = admin.fetch(f"SELECT name FROM pragma_table_info('{name}')")[1]
    known = tuple(column for column in TABLES[name].columns if [column.name] in names)
    assert known, f"{admin.version} has no table {name}"
    table = replace(TABLES[name], columns=known)

    @settings(
        max_examples=int(FACTOR * count),
        deadline=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
        database=None,
        derandomize=FACTOR == 1,
    )
    @given(st.data())
    def promises(data: st.DataObject) -> None:
        holds(admin, data.draw(cases(table)))

    promises()


def holds(admin: HastyAdmin, case: Case) -> None:
    set_layers(admin, case)
    before = look(admin, case)
    have = rows_of(case, before["memory"])
    want = declared(case.table, case.config)
    scope = Scope(case.table, case.scope)
    model, want, touched = applied(case.table, have, want, case.state, scope)
    try:
        planned = task(admin, case, check=True)
        assert look(admin, case) == before, "check mode wrote something"
        careful = refused_for_open_edits(admin, case)
        done = task(admin, case)
    except EngineError as exc:
        event("refused")
        assert look(admin, case) == before, f"after an error the server is not as it was: {exc}"
        assert impossible(admin, case, model, want, scope, have), f"refused for no reason: {exc}"
        return
    event("changed" if done.changed else "unchanged")
    after = look(admin, case)
    sent = [statement.sql for statement in done.statements]
    assert [statement.sql for statement in planned.statements] == sent
    assert (planned.layers, planned.diff()) == (done.layers, done.diff())
    memory_is_declared(case, before, after, model, touched)
    for layer, wanted in (("runtime", case.load), ("disk", case.save)):
        if layer not in after:
            continue
        verb = "LOAD" if layer == "runtime" else "SAVE"
        verbs = [text for text in sent if text.startswith(verb)]
        assert len(verbs) <= (1 if wanted else 0)
        if not verbs:
            assert after[layer] == before[layer]
    again = task(admin, case)
    assert not again.changed and again.diff() == [] or not (case.load and case.save)
    assert look(admin, case) == after
    if any(text.startswith("LOAD") for text in sent):
        published = published_beside(case, before, after, want, touched)
        assert bool(careful) == bool(published), (careful, published)
    layers_follow_memory(admin, case, after, model, touched, want, sent)


def refused_for_open_edits(admin: HastyAdmin, case: Case) -> str:
    """What a task that was not told what to do with them says of edits of others; empty if nothing."""
    try:
        task(admin, case, check=True, open_edits="refuse")
    except OpenEditsError as exc:
        event("open edits")
        return exc.message
    return ""


def published_beside(
    case: Case, before: dict[str, Any], after: dict[str, Any], want: Rows, touched: set[Any]
) -> list[Any]:
    """Keys of the rows that a LOAD changed in runtime although nobody declared that."""
    old, new = (rows_of(case, layer["runtime"]) for layer in (before, after))
    memory = rows_of(case, before["memory"])
    if case.table.runtime == "servers":
        old, new = (
            {key: row for key, row in rows.items() if row["status"] != "OFFLINE_HARD"} for rows in (old, new)
        )
    scope = Scope(case.table, case.scope)
    found = []
    for key in {**old, **new}:
        one, other = old.get(key), new.get(key)
        if key in touched:
            # A row that is declared and missing is a new one, with the defaults of its table.
            if case.state != "merged" or None in (one, other) or key not in want or key not in memory:
                continue
            names = [name for name in other if name not in want[key]]
            if not same(case.table, one, other, names):
                found.append(key)
        elif case.state == "overridden" and scope.covers(one or other or {}):
            continue
        elif not same(case.table, one, other, [column.name for column in case.table.columns]):
            found.append(key)
    return found


def memory_is_declared(
    case: Case, before: dict[str, Any], after: dict[str, Any], model: Rows, touched: set[Any]
) -> None:
    names = [column.name for column in case.table.columns]
    now = rows_of(case, after["memory"])
    assert set(now) == set(model)
    for key, row in model.items():
        assert same(case.table, now[key], row, names), (now[key], row)
    # Rows the task does not answer for: not a byte differs.
    if case.table.runtime != "users":
        others = [
            [
                row
                for row in layer["memory"]
                if key_of(case.table, understood(case.table, [row])[0]) not in touched
            ]
            for layer in (before, after)
        ]
    else:
        users = {key[0] for key in touched}
        others = [
            [row for row in layer["memory"] if row["username"] not in users] for layer in (before, after)
        ]
    assert others[0] == others[1]


def layers_follow_memory(
    admin: HastyAdmin,
    case: Case,
    after: dict[str, Any],
    model: Rows,
    touched: set[Any],
    want: Rows,
    sent: list[str],
) -> None:
    """Runtime is what a LOAD makes of memory, and disk is memory, in all that was declared."""
    admin.fetch(f"LOAD {case.table.section} TO RUNTIME")
    loaded = raw(admin, case, "runtime")
    if any(text.startswith("LOAD") for text in sent):
        assert after["runtime"] == loaded
    if any(text.startswith("SAVE") for text in sent):
        assert after["disk"] == after["memory"]
    columns = [column.name for column in case.table.columns]
    for layer, wanted, reference in (
        ("runtime", case.load, rows_of(case, loaded)),
        ("disk", case.save, rows_of(case, after["memory"])),
    ):
        now = rows_of(case, after.get(layer, []))
        if layer == "runtime" and case.table.runtime == "servers":
            # Of the last loaded rows one spelled offline_hard is shown, and it is not in runtime either.
            now, reference = (
                {key: row for key, row in rows.items() if row["status"] != "OFFLINE_HARD"}
                for rows in (now, reference)
            )
        for key in touched if wanted and layer in after else ():
            names = list(want.get(key, columns)) if case.state == "merged" else columns
            assert same(case.table, now.get(key), reference.get(key), names), (layer, key)


def impossible(admin: HastyAdmin, case: Case, model: Rows, want: Rows, scope: Scope, have: Rows) -> bool:
    """Whether the server itself does not take it: an error, or a LOAD that makes it something else."""
    table = case.table
    roles = [(key[0], row.get("frontend")) for key, row in model.items()] if table.runtime == "users" else []
    if len(roles) != len(set(roles)):
        return True
    # A user of neither role: ProxySQL stores it, and drops it at LOAD.
    if any(not (row["backend"] or row["frontend"]) for key, row in model.items() if roles and key in want):
        return True
    if any(not scope.covers(row) for key in want for row in (want[key], have.get(key, want[key]))):
        return True
    try:
        for statement in by_hand(case, want, scope, have):
            admin.fetch(statement)
        admin.fetch(f"LOAD {table.section} TO RUNTIME")
    except StatementError:
        return True
    memory, runtime = (rows_of(case, raw(admin, case, layer)) for layer in ("memory", "runtime"))
    # Routes of one method and URI are taken, but only one of them can be served.
    values = [[row[name] for name in names] for names in table.unique for row in memory.values()]
    if table.runtime == "routes" and any(values.count(value) > 1 for value in values):
        return True
    if table.runtime in ("users", "rules", "servers"):
        memory, runtime = as_loaded(table, memory), as_loaded(table, runtime)
    columns = [column.name for column in table.columns]
    # Any row: one that is declared may cost another its place in runtime.
    return any(not same(table, memory.get(key), runtime.get(key), columns) for key in {**memory, **runtime})


def by_hand(case: Case, want: Rows, scope: Scope, have: Rows) -> Iterator[str]:
    """What somebody would type to the same end, with the server's own defaults."""
    table = case.table

    def where(key: tuple[Any, ...]) -> str:
        parts = dict(zip(table.key, map(literal, key)))
        if table.runtime == "users" and not {(key[0], False)} & {*want, *have}:
            del parts["backend"]
        return " AND ".join(f"{name} IS {text}" for name, text in parts.items())

    for key in have if case.state == "overridden" else ():
        if key not in want and scope.covers(have[key]):
            yield f"DELETE FROM {table.name} WHERE {where(key)}"
    for row in case.config:
        written = {name: literal(spelled(table.by_name[name], value)) for name, value in row.items()}
        (key,) = declared(table, [row])
        if case.state == "merged" and key in have:
            updates = ", ".join(f"{name} = {text}" for name, text in written.items())
            yield f"UPDATE {table.name} SET {updates} WHERE {where(key)}"
            continue
        yield f"DELETE FROM {table.name} WHERE {where(key)}"
        if case.state != "deleted":
            yield f"INSERT INTO {table.name} ({', '.join(written)}) VALUES ({', '.join(written.values())})"
