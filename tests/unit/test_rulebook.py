"""The rulebook of Event-Driven Ansible. That it runs was tried with ansible-rulebook, which needs Java."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

CHECKOUT = Path(__file__).resolve().parents[2]
RULEBOOK = CHECKOUT / "extensions/eda/rulebooks/alert.yml"


def ruleset() -> dict[str, Any]:
    (found,) = yaml.safe_load(RULEBOOK.read_text(encoding="utf-8"))
    return dict(found)


def test_it_runs_playbooks_that_exist_and_site_only_if_told_so() -> None:
    for rule in ruleset()["rules"]:
        names = [action["run_playbook"]["name"] for action in rule["actions"]]
        for name in names:
            assert (CHECKOUT / f"playbooks/{name.rpartition('.')[2]}.yml").exists(), name
        told = "vars.proxysql_eda_repair == true" in rule["condition"]
        assert ("mysqlha.proxysql.site" in names) is told and names[-1] == "mysqlha.proxysql.status"
        assert rule["throttle"]["once_within"], "an alert is repeated for as long as it lasts"


def test_an_alert_is_believed_only_with_a_token() -> None:
    (source,) = ruleset()["sources"]
    assert source["eda.builtin.webhook"]["token"] == "{{ proxysql_eda_token }}"


def test_its_variables_are_told_of() -> None:
    text = RULEBOOK.read_text(encoding="utf-8")
    page = (CHECKOUT / "docs/docsite/rst/awx.rst").read_text(encoding="utf-8")
    for name in set(re.findall(r"proxysql_eda_\w+", text)):
        assert f"{name}:" in page, name
