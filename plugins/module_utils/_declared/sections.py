# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Tables that the catalog does not know."""

from __future__ import annotations

import re

# Which section's LOAD takes a table is nowhere to be read; the names follow a pattern.
_SECTIONS = (
    (re.compile(r"(mysql|pgsql)_users"), "USERS"),
    (re.compile(r"(mysql|pgsql)_query_rules"), "QUERY RULES"),
    (re.compile(r"(mysql|pgsql)_firewall_"), "FIREWALL"),
    (re.compile(r"(mysql|pgsql)_(servers|hostgroup|\w+_hostgroups\Z)"), "SERVERS"),
)
_WORD = re.compile(r"\w+\Z", re.ASCII)


def section_of_table(name: str) -> str | None:
    """The section of a table by its name, or None where that cannot be told."""
    for pattern, words in _SECTIONS:
        match = pattern.match(name)
        if match and _WORD.match(name):
            return f"{match.group(1).upper()} {words}"
    return None
