# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How old a secret is, as far as it can be told from what was kept of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Callable

from .credentials import pairs_of

_LOGINS = {"admin-admin_credentials": "admin", "admin-stats_credentials": "statistics"}
_PASSWORDS = {"admin-cluster_password": "cluster", "mysql-monitor_password": "monitor"}


@dataclass(frozen=True)
class Age:
    """It was changed after the one time, and not since the other; None where that is not known."""

    changed_after: datetime | None = None
    same_since: datetime | None = None

    def text(self, now: datetime) -> str:
        """For people."""
        if self.changed_after and self.changed_after == self.same_since:
            return f"changed {_ago(self.same_since, now)}"
        if self.changed_after and not (now - self.changed_after).days:
            return "changed within the last day"
        if self.changed_after and self.same_since:
            return f"changed between {_ago(self.changed_after, now)} and {_ago(self.same_since, now)}"
        if self.changed_after:
            return f"changed within the last {_days(self.changed_after, now)}"
        if self.same_since:
            return f"at least {_days(self.same_since, now)} old"
        return "its age is not known"


def age_of(
    kept: Sequence[tuple[datetime, str | None]], present: str, same: Callable[[str, str], bool]
) -> Age:
    """kept: what it was at which time, oldest first; None where there was none. same: of two forms."""
    since = None
    for when, value in reversed(kept):
        if value is None or not same(value, present):
            return Age(when, since)
        since = when
    return Age(None, since)


def passwords_of(variables: Mapping[str, Any]) -> dict[str, str]:
    """The passwords among the values of variables, by the names that they have for people."""
    found = {name: str(variables.get(variable) or "") for variable, name in _PASSWORDS.items()}
    for variable, kind in _LOGINS.items():
        for user, password in pairs_of(str(variables.get(variable) or "")):
            # the cluster's user is one of those of admin
            if password != found["cluster"]:
                found[f"{kind} {user}"] = password
    return found


def _ago(when: datetime, now: datetime) -> str:
    return f"{_days(when, now)} ago" if (now - when).days else "less than a day ago"


def _days(when: datetime, now: datetime) -> str:
    days = (now - when).days
    return "1 day" if days == 1 else f"{days} days" if days else "day"
