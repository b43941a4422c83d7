# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The module drift_timer: a node compares by itself what it holds with what was declared."""

from __future__ import annotations

from typing import Any

from .._declared.errors import DeclarationError, EngineError
from .._declared.variables import declared_variables
from .._section.drift_timer import FOLDER, DriftTimer
from .._section.sealed import Declaration
from .._server.admin import Admin
from .declared import masked_config, named_tables
from .declared import scopes as scopes_of
from .declared import states as states_of
from .module import DECLARED, Module, Spec, login


def run_drift_timer() -> None:
    spec: Spec = {
        "timer": {"type": "str", "default": "present", "choices": ["present", "absent"]},
        **DECLARED,
        "textfile_dir": {"type": "path"},
        "folder": {"type": "path", "default": FOLDER},
    }

    module = Module(spec, masked_config)
    params, raw = module.params, module.raw
    timer = DriftTimer(params["folder"])
    if params["timer"] == "absent":
        try:
            paths = timer.remove(module.check_mode)
        except EngineError as exc:
            module.fail(exc)
        module.exit_json(changed=bool(paths), paths=paths)

    def body(admin: Admin) -> dict[str, Any]:
        if not params["textfile_dir"]:
            raise DeclarationError("textfile_dir: must be given")
        tables = named_tables(raw.get("tables"))
        variables = declared_variables(raw.get("variables") or {})
        states = states_of(params["state"], tables, "variables" if variables else None)
        declared = Declaration(tables, variables, states, scopes_of(raw.get("scope"), tables))
        # As the options say it: which of its passwords is in force changes by itself.
        own = login(params, given=module.given)
        paths = timer.put(admin, own, declared, params["textfile_dir"], module.check_mode)
        return {"changed": bool(paths), "paths": paths}

    module.run(body)
