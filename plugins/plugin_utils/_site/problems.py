# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is wrong with a site: each sentence once, with the hosts it holds for."""

from __future__ import annotations

from collections.abc import Sequence

# More names than this say nothing to a reader.
_NAMED = 5


class Problems:
    """Sentences in the order in which they were found."""

    def __init__(self) -> None:
        self._found: dict[str, dict[str, None]] = {}

    def add(self, sentence: str, host: str = "") -> None:
        """host: whom it holds for; empty for the site as a whole."""
        self._found.setdefault(sentence, {})
        if host:
            self._found[sentence][host] = None

    def __len__(self) -> int:
        return len(self._found)

    def lines(self, nodes: Sequence[str], cores: Sequence[str] = ()) -> list[str]:
        """One line each: "all hosts: ...", "all cores: ..." or "core1, core2: ..."."""
        return [f"{_whom(list(hosts), nodes, cores)}{sentence}" for sentence, hosts in self._found.items()]


def _whom(hosts: Sequence[str], nodes: Sequence[str], cores: Sequence[str]) -> str:
    if not hosts:
        return ""
    if len(hosts) > 1 and set(hosts) >= set(nodes):
        return "all hosts: "
    if len(hosts) > 1 and set(hosts) == set(cores):
        return "all cores: "
    if len(hosts) > _NAMED + 1:
        return f"{', '.join(hosts[:_NAMED])} and {len(hosts) - _NAMED} others: "
    return f"{', '.join(hosts)}: "
