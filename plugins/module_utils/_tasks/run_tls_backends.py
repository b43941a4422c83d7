# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the module tls_backends does: files towards databases, tried at them before they are written."""

from __future__ import annotations

import time
from typing import Any

from .._declared.errors import DeclarationError, EngineError, together
from .._server.admin import Admin
from .._server.backends import Place
from .._server.certificates import WARN_DAYS, certificates_of, day
from .._server.tls_backends import Backend, BackendFiles, backend_of, clashes, for_server, problems, try_all
from .module import BACKEND, Module, Spec


def run_tls_backends() -> None:
    """The module tls_backends: what ProxySQL uses for TLS towards databases."""
    spec: Spec = {
        "folder": {"type": "path", "default": "/var/lib/proxysql"},
        "backends": {"type": "list", "elements": "dict", "options": BACKEND, "required": True},
        "servers": {"type": "list", "elements": "dict", "default": []},
        "timeout": {"type": "float", "default": 5.0},
    }
    module = Module(spec)
    params = module.params
    backends = [backend_of(row) for row in params["backends"]]
    try:
        wrong = [f"backends, {each.name}: {text}" for each in backends for text in problems(each)]
        wrong = wrong or [f"backends: {text}" for text in clashes(backends)]
        if wrong:
            raise together([DeclarationError(text) for text in wrong])
        files = BackendFiles(params["folder"], backends)
    except EngineError as exc:
        module.fail(exc)

    def body(admin: Admin) -> dict[str, Any]:
        secure = {
            _place(row) for row in params["servers"] if str(row.get("use_ssl")).lower() in ("1", "true")
        }
        if not files.due:
            secure -= _known(admin)
        tried = [(place, each) for place in sorted(secure) for each in for_server(backends, place)]
        refused, unknown = try_all(tried, params["timeout"])
        if refused:
            raise DeclarationError(
                "databases do not fit what is declared for TLS with them: {}. Nothing was written".format(
                    "; ".join(refused)
                ),
                refused=refused,
            )
        if files.due and not module.check_mode:
            files.put()
        due = sorted(files.due)
        return {
            "changed": bool(due),
            "files": due,
            "tried": sorted({f"{host}:{port}" for (host, port), _each in tried}),
            "unknown": unknown,
            "diff": {"before": "", "after": "".join(f"{path}: written\n" for path in due)},
            "warnings": [
                *(f"TLS with the database could not be tried: {text}" for text in unknown),
                *_soon(backends),
                *(
                    f"{path}: until ProxySQL restarts it goes on by the CA of the same name that was there"
                    for path in files.late
                ),
            ],
        }

    module.run(body)


def _place(row: Any) -> Place:
    return str(row.get("hostname") or ""), int(row.get("port") or 3306)


def _known(admin: Admin) -> set[Place]:
    """Servers that ProxySQL has used TLS with until now."""
    rows = admin.fetch("SELECT hostname, port FROM runtime_mysql_servers WHERE use_ssl = 1")[1]
    return {(str(host), int(port or 0)) for host, port in rows}


def _soon(backends: list[Backend]) -> list[str]:
    now = time.time()
    return [
        f"backends, {one.name}: {part} runs out on {day(each.ends)}, in {each.days_left(now)} days"
        for one in backends
        for part in ("ca", "certificate")
        for each in certificates_of(getattr(one, part))
        if each.days_left(now) <= WARN_DAYS
    ]
