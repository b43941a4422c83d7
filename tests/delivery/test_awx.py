"""playbooks/awx.yml, run against modules that have awx.awx's options and write down what they get.

So Ansible itself validates every option. What a controller would refuse beyond that (survey
rules, names that nothing has) is checked here.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from controller import groups, launched, survey_refused

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


# The templates that change nothing, beside which others may run.
READING = (
    *("look", "rollback look", "primary look", "rotate look", "maintenance look", "rolling restart look"),
    *("rolling upgrade look", "status"),
)
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
    ours = folder / "ansible_collections/mysqlha"
    ours.mkdir()
    (ours / "proxysql").symlink_to(CHECKOUT)
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
    for module in ("job_template", "workflow_job_template"):
        for name, template in of(controller, module).items():
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


def test_a_step_or_schedule_names_one_template(controller: Any) -> None:
    # the controller looks both kinds up by name at once
    assert not set(of(controller, "job_template")) & set(of(controller, "workflow_job_template"))


def test_the_playbooks_of_the_templates_exist(controller: Any) -> None:
    playbooks = {template["playbook"] for template in of(controller, "job_template").values()}
    assert [name for name in sorted(playbooks) if not (CHECKOUT / name).is_file()] == []


def test_a_template_is_never_sliced_nor_run_twice_at_once(controller: Any) -> None:
    for name, template in of(controller, "job_template").items():
        assert template["job_slice_count"] == 1 and template["allow_simultaneous"] is False, name


def test_one_change_at_a_time_whatever_the_template(controller: Any) -> None:
    (alone,) = of(controller, "instance_group").values()
    assert alone["max_concurrent_jobs"] == 1
    reading = {f"ProxySQL {name}" for name in READING}
    for name, template in of(controller, "job_template").items():
        if name in reading:
            assert alone["name"] not in groups(template)[0], name
        else:
            # a busy group is waited for
            assert groups(template) == ([alone["name"]], False), name


@pytest.mark.parametrize("name", ["look", "drift"])
def test_what_looks_is_site_in_check_mode(controller: Any, name: str) -> None:
    template = of(controller, "job_template")[f"ProxySQL {name}"]
    assert (template["playbook"], template["job_type"]) == ("playbooks/site.yml", "check")
    assert template["diff_mode"] is True
    # the one in the workflow shows what differs, the daily one fails for it
    assert template["extra_vars"] == ({"proxysql_site_drift": "fail"} if name == "drift" else {})


def test_somebody_is_told_of_drift_and_of_approvals(tmp_path: Path) -> None:
    done, seen = play(tmp_path, {**GIVEN, "proxysql_awx_notify": ["on call"]})
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("drift", "status"):
        assert of((done.stdout, seen), "job_template")[f"ProxySQL {name}"][
            "notification_templates_error"
        ] == ["on call"]
    for workflow in of((done.stdout, seen), "workflow_job_template").values():
        assert workflow["notification_templates_approvals"] == ["on call"]


def test_surveys_keep_the_controllers_rules(controller: Any) -> None:
    assert list(questions(controller))
    everything = {**of(controller, "job_template"), **of(controller, "workflow_job_template")}
    for name, template in everything.items():
        assert survey_refused(template["survey_spec"] or {}) == [], name


def unattended(controller: Any) -> dict[str, dict[str, Any]]:
    """The templates that start with nobody there to answer: scheduled ones, and steps of workflows."""
    named = {entry["unified_job_template"] for entry in of(controller, "schedule").values()}
    named |= {entry["unified_job_template"] for entry in steps(controller) if entry["unified_job_template"]}
    templates = of(controller, "job_template")
    return {name: templates[name] for name in named}


def role_options() -> set[str]:
    known: set[str] = set()
    for role in ("proxysql", "keepalived"):
        text = (CHECKOUT / f"roles/{role}/meta/argument_specs.yml").read_text(encoding="utf-8")
        known |= set(yaml.safe_load(text)["argument_specs"]["main"]["options"])
    return known


def test_what_is_scheduled_or_a_step_starts_unanswered_as_the_inventory_says(controller: Any) -> None:
    assert len(unattended(controller)) >= 4
    for name, template in unattended(controller).items():
        variables, ignored, refused = launched(template, saved=True)
        assert (ignored, refused) == ({}, []), name
        assert set(variables) <= {"proxysql_site_drift", "proxysql_primary_switchover_dry_run"}, name


def test_a_step_asks_for_what_its_workflow_asked_and_looks_before_it_changes(controller: Any) -> None:
    templates, asking = of(controller, "job_template"), 0
    for name, workflow in of(controller, "workflow_job_template").items():
        answers = {
            question["variable"]: question for question in (workflow["survey_spec"] or {}).get("spec", [])
        }
        asking += bool(answers)
        own = {
            entry["identifier"]: templates[entry["unified_job_template"]]
            for entry in steps(controller)
            if entry["workflow_job_template"] == name and entry["unified_job_template"]
        }
        for step in ("look", "apply"):
            asked = {question["variable"] for question in (own[step]["survey_spec"] or {}).get("spec", [])}
            # what nobody asks for is not handed on, and the step would do something else than was approved
            assert set(answers) <= asked, (name, step)
        assert own["look"]["job_type"] == "check" or name == "ProxySQL move"
        assert all(question["required"] for question in answers.values()), name
        given = {variable: (one.get("choices") or ["db2"])[-1] for variable, one in answers.items()}
        assert all(launched(template, given)[2] == [] for step, template in own.items() if step != "verify")
    assert asking == 3


def test_no_survey_outranks_the_inventory(controller: Any) -> None:
    for name, question in questions(controller):
        assert question["variable"] not in role_options(), name
        # a default would be an extra variable of every job
        assert question.get("default") is None, name
        if not question["required"]:
            # the page sends an empty text for what was left empty
            template = of(controller, "job_template")[name]
            if question["type"] == "multiplechoice":
                continue  # none of them is no answer either: it is left out
            assert launched(template, {question["variable"]: ""})[2] == [], name
            assert launched(template)[0] == template["extra_vars"], name


def test_the_rules_refuse_what_a_controller_refused() -> None:
    question = {
        "variable": "proxysql_allow_empty",
        "question_name": "May a table be emptied?",
        "type": "multiplechoice",
        "choices": ["false", "true"],
        "default": "false",
        "required": True,
    }
    template = {"survey_enabled": True, "survey_spec": {"name": "x", "description": "", "spec": [question]}}
    assert survey_refused(template["survey_spec"]) == []
    # seen: a default is no answer to a required question, and is an extra variable all the same
    assert launched(template, saved=True)[2] == ["'proxysql_allow_empty' value missing"]
    assert launched(template)[0] == {"proxysql_allow_empty": "false"}
    assert launched(template, {"proxysql_allow_empty": "maybe"})[2]
    # seen: a limit that is not asked for is ignored, and the job runs on all hosts
    assert launched(template, {"proxysql_allow_empty": "true"}, limit="core1")[1:] == ({"limit": "core1"}, [])
    question.update(required=False)
    assert launched(template, saved=True)[2] == [] and launched(template)[0]
    assert survey_refused({"name": "x", "description": "", "spec": [{**question, "default": "maybe"}]})


def test_a_limit_can_be_given(controller: Any) -> None:
    for name, template in of(controller, "job_template").items():
        whole = template["playbook"] == "playbooks/rollback.yml"
        named = {question["variable"] for question in (template["survey_spec"] or {}).get("spec", [])}
        ignored = launched(template, limit="core1")[1]
        assert ignored == ({"limit": "core1"} if named or whole else {}), name


def test_playbooks_and_collection_are_of_one_release(controller: Any) -> None:
    version = yaml.safe_load((CHECKOUT / "galaxy.yml").read_text(encoding="utf-8"))["version"]
    assert of(controller, "project")["ProxySQL playbooks"]["scm_branch"] == f"v{version}"
    (environment,) = of(controller, "execution_environment").values()
    assert environment["image"].endswith(f":{version}")
    recipe = yaml.safe_load((CHECKOUT / "execution-environment.yml").read_text(encoding="utf-8"))
    (own,) = [
        entry for entry in recipe["dependencies"]["galaxy"]["collections"] if entry.get("type") == "git"
    ]
    assert own["version"] == f"v{version}"


def test_the_inventory_is_fetched_once_for_a_job(controller: Any) -> None:
    # a source that is updated at launch fetches its project by itself
    (source,) = of(controller, "inventory_source").values()
    assert source["update_on_launch"] is True
    assert not any(entry["scm_update_on_launch"] for entry in of(controller, "project").values())


def test_a_second_run_finds_everything_as_it_is(controller: Any) -> None:
    """What awx.awx 24.6.1 reports as changed each time, or deletes and makes anew, is not asked of it."""
    for workflow in of(controller, "workflow_job_template").values():
        assert not workflow["destroy_current_nodes"] and not workflow["workflow_nodes"]
    assert not any(entry["update_secrets"] for entry in of(controller, "credential").values())


def test_a_survey_asks_for_variables_that_its_playbook_knows(controller: Any) -> None:
    specs = yaml.safe_load((CHECKOUT / "playbooks/meta/argument_specs.yml").read_text(encoding="utf-8"))
    templates = of(controller, "job_template")
    for name, question in questions(controller):
        if name not in templates:  # a workflow's, which its steps ask for as well
            continue
        options = specs["argument_specs"][Path(templates[name]["playbook"]).stem]["options"]
        option = options[question["variable"]]
        # a step's workflow asks for it, and who starts the step by hand is refused by the playbook
        assert question["required"] or not option.get("required") or name in unattended(controller), name
        assert question.get("choices") in (None, option.get("choices")), name


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


def steps(controller: Any) -> list[dict[str, Any]]:
    return [entry for entry in controller[1] if entry["module"] == "workflow_job_template_node"]


@pytest.mark.parametrize(
    ("workflow", "changes"),
    [
        ("change", "site"),
        ("undo", "rollback"),
        ("move", "switch over"),
        ("primary", "primary switchover"),
        ("password", "rotate"),
        ("take out", "maintenance"),
        ("restart", "rolling restart"),
        ("upgrade", "rolling upgrade"),
    ],
)
def test_a_workflow_applies_only_what_was_approved(controller: Any, workflow: str, changes: str) -> None:
    assert f"ProxySQL {workflow}" in of(controller, "workflow_job_template")
    own = [entry for entry in steps(controller) if entry["workflow_job_template"] == f"ProxySQL {workflow}"]
    does = {entry["identifier"]: entry for entry in own if not entry["success_nodes"]}
    follows = {entry["identifier"]: entry["success_nodes"] for entry in own if entry["success_nodes"]}
    # a step is made before another one points at it
    assert [bool(entry["success_nodes"]) for entry in own] == [False] * len(does) + [True] * len(follows)
    path, at = [], "look"
    while at:
        path.append(at)
        (at,) = follows.get(at, [""])
    assert path == ["look", "approve", "apply", "verify"] and set(path) == set(does)
    assert does["approve"]["approval_node"]["timeout"] and not does["approve"]["unified_job_template"]
    assert does["apply"]["unified_job_template"] == f"ProxySQL {changes}"
    for name in ("look", "apply", "verify"):
        assert does[name]["unified_job_template"] in of(controller, "job_template")


def test_what_must_be_given_is_named(tmp_path: Path) -> None:
    done, _ = play(tmp_path, {**SECRETS})
    assert done.returncode != 0 and "Not set: proxysql_awx_inventory_url" in done.stdout + done.stderr


def test_a_variable_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    done, seen = play(tmp_path, {**GIVEN, "proxysql_awx_prefx": "x"})
    said = "there is no variable proxysql_awx_prefx; did you mean proxysql_awx_prefix?"
    assert done.returncode != 0 and said in done.stdout and not seen


def test_the_file_on_the_page_is_all_that_the_playbook_needs(tmp_path: Path) -> None:
    page = (CHECKOUT / "docs/docsite/rst/awx.rst").read_text(encoding="utf-8")
    block = re.search(r"code-block:: yaml\n   :name: controller\n\n((?:   .*\n|\n)+)", page)
    assert block
    given = yaml.safe_load(textwrap.dedent(block[1]))
    done, seen = play(tmp_path, given)
    assert done.returncode == 0, done.stdout + done.stderr
    specs = yaml.safe_load((CHECKOUT / "playbooks/meta/argument_specs.yml").read_text(encoding="utf-8"))
    options = specs["argument_specs"]["awx"]["options"]
    assert {name for name, option in options.items() if option.get("required")} <= set(given) <= set(options)
    templates = set(of((done.stdout, seen), "job_template"))
    templates |= set(of((done.stdout, seen), "workflow_job_template"))
    assert [name for name in templates if f"``{name}``" not in page] == []


def test_single_encrypted_values_are_synchronised_and_a_whole_file_is_not(tmp_path: Path) -> None:
    """As AWX does it: ansible-inventory without a password, its output the inventory of a job with one."""
    (tmp_path / "password").write_text("of the vault\n", encoding="utf-8")
    folder = tmp_path / "inventory"
    shutil.copytree(CHECKOUT / "playbooks/inventory/example", folder)
    secrets = folder / "group_vars/all/vault.yml"

    def run(*command: str | Path, password: bool) -> subprocess.CompletedProcess[str]:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
        if password:
            environment["ANSIBLE_VAULT_PASSWORD_FILE"] = str(tmp_path / "password")
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    value = run(
        "ansible-vault", "encrypt_string", "open sesame", "--name", "vault_shop_password", password=True
    )
    plain = secrets.read_text(encoding="utf-8").replace("vault_shop_password: change-me\n", value.stdout)
    secrets.write_text(plain, encoding="utf-8")
    synchronised = run("ansible-inventory", "-i", folder, "--list", "--export", password=False)
    assert synchronised.returncode == 0, synchronised.stderr
    assert "__ansible_vault" in synchronised.stdout and "open sesame" not in synchronised.stdout
    job = tmp_path / "job.py"
    job.write_text(f"#!/usr/bin/env python3\nprint({synchronised.stdout!r})\n", encoding="utf-8")
    job.chmod(0o755)
    seen = run(
        "ansible",
        "-i",
        job,
        "core1",
        "-c",
        "local",
        "-m",
        "debug",
        "-a",
        "var=vault_shop_password",
        password=True,
    )
    assert "open sesame" in seen.stdout, seen.stdout + seen.stderr
    assert run("ansible-vault", "encrypt", secrets, password=True).returncode == 0
    refused = run("ansible-inventory", "-i", folder, "--list", "--export", password=False)
    assert refused.returncode != 0 and "vault secrets" in refused.stderr
