# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which passwords of a node's own logins were replaced when, beside the restore points.

A restore point of them would give a fleet back a password that somebody took from it. So this keeps no more
than a salted hash of the last one of each: enough to tell how old the present one is.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from datetime import datetime, timezone

from .._declared.errors import EngineError
from .._declared.passwords import salted
from .files import own_folder, write_private

_FILE = "replaced"
_CLOCK = "%Y-%m-%dT%H:%M:%SZ"

#: When a password was still in use, and its hash, by the name of the login.
Replaced = dict[str, tuple[datetime, str]]


def keep(folder: str, replaced: Mapping[str, str], names: Collection[str] | None) -> None:
    """replaced: passwords that are in use and going to be replaced. names: of all logins
    that there will be, where that is known: what is kept of others goes away.

    Raises EngineError; nobody needs to stop for it.
    """
    now = datetime.now(timezone.utc)
    try:
        own_folder(folder, make=True)
        there = {name: kept for name, kept in known(folder).items() if names is None or name in names}
        there.update({name: (now, salted(password)) for name, password in replaced.items()})
        told = {name: (when.strftime(_CLOCK), word) for name, (when, word) in there.items()}
        write_private(os.path.join(folder, _FILE), json.dumps(told))
    except OSError as exc:
        raise EngineError(f"{folder}: {exc.strerror or exc}", folder=folder) from None


def known(folder: str) -> Replaced:
    """What is kept there; nothing where the file is missing or no more what was written."""
    try:
        with open(os.path.join(folder, _FILE), encoding="ascii") as stream:
            told = json.load(stream)
        return {
            str(name): (datetime.strptime(when, _CLOCK).replace(tzinfo=timezone.utc), str(word))
            for name, (when, word) in told.items()
        }
    except (FileNotFoundError, ValueError, TypeError, AttributeError):
        return {}
    except OSError as exc:
        raise EngineError(f"{folder}: {exc.strerror or exc}", folder=folder) from None
