# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What somebody meant who wrote a name that is none."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, among: Iterable[str], closeness: float = 0.6) -> str:
    """The name that is most like it, or an empty text. closeness: from 0 to 1, as difflib measures it."""
    return next(iter(difflib.get_close_matches(name, list(among), 1, closeness)), "")


def did_you_mean(name: str, among: Iterable[str], closeness: float = 0.6) -> str:
    """The same as the end of a sentence."""
    return asked(nearest(name, among, closeness))


def asked(near: str) -> str:
    """The same for a name that was found, or an empty text."""
    return f"; did you mean {near}?" if near else ""
