"""What surrounds the code: workflows run our own targets; promised versions are tested ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

CHECKOUT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((CHECKOUT / ".github/workflows").glob("*.yml"))
TARGETS = set(
    re.findall(r"^([a-z-]+):.*## ", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
)
CORES = ["2.16", "2.17", "2.18", "2.19", "2.20", "2.21"]


def jobs(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]
    return found


def made(job: dict[str, Any]) -> set[str]:
    """The targets that a job makes, its matrix filled in."""
    words = set()
    for step in job["steps"]:
        for line in re.findall(r"\bmake ([^\n]+)", step.get("run", "")):
            if "apt-get" not in step["run"]:
                words |= {word for word in re.sub(r"\$\{\{.*?\}\}", "", line).split() if "=" not in word}
                if "matrix.target" in line:
                    words |= set(job["strategy"]["matrix"]["target"])
    return words


def test_workflows_make_targets_that_exist_and_all_that_a_release_needs() -> None:
    assert WORKFLOWS
    targets = {path.stem: set().union(*(made(job) for job in jobs(path).values())) for path in WORKFLOWS}
    assert set().union(*targets.values()) <= TARGETS
    text = (CHECKOUT / "tests/tools/test").read_text(encoding="utf-8")
    parts = re.search(r"^parts=\((.*)\)$", text, re.MULTILINE)
    assert parts
    whole = set(parts[1].split())
    scenarios = {path.name for path in (CHECKOUT / "molecule").iterdir() if (path / "molecule.yml").exists()}
    assert whole - scenarios <= targets["ci"] and "molecule" in targets["ci"]
    assert (
        set(jobs(CHECKOUT / ".github/workflows/ci.yml")["hosts"]["strategy"]["matrix"]["scenario"])
        == scenarios
    )


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_read_only_and_ends_by_itself(path: Path) -> None:
    assert yaml.safe_load(path.read_text(encoding="utf-8"))["permissions"] == {"contents": "read"}
    for name, job in jobs(path).items():
        assert job.get("timeout-minutes"), name
        for step in job["steps"]:
            # what others wrote, such as a branch's name, is never part of a script
            assert "github.event." not in step.get("run", ""), name
            if str(step.get("uses")).startswith("actions/checkout"):
                assert step["with"]["persist-credentials"] is False, name


def test_every_core_has_its_sanity_and_its_ignore_file() -> None:
    ignored = {path.stem.removeprefix("ignore-") for path in (CHECKOUT / "tests/sanity").glob("ignore-*.txt")}
    assert ignored == set(CORES)
    entries = {path.read_text(encoding="utf-8") for path in (CHECKOUT / "tests/sanity").glob("ignore-*.txt")}
    assert len(entries) == 1, "a reason holds for every core"
    assert all("#" in line for line in entries.pop().splitlines())
    sanity = (CHECKOUT / "tests/tools/sanity").read_text(encoding="utf-8")
    assert f"cores=({' '.join(CORES)})" in sanity
    matrix = jobs(CHECKOUT / ".github/workflows/ci.yml")["sanity"]["strategy"]["matrix"]["include"]
    assert [row["core"] for row in matrix] == CORES
    runtime = yaml.safe_load((CHECKOUT / "meta/runtime.yml").read_text(encoding="utf-8"))
    assert runtime["requires_ansible"] == f">={CORES[0]}.0"
    tools = (CHECKOUT / "tests/requirements.txt").read_text(encoding="utf-8")
    assert re.search(rf"ansible-core=={re.escape(CORES[-1])}\.", tools)


@pytest.mark.parametrize(
    "path", sorted((CHECKOUT / ".github/ISSUE_TEMPLATE").glob("[!c]*.yml")), ids=lambda path: path.stem
)
def test_an_issue_form_has_what_github_wants(path: Path) -> None:
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert form["name"] and form["description"]
    names = [part["id"] for part in form["body"] if part["type"] != "markdown"]
    assert names and len(set(names)) == len(names)
    for part in form["body"]:
        assert part["type"] in {"markdown", "textarea", "input", "dropdown", "checkboxes"}
        assert part["type"] == "markdown" or part["attributes"]["label"]


def test_pages_that_are_linked_from_the_top_exist() -> None:
    for page in CHECKOUT.glob("*.md"):
        for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (CHECKOUT / link).exists(), f"{page.name}: {link}"


def descriptions(options: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, option in options.items():
        text = option["description"]
        yield name, text if isinstance(text, str) else text[0]
        yield from descriptions(option.get("options", {}))


@pytest.mark.parametrize("folder", ["roles/proxysql", "roles/keepalived", "playbooks"])
def test_a_description_stands_alone(folder: str) -> None:
    """Options are printed in alphabetical order, and one by one in errors."""
    text = (CHECKOUT / folder / "meta/argument_specs.yml").read_text(encoding="utf-8")
    leaning = re.compile(r"(Its|The same|That|With how many|Further)\b")
    for spec in yaml.safe_load(text)["argument_specs"].values():
        assert [name for name, first in descriptions(spec["options"]) if leaning.match(first)] == []


def test_before_the_first_release_nothing_that_somebody_had_is_mended() -> None:
    changelog = (CHECKOUT / "changelogs/changelog.yaml").read_text(encoding="utf-8")
    fragments = sorted((CHECKOUT / "changelogs/fragments").glob("*.yml"))
    mended = [path.name for path in fragments if "bugfixes:" in path.read_text(encoding="utf-8")]
    assert fragments and (yaml.safe_load(changelog)["releases"] or mended == [])
