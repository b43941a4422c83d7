"""A role's defaults, its documented arguments and the variables it uses must say the same."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2 import Environment, nodes

ROLES = Path(__file__).resolve().parents[2] / "roles"
CONDITIONS = ("when", "until", "failed_when", "changed_when")
HERE = "{{ role_path }}/tasks/"
NAMES = sorted(path.name for path in ROLES.iterdir() if path.is_dir())


def load(role: str, file: str) -> dict[str, Any]:
    return yaml.safe_load((ROLES / role / file).read_text(encoding="utf-8"))


def options(role: str) -> dict[str, Any]:
    return load(role, "meta/argument_specs.yml")["argument_specs"]["main"]["options"]


def strings(node: Any, key: str = "") -> Iterator[str]:
    """Every text in a YAML document that Ansible templates, conditions made into expressions."""
    if isinstance(node, dict):
        for name, value in node.items():
            yield from strings(value, name)
    elif isinstance(node, list):
        for value in node:
            yield from strings(value, key)
    elif isinstance(node, str):
        yield f"{{{{ {node} }}}}" if key in CONDITIONS else node


def variables_used(role: str) -> set[str]:
    """Names that the role's files read, as Jinja itself sees them; hostvars[host].NAME counts."""
    texts = [file.read_text(encoding="utf-8") for file in (ROLES / role / "templates").iterdir()]
    for folder in ("tasks", "handlers", "vars", "defaults"):
        for file in (ROLES / role / folder).rglob("*.yml"):
            texts += strings(yaml.safe_load(file.read_text(encoding="utf-8")))
    trees = [Environment().parse(text) for text in texts]
    names = {node.name for tree in trees for node in tree.find_all(nodes.Name)}
    typed = {
        f"{role}_{node.attr}"
        for tree in trees
        for node in tree.find_all(nodes.Getattr)
        if isinstance(node.node, nodes.Name) and node.node.name == f"__{role}_set"
    }
    return names | typed | {node.attr for tree in trees for node in tree.find_all(nodes.Getattr)}


def planned(role: str) -> set[str]:
    """Options that the plan of the site reads, by their whole name or without the role's."""
    words: set[str] = set()
    for path in (ROLES.parent / "plugins/plugin_utils/_site").glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        words |= {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
    return {name for name in options(role) if name in words or name[len(role) + 1 :] in words}


def test_there_are_roles() -> None:
    assert NAMES == ["keepalived", "proxysql"]


@pytest.mark.parametrize("role", NAMES)
def test_defaults_are_the_documented_ones(role: str) -> None:
    documented = {name: spec["default"] for name, spec in options(role).items() if "default" in spec}
    assert load(role, "defaults/main.yml") == documented


@pytest.mark.parametrize("role", NAMES)
def test_every_entry_point_has_the_same_options(role: str) -> None:
    for entry in load(role, "meta/argument_specs.yml")["argument_specs"].values():
        assert entry["options"] == options(role)


@pytest.mark.parametrize("role", NAMES)
def test_an_option_is_required_or_may_be_left_out(role: str) -> None:
    for name, spec in options(role).items():
        assert not (spec.get("required") and "default" in spec), name


@pytest.mark.parametrize("role", NAMES)
def test_variables_bear_the_name_of_the_role(role: str) -> None:
    assert all(name.startswith(f"{role}_") for name in options(role))
    assert all(name.startswith(f"__{role}_") for name in load(role, "vars/main.yml"))


@pytest.mark.parametrize("role", NAMES)
def test_options_are_used_and_what_is_used_is_an_option(role: str) -> None:
    used = {name for name in variables_used(role) if name.startswith(f"{role}_")}
    assert used <= set(options(role))
    assert used | planned(role) == set(options(role))


@pytest.mark.parametrize("role", NAMES)
def test_passwords_are_not_logged(role: str) -> None:
    passwords = {name for name in options(role) if name.endswith("_password")}
    assert passwords
    assert all(options(role)[name].get("no_log") for name in passwords)


@pytest.mark.parametrize("role", NAMES)
def test_no_task_hides_a_change(role: str) -> None:
    for file in sorted((ROLES / role).rglob("*.yml")):
        text = file.read_text(encoding="utf-8")
        assert "changed_when: false" not in text, file
        # beside ignore_unreachable it means that; see the last test
        assert text.count("ignore_errors") <= text.count("ignore_unreachable: true"), file


def made(node: Any) -> Iterator[str]:
    """Names that tasks give to what they found, at whatever depth."""
    if isinstance(node, dict):
        yield from (str(node[key]) for key in ("register",) if isinstance(node.get(key), str))
        yield from (node.get("ansible.builtin.set_fact") or {})
        for value in node.values():
            yield from made(value)
    elif isinstance(node, list):
        for value in node:
            yield from made(value)


@pytest.mark.parametrize("role", NAMES)
def test_what_is_used_of_the_role_itself_is_made_somewhere(role: str) -> None:
    there: set[str] = set()
    for name in NAMES:
        there |= set(load(name, "vars/main.yml"))
        for file in (ROLES / name / "tasks").rglob("*.yml"):
            there |= set(made(yaml.safe_load(file.read_text(encoding="utf-8"))))
    used = {name for name in variables_used(role) if name.startswith("__")}
    assert used <= there


def test_an_attribute_that_may_be_missing_has_something_in_its_place() -> None:
    """For Jinja a default of none is none at all, and what is missing fails the task, or only its loop."""
    files = [*ROLES.rglob("*.yml"), *(ROLES.parent / "playbooks").rglob("*.yml")]
    missing = re.compile(r"map\(attribute=[^)]*default=none")
    found = [file for file in files if missing.search(file.read_text(encoding="utf-8"))]
    assert found == []


def test_an_entry_point_is_at_the_top() -> None:
    """ansible-core 2.16 takes the last part of its name only."""
    found = []
    for folder in ("playbooks", "roles"):
        for file in (ROLES.parent / folder).rglob("*.yml"):
            text = file.read_text(encoding="utf-8")
            found += re.findall(r"name: mysqlha[.]proxysql[.](\w+)\n\s+tasks_from: (\S+)", text)
    assert len(found) > 40
    assert [
        one for one in found if not (ROLES / one[0] / "tasks" / f"{Path(one[1]).name}.yml").is_file()
    ] == []


@pytest.mark.parametrize("role", NAMES)
def test_included_files_are_named_from_the_tasks_folder(role: str) -> None:
    """One that is named from its neighbour is looked for in the playbook's folder first."""
    tasks = ROLES / role / "tasks"
    for file in tasks.rglob("*.yml"):
        for name in re.findall(r"(?:include|import)_tasks: (.+)", file.read_text(encoding="utf-8")):
            name = name.strip('"').removeprefix(HERE)
            found = tasks.glob(re.sub(r"{{.*?}}", "*", name))
            assert any(found) and ".." not in name, f"{file}: {name}"


@pytest.mark.parametrize("role", NAMES)
def test_what_an_included_file_imports_is_found_by_the_oldest_ansible_core(role: str) -> None:
    """2.16 looks from the folder of the included file on upwards, and ends with a traceback at the role."""
    tasks = ROLES / role / "tasks"
    texts = {file: file.read_text(encoding="utf-8") for file in tasks.rglob("*.yml")}
    included = {name for text in texts.values() for name in re.findall(r"include_tasks: (.+)", text)}
    inside = {file: text for file, text in texts.items() if str(file.relative_to(tasks)) in included}
    assert inside
    for file, text in inside.items():
        for name in re.findall(r"import_tasks: (.+)", text):
            assert file.parent == tasks or name.startswith(f'"{HERE}'), f"{file}: {name}"


def test_a_host_that_is_let_off_ends_no_play() -> None:
    """With any_errors_fatal or run_once, one that cannot be reached ends it for all, and the run is green."""
    playbooks = ROLES.parent / "playbooks"
    files = [*ROLES.rglob("tasks/**/*.yml"), *playbooks.glob("*.yml"), *playbooks.glob("tasks/*.yml")]
    for file in files:
        # of whatever tags
        for task in tasks_of(yaml.load(file.read_text(encoding="utf-8"), yaml.BaseLoader)):
            if task.get("ignore_unreachable") and "hosts" not in task:
                assert task.get("ignore_errors"), f"{file}: {task['name']}"
            if "hosts" in task and task.get("ignore_unreachable"):
                assert not task.get("any_errors_fatal"), f"{file}: {task['name']}"


def tasks_of(content: Any) -> Iterator[dict[str, Any]]:
    """Plays and tasks, whatever they are in."""
    for each in content if isinstance(content, list) else []:
        if isinstance(each, dict):
            yield each
            for part in ("tasks", "pre_tasks", "post_tasks", "block", "rescue", "always"):
                yield from tasks_of(each.get(part))


def described(options: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, option in options.items():
        text = option["description"]
        yield name, text if isinstance(text, str) else text[0]
        yield from described(option.get("options", {}))


@pytest.mark.parametrize("where", [*(f"roles/{name}" for name in NAMES), "playbooks"])
def test_a_description_can_be_read_alone(where: str) -> None:
    """Ansible and the site show options in alphabetical order, so none may lean on the one before."""
    text = (ROLES.parent / where / "meta/argument_specs.yml").read_text(encoding="utf-8")
    leaning = re.compile(r"(Its|Their|The same|That|With how many|Further|As that)\b")
    for spec in yaml.safe_load(text)["argument_specs"].values():
        found = [name for name, said in described(spec.get("options", {})) if leaning.match(said)]
        assert found == []


def test_what_most_tasks_ask_costs_nothing_where_it_is_not_check_mode() -> None:
    """Jinja works out every name of an expression first; with those of the packages it took 70 ms a task."""
    asked = load("proxysql", "vars/main.yml")["__proxysql_missing"]
    names = {node.name for node in Environment().parse(asked).find_all(nodes.Name)}
    assert names == {"ansible_check_mode", "lookup"}


def test_proxysql_3_is_told_where_to_listen_before_it_is_installed_and_after() -> None:
    """It would be open to everybody on port 6132; the vendor's package starts it."""
    steps = load("proxysql", "tasks/install/missing.yml")
    (told,) = (
        place
        for place, step in enumerate(steps)
        if "variables_after_upgrade" in step.get("mysqlha.proxysql.config", {})
    )
    installs = [
        place
        for place, step in enumerate(steps)
        if re.search("install/(single|{{)", step.get("ansible.builtin.include_tasks", ""))
    ]
    assert len(installs) == 2 and told < min(installs)
    rolling = yaml.safe_load((ROLES.parent / "playbooks/tasks/node.yml").read_text(encoding="utf-8"))
    parts = [step.get("ansible.builtin.include_role", {}).get("tasks_from") for step in rolling]
    assert parts.index("install") < parts.index("upgraded") < parts.index("come_back")
