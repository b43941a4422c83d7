# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a node says of itself over one connection, and how that differs from what is declared. Read only."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from .._catalog.tables import TABLES, Table
from .._cluster.cluster import see
from .._cluster.follow import View
from .._declared.errors import EngineError
from .._declared.variables import declared_variables
from .._planning.layers import LAYERS
from .._planning.plan import Want
from .._section.apply import How, Outcome, apply
from .._section.drift import drift_of
from .._section.tables import TableWork
from .._section.variables import VariableWork, plan_variables
from .._server.admin import Admin
from .._server.ends import certificates_in_use
from .._server.schema import pools_of, table_of
from .declared import named_tables, wanted_of
from .declared import scopes as scopes_of
from .declared import states as states_of

# A server that a LOAD or the monitor took out of a hostgroup is OFFLINE_HARD there for as long as somebody
# uses a connection to it (2.7.1, 3.0.3). Nothing is wrong with it.
_POOL = (
    "SELECT hostgroup, srv_host, srv_port, status, ConnUsed, ConnFree, ConnOK, ConnERR, Queries, Latency_us"
    " FROM {} WHERE status <> 'OFFLINE_HARD' ORDER BY hostgroup, srv_host, srv_port"
)
_POOL_NAMES = ("hostgroup", "host", "port", "status", "used", "free", "ok", "errors", "queries", "latency_us")
_UPTIME = "SELECT Variable_Value FROM stats_mysql_global WHERE Variable_Name = 'ProxySQL_Uptime'"


class Declared:
    """A declaration, read once for all nodes that have it. raw: tables and scope, as they were typed."""

    def __init__(self, raw: Mapping[str, Any], state: Any, variables: Any) -> None:
        self.problem: str | None = None
        try:
            rows: dict[str, Any] = {
                name: given or [] for name, given in named_tables(raw.get("tables")).items()
            }
            self.variables = declared_variables(variables or {})
            states = states_of(state, rows, "variables" if self.variables else None)
            scopes = scopes_of(raw.get("scope"), rows)

            def want(table: Table) -> tuple[Want, Any]:
                name = table.name
                return wanted_of(table, rows[name], states[name], scopes.get(name), True), rows[name]

            self._want = want
            self._wanted = [want(TABLES[name]) for name in rows if name in TABLES]
            # What these look like only a server knows.
            self._others = [name for name in rows if name not in TABLES]
        except EngineError as exc:
            self.problem = exc.message

    def drift(self, admin: Admin, own: Any = None, since_3: Any = None) -> dict[str, Any]:
        """How each declared table differs, by layer: the number of rows or variables.

        own: variables that this node has besides. since_3: more of them, which an older one does not have.
        """
        if self.problem is not None:
            return _unknown(self.problem)
        try:
            works, outcome = self._compared(admin, own, since_3)
        except EngineError as exc:
            return _unknown(exc.message)
        return {
            "drift": drift_of(works),
            "drift_variables": _variables(works),
            "drift_unknown": None,
            "restart_required": outcome.restart_required,
        }

    def stands(self, admin: Admin, since_3: Any = None) -> bool:
        """Whether all of it is there, in all layers and in force: nothing to write, nor to say."""
        if self.problem is not None:
            return False
        try:
            _works, outcome = self._compared(admin, None, since_3)
        except EngineError:
            return False
        return not (outcome.changed or outcome.restart_required or outcome.warnings)

    def _compared(self, admin: Admin, own: Any, since_3: Any) -> tuple[list[Any], Outcome]:
        newer = {} if admin.version.startswith("2.") else since_3
        variables = {**self.variables, **declared_variables(own or {}), **declared_variables(newer or {})}
        works: list[Any] = plan_variables(admin, variables) if variables else []
        others = [self._want(table_of(admin, name)) for name in self._others]
        works += [TableWork(admin, want, config) for want, config in [*self._wanted, *others]]
        return works, apply(admin, works, How(check=True, open_edits="publish"))


def _unknown(why: str) -> dict[str, Any]:
    return {"drift": {}, "drift_variables": [], "drift_unknown": why, "restart_required": []}


def _variables(works: Sequence[Any]) -> list[str]:
    """Names of those that differ in any layer."""
    mine = [work for work in works if isinstance(work, VariableWork)]
    return sorted({name for work in mine for layer in LAYERS for name in work.changes[layer]})


def state_of(admin: Admin, address: str | None, key: str, here: bool) -> dict[str, Any]:
    """Uptime, part in the cluster, pool and certificates. key: of the marks that stand for passwords.

    here: whether this is the node's own host, with its files.
    """
    return {
        "uptime": int(admin.value(_UPTIME) or 0),
        "cluster": _shown(see(admin, address), key),
        "backends": [
            dict(zip(_POOL_NAMES, row))
            for name in pools_of(admin)
            for row in admin.fetch(_POOL.format(name))[1]
        ],
        "certificates": certificates_in_use(admin, here),
    }


def _shown(view: View, key: str) -> dict[str, Any]:
    """A View as a result. In place of passwords there are marks that show only which are equal."""

    def mark(user: str, password: str) -> str:
        return (
            user
            + ":"
            + hmac.new(key.encode(), f"{user}:{password}".encode(), hashlib.sha256).hexdigest()[:16]
        )

    return {
        "name": view.name,
        "version": view.version,
        "sections": {
            name: {"checksum": seen.checksum, "version": seen.version, "epoch": seen.epoch}
            for name, seen in view.sections.items()
        },
        "follows": list(view.follows),
        "diffs_before_sync": dict(view.diffs),
        "check_interval": view.interval,
        "heard": dict(view.heard),
        "now": view.now,
        "user": view.login[0],
        "login_mark": mark(*view.login),
        "accepts_marks": sorted(mark(*pair) for pair in view.accepts),
    }
