# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What leaves the site in a bundle holds no secret: those that are declared, and those that a log shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Callable

from .._site.options import ROLES, role_options

HIDDEN = "********"
# A shorter one is a word of any text.
_SHORTEST = 4
# ProxySQL logs SET as it was typed: admin-admin_credentials='radmin:secret', mysql-monitor_password=...
_TOLD = re.compile(
    r"((?:password|credentials)\w*\s*[=:]\s*|\bidentified\s+(?:with\s+\S+\s+)?(?:by|as)\s+)"
    r"('(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.)*\"|[^\s'\",)]+)",
    re.IGNORECASE,
)
_HASH = re.compile(r"\*[0-9A-Fa-f]{40}\b|\$A\$005\$\S+")
# "(using password: YES)" is no password.
_NO_SECRET = {"yes", "no", "true", "false"}


def secrets_of(options: Mapping[str, Mapping[str, Any]], users: Iterable[Any]) -> set[str]:
    """options: by role, the typed ones of a host. users: rows of mysql_users."""
    found: set[str] = set()
    for role in ROLES:
        for name, option in role_options(role).items():
            if option.get("no_log") and name != "proxysql_mysql_users":
                found |= set(_texts(options[role].get(name.partition("_")[2])))
    for row in users:
        if isinstance(row, Mapping):
            found |= set(_texts([row.get("password"), row.get("attributes")]))
    return {secret for secret in found if len(secret) >= _SHORTEST}


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _texts(each)


def masker(secrets: Iterable[str]) -> Callable[[str], str]:
    """Takes out those that are known."""
    known = sorted(secrets, key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, known))) if known else None
    return lambda text: pattern.sub(HIDDEN, text) if pattern else text


def mask_log(text: str) -> str:
    """Takes out what looks like a secret in lines of a log."""
    return _HASH.sub(HIDDEN, _TOLD.sub(_hidden, text))


def _hidden(match: re.Match[str]) -> str:
    return match[0] if match[2].strip("'\"").lower() in _NO_SECRET else match[1] + HIDDEN
