# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Errors of a login that sees no configuration at all. Every module has it: it needs little else."""

from __future__ import annotations

from .._declared.errors import DeclarationError, EngineError, StatementError
from .admin import Admin


def sees_nothing(admin: Admin) -> DeclarationError:
    """The error for a login of admin-stats_credentials, which has a database of its own."""
    return DeclarationError(
        f"{admin.login.user!r} sees no configuration at {admin.login.place}; only users of"
        " admin-admin_credentials do"
    )


def explained(admin: Admin, exc: StatementError) -> EngineError:
    """The error, or the better one that the login sees no configuration at all."""
    missing = "no such table" in str(exc.fields.get("answer"))
    return sees_nothing(admin) if missing and sees_no_users(admin) else exc


def sees_no_users(admin: Admin) -> bool:
    """Whether the login is one of admin-stats_credentials: every release has mysql_users."""
    return not admin.fetch("SELECT 1 FROM main.sqlite_master WHERE name = 'mysql_users'")[1]
