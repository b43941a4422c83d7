# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The only file that knows AnsibleModule: options in, results out, one place where tasks fail."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from typing import Any, Callable, NoReturn

from ansible.module_utils.basic import (  # type: ignore[attr-defined]
    AnsibleModule,
    env_fallback,
    missing_required_lib,
)

from .._catalog.tables import Table
from .._declared.errors import EngineError
from .._planning.layers import LAYERS
from .._section.apply import OPEN_EDITS, How, Outcome, apply
from .._server.admin import PYMYSQL_ERROR, Admin, Login

Spec = dict[str, dict[str, Any]]
Declare = Callable[[dict[str, Any]], dict[str, Any]]

_SSL_MODES = ["preferred", "required", "disabled"]


# -- the options that modules share ------------------------------------------------------


def _env(name: str) -> tuple[Any, list[str]]:
    return (env_fallback, ["PROXYSQL_LOGIN_" + name])


def login_spec() -> Spec:
    return {
        "login_host": {"type": "str", "default": "127.0.0.1", "fallback": _env("HOST")},
        "login_port": {"type": "int", "default": 6032, "fallback": _env("PORT")},
        "login_user": {"type": "str", "fallback": _env("USER")},
        "login_password": {"type": "str", "no_log": True, "fallback": _env("PASSWORD")},
        "login_unix_socket": {"type": "path", "fallback": _env("UNIX_SOCKET")},
        "login_defaults_file": {"type": "path", "fallback": _env("DEFAULTS_FILE")},
        "connect_timeout": {"type": "float", "default": 10.0},
        "read_timeout": {"type": "float", "default": 600.0},
        "ssl_mode": {"type": "str", "default": "preferred", "choices": _SSL_MODES},
        "ca_cert": {"type": "path"},
        "client_cert": {"type": "path"},
        "client_key": {"type": "path"},
        "check_hostname": {"type": "bool", "default": False},
    }


def login(params: Mapping[str, Any], host: str | None = None, port: int | None = None) -> Login:
    """The login that the options give; host and port of one node, where there are several."""
    given = Login(
        host=host or params["login_host"],
        port=port or params["login_port"],
        user=params["login_user"],
        password=params["login_password"],
        unix_socket=None if host else params["login_unix_socket"],
        connect_timeout=params["connect_timeout"],
        read_timeout=params["read_timeout"],
        ssl_mode=params["ssl_mode"],
        ca_cert=params["ca_cert"],
        client_cert=params["client_cert"],
        client_key=params["client_key"],
        check_hostname=params["check_hostname"],
    )
    path = params["login_defaults_file"]
    return given.with_defaults_file(path) if path else given


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
    }


def layer_spec() -> Spec:
    return {"layer": {"type": "str", "default": "memory", "choices": list(LAYERS)}}


class Module(AnsibleModule):
    """An AnsibleModule that keeps what was declared as it was typed.

    Ansible fills in every column that was not given, which would make "not given" and NULL the
    same; it registers each password, which makes a play with many users slow and masks parts of
    other values; its own errors do not name the row; and it copies all of it twice. So the declaration
    is taken out before Ansible sees it, checked by the engine, and put back for ``invocation``,
    canonical and without secrets.
    """

    def __init__(self, spec: Spec, declare: Declare = lambda raw: {}) -> None:
        self._declare = declare
        self._declared: dict[str, Any] = {}
        self._declared_wrong: EngineError | None = None
        self.raw: dict[str, Any] = {}
        # Rows are many, and none is in a cycle: the collector would walk them again and again for nothing.
        gc.disable()
        super().__init__(  # type: ignore[no-untyped-call]
            argument_spec={**login_spec(), **spec}, supports_check_mode=True
        )
        self.params.update(self._declared)
        if self._declared_wrong is not None:
            self.fail(self._declared_wrong)
        if PYMYSQL_ERROR is not None:
            self.fail_json(
                msg=missing_required_lib("PyMySQL"),  # type: ignore[no-untyped-call]
                exception=PYMYSQL_ERROR,
            )

    def _load_params(self) -> None:
        super()._load_params()  # type: ignore[no-untyped-call]
        self.raw = dict(self.params)
        try:
            self._declared = self._declare(self.raw)
            aside = tuple(self._declared)
        except EngineError as exc:
            self._declared_wrong = exc
            aside = ("config", "tables", "variables", "scope")
        for name in aside:
            self.params.pop(name, None)

    def fail(self, exc: EngineError) -> NoReturn:
        self.fail_json(msg=exc.message, error=type(exc).__name__, **exc.fields)

    def run(
        self, body: Callable[[Admin], dict[str, Any]], params: Mapping[str, Any] | None = None
    ) -> NoReturn:
        """Connect, run, answer; an EngineError becomes the task's failure.

        params: to log in by, where those of the task have been emptied.
        """
        try:
            with Admin(login(params or self.params)) as admin:
                result = body(admin)
                result.setdefault("server_version", admin.version)
        except EngineError as exc:
            self.fail(exc)
        for warning in result.pop("warnings", []):
            self.warn(warning)
        self.exit_json(**result)

    def apply(self, admin: Admin, works: Any) -> Outcome:
        given = self.params
        return apply(admin, works, How(given["load"], given["save"], self.check_mode, given["open_edits"]))
