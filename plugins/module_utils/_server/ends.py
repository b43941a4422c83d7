# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""When the certificates of a node run out: the one that it shows, and those in files towards databases."""

from __future__ import annotations

import contextlib
import time
from typing import Any

from .._declared.errors import EngineError
from .admin import Admin
from .certificates import Certificate, certificates_of, facts, read

_VARIABLES = ("mysql-ssl_p2s_ca", "mysql-ssl_p2s_cert")


def certificates_in_use(admin: Admin, files: bool) -> list[dict[str, Any]]:
    """`what` is 'clients' or the path of a file. files: whether its files are those of this host; ones that
    cannot be read are left out."""
    now = time.time()
    found = []
    der = admin.peer_certificate()
    if der:
        found.append({"what": "clients", **facts(read(der), now)})
    for path in _paths(admin) if files else ():
        certificate = _first_to_end(path)
        if certificate:
            found.append({"what": path, **facts(certificate, now)})
    return found


def _paths(admin: Admin) -> list[str]:
    names = ", ".join(f"'{name}'" for name in _VARIABLES)
    asked = [f"SELECT variable_value FROM runtime_global_variables WHERE variable_name IN ({names})"]
    asked += [f"SELECT {column} FROM runtime_mysql_servers_ssl_params" for column in ("ssl_ca", "ssl_cert")]
    found: set[str] = set()
    for sql in asked:
        # the table is of 2.6 and later
        with contextlib.suppress(EngineError):
            found.update(str(row[0]) for row in admin.fetch(sql)[1] if row[0])
    return sorted(found)


def _first_to_end(path: str) -> Certificate | None:
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            found = certificates_of(stream.read(1 << 20))
    except (OSError, EngineError):
        return None
    return min(found, key=lambda each: each.ends, default=None)
