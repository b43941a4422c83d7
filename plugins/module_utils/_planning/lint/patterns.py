# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What can be said for certain of regular expressions, PCRE and RE2 alike, by a look at their text."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from ..checks import balanced

# Each matches any text, also an empty one, and one with newlines.
_ALWAYS = frozenset(("", "^", "$", ".*", "^.*", ".*$", "(.*)", "^(.*)", "(.*)$"))
# Each matches any text with a character that is no newline; with ^ only where the first one is.
_SOMETHING = frozenset((".", ".+", "^.", "^.+"))
# Characters that stand for themselves.
_PLAIN = re.compile(r"[A-Za-z0-9_ ,=`;:@'\"<>!~%&/-]*")
_QUANTIFIER = ("*", "?", "{", "+")
# https://github.com/google/re2/wiki/Syntax, what is NOT SUPPORTED there and is in PCRE.
_PCRE_ONLY = (
    (re.compile(r"\(\?(?:=|!|<=|<!)"), "look-ahead or look-behind"),
    (re.compile(r"\(\?>"), "an atomic group"),
    (re.compile(r"\(\?\("), "a condition"),
    (re.compile(r"\(\?\|"), "a branch reset"),
    (re.compile(r"\(\?(?:R|&|P>)"), "recursion"),
    (re.compile(r"\(\?P="), "a backreference"),
    (re.compile(r"\(\?#"), "a comment"),
    (re.compile(r"\(\*"), "a verb"),
    (re.compile(r"\\[1-9kg]"), "a backreference"),
    (re.compile(r"\\[KGRXZh]"), "an escape of PCRE"),
    (re.compile(r"(?<!\()[*+?}]\+"), "a possessive quantifier"),
)


class Start(NamedTuple):
    """How every text begins, or what it holds, that an alternative of a pattern matches."""

    anchored: bool
    literal: str
    #: Whether the pattern says no more than that.
    all: bool


def always(pattern: str) -> bool:
    return pattern in _ALWAYS


def implies(narrow: str, narrow_caseless: bool, wide: str, wide_caseless: bool) -> bool:
    """Whether ``wide`` is certain to match every text that ``narrow`` matches."""
    if always(wide) or (narrow, narrow_caseless) == (wide, wide_caseless):
        return True
    narrow_caseless, narrow = _caseless(narrow, narrow_caseless)
    wide_caseless, wide = _caseless(wide, wide_caseless)
    narrows = _starts(narrow)
    if wide in _SOMETHING:
        return all(each.literal and (each.anchored or wide[0] != "^") for each in narrows)
    if narrow_caseless and not wide_caseless:
        return False
    wides = [each for each in _starts(wide) if each.all]
    return all(any(_covers(other, each, wide_caseless) for other in wides) for each in narrows)


def _covers(wide: Start, narrow: Start, caseless: bool) -> bool:
    short, long = wide.literal, narrow.literal
    if caseless:
        short, long = short.lower(), long.lower()
    if wide.anchored:
        return narrow.anchored and long.startswith(short)
    return short in long


def _caseless(pattern: str, caseless: bool) -> tuple[bool, str]:
    return (True, pattern[4:]) if pattern.startswith("(?i)") else (caseless, pattern)


@lru_cache(maxsize=4096)
def _starts(pattern: str) -> tuple[Start, ...]:
    """Of each alternative; one that says nothing where that is hard to tell."""
    if "|" in pattern and ("[" in pattern or "\\" in pattern or "(*" in pattern or "(?" in pattern):
        return (Start(False, "", False),)
    parts, depth, begin = [], 0, 0
    for place, char in enumerate(pattern):
        depth += (char == "(") - (char == ")")
        if depth < 0:
            return (Start(False, "", False),)
        if char == "|" and not depth:
            parts.append(pattern[begin:place])
            begin = place + 1
    return tuple(map(_start, [*parts, pattern[begin:]]))


def _start(part: str) -> Start:
    anchored = part.startswith("^")
    literal = str(_PLAIN.findall(part, int(anchored))[0])
    rest = part[anchored + len(literal) :]
    if rest.startswith(_QUANTIFIER):
        return Start(anchored, literal[:-1], False)
    return Start(anchored, literal, rest in ("", ".*"))


def wide_key(pattern: str, negated: bool) -> tuple[str, ...]:
    """What to find a pattern by that may be implied by others: see narrow_keys()."""
    starts = _starts(pattern.removeprefix("(?i)"))
    if negated or not (pattern in _SOMETHING or any(each.all for each in starts)):
        return ("same", pattern)
    if len(starts) == 1 and starts[0].anchored and starts[0].literal:
        return ("begins", starts[0].literal.lower())
    return ()


def narrow_keys(pattern: str) -> list[tuple[str, ...]]:
    """The keys of all patterns that this one may imply, but for those with an empty key."""
    first = _starts(pattern.removeprefix("(?i)"))[0]
    literal = first.literal.lower() if first.anchored else ""
    return [("same", pattern), *(("begins", literal[:end]) for end in range(1, len(literal) + 1))]


def pcre_only(pattern: str) -> str | None:
    """What of PCRE's syntax a pattern has that RE2 does not compile, in words."""
    bare = _without_literals(pattern)
    return next((words for found, words in _PCRE_ONLY if found.search(bare)), None)


def _without_literals(pattern: str) -> str:
    """A pattern with an x for each quoted text, class of characters and escaped sign."""
    quoted = r"\\Q.*?(?:\\E|\Z)"
    escaped = r"\\[^A-Za-z0-9]"
    group = r"\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]"
    return re.sub(f"{quoted}|{escaped}|{group}", "x", pattern, flags=re.DOTALL)


_READS = re.compile(r"(?:\(\?i\))?\^?(?:\\s\*)?\(?SELECT\b", re.IGNORECASE)


def is_read(pattern: str) -> bool:
    """Whether it is meant for SELECTs."""
    return _READS.match(pattern) is not None


def fault(pattern: str) -> str | None:
    """Why neither PCRE nor RE2 compiles it, as far as brackets tell."""
    return None if balanced(pattern) else "has brackets that do not balance, so that it does not compile"


def groups_missing(replacement: str, pattern: str) -> list[str]:
    r"""Groups such as \9 that a replacement names and the pattern does not have, as far as can be told."""
    try:
        there = re.compile(pattern).groups
    except (re.error, RecursionError, OverflowError):
        return []
    named = re.findall(r"\\(\\|\d)", replacement)
    return [f"\\{each}" for each in dict.fromkeys(named) if each.isdigit() and int(each) > there]
