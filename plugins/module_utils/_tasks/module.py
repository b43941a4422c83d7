# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The only file that knows AnsibleModule: options in, results out, one place where tasks fail."""

from __future__ import annotations

import gc
import os
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Callable, NoReturn

from ansible.module_utils.basic import (  # type: ignore[attr-defined]
    AnsibleModule,
    env_fallback,
    missing_required_lib,
)

from .._declared.errors import EngineError, StatementError
from .._server.admin import PYMYSQL_ERROR, Admin
from .._server.explained import explained
from .._server.login import Login

Spec = dict[str, dict[str, Any]]
Declare = Callable[[dict[str, Any]], dict[str, Any]]

_SSL_MODES = ["preferred", "required", "disabled"]


# -- the options that modules share ------------------------------------------------------


def _env(name: str) -> tuple[Any, list[str]]:
    return (env_fallback, ["PROXYSQL_LOGIN_" + name])


def _in_environment(option: Mapping[str, Any]) -> bool:
    return any(name in os.environ for name in option.get("fallback", (None, []))[1])


def login_spec() -> Spec:
    return {
        "login_host": {"type": "str", "default": "127.0.0.1", "fallback": _env("HOST")},
        "login_port": {"type": "int", "default": 6032, "fallback": _env("PORT")},
        "login_user": {"type": "str", "fallback": _env("USER")},
        "login_password": {"type": "str", "no_log": True, "fallback": _env("PASSWORD")},
        "previous_passwords": {"type": "list", "elements": "str", "no_log": True, "default": []},
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


# Fields of a Login -> options.
_LOGIN = {
    "host": "login_host",
    "port": "login_port",
    "user": "login_user",
    "password": "login_password",
    "unix_socket": "login_unix_socket",
    **{
        name: name
        for name in (
            "connect_timeout", "read_timeout", "ssl_mode", "ca_cert", "client_cert", "client_key",
            "check_hostname",
        )
    },
}  # fmt: skip


def login(
    params: Mapping[str, Any],
    host: str | None = None,
    port: int | None = None,
    given: Collection[str] | None = None,
) -> Login:
    """The login that the options give; host and port of one node, where there are several.

    given: names of options that were given and did not just have their defaults; None: those that have
    another value. What was given goes before what an option file says.
    """
    fields = {field: params[option] for field, option in _LOGIN.items()}
    previous = tuple(word for word in params["previous_passwords"] if word)
    said = {
        field
        for field, option in _LOGIN.items()
        if (fields[field] not in (None, getattr(Login, field)) if given is None else option in given)
    }
    if host is not None:
        # Neither the file's socket nor its port: that is some one server's.
        fields.update(host=host, port=port or fields["port"], unix_socket=None)
        said |= {"host", "port", "unix_socket"}
    path = params["login_defaults_file"]
    plain = Login(**fields, previous=previous)
    return plain.with_defaults_file(path, said) if path else plain


#: Of an option ``nodes``: the login options of the module hold for all of them.
NODE: Spec = {
    "login_host": {"type": "str", "required": True},
    "login_port": {"type": "int", "default": 6032},
}


# What is used for TLS with some databases.
BACKEND: Spec = {
    "hostname": {"type": "str", "default": ""},
    "port": {"type": "int", "default": 3306},
    "username": {"type": "str", "default": ""},
    "ca": {"type": "str", "default": ""},
    "certificate": {"type": "str", "default": ""},
    "key": {"type": "str", "default": "", "no_log": True},
    "ssl_cipher": {"type": "str", "default": ""},
}


# What a node is compared with; see the documentation fragment of that name.
DECLARED: Spec = {
    "tables": {"type": "dict"},
    "variables": {"type": "dict"},
    "state": {"type": "raw", "default": "overridden"},
    "scope": {"type": "dict"},
}

# Of a declaration that is refused Ansible sees none of these.
_DECLARED = (
    "config",
    "tables",
    "variables",
    "variables_after_upgrade",
    "variables_since_3",
    "scope",
    "users",
)


class Module(AnsibleModule):
    """An AnsibleModule that keeps what was declared as it was typed.

    Ansible fills in every column that was not given, which would make "not given" and NULL the
    same; it registers each password, which makes a play with many users slow and masks parts of
    other values; its own errors do not name the row; and it copies all of it twice. So the declaration
    is taken out before Ansible sees it, checked by the engine, and put back for ``invocation``,
    canonical and without secrets.
    """

    def __init__(
        self, spec: Spec, declare: Declare = lambda raw: {}, aside: Sequence[str] = _DECLARED
    ) -> None:
        """aside: options that Ansible does not see where declare refuses them, for they may hold secrets."""
        self._declare, self._aside = declare, aside
        self._declared: dict[str, Any] = {}
        self._declared_wrong: EngineError | None = None
        self.raw: dict[str, Any] = {}
        self.given: set[str] = set()
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
        self.given = {name for name, value in self.raw.items() if value is not None} | {
            option for option, spec in login_spec().items() if _in_environment(spec)
        }
        try:
            self._declared = self._declare(self.raw)
            aside = tuple(self._declared)
        except EngineError as exc:
            self._declared_wrong = exc
            aside = tuple(self._aside)
        for name in aside:
            self.params.pop(name, None)

    def _log_invocation(self) -> None:
        """For the journal Ansible makes a text of each list and looks for secrets in it: there a key of many
        lines stands as one, and a backslash as two."""
        self.no_log_values.update([repr(word)[1:-1] for word in self.no_log_values])
        super()._log_invocation()  # type: ignore[no-untyped-call]

    def fail(self, exc: EngineError) -> NoReturn:
        self.fail_json(msg=exc.message, error=type(exc).__name__, **exc.fields)

    def run(
        self, body: Callable[[Admin], dict[str, Any]], params: Mapping[str, Any] | None = None
    ) -> NoReturn:
        """Connect, run, answer; an EngineError becomes the task's failure.

        params: to log in by, where those of the task have been emptied.
        """
        try:
            with Admin(login(params or self.params, given=self.given)) as admin:
                try:
                    result = body(admin)
                except StatementError as exc:
                    raise explained(admin, exc) from None
                result.setdefault("server_version", admin.version)
        except EngineError as exc:
            self.fail(exc)
        for warning in result.pop("warnings", []):
            self.warn(warning)
        self.exit_json(**result)
