"""playbooks/awx.yml, run against modules that have awx.awx's options and write down what they get.

So Ansible itself validates every option. What a controller would refuse beyond that (survey
rules, names that nothing has) is checked here.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

CHECKOUT = Path(__file__).resolve().parents[2]
# Read off the documentation of the real modules; says which release.
OPTIONS = json.loads((CHECKOUT / "tests/delivery/awx-options.json").read_text(encoding="utf-8"))
STAND_IN = """\
#!/usr/bin/python
import json, os
from ansible.module_utils.basic import AnsibleModule
module = AnsibleModule(argument_spec=json.loads(r'''{spec}'''), supports_check_mode=True)
with open(os.environ["AWX_SEEN"], "a") as seen:
    seen.write(json.dumps({{"module": "{name}", **module.params}}) + "\\n")
module.exit_json(changed=True)
"""
SECRETS = {
    "proxysql_awx_ssh_key": "SECRET-key",
    "proxysql_awx_admin_password": "SECRET-admin",
    "proxysql_awx_cluster_password": "SECRET-cluster",
    "proxysql_awx_monitor_password": "SECRET-monitor",
    "proxysql_awx_vault_password": "SECRET-vault",
}
GIVEN = {"proxysql_awx_inventory_url": "https://git.example.com/inventory.git", **SECRETS}
TYPES = {"text", "textarea", "password", "multiplechoice", "multiselect", "integer", "float"}


Played = tuple[subprocess.CompletedProcess[str], list[dict[str, Any]]]


def play(folder: Path, given: dict[str, Any]) -> Played:
    modules = folder / "ansible_collections/awx/awx/plugins/modules"
    modules.mkdir(parents=True)
    for name, options in OPTIONS["modules"].items():
        source = STAND_IN.format(name=name, spec=json.dumps(options))
        (modules / f"{name}.py").write_text(source, encoding="utf-8")
    meta = folder / "ansible_collections/awx/awx/meta"
    meta.mkdir()
    groups = {"action_groups": {"controller": list(OPTIONS["modules"])}}
    (meta / "runtime.yml").write_text(yaml.safe_dump(groups), encoding="utf-8")
    variables = folder / "given.json"
    variables.write_text(json.dumps(given), encoding="utf-8")
    seen = folder / "seen"
    seen.touch()
    playbook = CHECKOUT / "playbooks/awx.yml"
    settings = {"ANSIBLE_COLLECTIONS_PATH": str(folder), "AWX_SEEN": str(seen), "ANSIBLE_NOCOLOR": "1"}
    done = subprocess.run(
        ["ansible-playbook", "-i", "localhost,", "-vv", "-e", f"@{variables}", playbook],
        env={**os.environ, **settings},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done, [json.loads(line) for line in seen.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[dict[str, Any]]]:
    done, seen = play(tmp_path_factory.mktemp("awx"), GIVEN)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr, seen


def of(controller: tuple[str, list[dict[str, Any]]], module: str) -> dict[str, dict[str, Any]]:
    return {entry["name"]: entry for entry in controller[1] if entry["module"] == module}


def questions(controller: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, template in of(controller, "job_template").items():
        for question in (template["survey_spec"] or {}).get("spec", []):
            yield name, question


def test_no_secret_is_printed_or_in_a_record(controller: Any) -> None:
    output, seen = controller
    assert "SECRET" not in output
    assert "SECRET" not in json.dumps([entry for entry in seen if entry["module"] != "credential"])
    credentials = json.dumps([entry for entry in seen if entry["module"] == "credential"])
    assert all(secret in credentials for secret in SECRETS.values())


def test_names_that_are_used_exist(controller: Any) -> None:
    projects, inventories = of(controller, "project"), of(controller, "inventory")
    credentials = of(controller, "credential")
    for name, template in of(controller, "job_template").items():
        assert template["project"] in projects, name
        assert template["inventory"] in inventories, name
        assert set(template["credentials"]) <= set(credentials), name
        assert template["execution_environment"] in of(controller, "execution_environment"), name
    for source in of(controller, "inventory_source").values():
        assert source["source_project"] in projects
        assert source["inventory"] in inventories
    types = {"Machine", "Vault", *of(controller, "credential_type")}
    assert {entry["credential_type"] for entry in credentials.values()} <= types


def test_the_playbooks_of_the_templates_exist(controller: Any) -> None:
    playbooks = {template["playbook"] for template in of(controller, "job_template").values()}
    assert [name for name in sorted(playbooks) if not (CHECKOUT / name).is_file()] == []


def test_a_template_is_never_sliced_nor_run_twice_at_once(controller: Any) -> None:
    for name, template in of(controller, "job_template").items():
        assert template["job_slice_count"] == 1 and template["allow_simultaneous"] is False, name


def test_the_drift_report_is_site_in_check_mode(controller: Any) -> None:
    template = of(controller, "job_template")["ProxySQL drift"]
    assert (template["playbook"], template["job_type"], template["diff_mode"]) == (
        "playbooks/site.yml",
        "check",
        True,
    )


def test_surveys_keep_the_controllers_rules(controller: Any) -> None:
    surveys = [template["survey_spec"] for template in of(controller, "job_template").values()]
    for survey in filter(None, surveys):
        assert isinstance(survey["name"], str) and isinstance(survey["description"], str)
        assert survey["spec"]
        variables = [question["variable"] for question in survey["spec"]]
        assert len(set(variables)) == len(variables)
    assert list(questions(controller))
    for name, question in questions(controller):
        where = f"{name}: {question.get('variable')}"
        assert isinstance(question["question_name"], str), where
        assert isinstance(question["required"], bool), where
        assert question["type"] in TYPES, where
        assert re.fullmatch(r"[a-z_]\w*", question["variable"]), where
        default = question["default"]
        if question["type"] == "multiplechoice":
            assert default in question["choices"], where
            assert all(isinstance(choice, str) for choice in question["choices"]), where
        if question["type"] == "integer":
            assert all(type(question[key]) is int for key in ("min", "max", "default")), where
            assert question["min"] <= default <= question["max"], where
        if question["type"] == "text":
            assert all(type(question[key]) is int for key in ("min", "max")), where
            assert isinstance(default, str) and len(default) <= question["max"], where


def test_a_survey_asks_for_variables_that_its_playbook_knows(controller: Any) -> None:
    known = set()
    for role in ("proxysql", "keepalived"):
        text = (CHECKOUT / f"roles/{role}/meta/argument_specs.yml").read_text(encoding="utf-8")
        known |= set(yaml.safe_load(text)["argument_specs"]["main"]["options"])
    templates = of(controller, "job_template")
    for name, question in questions(controller):
        playbook = (CHECKOUT / templates[name]["playbook"]).read_text(encoding="utf-8")
        variable = question["variable"]
        assert variable in known or re.search(rf"\b{variable}\b", playbook), f"{name}: {variable}"


def test_the_credential_gives_variables_of_the_role(controller: Any) -> None:
    (kind,) = of(controller, "credential_type").values()
    fields = {field["id"]: field for field in kind["inputs"]["fields"]}
    assert all(field["secret"] for field in fields.values())
    injected = kind["injectors"]["extra_vars"]
    assert {re.sub(r"^\{\{ (\w+) \}\}$", r"\1", value) for value in injected.values()} == set(fields)
    text = (CHECKOUT / "roles/proxysql/meta/argument_specs.yml").read_text(encoding="utf-8")
    assert set(injected) <= set(yaml.safe_load(text)["argument_specs"]["main"]["options"])
    given = of(controller, "credential")["ProxySQL passwords"]["inputs"]
    assert set(given) == set(fields)


def test_schedules_are_rules_that_the_controller_takes(controller: Any) -> None:
    for name, schedule in of(controller, "schedule").items():
        assert re.match(r"DTSTART:\d{8}T\d{6}Z RRULE:FREQ=\w+;INTERVAL=\d+", schedule["rrule"]), name
        assert schedule["unified_job_template"] in of(controller, "job_template")


def test_the_workflow_applies_only_what_was_approved(controller: Any) -> None:
    (workflow,) = of(controller, "workflow_job_template").values()
    nodes = {node["identifier"]: node for node in workflow["workflow_nodes"]}
    path, at = [], "look"
    while at:
        path.append(at)
        following = (nodes[at]["related"] or {}).get("success_nodes") or []
        at = following[0]["identifier"] if following else ""
    assert path == ["look", "approve", "apply", "verify"] and set(path) == set(nodes)
    assert nodes["approve"]["unified_job_template"]["type"] == "workflow_approval"
    for name in ("look", "apply", "verify"):
        assert nodes[name]["unified_job_template"]["name"] in of(controller, "job_template")


def test_what_must_be_given_is_named(tmp_path: Path) -> None:
    done, _ = play(tmp_path, {**SECRETS})
    assert done.returncode != 0 and "the git repository with the inventory" in done.stdout + done.stderr
