# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What was declared of variables to canonical values; what LOAD makes of a section's variables. Pure.

LOAD answers OK to a value it rejects and resets it in memory, and deletes a name it does not know (2.7.1).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .._catalog.variables import (
    BOOLEANS,
    CAPABILITY_OF,
    CHECKSUM_OF,
    COLLATION_OF,
    ENCODINGS,
    FORMS,
    INTEGERS,
    INTERVALS,
    LISTS,
    NOT_EMPTY,
    READ_ONLY,
    RELATIVE_FILES,
    SECRETS,
    TEXTS,
    WORDS,
)
from .._catalog.words import Column
from .declaration import FALSE_WORDS, TRUE_WORDS, declared_value
from .errors import DeclarationError, together
from .rows import HIDDEN, is_secret_name

_NAME = re.compile(r"[a-z]+-[A-Za-z0-9_]+\Z")
_CHARSET, _COLLATION = "mysql-default_charset", "mysql-default_collation_connection"
_ENCODING = "pgsql-default_client_encoding"
#: Of these two a LOAD may change the one that does not fit the other.
PAIR = frozenset((_CHARSET, _COLLATION))

Values = dict[str, str]
# Collation -> its charset, in the order of their numbers.
Collations = Mapping[str, str]


def declared_variables(config: Any) -> Values:
    """Full names and canonical values of what was declared. Raises DeclarationError by name, all at once."""
    if not isinstance(config, Mapping):
        raise DeclarationError("variables: expected a dict of names and values")
    found: Values = {}
    wrong: list[DeclarationError] = []
    for name, value in config.items():
        try:
            found[str(name)] = _declared(str(name), value)
        except ValueError as exc:
            wrong.append(DeclarationError(f"variable {name}: {exc}", variable=str(name)))
    if wrong:
        raise together(wrong)
    return found


def _declared(name: str, value: Any) -> str:
    if not _NAME.match(name):
        raise ValueError("not the full name of a variable, such as mysql-max_connections")
    if name in READ_ONLY:
        raise ValueError("set by the server itself")
    if value is None:
        raise ValueError("a variable has no NULL (leave it out to leave it alone)")
    if name in BOOLEANS:
        return "true" if declared_value(Column(name, "bool"), value) else "false"
    if name in INTEGERS:
        low, high = INTEGERS[name]
        number = int(declared_value(Column(name, "int", low=low, high=high), value) or 0)
        return _rounded(name, str(number))
    if not is_known(name) and isinstance(value, bool):
        # The server spells its booleans this way.
        return "true" if value else "false"
    if isinstance(value, bool) and "true" in WORDS.get(name, ()):
        value = str(value)
    if isinstance(value, int) and not isinstance(value, bool) and (not is_known(name) or name in WORDS):
        value = str(value)
    return _declared_text(name, str(declared_value(Column(name, "text"), value)))


def _declared_text(name: str, text: str) -> str:
    if name in NOT_EMPTY and not text:
        raise ValueError("cannot be empty (ProxySQL would keep the present value)")
    if name.startswith("admin-") and '"' in text:
        raise ValueError("cannot hold a double quote (ProxySQL would drop the variable from runtime)")
    if name in LISTS and re.search(r"\s", text):
        raise ValueError("is a list without blanks (ProxySQL would take them for a part of the address)")
    if name in WORDS:
        if _word(text) not in WORDS[name]:
            good = "; ".join(dict.fromkeys(WORDS[name].values()))
            raise ValueError(f"{text[:80]!r} is not one of {good if ',' in good else good.replace(';', ',')}")
        return WORDS[name][_word(text)]
    if name == _ENCODING:
        if not re.fullmatch(ENCODINGS, re.sub("[^a-z0-9]", "", text.lower())):
            raise ValueError(f"{text[:80]!r} is no encoding of PostgreSQL's clients, such as UTF8")
        return text.upper()
    form, wanted = FORMS.get(name, ("", ""))
    if form and not re.fullmatch(form, text):
        raise ValueError(f"{text[:80]!r} {wanted}")
    # Taken for the default of very old releases (MySQL_Thread.cpp, set_variable).
    return "5.5.30" if (name, text) == ("mysql-server_version", "5.1.30") else text


def _word(text: str) -> str:
    """As the catalog has it."""
    return re.sub(r"\s*,\s*", ",", text).lower()


def is_known(name: str) -> bool:
    """Whether the catalog has the variable."""
    return name in BOOLEANS or name in INTEGERS or name in TEXTS


def is_secret(name: str) -> bool:
    """Whether the value must not be seen: of one that the catalog does not know its name tells."""
    return name in SECRETS or (not is_known(name) and is_secret_name(name.partition("-")[2]))


def shown(name: str, value: str | None) -> str | None:
    """The value as results show it."""
    return HIDDEN if value is not None and is_secret(name) else value


def canonical(name: str, text: str | None) -> str | None:
    """A value from the server as LOAD understands it: what compares equal acts the same."""
    if text is None:
        return None
    if name in BOOLEANS:
        return {"1": "true", "0": "false"}.get(text, text.lower())
    if name in INTEGERS:
        number = re.match(r"\s*([+-]?[0-9]+)", text)
        return _rounded(name, str(int(number.group(1)))) if number else text
    if name in WORDS:
        return WORDS[name].get(_word(text), text)
    if name == _ENCODING:
        return text.upper()
    if name == "mysql-server_capabilities" and text.isdigit():
        # These bits follow from variables of their own (lib/MySQL_Thread.cpp, set_variable).
        return str(int(text) & ~sum(CAPABILITY_OF.values()))
    if name in RELATIVE_FILES:
        # Runtime shows it below the data directory.
        return text.rpartition("/")[2]
    return text


def _rounded(name: str, text: str) -> str:
    """Intervals are kept as the next of a few (round_intv_to_time_interval in lib/ProxySQL_Admin.cpp)."""
    if name not in INTERVALS:
        return text
    number = int(text)
    return str(next((step for step in (0, 1, 5, 10, 30, 60, 120, 300, 600) if number <= step), number))


def like_present(name: str, value: str, present: str | None) -> str:
    """The value of a variable that the catalog does not know, as the server spells its kind.

    present: what runtime has. "true" or "false" tells a boolean, a whole number a number.
    """
    if is_known(name) or present is None:
        return value
    if present in ("true", "false") and value.strip().lower() in TRUE_WORDS | FALSE_WORDS:
        return "true" if value.strip().lower() in TRUE_WORDS else "false"
    if re.match(r"-?[0-9]+\Z", present) and re.match(r"\s*[+-]?[0-9]{1,19}\s*\Z", value):
        return str(int(value))
    return value


def as_loaded(values: Values) -> Values:
    """What runtime makes of a section's values, where one decides over another; canonical.

    A checksum that is off keeps its section from being followed, whatever ..._diffs_before_sync says
    (set_variable in lib/ProxySQL_Admin.cpp, 2.7.1).
    """
    found = {name: canonical(name, text) or "" for name, text in values.items()}
    for checksum, diffs in CHECKSUM_OF.items():
        if found.get(checksum) == "false" and diffs in found:
            found[diffs] = "0"
    return found


def with_consequences(want: Values, memory: Values, runtime: Values, collations: Collations) -> Values:
    """The declared values and those that a LOAD changes with them. Raises DeclarationError.

    collations: what the server knows; empty where nothing of the kind is declared.
    """
    found = dict(want)
    for checksum, diffs in CHECKSUM_OF.items():
        # LOAD goes through the rows in the order of writing; while the checksum is off this one becomes 0.
        if want.get(checksum) == "true" and diffs in memory and runtime.get(checksum) != "true":
            value = found.pop(diffs, canonical(diffs, memory[diffs]) or "0")
            found[diffs] = value
    if collations:
        _pair(found, memory, collations)
    return found


def _pair(want: Values, memory: Values, collations: Collations) -> None:
    """Charset and collation belong together; LOAD changes the one that does not fit."""
    charset, collation = want.get(_CHARSET), want.get(_COLLATION)
    if collation is not None and collation not in collations:
        raise DeclarationError(
            f"variable {_COLLATION}: ProxySQL knows no collation {collation!r}", variable=_COLLATION
        )
    charsets = {**{each: name for name, each in reversed(list(collations.items()))}, **COLLATION_OF}
    if charset is not None and charset not in charsets:
        raise DeclarationError(
            f"variable {_CHARSET}: ProxySQL knows no charset {charset!r}", variable=_CHARSET
        )
    if charset is not None and collation is not None and collations[collation] != charset:
        raise DeclarationError(
            f"variable {_COLLATION}: {collation} is of {collations[collation]}, not of {charset}, which"
            f" {_CHARSET} says",
            variable=_COLLATION,
        )
    if collation is None and charset is not None:
        present = memory.get(_COLLATION, "")
        if collations.get(present) != charset:
            want[_COLLATION] = charsets[charset]
    elif charset is None and collation is not None:
        want[_CHARSET] = collations[collation]
