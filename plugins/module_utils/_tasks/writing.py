# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options of modules that write rows and variables, and their writing.

Apart from ``module.py``: a host compiles all that a module imports each time that it runs, and most modules
need none of this.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._catalog.tables import Table
from .._declared.errors import DeclarationError
from .._planning.layers import LAYERS
from .._section.apply import OPEN_EDITS, How, Outcome, apply
from .._section.restore_points import WRITTEN, RestorePoints
from .._server.admin import Admin
from .module import Module, Spec


def column_spec(table: Table) -> Spec:
    """The suboptions of one row, from the catalog."""
    types = {"int": "int", "bool": "bool"}
    spec: Spec = {}
    for column in table.columns:
        option: dict[str, Any] = {"type": types.get(column.kind, "str")}
        if column.choices:
            option["choices"] = list(column.choices)
        if column.secret:
            option["no_log"] = True
        elif column.name.endswith("_key"):
            # The path of a file; unless told, Ansible takes the name for that of a secret.
            option["no_log"] = False
        if column.name in table.key and table.default(column.name) is None:
            option["required"] = True
        spec[column.name] = option
    return spec


def writing_spec(states: list[str]) -> Spec:
    return {
        "state": {"type": "str", "default": "merged", "choices": states},
        "load": {"type": "bool", "default": True},
        "save": {"type": "bool", "default": True},
        "open_edits": {"type": "str", "default": OPEN_EDITS[0], "choices": list(OPEN_EDITS)},
        **points_spec(),
    }


def points_spec() -> Spec:
    return {
        "restore_points": {"type": "path"},
        "restore_points_keep": {"type": "int", "default": 20},
        "restore_points_label": {"type": "str", "default": ""},
    }


def points_of(params: Mapping[str, Any], kind: str = WRITTEN) -> RestorePoints | None:
    """Where what was there is to be kept; None for not at all."""
    if params["restore_points_keep"] < 0:
        raise DeclarationError("restore_points_keep: a number of restore points, so at least 0")
    if not params["restore_points"] or params["restore_points_keep"] == 0:
        return None
    keep, label = params["restore_points_keep"], params["restore_points_label"]
    return RestorePoints(params["restore_points"], keep, label, kind)


def layer_spec() -> Spec:
    return {"layer": {"type": "str", "default": "memory", "choices": list(LAYERS)}}


def written(module: Module, admin: Admin, works: Any, kind: str = WRITTEN) -> Outcome:
    given = module.params
    how = How(given["load"], given["save"], module.check_mode, given["open_edits"], points_of(given, kind))
    return apply(admin, works, how)
