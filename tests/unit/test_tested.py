"""Every module has its tests: of its documentation, on a server, and of its examples."""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._catalog.tables import TABLES

TESTS = Path(__file__).resolve().parents[1]
# The declarations that tests/engine goes through, table by table.
sys.path.append(str(TESTS / "engine"))
import cases  # noqa: E402

MODULES = sorted(path.stem for path in (TESTS.parent / "plugins/modules").glob("*.py"))


def texts(part: str) -> Iterator[str]:
    """What the tests of a folder say as code: no comment, no name that only contains the word."""
    for path in (TESTS / part).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
    for path in (TESTS / part).rglob("*.txt"):
        yield path.read_text(encoding="utf-8")


DECLARED = {*cases.FIRST, *cases.PGSQL_FIRST}
ENGINE = DECLARED | {word for text in texts("engine") for word in re.findall(r"\w+", text)}
TRANSCRIPTS = {word for text in texts("conformance") for word in re.findall(r"\w+", text)}


# The release that the answers were recorded from, such as 2.7.1.
RECORDED = {
    json.loads(path.read_text(encoding="utf-8"))["recorded_from"].split()[2].partition("-")[0].strip(",")
    for path in (TESTS / "conformance/transcripts").glob("*.json")
}


def recorded_has(name: str) -> bool:
    """Whether the recorded release has the table.

    Of a later one no real server could be recorded. Its tables are run on the emulator's mode of
    that release alone (tests/engine, fixture three), which follows the schema and nothing more.
    """
    since = [int(part) for part in (TABLES[name].since or "0").split(".")]
    return all([int(part) for part in release.split(".")] >= since for release in RECORDED)


def test_a_table_of_the_catalog_has_its_module() -> None:
    assert set(TABLES) <= set(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_tested_on_a_server(name: str) -> None:
    assert name in ENGINE, f"no test of tests/engine names {name}"
    if name in TABLES and recorded_has(name):
        assert name in TRANSCRIPTS, f"no script of tests/conformance touches {name}"


@pytest.mark.parametrize("name", MODULES)
def test_a_module_has_an_example_of_itself(name: str) -> None:
    """tests/engine/test_examples.py and test_documentation.py go through all there are."""
    source = (TESTS.parent / f"plugins/modules/{name}.py").read_text(encoding="utf-8")
    examples = re.search(r'^EXAMPLES = r?"""(.*?)"""', source, re.MULTILINE | re.DOTALL)
    assert examples and f"mysqlha.proxysql.{name}:" in examples[1]


def test_only_the_tables_for_postgresql_have_no_transcript() -> None:
    assert len(RECORDED) == 1
    missing = {name for name in TABLES if not recorded_has(name)}
    found = sorted(name for name in missing if not name.startswith("pgsql_"))
    assert found == [], f"no recorded ProxySQL has {found}: record one that has (tests/conformance/README.md)"
    assert missing == {name for name in TABLES if name.startswith("pgsql_")}
    assert missing <= set(cases.PGSQL_FIRST)
