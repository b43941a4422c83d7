# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the modules tls_files and tls_info do."""

from __future__ import annotations

import ssl
import time
from typing import Any

from .._declared.errors import DeclarationError, EngineError, together
from .._server.admin import Admin
from .._server.certificates import WARN_DAYS, Certificate, certificates_of, day, facts, problems, tls_set
from .._server.handshake import shown
from .._server.login import tls_context
from .._server.tls_files import TlsFiles, bring, served
from .module import Module, Spec, login


def run_tls_files() -> None:
    """The module tls_files: the certificate that ProxySQL shows to clients."""
    spec: Spec = {
        "folder": {"type": "path", "default": "/var/lib/proxysql"},
        "certificate": {"type": "str", "required": True},
        "key": {"type": "str", "required": True, "no_log": True},
        "ca": {"type": "str", "default": ""},
        "names": {"type": "list", "elements": "str", "default": []},
    }
    module = Module(spec)
    params = module.params
    now = time.time()
    try:
        wanted = tls_set(params["certificate"], params["key"], params["ca"])
        wrong = problems(wanted, params["names"], now)
        if wrong:
            raise together([DeclarationError(text) for text in wrong])
        files = TlsFiles(params["folder"], wanted)
    except EngineError as exc:
        module.fail(exc)
    (own,) = certificates_of(wanted.certificate)

    def body(admin: Admin) -> dict[str, Any]:
        due = files.due()
        seen = served(admin)
        stale = seen.certificate is not None and seen.certificate != own
        if (due or stale) and not module.check_mode:
            bring(admin, files)
        old = certificates_of(files.before["proxysql-cert.pem"].content or "")
        return {
            "changed": bool(due) or stale,
            "files": sorted(due),
            "shown_before": seen.certificate.serial if seen.certificate else None,
            **facts(own, now),
            "diff": _diff(old[:1], own, sorted(due), stale),
            "warnings": _warnings(admin, [own, *certificates_of(wanted.ca)], now),
        }

    module.run(body)


def _diff(old: list[Certificate], own: Certificate, due: list[str], stale: bool) -> dict[str, str]:
    """No part of any file: only what certificates are in them."""
    if not due and not stale:
        return {"before": "", "after": ""}
    before = "".join(f"certificate {each.serial}, until {day(each.ends)}\n" for each in old)
    after = f"certificate {own.serial}, until {day(own.ends)}\n"
    return {"before": before, "after": after + "".join(f"{name}: written\n" for name in due)}


def _warnings(admin: Admin, certificates: list[Certificate], now: float) -> list[str]:
    found = [
        f"certificate {each.serial} runs out on {day(each.ends)}, in {each.days_left(now)} days"
        for each in certificates
        if each.days_left(now) <= WARN_DAYS
    ]
    if admin.variable("mysql-have_ssl") == "false":
        found.append("mysql-have_ssl is false: ProxySQL has the certificate and offers no TLS")
    return found


def run_tls_info() -> None:
    """The module tls_info: which certificates servers show."""
    spec: Spec = {
        "places": {"type": "list", "elements": "str", "required": True},
        "serials": {"type": "dict", "default": {}},
        "timeout": {"type": "float", "default": 5.0},
    }
    module = Module(spec)
    params, now = module.params, time.time()
    try:
        context = tls_context(login(params, given=module.given)) if params["ca_cert"] else None
    except EngineError as exc:
        module.fail(exc)
    found: dict[str, dict[str, Any]] = {}
    wrong = []
    for place in params["places"]:
        host, _colon, port = place.rpartition(":")
        try:
            seen = shown(host.strip("[]"), int(port), params["timeout"], context)
            if seen.certificate is None:
                raise OSError("it offers no TLS")
            wanted = str(params["serials"].get(place) or seen.certificate.serial)
            if seen.certificate.serial != wanted.upper():
                wrong.append(f"{place} shows the certificate {seen.certificate.serial}")
            found[place] = {
                **facts(seen.certificate, now),
                "version": seen.version,
                "cipher": seen.cipher,
            }
        except ssl.SSLCertVerificationError as exc:
            wrong.append(f"{place}: {exc.verify_message}")
        except (OSError, ValueError, IndexError) as exc:
            wrong.append(f"{place}: {exc}")
    if wrong:
        module.fail(DeclarationError("; ".join(wrong), certificates=found))
    module.exit_json(changed=False, certificates=found)
