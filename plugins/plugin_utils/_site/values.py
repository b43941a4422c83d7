# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Values of the inventory as plain Python, whatever Ansible wraps them in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Callable

from ansible.release import __version__
from ansible.utils.unsafe_proxy import AnsibleUnsafe

Say = Callable[[str], None]

# ansible-core before 2.19 leaves a template in hostvars as it is where something in it is not defined.
_LEFT_AS_IT_IS = tuple(map(int, __version__.split(".")[:2])) < (2, 19)
_EXPRESSION = re.compile(r"{{\s*(.*?)\s*}}", re.DOTALL)


def plain(value: Any) -> Any:
    """The value without lazy containers, tags and encrypted texts. Raises what templating raises."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str) or hasattr(value, "vault"):
        left = _EXPRESSION.search(str(value)) if _LEFT_AS_IT_IS else None
        if left and not isinstance(value, AnsibleUnsafe):
            raise ValueError(f"'{left.group(1)}' is undefined")
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, Iterable):
        return [plain(each) for each in value]
    return str(value)


def given(variables: Mapping[str, Any], names: Iterable[str], say: Say) -> dict[str, Any]:
    """Those of the names that the host has, plain. One that cannot be worked out is said."""
    found = {}
    for name in names:
        if name not in variables:
            continue
        try:
            found[name] = plain(variables[name])
        except Exception as exc:  # whatever a template may raise
            why = str(exc).strip().splitlines() or [type(exc).__name__]
            say(f"{name} cannot be worked out: {why[0]}")
    return found


class Whole(Mapping[str, Any]):
    """hostvars, whose hosts may speak of each other.

    Ansible works out a variable of hostvars without hostvars, so that one host's template that asks for
    another's address would be refused, though tasks on that host can work it out.
    """

    def __init__(self, hostvars: Mapping[str, Any]) -> None:
        self._hostvars = hostvars

    def __getitem__(self, host: str) -> Any:
        found = self._hostvars[host]
        # made anew at each access, for nobody else
        variables = getattr(found, "_vars", None)
        if isinstance(variables, dict):
            variables.setdefault("hostvars", self._hostvars)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._hostvars)

    def __len__(self) -> int:
        return len(self._hostvars)

    def __contains__(self, host: object) -> bool:
        return host in self._hostvars


def raw(variables: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The same before templating, to see which hosts share what they declare."""
    untouched = getattr(variables, "_vars", variables)
    return {name: untouched[name] for name in names if name in untouched}


def found_facts(hostvars: Mapping[str, Any], host: str) -> Mapping[str, Any]:
    """Addresses of a host with their prefix: when the role keepalived looked, else when its play began.

    Empty if they are not known.
    """
    seen = registered(hostvars, host, "__keepalived_seen")
    facts: Mapping[str, Any] = seen.get("ansible_facts") or {}
    if facts or seen.get("unreachable"):  # by then what it said before is no longer so
        return facts
    gathered = registered(hostvars, host, "ansible_facts")
    names = ("all_ipv4_addresses", "all_ipv6_addresses")
    return {f"ansible_{name}": gathered[name] for name in names if name in gathered}


def registered(hostvars: Mapping[str, Any], host: str, name: str) -> Mapping[str, Any]:
    """What a task left on the host under this name; empty where none did."""
    left = hostvars[host]
    found: Mapping[str, Any] = left[name] if name in left else {}  # noqa: SIM401
    return found
