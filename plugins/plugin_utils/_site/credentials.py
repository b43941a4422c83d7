# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Who may log in to the admin interface, and what is wrong with how they are declared."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Callable

Say = Callable[[str], None]

# In the documentation of ProxySQL and of this collection, and so in every list of passwords.
KNOWN_PASSWORDS = ("admin", "radmin", "stats", "monitor", "cluster", "password", "change-me")


@cache
def stats_password(admin_password: str) -> str:
    """One for a site that names none: the same in each run, and no way back to the admin's.

    Something has to be set, for ProxySQL's own default is stats:stats.
    """
    made = hashlib.pbkdf2_hmac("sha256", admin_password.encode("utf-8", "replace"), b"proxysql stats", 200000)
    return made.hex()[:32]


def check(options: Mapping[str, Any], say: Say) -> None:
    """options: the typed ones of the role proxysql, with their whole names."""
    for role in ("admin", "cluster", "stats"):
        user, password = (options[f"proxysql_{role}_{what}"] for what in ("user", "password"))
        if role == "stats" and not options["__given_stats_password"]:
            password = None
        _check_login(f"proxysql_{role}", user, password, role != "stats", say)
    names = [options[f"proxysql_{role}_user"] for role in ("admin", "cluster", "stats")]
    if names[1] in ("admin", "stats", "monitor"):
        say(
            f"proxysql_cluster_user is '{names[1]}', which ProxySQL lets in from the node itself only; "
            "choose another name"
        )
    if len(set(names)) < len(names):
        say(
            "proxysql_admin_user, proxysql_cluster_user and proxysql_stats_user must be three different "
            f"names, not {', '.join(map(str, names))}"
        )
    passwords = [options[f"proxysql_{role}_password"] for role in ("admin", "cluster")]
    if options["__given_stats_password"] and options["proxysql_stats_password"] in passwords:
        say(
            "proxysql_stats_password is also that of the admin or cluster user; whoever may read the "
            "statistics could change everything"
        )
    monitor = options["proxysql_monitor_password"]
    if monitor is not None and monitor in ("", *KNOWN_PASSWORDS, options["proxysql_monitor_user"]):
        say("proxysql_monitor_password is empty or one that everybody knows; choose another")


def _check_login(name: str, user: Any, password: Any, required: bool, say: Say) -> None:
    if not user:
        say(f"{name}_user is empty")
    if password == "" and required:
        say(f"{name}_password is empty")
    elif password and password in (user, *KNOWN_PASSWORDS):
        say(f"{name}_password is one that everybody knows; choose another")
    for option, value in ((f"{name}_user", user), (f"{name}_password", password)):
        if re.search('[":;]', str(value or "")):
            say(
                f"{option} contains a double quote, a colon or a semicolon, which its credentials cannot have"
            )
