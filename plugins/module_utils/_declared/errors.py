# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What can go wrong, as exceptions that name the place.

Every error the engine raises on purpose is an EngineError. ``_tasks/module.py`` turns it into
``fail_json``: the message for people, the fields for programs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Callable, TypeVar

T = TypeVar("T")


class EngineError(Exception):
    """A failure with a message for people and named fields for programs.

    put_back: whether all that a task had written is known to be as it was.
    """

    put_back = False

    def __init__(self, message: str, **fields: Any) -> None:
        super().__init__(message)
        self.message = message
        self.fields: dict[str, Any] = {k: v for k, v in fields.items() if v is not None}

    def __str__(self) -> str:
        # The message may have been completed on the way up (what was undone, what is left).
        return self.message


class DeclarationError(EngineError):
    """What was declared cannot be: raised before anything is written."""


class ConnectError(EngineError):
    """The admin port could not be reached, or refused the login."""


class StatementError(EngineError):
    """The server answered a statement with an error, or the connection broke under it."""


class RefusedError(EngineError):
    """The server answered OK but did not take what was loaded; it has been put back."""


class OpenEditsError(EngineError):
    """Memory holds edits of others that a LOAD or SAVE would take along; nothing was written."""


class OvertakenError(EngineError):
    """Somebody else wrote what this task was writing; the message says what is left to do."""


class NotConvergedError(EngineError):
    """The cluster did not agree before the deadline."""


def together(errors: Sequence[DeclarationError]) -> DeclarationError:
    """One error of several: all messages, the fields of the first, and ``problems``, a message each."""
    if len(errors) == 1:
        return errors[0]
    texts = [text for error in errors for text in error.fields.get("problems", [error.message])]
    shown = "; ".join(texts[:20]) + (f"; and {len(texts) - 20} more" if texts[20:] else "")
    return DeclarationError(f"{len(texts)} problems: {shown}", **{**errors[0].fields, "problems": texts})


def all_of(calls: Iterable[Callable[[], T]]) -> list[T]:
    """What each gives. Raises one DeclarationError of all that were raised."""
    found: list[T] = []
    wrong: list[DeclarationError] = []
    for call in calls:
        try:
            found.append(call())
        except DeclarationError as exc:
            wrong.append(exc)
    if wrong:
        raise together(wrong)
    return found


def where(table: str | None, key: str | None = None, column: str | None = None) -> str:
    """The place an error is about, in the one form every message uses."""
    parts = [table or ""]
    if key:
        parts.append(f"row {key}")
    if column:
        parts.append(f"column {column}")
    return ", ".join(part for part in parts if part)
