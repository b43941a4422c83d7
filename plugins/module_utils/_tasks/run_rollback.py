# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The modules rollback, restore_point and restore_points_info."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._catalog.tables import Section
from .._declared.errors import DeclarationError, EngineError
from .._planning.layers import LAYERS
from .._planning.plan import Want
from .._section.apply import OPEN_EDITS
from .._section.restore_points import KEPT, ROLLBACK, Point, RestorePoints, content_of, parsed
from .._section.restoring import LAST, NoPointError, chosen, put_together, works_back
from .._section.runtime import named_sections
from .._section.section import Part, SectionWork, present_tables
from .._section.tables import TableWork
from .._section.variables import VariableWork, read_variables
from .._server.admin import Admin
from .._server.schema import table_of
from .module import Module, Spec
from .run import result_of
from .writing import points_spec, written

_POINTS: Spec = {"restore_points": {"type": "path", "required": True}}


def run_rollback() -> None:
    spec: Spec = {
        "to": {"type": "str", "default": LAST},
        "content": {"type": "str", "no_log": True},
        "sections": {"type": "list", "elements": "str"},
        "access": {"type": "bool", "default": False},
        "missing_ok": {"type": "bool", "default": False},
        "load": {"type": "bool", "default": True},
        "save": {"type": "bool", "default": True},
        "open_edits": {"type": "str", "default": OPEN_EDITS[0], "choices": list(OPEN_EDITS)},
        **points_spec(),
        **_POINTS,
    }
    module = Module(spec)
    params = module.params

    def body(admin: Admin) -> dict[str, Any]:
        names = [section.name for section in named_sections(params["sections"])]
        points, warnings = ([parsed(params["content"])], []) if params["content"] else _points(admin, params)
        works, left = works_back(admin, put_together(points), names, params["access"])
        outcome = written(module, admin, works, ROLLBACK)
        result = result_of(outcome)
        return {
            **result,
            "warnings": warnings + result["warnings"],
            "undone": [point.shown for point in points],
            "left_out": left,
            "restart_required": outcome.restart_required,
        }

    module.run(body)


def _points(admin: Admin, params: Mapping[str, Any]) -> tuple[list[Point], list[str]]:
    """Those to be undone, and a warning for each that cannot be read. Raises EngineError."""
    there = RestorePoints(params["restore_points"])
    found, broken = there.all()
    if params["to"] in broken:
        raise broken[params["to"]]
    left_out = [f"{wrong.message}. It is left out" for wrong in broken.values()]
    try:
        points = chosen(found, params["to"], there.forgotten())
    except NoPointError as exc:
        if params["missing_ok"]:
            return [], left_out
        exc.message = ". ".join([exc.message, *left_out])
        raise
    for point in points:
        if not point.of(admin):
            raise DeclarationError(
                f"the restore point {point.name} is of the ProxySQL at {point.server}, and this one is at"
                f" {admin.login.place}. Each needs a folder of its own. If both are the same, log in as then;"
                " if this one is to become what that was, give the text of the restore point as content"
            )
    return points, left_out


def run_restore_point() -> None:
    spec: Spec = {
        "sections": {"type": "list", "elements": "str"},
        "show_content": {"type": "bool", "default": False},
        **points_spec(),
        **_POINTS,
    }
    module = Module(spec)
    params = module.params

    def body(admin: Admin) -> dict[str, Any]:
        keep, label = params["restore_points_keep"], params["restore_points_label"]
        if keep < 1:
            raise DeclarationError("restore_points_keep: a point that is made is kept, so at least 1")
        points = RestorePoints(params["restore_points"], keep, label, KEPT)
        sections = [_whole(admin, section) for section in named_sections(params["sections"])]
        sections = [section for section in sections if section.works]
        same = _last_alike(points, sections)
        name = same.name if same else "" if module.check_mode else points.make(admin, sections, whole=True)
        result: dict[str, Any] = {"changed": same is None, "restore_point": name}
        if params["show_content"] and name:
            result["content"] = points.text(name)
        return result

    module.run(body)


def _whole(admin: Admin, section: Section) -> SectionWork:
    """A section of which nothing is wanted, read whole."""
    works: list[Part] = []
    if section.prefix:
        have = {layer: read_variables(admin, layer) for layer in LAYERS}
        if any(name.startswith(section.prefix) for name in have["memory"]):
            works.append(VariableWork(section, {}, have))
    works += [
        TableWork(admin, Want(table_of(admin, each), []), []) for each in present_tables(admin, section)
    ]
    return SectionWork(section, works, True, True)


def _last_alike(points: RestorePoints, sections: list[SectionWork]) -> Point | None:
    """The last point, if it holds the same."""
    last = points.newest()
    return last if last is not None and last.content == content_of(sections, whole=True) else None


def run_restore_points_info() -> None:
    module = Module(_POINTS)
    try:
        points, broken = RestorePoints(module.params["restore_points"]).all()
    except EngineError as exc:
        module.fail(exc)
    for wrong in broken.values():
        module.warn(f"{wrong.message}. It is left out")
    module.exit_json(changed=False, restore_points=[point.shown for point in points])
