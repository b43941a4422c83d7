# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The documented options of the roles and playbooks, and variables made to be what these say."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Callable

import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ...module_utils._declared.meant import asked, nearest

CHECKOUT = Path(__file__).resolve().parents[3]
ROLES = ("proxysql", "keepalived")
PREFIXES = ("proxysql_", "keepalived_")
#: What playbooks/site.yml publishes, and a workflow of AWX hands to its next job.
PUBLISHED = ("proxysql_drift", "proxysql_converged_seconds", "proxysql_vip_holders", "proxysql_changes")

_SIMPLE = (str, int, float)
# How like a real name a wrong one has to be to be refused, without the prefix that all have.
_CLOSE = 0.85


def _load(path: Path) -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)["argument_specs"]
    return found


@cache
def role_options(role: str) -> dict[str, Any]:
    """The argument specification of a role: name -> type, default and so on."""
    found: dict[str, Any] = _load(CHECKOUT / "roles" / role / "meta/argument_specs.yml")["main"]["options"]
    return found


@cache
def playbook_options() -> dict[str, Any]:
    """By playbook, the variables that only it takes."""
    specs = _load(CHECKOUT / "playbooks/meta/argument_specs.yml")
    return {name: spec.get("options", {}) for name, spec in specs.items()}


@cache
def known_names() -> frozenset[str]:
    roles = [name for role in ROLES for name in role_options(role)]
    return frozenset((*roles, *(name for spec in playbook_options().values() for name in spec), *PUBLISHED))


@cache
def likely(name: str) -> str:
    """The real name that was meant, or an empty text. name: one that is not known.

    One of another prefix is only meant where it is called so letter by letter.
    """
    prefix, _dash, rest = name.partition("_")
    bare = {real.partition("_")[2]: real for real in sorted(known_names(), reverse=True)}
    if rest in bare:
        return bare[rest]
    same = [real.partition("_")[2] for real in sorted(known_names()) if real.startswith(f"{prefix}_")]
    near = nearest(rest, same, _CLOSE)
    return f"{prefix}_{near}" if near else ""


# Ansible's own code has no types.
_validator: Callable[[dict[str, Any]], Any] = ArgumentSpecValidator


class Typing:
    """Makes values what a specification says. One for a run: what many hosts share is looked at once."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self._spec = spec
        self._validators = {
            name: _validator({name: {**option, "required": False}}) for name, option in spec.items()
        }
        self._known: dict[tuple[str, type, Any], tuple[Any, str]] = {}

    def typed(
        self, given: Mapping[str, Any], say: Callable[[str], None], refused: set[str] | None = None
    ) -> dict[str, Any]:
        """Every option of the specification: as given, else its default, else None.

        A value that is none of the type is said, and is the default from then on: nothing more is to be
        said of it. refused: gets the names of those.
        """
        found = {}
        for name, option in self._spec.items():
            value = given.get(name)
            # ansible-core before 2.19 makes an empty text of none.
            absent = value is None or (value == "" and option.get("type", "str") != "str")
            if absent:
                found[name] = option.get("default")
                if option.get("required"):
                    say(f"{name} is not set")
                continue
            found[name], problem = self._one(name, option, value)
            if problem:
                say(problem)
                found[name] = option.get("default")
                if refused is not None:
                    refused.add(name)
        return found

    def _one(self, name: str, option: Mapping[str, Any], value: Any) -> tuple[Any, str]:
        if not isinstance(value, _SIMPLE):
            return self._read(name, option, value)
        key = (name, type(value), value)
        if key not in self._known:
            self._known[key] = self._read(name, option, value)
        return self._known[key]

    def _read(self, name: str, option: Mapping[str, Any], value: Any) -> tuple[Any, str]:
        kind = option.get("type", "str")
        shown = "a secret" if option.get("no_log") else repr(value)[:80]
        wrong = f"{name} is {shown}, and should be {_KINDS.get(kind, kind)}"
        if kind == "str" and isinstance(value, (bool, list, tuple, Mapping)):
            return None, f"{wrong}{' (put it in quotes)' if isinstance(value, bool) else ''}"
        if kind in ("int", "float") and isinstance(value, bool):
            return None, wrong
        if kind in ("list", "dict") and isinstance(value, str):
            value = _from_text(value)
        if kind == "list" and isinstance(value, (Mapping, bool)):
            return None, wrong
        try:
            result = self._validators[name].validate({name: value})
            typed = result.validated_parameters[name]
        except (TypeError, ValueError):
            return None, wrong
        if result.error_messages:
            return None, _sentence(name, option, shown, wrong, result.error_messages[0])
        if kind == "float" and not math.isfinite(typed):
            return None, wrong
        return typed, ""


_KINDS = {
    "bool": "true or false",
    "dict": "a dict",
    "float": "a number",
    "int": "a whole number",
    "list": "a list",
    "str": "text",
}


def _sentence(name: str, option: Mapping[str, Any], shown: str, wrong: str, message: str) -> str:
    if option.get("choices"):
        return f"{name} is {shown}; it is one of {', '.join(map(str, option['choices']))}"
    if option.get("elements") and not option.get("no_log"):
        if "found in" in message or "missing" in message or "must be one of" in message:
            return f"{name}: {message}"
        elements = _KINDS.get(option["elements"], option["elements"])
        return f"{wrong} of which each element is {elements}"
    return wrong


def _from_text(text: str) -> Any:
    """JSON, as -e NAME=[...] gives it; anything else as it is."""
    if text[:1] not in ("[", "{"):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def unknown_names(names: Iterable[str]) -> list[str]:
    """Those that begin as ours do, and are none of ours."""
    known = known_names()
    return sorted(name for name in names if name.startswith(PREFIXES) and name not in known)


def misspelt(name: str, playbook: str = "") -> str:
    """A sentence, if it looks like one of ours, or an empty text. name: one that is not known.

    playbook: the one that runs, whose own all begin with its name: what else begins so was meant for it.
    """
    near = likely(name)
    if near:
        return f"there is no variable {name}{asked(near)}"
    if playbook and name.startswith(f"proxysql_{playbook}_") and playbook_options().get(playbook):
        return f"the playbook takes no variable {name}; it takes {', '.join(playbook_options()[playbook])}"
    return ""


def without_prefix(names: Iterable[str], playbook: str) -> list[str]:
    """Names that lack the prefix of a variable that the playbook takes, as other tools call them."""
    return [name for name in names if f"proxysql_{name}" in playbook_options().get(playbook, {})]
