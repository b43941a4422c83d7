# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What lint found, as lines for people and in the formats that pipelines read. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from ..module_utils._declared.errors import where
from ..module_utils._planning.lint.look import SEVERITIES, Finding
from ..module_utils._planning.lint.run import RULES

FORMATS = ("lines", "json", "sarif", "junit")
_LEVELS = {"info": "note", "warning": "warning", "error": "error"}
_PAGE = "https://github.com/mysqlha/proxysql/blob/main/docs/docsite/rst/lint.rst"
# What XML cannot hold at all.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def rendered(findings: Sequence[Finding], form: str, threshold: str = "error", file: str = "") -> str:
    """One of FORMATS. threshold: the severity from which a finding is a failure, which JUnit wants to know.

    file: where the declaration is, which SARIF's readers want to know.
    """
    if form == "lines":
        return "".join(f"{line}\n" for line in as_lines(findings))
    if form == "json":
        return json.dumps([asdict(finding) for finding in findings], indent=2) + "\n"
    if form == "sarif":
        return json.dumps(as_sarif(findings, file), indent=2) + "\n"
    return as_junit(findings, threshold)


def place_of(finding: Finding) -> str:
    return where(finding.table, finding.row, finding.column)


def as_lines(findings: Sequence[Finding]) -> list[str]:
    return [
        f"{each.severity}: {place_of(each)}{': ' if each.table else ''}{each.text} [{each.rule}]"
        for each in findings
    ]


def as_sarif(findings: Sequence[Finding], file: str = "") -> dict[str, Any]:
    """SARIF 2.1.0, https://docs.oasis-open.org/sarif/sarif/v2.1.0/"""
    rules = [
        {
            "id": rule.name,
            "shortDescription": {"text": rule.summary},
            "fullDescription": {"text": rule.why},
            "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        }
        for rule in RULES
    ]
    driver = {"name": "mysqlha.proxysql.lint", "informationUri": _PAGE, "rules": rules}
    run = {"tool": {"driver": driver}, "results": [_result(each, file) for each in findings]}
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }


def _result(finding: Finding, file: str) -> dict[str, Any]:
    name = "/".join(part for part in (finding.table, finding.row, finding.column) if part)
    location: dict[str, Any] = {}
    if name:
        location["logicalLocations"] = [{"fullyQualifiedName": name}]
    if file:
        location["physicalLocation"] = {"artifactLocation": {"uri": file}, "region": {"startLine": 1}}
    place = place_of(finding)
    return {
        "ruleId": finding.rule,
        "ruleIndex": [rule.name for rule in RULES].index(finding.rule),
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{place}: {finding.text}" if place else finding.text},
        "locations": [location] if location else [],
    }


def as_junit(findings: Sequence[Finding], threshold: str = "error") -> str:
    """A test case for each finding, and for each rule that found nothing."""
    cases = []
    for rule in RULES:
        mine = [each for each in findings if each.rule == rule.name]
        if not mine:
            cases.append(f"  <testcase classname={_quoted(rule.name)} name={_quoted(rule.summary)}/>")
        for each in mine:
            head = (
                f"  <testcase classname={_quoted(rule.name)} name={_quoted(place_of(each) or rule.summary)}>"
            )
            tag = "failure" if is_failure(each, threshold) else "system-out"
            inner = f"<failure type={_quoted(each.severity)} message={_quoted(each.text)}/>"
            if tag == "system-out":
                inner = f"<system-out>{escape(_clean(f'{each.severity}: {each.text}'))}</system-out>"
            cases.append(f"{head}{inner}</testcase>")
    failures = sum(is_failure(each, threshold) for each in findings)
    head = f'<testsuite name="mysqlha.proxysql.lint" tests="{len(cases)}" failures="{failures}" errors="0">'
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', head, *cases, "</testsuite>", ""])


def is_failure(finding: Finding, threshold: str) -> bool:
    """threshold: a severity, or "never"."""
    return threshold in SEVERITIES and SEVERITIES.index(finding.severity) >= SEVERITIES.index(threshold)


def _quoted(text: str) -> str:
    return quoteattr(_clean(text))


def _clean(text: str) -> str:
    return _NO_XML.sub("?", text)
