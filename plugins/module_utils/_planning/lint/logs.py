# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Logs that grow without end."""

from __future__ import annotations

from .look import Finding, Look

SCHEDULER = "scheduler"
_LOGS = ("mysql-eventslog_filename", "mysql-auditlog_filename")


def without_bound(look: Look) -> list[Finding]:
    found = []
    for name in _LOGS:
        file = str(look.variables.get(name) or "").rpartition("/")[2]
        if file and not _pruned(look, file):
            text = (
                "names files that ProxySQL never removes, and no job of the scheduler does; it ends itself"
                " when their disk is full"
            )
            found.append(Finding("log-without-bound", "warning", text, "global_variables", name))
    return found


def _pruned(look: Look, file: str) -> bool:
    """Whether a job names the file; what it does with it is not looked at."""
    jobs = [row for row in look.rows(SCHEDULER) if row.get("active")]
    return any(file in str(row.get(f"arg{place}") or "") for row in jobs for place in range(1, 6))
