# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Option files, read as the MySQL clients read them (mysys/my_default.c of MySQL and MariaDB).

No line of a file ever gets into an error: it may hold a password.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from .._declared.errors import ConnectError

# Those that the program mysql reads, and MariaDB's.
_GROUPS = frozenset(("client", "client-server", "client-mariadb", "mariadb-client", "mysql"))
_DEPTH = 10
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "s": " ", '"': '"', "'": "'", "\\": "\\"}


def client_options(path: str) -> dict[str, str]:
    """Name -> value of the options for clients, later ones before earlier ones.

    Names have dashes and no ``loose-``; an option without a value has the empty text. Raises
    ConnectError for a file that cannot be read or understood.
    """
    found: dict[str, str] = {}
    for group, name, value in _options(path, 0):
        if group in _GROUPS:
            found[name] = value
    return found


def _options(path: str, depth: int) -> Iterator[tuple[str, str, str]]:
    try:
        with open(path, "rb") as stream:
            # A byte order mark, as some editors write it.
            text = stream.read().decode("utf-8-sig", "surrogateescape")
    except OSError as exc:
        if depth:
            return  # as the clients do: what is included need not be there
        raise ConnectError(f"login_defaults_file: cannot read {path}: {exc.strerror or exc}") from None
    group = None
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line[0] in "#;":
            continue
        if line[0] == "!":
            yield from _included(line, path, depth)
        elif line[0] == "[":
            if "]" not in line:
                raise ConnectError(f"login_defaults_file: {path}, line {number}: a group without its bracket")
            group = line[1 : line.index("]")].strip()
        elif group is None:
            raise ConnectError(
                f"login_defaults_file: {path}, line {number}: an option before any group, such as [client]"
            )
        else:
            name, _equals, value = _without_comment(line).partition("=")
            name = name.strip().replace("_", "-")
            name = name[len("loose-") :] if name.startswith("loose-") else name
            yield group, name, _value(value.strip())


def _included(line: str, path: str, depth: int) -> Iterator[tuple[str, str, str]]:
    word, _blank, place = line.partition(" ")
    place = os.path.join(os.path.dirname(path), place.strip())
    if depth >= _DEPTH:
        raise ConnectError(f"login_defaults_file: {path}: files include each other more than {_DEPTH} deep")
    if word == "!include":
        yield from _options(place, depth + 1)
    elif word == "!includedir":
        names = sorted(os.listdir(place)) if os.path.isdir(place) else []
        for name in names:
            if name.endswith(".cnf"):
                yield from _options(os.path.join(place, name), depth + 1)


def _without_comment(line: str) -> str:
    """Up to a # outside of quotes."""
    quote, escaped = "", False
    for at, char in enumerate(line):
        if char in "'\"" and not escaped:
            quote = "" if quote == char else quote or char
        if char == "#" and not quote:
            return line[:at]
        escaped = bool(quote) and char == "\\" and not escaped
    return line


def _value(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    parts, rest = [], iter(text)
    for char in rest:
        if char != "\\":
            parts.append(char)
            continue
        following = next(rest, "")
        parts.append(_ESCAPES.get(following, "\\" + following))
    return "".join(parts)
