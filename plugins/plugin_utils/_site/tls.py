# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The certificates of nodes, towards clients and databases: read and checked before any host is touched."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Callable

from ...module_utils._declared.errors import DeclarationError
from ...module_utils._server import tls_backends
from ...module_utils._server.certificates import WARN_DAYS, certificates_of, day, problems, tls_set

Say = Callable[[str], None]

_PARTS = ("certificate", "key", "ca")


class Certificates:
    """Those of a site. What many nodes share is checked once."""

    def __init__(self) -> None:
        self._checked: dict[tuple[str, ...], tuple[list[str], list[str]]] = {}

    def check(self, options: dict[str, Any], names: Sequence[str], say: Say, warn: Say) -> None:
        """options: the typed ones of a node, with their whole names. Paths become what is in the files.

        names: by which clients come to this node, where it is not said.
        """
        given = {part: str(options[f"proxysql_tls_{part}"] or "") for part in _PARTS}
        if options["proxysql_tls_names"] is None:
            options["proxysql_tls_names"] = list(names)
        if not any(given.values()):
            return
        for part in ("certificate", "key"):
            if not given[part]:
                say(f"proxysql_tls_{part} is not set, and the other proxysql_tls_ variables are")
                return
        if str((options["proxysql_global_variables"] or {}).get("mysql-have_ssl", True)).lower() in (
            "false",
            "0",
        ):
            say("proxysql_tls_certificate is set, and mysql-have_ssl in proxysql_global_variables is false")
        try:
            texts = [_content(f"proxysql_tls_{part}", given[part]) for part in _PARTS]
        except DeclarationError as exc:
            say(exc.message)
            return
        options.update(zip((f"proxysql_tls_{part}" for part in _PARTS), texts))
        key = (*texts, *options["proxysql_tls_names"])
        if key not in self._checked:
            self._checked[key] = _judge(texts, options["proxysql_tls_names"], time.time())
        for tell, found in zip((say, warn), self._checked[key]):
            for sentence in found:
                tell(f"proxysql_tls_{sentence}")


def check_backends(options: dict[str, Any], tables: Mapping[str, Any], say: Say) -> None:
    """options: the typed ones of a node, with their whole names. Paths become what is in the files.

    tables: those that are declared, by name.
    """
    rows = options["proxysql_tls_backends"] or []
    found, names, usable = [], set(), []
    for number, row in enumerate(rows, 1):
        where = f"proxysql_tls_backends, number {number}"
        try:
            given = {part: _content(f"{where}, {part}", str(row.get(part) or "")) for part in _PARTS}
        except DeclarationError as exc:
            say(exc.message)
            continue
        one = tls_backends.backend_of({**row, **given})
        wrong = tls_backends.problems(one)
        usable += [one] if not wrong else []
        for sentence in wrong:
            say(f"{where}, {sentence}")
        if one.name in names:
            say(f"{where}: it is for the same servers as one before it")
        names.add(one.name)
        found.append({**row, **given})
    for sentence in tls_backends.clashes(usable):
        say(f"proxysql_tls_backends: {sentence}")
    options["proxysql_tls_backends"] = found
    if names - {"all"} and "mysql_servers_ssl_params" in tables:
        say("proxysql_tls_backends makes rows of mysql_servers_ssl_params, which is also in proxysql_tables")
    ciphers = [row.get("ssl_cipher") for row in rows if not row.get("hostname")]
    ours = {f"mysql-ssl_p2s_{name}" for name in ("ca", "cert", "key", *(["cipher"] if any(ciphers) else []))}
    for name in sorted(ours & set(options["proxysql_global_variables"] or {}) if "all" in names else ()):
        say(f"proxysql_global_variables sets {name}, which is made of proxysql_tls_backends")


def _judge(texts: Sequence[str], names: Sequence[str], now: float) -> tuple[list[str], list[str]]:
    """(problems, warnings), each beginning with the part that it is about."""
    try:
        wanted = tls_set(*texts)
    except DeclarationError as exc:
        return [exc.message], []
    soon = [
        f"{part}: it runs out on {day(each.ends)}, in {each.days_left(now)} days"
        for part, pem in (("certificate", wanted.certificate), ("ca", wanted.ca))
        for each in certificates_of(pem)
        if 0 <= each.days_left(now) <= WARN_DAYS
    ]
    return problems(wanted, names, now), soon


def _content(name: str, value: str) -> str:
    """value: PEM, or the path of a file with it. Raises DeclarationError."""
    if not value or "-----BEGIN" in value:
        return value
    if "\n" in value.strip():
        raise DeclarationError(f"{name} is neither PEM nor the path of a file")
    try:
        text = Path(value).expanduser().read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError) as exc:
        raise DeclarationError(
            f"{name}: {value} cannot be read: {getattr(exc, 'strerror', None) or 'it is no path'}"
        ) from None
    if text.startswith("$ANSIBLE_VAULT"):
        raise DeclarationError(
            f"{name}: {value} is encrypted by ansible-vault; give its content, by"
            " lookup('ansible.builtin.file', ...)"
        )
    return text
