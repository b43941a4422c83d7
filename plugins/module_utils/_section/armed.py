# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What waits to be confirmed, as far as those who write meanwhile have to know."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

from .._planning.credentials import pairs_of
from .files import write_private

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


def learn(points: str, written: Iterable[Mapping[str, str]]) -> None:
    """A new password of the timer's own login is one that it tries, too. written: values of variables."""
    settings = settings_of(points)
    if settings is None:
        return
    login = settings["login"]
    for values in written:
        new = dict(pairs_of(values.get(_CREDENTIALS, ""))).get(login["user"])
        if new is not None and new not in (login["password"], *login["previous"]):
            login["previous"] = [*login["previous"], new]
            write_private(os.path.join(points, FOLDER, SETTINGS), json.dumps(settings))
