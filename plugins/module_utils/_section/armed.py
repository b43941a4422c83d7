# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What waits to be confirmed, as far as those who write meanwhile have to know."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

from .._planning.credentials import pairs_of

FOLDER, SETTINGS = "confirm", "settings.json"
_CREDENTIALS = "admin-admin_credentials"


def settings_of(points: str) -> dict[str, Any] | None:
    """What the timer was set with. points: the folder of the restore points. None where nothing waits."""
    try:
        with open(os.path.join(points, FOLDER, SETTINGS), encoding="ascii") as stream:
            found: dict[str, Any] = json.load(stream)
            return found
    except (OSError, ValueError):
        return None


def write_private(path: str, content: Any) -> None:
    """A file that nobody else reads, whole or not at all. Raises OSError."""
    new = f"{path}.{os.getpid()}"
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        json.dump(content, stream)
    os.rename(new, path)


def learn(points: str, written: Iterable[Mapping[str, str]]) -> None:
    """A new password of the timer's own login is one that it tries, too. written: values of variables."""
    settings = settings_of(points)
    for values in written if settings else ():
        new = dict(pairs_of(values.get(_CREDENTIALS, ""))).get(settings["login"]["user"])  # type: ignore[index]
        known = [settings["login"]["password"], *settings["login"]["previous"]]  # type: ignore[index]
        if new is not None and new not in known:
            settings["login"]["previous"] = [*known[1:], new]  # type: ignore[index]
            write_private(os.path.join(points, FOLDER, SETTINGS), settings)
