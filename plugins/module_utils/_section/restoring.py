# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From restore points to a plan: what they hold becomes what is wanted, written like any declaration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from .._catalog.tables import SECTIONS
from .._catalog.variables import READ_ONLY, STATIC
from .._declared.errors import DeclarationError
from .._declared.rows import Rows, key_of, raw_of, server_rows
from .._declared.variables import Values, canonical
from .._planning.layers import LAYERS
from .._planning.plan import Want
from .._server.admin import Admin
from .._server.schema import table_of, with_columns
from .restore_points import WRITTEN, Content, Forgotten, Point, made_at
from .section import Part, present_tables
from .tables import TableWork
from .variables import plan_variables, read_variables

# Who gets into the admin port, and where it is. A step back must not lock out whoever takes it.
_ACCESS = frozenset(
    ("admin-admin_credentials", "admin-stats_credentials", "admin-cluster_username", "admin-cluster_password",
     "admin-mysql_ifaces", "admin-pgsql_ifaces")
)  # fmt: skip
_MEMBERS = "PROXYSQL SERVERS"
_EMPTY: Content = {"columns": [], "rows": []}
LAST = "last"


class NoPointError(DeclarationError):
    """There is no restore point to go back to, or nothing was written since."""


def chosen(points: Sequence[Point], to: str, forgotten: Forgotten | None) -> list[Point]:
    """The points to be undone, oldest first. points: all there are, oldest first; forgotten: the newest of
    those that are kept no longer.

    to: "last" for what the last run wrote (a rollback is none, so that a second one changes nothing), the
    name of a point, the label of a run, or a time (ISO 8601, UTC where it names no zone): then what was
    written at that time and later. Raises DeclarationError.
    """
    if not to:
        raise DeclarationError(f"to: is empty; say {LAST}, the name of a restore point, a label, or a time")
    if to == LAST:
        runs = [at for at, point in enumerate(points) if point.kind == WRITTEN]
        if not runs:
            raise NoPointError("there is no restore point of a run")
        first, label = runs[-1], points[runs[-1]].label
        # The run's own, up to where somebody else wrote before it.
        while label and first and points[first - 1].label == label:
            first -= 1
        _check_whole(points, first, label, forgotten)
        return list(points[first:])
    if not points:
        raise NoPointError("there is no restore point")
    named = [at for at, point in enumerate(points) if to in (point.name, point.label)]
    if named:
        if points[named[0]].name != to:
            _check_whole(points, named[0], to, forgotten)
        return list(points[named[0] :])
    when = _time(to)
    if when is None:
        raise NoPointError(
            f"there is no restore point {to}; there are {', '.join(point.name for point in points)}"
        )
    later = [point for point in points if point.made >= when]
    if not later:
        raise NoPointError(f"nothing was written since {to}: the last restore point is {points[-1].name}")
    if forgotten and later[0] is points[0] and made_at(forgotten.name) >= when:
        raise DeclarationError(
            f"the oldest restore point, {points[0].name}, is younger than {to}; to go back to it, name it"
        )
    return later


def _check_whole(points: Sequence[Point], first: int, label: str, forgotten: Forgotten | None) -> None:
    """Refuse to take back a part of a run and say nothing of the rest. Raises DeclarationError."""
    if forgotten and not first and label and forgotten.label == label:
        raise DeclarationError(
            f"not all restore points of the run {label} are still there (restore_points_keep). To go back as"
            f" far as they go, name the oldest, {points[0].name}"
        )


def _time(text: str) -> datetime | None:
    try:
        when = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=timezone.utc)


def put_together(points: Sequence[Point]) -> Content:
    """What there was before the oldest of the points was made: of each part the oldest that holds it."""
    found: Content = {}
    for point in points:
        for name, kept in point.content.items():
            ours = found.setdefault(name, {"whole": False, "tables": {}, "variables": {}})
            if "variables" in kept and not ours["variables"]:
                ours["variables"] = kept["variables"]
            for table, rows in kept.get("tables", {}).items():
                if not ours["whole"]:
                    ours["tables"].setdefault(table, rows)
            ours["whole"] = ours["whole"] or kept["whole"]
    return found


def works_back(
    admin: Admin, content: Content, sections: Sequence[str] | None, access: bool
) -> tuple[list[Part], list[str]]:
    """What is to be done to have it again, and what is left out of it, as sentences.

    sections: names, or None for all. access: whether who gets in, and who belongs to the cluster, goes back
    too. Raises DeclarationError.
    """
    works: list[Part] = []
    left: list[str] = []
    for name, section in SECTIONS.items():
        if name not in content or (sections is not None and name not in sections):
            continue
        there = present_tables(admin, section) if section.tables else []
        tables = {
            name: rows for name, rows in content[name]["tables"].items() if rows["rows"] or name in there
        }
        if content[name]["whole"]:
            tables.update((other, _EMPTY) for other in there if other not in tables)
        parts = [_table_back(admin, table, rows) for table, rows in tables.items()]
        if name == _MEMBERS and not access:
            if any(any(part.changes.values()) for part in parts):
                left.append(f"{name}: who belongs to the cluster is left as it is")
            continue
        works += parts
        variables, kept_back = _variables_back(admin, content[name]["variables"], access)
        works += variables
        left += kept_back
    return works, left


def _table_back(admin: Admin, name: str, kept: Mapping[str, Any]) -> TableWork:
    table = table_of(admin, name)
    names = [str(each) for each in kept["columns"]]
    if any(each not in table.by_name for each in names):
        table = with_columns(admin, table, names)
    texts = [[_text(value) for value in row] for row in kept["rows"]]
    rows = server_rows(table, names, list(map(raw_of, texts)))
    words: Rows = {key_of(table, row): dict(zip(names, text)) for row, text in zip(rows, texts)}
    if table.runtime == "users":
        words = _of_one_row(words)
    return TableWork(admin, Want(table, rows, "overridden", words=words), rows)


def _of_one_row(words: Rows) -> Rows:
    """Of users stored in one row for each role the words are not needed: the rows are made anew."""
    stored = Counter(key[0] for key in words)
    return {key: row for key, row in words.items() if stored[key[0]] == 1}


def _text(value: Any) -> str | None:
    return None if value is None else str(int(value)) if isinstance(value, bool) else str(value)


def _variables_back(admin: Admin, kept: Mapping[str, str], access: bool) -> tuple[list[Part], list[str]]:
    if not kept:
        return [], []
    have = {layer: read_variables(admin, layer) for layer in LAYERS}
    changed: Values = {}
    for name, value in kept.items():
        if name in READ_ONLY or not (name in have["memory"] or name in have["runtime"]):
            continue  # not in this release
        layers = ("disk",) if name in STATIC else LAYERS
        if any(canonical(name, have[layer].get(name)) != canonical(name, value) for layer in layers):
            changed[name] = canonical(name, value) or ""
    ours = {name: value for name, value in changed.items() if access or name not in _ACCESS}
    left = [f"variable {name}: who gets in is left as it is" for name in changed if name not in ours]
    return list(plan_variables(admin, ours) if ours else []), left
