"""What lint found, for people, for pipelines and by the exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.mysqlha.proxysql.plugins.filter.lint import lint
from ansible_collections.mysqlha.proxysql.plugins.module_utils._planning.lint.run import RULES

CHECKOUT = Path(__file__).resolve().parents[2]
EXAMPLE = CHECKOUT / "playbooks" / "inventory" / "example"

# A warning and an info, and signs that HTML and XML have a use for.
USER = {"username": 'sh<o>p&"\x01', "password": "", "default_hostgroup": 10}
RULE = {"rule_id": 1, "active": True, "digest": "0x1234567890ABCDEF", "match_digest": "x"}
DECLARED = {"mysql_users": [USER], "mysql_query_rules": [RULE]}


def test_lines_say_severity_place_and_rule() -> None:
    found = lint(DECLARED)
    assert found["failures"] == 0
    assert found["report"] == "".join(f"{line}\n" for line in found["lines"])
    first, second = found["lines"]
    assert first.startswith("warning: mysql_users, row username=sh<o>p&")
    assert first.endswith("column password: may log in without a password [user-without-password]")
    assert second.startswith("info: mysql_query_rules, row rule_id=1, column match_digest: ")


@pytest.mark.parametrize(("threshold", "failures"), [("info", 2), ("warning", 1), ("error", 0), ("never", 0)])
def test_a_threshold_says_what_is_a_failure(threshold: str, failures: int) -> None:
    found = lint(DECLARED, threshold=threshold, format="junit")
    assert found["failures"] == failures
    suite = ET.fromstring(found["report"])
    assert suite.attrib["failures"] == str(failures) == str(len(suite.findall("testcase/failure")))
    assert suite.attrib["tests"] == str(len(suite.findall("testcase"))) == str(len(RULES))


def test_json_is_the_findings() -> None:
    found = lint(DECLARED, format="json")
    assert json.loads(found["report"]) == found["findings"]


def test_sarif_names_the_place_and_describes_each_rule() -> None:
    report = json.loads(lint(DECLARED, format="sarif", file="group_vars/all/proxysql.yml")["report"])
    assert report["version"] == "2.1.0"
    (run,) = report["runs"]
    described = run["tool"]["driver"]["rules"]
    assert [each["id"] for each in described] == [rule.name for rule in RULES]
    warning, info = run["results"]
    assert (warning["level"], info["level"]) == ("warning", "note")
    assert described[info["ruleIndex"]]["id"] == info["ruleId"] == "digest-with-pattern"
    (location,) = info["locations"]
    assert location["logicalLocations"] == [
        {"fullyQualifiedName": "mysql_query_rules/rule_id=1/match_digest"}
    ]
    physical = location["physicalLocation"]
    assert physical["artifactLocation"] == {"uri": "group_vars/all/proxysql.yml"}


def test_a_wrong_word_or_declaration_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="threshold is one of"):
        lint(DECLARED, threshold="errors")
    with pytest.raises(AnsibleFilterError, match="format is one of"):
        lint(DECLARED, format="xml")
    with pytest.raises(AnsibleFilterError, match="mysql_users, row username=shop, column password"):
        lint({"mysql_users": [{"username": "shop", "password": 5}]})


# -- the playbook ------------------------------------------------------------------------


def play(collections_path: str, folder: Path, **variables: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            str(Path(sys.executable).parent / "ansible-playbook"),
            "--inventory",
            str(EXAMPLE),
            str(CHECKOUT / "playbooks" / "lint.yml"),
            "--extra-vars",
            json.dumps(variables),
        ],
        env={
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": collections_path,
            "ANSIBLE_HOME": str(folder),
            "ANSIBLE_NOCOLOR": "1",
            "LC_ALL": "C.UTF-8",
        },
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_nothing_is_found_in_the_example(collections_path: str, tmp_path: Path) -> None:
    done = play(collections_path, tmp_path, proxysql_lint_threshold="info")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing was found." in done.stdout


def test_the_playbook_fails_by_severity_and_writes_the_report(collections_path: str, tmp_path: Path) -> None:
    backwards = [
        {"rule_id": 1, "active": True, "match_digest": "^SELECT", "destination_hostgroup": 20, "apply": True},
        {"rule_id": 2, "active": True, "match_digest": "^SELECT .* FOR UPDATE", "destination_hostgroup": 10},
    ]
    wrong = {
        "proxysql_mysql_query_rules": backwards,
        "proxysql_lint_format": "json",
        "proxysql_lint_report": "report.json",
    }
    done = play(collections_path, tmp_path, **wrong)
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert (found["rule"], found["row"]) == ("rule-shadowed", "rule_id=2")
    done = play(collections_path, tmp_path, **wrong, proxysql_lint_threshold="warning")
    assert done.returncode == 2, done.stdout
    assert "1 of 1 findings are as bad as warning" in done.stdout
    meant = [{"rule": "rule-shadowed", "row": 2, "reason": "until March"}]
    done = play(
        collections_path, tmp_path, **wrong, proxysql_lint_threshold="info", proxysql_lint_ignore=meant
    )
    assert done.returncode == 0, done.stdout
