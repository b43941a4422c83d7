"""This checkout as the installed collection."""

from __future__ import annotations

from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def tree() -> Path:
    """A folder in which it is."""
    found = CHECKOUT / ".cache/tree/ansible_collections/mysqlha"
    found.mkdir(parents=True, exist_ok=True)
    if not (found / "proxysql").exists():
        (found / "proxysql").symlink_to(CHECKOUT)
    return CHECKOUT / ".cache/tree"
