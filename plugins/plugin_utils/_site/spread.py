# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How often the monitors of many nodes ask each database, and how often all of them the cores.

Every node has a monitor of its own, and the cluster carries its variables, so that an interval is the same on
all nodes. Their clocks run from when each was started, which spreads the questions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# In milliseconds, as ProxySQL has them.
_INTERVALS = {
    "connect": 120_000,
    "ping": 8_000,
    "read_only": 1_000,
    "replication_lag": 10_000,
    # in place of read_only
    "galera_healthcheck": 5_000,
    "groupreplication_healthcheck": 5_000,
}
_ASKED = ("connect", "ping", "read_only", "replication_lag")


_CHECK = "admin-cluster_check_interval_ms"
#: So many followers a core has with the interval that is the role's own; of more, each asks less often.
FOLLOWERS = 100


def check_interval(nodes: int, base: Mapping[str, Any], usual: Mapping[str, Any]) -> dict[str, int]:
    """base: the base variables; usual: those that the role has. What somebody chose stays."""
    if nodes <= FOLLOWERS or base.get(_CHECK) is None or base[_CHECK] != usual.get(_CHECK):
        return {}
    return {_CHECK: int(base[_CHECK]) * nodes // FOLLOWERS}


def checks(nodes: int) -> float:
    """A second, of each database, with the intervals that ProxySQL has."""
    return nodes * sum(1000 / _INTERVALS[name] for name in _ASKED)


def intervals(nodes: int, most: int) -> dict[str, int]:
    """Variables with which all nodes together ask at most that often a second; 0: as often as they like."""
    if not most or checks(nodes) <= most:
        return {}
    longer = checks(nodes) / most
    return {f"mysql-monitor_{name}_interval": round(each * longer) for name, each in _INTERVALS.items()}
