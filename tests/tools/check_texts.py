"""Rules for the files of this repository that no other tool knows.

- no text names a path of somebody's machine
- no file grows beyond what one reads in one sitting
- `changed_when: false` says why: a comment on the line or right above it
- nothing is left for later
- what users read says "cannot"
- changelog fragments are reStructuredText, without the marks of module documentation
- no YAML or template of the roles and playbooks reasons in `{% set %}`: that is for Python, which has tests
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

LONGEST = 450
# Data and legal text, which nobody reads from top to bottom.
MAY_BE_LONG = re.compile(
    r"(^COPYING|^changelogs/changelog\.yaml|/argument_specs\.yml|\.(json|jsonl|txt|rst|svg))$"
)
SELF = "tests/tools/check_texts.py"

MACHINE_PATH = re.compile(r"(?<![\w.~$}])/(work/|root/(?!\.))")
LATER = re.compile(r"\b(TODO|FIXME|XXX)\b")
PROGRAM = re.compile(r"\{%-?\s*set\b")
CANNOT = re.compile(r"\bcan not\b", re.IGNORECASE)
MARKS = re.compile(r"\b[A-Z]{1,3}\([^)]*\)")
UNCHANGED = re.compile(r"^\s*changed_when:\s*(false|no)\b(?P<rest>.*)$", re.IGNORECASE)


def committed() -> list[str]:
    """The files git knows, and those it would be told of."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [name for name in listing.split("\0") if name]


def complaints(name: str, text: str) -> Iterator[str]:
    lines = text.splitlines()
    if len(lines) > LONGEST and not MAY_BE_LONG.search(name):
        yield f"{name}: {len(lines)} lines, more than {LONGEST}: split it by concern"
    for number, line in enumerate(lines, start=1):
        where = f"{name}:{number}"
        if found := MACHINE_PATH.search(line):
            yield f"{where}: names a path of one machine: {found.group().strip()}"
        if found := LATER.search(line):
            yield f"{where}: left for later: {found.group()}"
        if name.startswith(("roles/", "playbooks/", "plugins/", "docs/")) and CANNOT.search(line):
            yield f'{where}: "can not" instead of "cannot"'
        if name.startswith("changelogs/fragments/") and (found := MARKS.search(line)):
            yield f"{where}: {found.group()} is no reStructuredText; use double backticks"
        if (
            name.startswith(("roles/", "playbooks/"))
            and name.endswith((".yml", ".j2"))
            and PROGRAM.search(line)
        ):
            yield f"{where}: a program in Jinja; write it in plugins/plugin_utils, with tests"
        if name.endswith((".yml", ".yaml")) and (found := UNCHANGED.match(line)):
            above = lines[number - 2].strip() if number > 1 else ""
            if "#" not in found["rest"] and not above.startswith("#"):
                yield f"{where}: changed_when: false without a comment that says why"


def main() -> int:
    found = []
    for name in committed():
        path = Path(name)
        if name == SELF or not path.is_file() or path.is_symlink():
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # not a text
        found += complaints(name, text)
    print("\n".join(found) if found else "texts: nothing to complain about")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
