# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which hosts declare the same, told before anything is templated: what many share is worked out once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_WORD = re.compile(r"[A-Za-z_]\w*")
# Whatever these find may differ from host to host, and is not told by what stands in the inventory.
_ANYTHING = frozenset(("hostvars", "vars", "lookup", "query", "q", "ansible_facts"))


class Shared:
    """One for a run. names: the variables in question."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = tuple(names)
        self._known: list[dict[str, Any]] = []
        # By identity: most hosts have the very same object of a group. It is kept, so that its id is.
        self._words: dict[int, tuple[Any, frozenset[str]]] = {}

    def number(self, host: str, variables: Mapping[str, Any]) -> tuple[int, bool]:
        """Hosts with the same number share what they declare; and whether this host is the first of them."""
        mine = self._reached(host, getattr(variables, "_vars", variables))
        if mine in self._known:
            return self._known.index(mine), False
        self._known.append(mine)
        return len(self._known) - 1, True

    def _reached(self, host: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The variables as they stand in the inventory, and those that their templates name."""
        found: dict[str, Any] = {}
        ahead = [name for name in self._names if name in variables]
        while ahead:
            name = ahead.pop()
            if name in found:
                continue
            found[name] = variables[name]
            words = self._words_of(variables[name])
            if words & _ANYTHING:
                found[""] = host
            ahead += [word for word in words if word in variables]
        return found

    def _words_of(self, value: Any) -> frozenset[str]:
        if id(value) not in self._words:
            texts = (text for text in _texts(value) if "{{" in text or "{%" in text)
            self._words[id(value)] = value, frozenset(word for text in texts for word in _WORD.findall(text))
        return self._words[id(value)][1]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _texts(key)
            yield from _texts(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _texts(each)
