"""The tarball: what is in it, and that everything works from where it is installed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import CHECKOUT, Run, committed
from server import Server

# What a user of the collection reads or runs. All else belongs to its developers.
WANTED = re.compile(
    r"(MANIFEST|FILES)\.json|COPYING|CHANGELOG\.rst|changelogs/changelog\.yaml"
    r"|(README|CONTRIBUTING|RELEASING|MAINTAINERS|SECURITY|CODE_OF_CONDUCT)\.md"
    r"|requirements\.txt|bindep\.txt|meta/(runtime|execution-environment)\.yml"
    r"|plugins/.+\.py|plugins/module_utils/README\.md|roles/[^.].+|extensions/eda/.+|playbooks/.+|docs/docsite/.+"
)
PLAYBOOKS = sorted(path.stem for path in (CHECKOUT / "playbooks").glob("*.yml"))
EXAMPLE = "ansible_collections/mysqlha/proxysql/playbooks/inventory/example"
TASKS = """\
- hosts: localhost
  gather_facts: false
  module_defaults:
    group/mysqlha.proxysql.all: {login_port: %d, login_user: admin, login_password: admin, ssl_mode: disabled}
  tasks:
    - mysqlha.proxysql.mysql_servers: {config: [{hostname: 192.0.2.1}]}
    - mysqlha.proxysql.mysql_servers: {state: gathered}
      register: got
    - debug: {msg: "found {{ got.gathered | map(attribute='hostname') | join }}"}
"""


def test_nothing_needless_and_nothing_missing(content: set[str]) -> None:
    assert [name for name in sorted(content) if not WANTED.fullmatch(name) or "__pycache__" in name] == []
    for part in ("plugins", "roles", "playbooks"):
        listing = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", part],
            cwd=CHECKOUT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split()
        assert {name for name in listing if (CHECKOUT / name).is_file()} <= content


def test_ansible_doc_knows_every_module_and_role(run: Run) -> None:
    modules = json.loads(run("ansible-doc", "--json", "--list", "mysqlha.proxysql"))
    assert {name.rpartition(".")[2] for name in modules} == {
        path.stem for path in (CHECKOUT / "plugins/modules").glob("*.py")
    }
    roles = json.loads(run("ansible-doc", "--json", "--list", "--type", "role", "mysqlha.proxysql"))
    names = {path.name for path in (CHECKOUT / "roles").iterdir() if path.is_dir()}
    assert set(roles) == {f"mysqlha.proxysql.{name}" for name in names}


@pytest.mark.parametrize("name", [name for name in PLAYBOOKS if name != "awx"])
def test_a_playbook_is_found_by_its_full_name(run: Run, installed: Path, name: str) -> None:
    # awx.yml needs awx.awx and has tests of its own
    needed = ["-e", "proxysql_maintenance_host=core1"]
    run("ansible-playbook", "-i", installed / EXAMPLE, "--syntax-check", *needed, f"mysqlha.proxysql.{name}")


def test_a_module_works_by_its_full_name(run: Run, tmp_path: Path) -> None:
    # another Python in the place of a managed node's
    python = os.environ.get("MANAGED_PYTHON", sys.executable)
    with Server() as server:
        (tmp_path / "play.yml").write_text(TASKS % server.admin_port, encoding="utf-8")
        options = ("-i", "localhost,", "-c", "local", "-e", f"ansible_python_interpreter={python}")
        assert "found 192.0.2.1" in run("ansible-playbook", *options, "play.yml")


def test_navigator_runs_a_playbook_without_an_execution_environment(run: Run, tmp_path: Path) -> None:
    with Server() as server:
        (tmp_path / "play.yml").write_text(TASKS % server.admin_port, encoding="utf-8")
        options = ("--ee", "false", "--mode", "stdout", "--playbook-artifact-enable", "false")
        output = run(
            "ansible-navigator",
            "run",
            "play.yml",
            *options,
            "-i",
            "localhost,",
            "-c",
            "local",
            ANSIBLE_NAVIGATOR_LOG_FILE=str(tmp_path / "navigator.log"),
        )
        assert "found 192.0.2.1" in output


def test_builder_makes_a_context_that_names_all_that_is_needed(run: Run, tmp_path: Path) -> None:
    run("ansible-builder", "create", "-f", CHECKOUT / "execution-environment.yml", "-c", tmp_path / "context")
    built = tmp_path / "context/_build"
    assert "PyMySQL" in (built / "requirements.txt").read_text()
    assert "openssh-client" in (built / "bindep.txt").read_text()
    collections = (built / "requirements.yml").read_text()
    assert "mysqlha/proxysql" in collections and "awx.awx" in collections
    recipe = (tmp_path / "context/Containerfile").read_text()
    assert "ansible-core" in recipe and "ansible-runner" in recipe


def test_builder_finds_the_needs_in_the_installed_collection(run: Run, installed: Path) -> None:
    found = run("ansible-builder", "introspect", installed)
    assert re.search(r"pymysql", found, re.IGNORECASE) and "openssh-client" in found


def test_the_release_that_is_prepared_can_be_made(tmp_path: Path) -> None:
    clone = committed(tmp_path / "clone")
    version = yaml.safe_load((clone / "galaxy.yml").read_text(encoding="utf-8"))["version"]
    command = ["antsibull-changelog", "release"]
    done = subprocess.run(command, cwd=clone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"\nv{version}\n=====" in (clone / "CHANGELOG.rst").read_text(encoding="utf-8")
    # what comes later needs fragments of its own
    assert list((clone / "changelogs/fragments").iterdir()) == []
