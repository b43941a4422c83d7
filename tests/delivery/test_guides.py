"""The commands of the guides, run; and none that is neither run nor marked as an example.

A block named tested-… is run, in the order of its page, in a fresh clone.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from conftest import CHECKOUT, committed

GUIDES = sorted((CHECKOUT / "docs/docsite/rst").glob("*.rst"))
LANGUAGES = "shell|console|bash"
BLOCK = re.compile(
    rf"^(?P<indent> *)\.\. code-block:: (?:{LANGUAGES})\n"
    r"(?:(?P=indent) +:(?P<option>\w+): (?P<value>\S+)\n)?"
    r"(?P<body>(?:(?P=indent)   .*\n|\n)+)",
    re.MULTILINE,
)


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8") + "\n"


def commands(page: Path) -> list[str]:
    found = BLOCK.finditer(text_of(page))
    return [block["body"] for block in found if str(block["value"]).startswith("tested-")]


def test_every_page_is_in_the_table_of_contents() -> None:
    contents = yaml.safe_load((CHECKOUT / "docs/docsite/extra-docs.yml").read_text(encoding="utf-8"))
    named = [name for section in contents["sections"] for name in section["toctree"]]
    assert sorted(named) == [page.stem for page in GUIDES]


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)
def test_a_command_is_run_here_or_marked_as_an_example(page: Path) -> None:
    found = list(BLOCK.finditer(text_of(page)))
    assert len(found) == len(re.findall(rf"code-block:: (?:{LANGUAGES})\b", text_of(page)))
    for block in found:
        marked = (block["option"], block["value"]) == ("class", "example")
        assert marked or str(block["value"]).startswith("tested-"), block["body"]


def names(text: str, prefix: str) -> set[str]:
    return set(re.findall(rf"(?<![\w.-]){prefix}\w+", text))


TEXTS = [*GUIDES, CHECKOUT / "README.md", *sorted((CHECKOUT / "roles").glob("*/README.md"))]


@pytest.mark.parametrize("page", TEXTS, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_a_variable_that_is_named_exists(page: Path) -> None:
    """An option of a role, a table, or a word of the playbooks: a group, what they publish or take.

    keepalived_t is SELinux's, and keepalived_vip a slip that a page is about. The page on migration is
    full of another collection's names.
    """
    if page.stem == "migration":
        pytest.skip("names the modules of community.proxysql")
    known = {path.stem for path in (CHECKOUT / "plugins/modules").glob("*.py")}
    for role in ("proxysql", "keepalived"):
        text = (CHECKOUT / f"roles/{role}/meta/argument_specs.yml").read_text(encoding="utf-8")
        known |= set(yaml.safe_load(text)["argument_specs"]["main"]["options"])
    sources = (
        "playbooks/**/*.yml",
        "extensions/eda/rulebooks/*.yml",
        "roles/*/templates/*",
        "plugins/[fp]*/**/*.py",
    )
    for path in [path for pattern in sources for path in CHECKOUT.glob(pattern)]:
        known |= names(path.read_text(encoding="utf-8"), "(?:proxysql|keepalived|awx)_")
    # the watcher's own numbers, which it writes with its name before each
    watcher = (CHECKOUT / "roles/keepalived/files/proxysql-watch").read_text(encoding="utf-8")
    known |= {f"proxysql_watch_{name}" for name in re.findall(r'\("(\w+)", "(?:counter|gauge)"', watcher)}
    known |= {"keepalived_t", "keepalived_vip"}
    assert names(text_of(page), "(?:proxysql|keepalived|awx)_") - known == set()


@pytest.mark.parametrize("page", TEXTS, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_what_is_named_in_full_exists(page: Path) -> None:
    parts = (
        "playbooks/{}.yml",
        "extensions/eda/rulebooks/{}.yml",
        "plugins/modules/{}.py",
        "plugins/filter/{}.py",
        "plugins/lookup/{}.py",
        "roles/{}/tasks/main.yml",
    )
    for name in set(re.findall(r"\bmysqlha\.proxysql\.(\w+)", text_of(page))) - {"docsite", "all"}:
        assert any((CHECKOUT / part.format(name)).exists() for part in parts), name


def test_every_playbook_has_its_place_in_the_guides_and_in_the_readme() -> None:
    guides = "".join(text_of(page) for page in GUIDES)
    readme = text_of(CHECKOUT / "README.md")
    for playbook in (path.stem for path in CHECKOUT.glob("playbooks/*.yml")):
        assert f"mysqlha.proxysql.{playbook}" in guides, playbook
        assert f"`{playbook}`" in readme, playbook


def test_every_module_is_in_the_readme() -> None:
    readme = text_of(CHECKOUT / "README.md")
    for module in (path.stem for path in CHECKOUT.glob("plugins/modules/*.py")):
        short = module.replace("mysql_firewall_whitelist_", "..._")  # as there, after the first of them
        assert f"`{module}`" in readme or f"`{short}" in readme or module.startswith("pgsql_"), module


@pytest.mark.parametrize("page", [page for page in GUIDES if commands(page)], ids=lambda page: page.stem)
def test_the_commands_of_a_page_work(page: Path, tmp_path: Path) -> None:
    clone = committed(tmp_path / "proxysql")
    done = subprocess.run(
        ["bash", "-c", "set -eux\n" + "\n".join(commands(page))],
        cwd=clone,
        env={
            **{key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")},
            # a home of its own, so that the collection is found where the guide installs it
            "HOME": str(tmp_path),
            "PAGER": "cat",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "Could not match supplied host pattern" not in done.stderr
