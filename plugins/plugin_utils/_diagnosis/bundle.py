# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The files of a bundle that is attached to a ticket: what was found, and what it was found in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Callable

from .._status import Report
from .._status_text import text
from .clues import Clue, clues, ordered
from .evidence import Evidence, evidence_of, texts_of
from .masking import mask_log

# What Ansible adds to a result, and what would repeat the login.
_NOT_SHOWN = ("ansible_facts", "changed", "diff", "failed", "failed_when_result", "invocation", "warnings")


def findings(report: Report, seen: Sequence[Evidence], symptom: str) -> list[str]:
    """One line each, the likely ones first; what to do is under it."""
    found = ordered(
        (
            *(("", Clue(one.text, one.todo, (_about(one.text),), one.serious)) for one in report.findings),
            *((evidence.host, clue) for evidence in seen for clue in clues(evidence)),
        ),
        symptom,
    )
    hosts: dict[Clue, list[str]] = {}
    for host, clue in found:
        hosts.setdefault(clue, []).append(host)
    lines = []
    for number, (clue, names) in enumerate(hosts.items(), 1):
        where = ", ".join(filter(None, names))
        suspicion = "" if clue.sure else " (perhaps)"
        lines += [f"{number}. {where}{': ' if where else ''}{clue.text}{suspicion}", f"   {clue.todo}"]
    return lines or ["Nothing was found: no node shows anything out of the ordinary."]


def _about(sentence: str) -> str:
    """Of a finding of the status: which symptom it explains."""
    for word, symptom in (
        ("virtual IP", "vip"),
        ("backend", "errors"),
        ("hostgroup", "errors"),
        ("gives no answer", "connect"),
        ("certificate", "connect"),
    ):
        if word in sentence:
            return symptom
    return "cluster"


def bundle(
    report: Report, left: Mapping[str, Mapping[str, Any]], symptom: str, mask: Callable[[str], str], when: str
) -> dict[str, Any]:
    """left: by node, the variables with what was registered. findings and files, all of it masked."""
    seen = [evidence_of(host, variables) for host, variables in left.items()]
    found = findings(report, seen, symptom)
    head = [f"Symptom: {symptom}. Asked at {when}.", ""]
    files = {"findings.txt": "\n".join([*head, *found, ""]), "status.txt": text(report)}
    moves = [f"{evidence.host}: {line}" for evidence in seen for line in evidence.moves()]
    files["vip.txt"] = "\n".join([*(moves or ["It did not move in the last hour."]), ""])
    for host, variables in left.items():
        printed = texts_of(variables).items()
        files[f"{host}.txt"] = mask_log("".join(f"==> {name} <==\n{text}\n\n" for name, text in printed))
        told = {name: _kept(variables.get(f"__proxysql_{name}") or {}) for name in ("status", "met")}
        files[f"{host}.json"] = json.dumps(told, indent=1, default=str) + "\n"
    shown = [{"path": path, "content": mask(content)} for path, content in files.items()]
    return {"findings": [mask(line) for line in found], "files": shown}


def _kept(result: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in result.items() if key not in _NOT_SHOWN}
