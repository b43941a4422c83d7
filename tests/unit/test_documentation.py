"""The documentation says what the catalog and the server's own tables say."""

from __future__ import annotations

import json
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.mysqlha.proxysql.plugins.module_utils._catalog.tables import (
    MAX_INT,
    REQUIRED,
    SECTIONS,
    TABLES,
)
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.variables import declared_variables
from ansible_collections.mysqlha.proxysql.plugins.module_utils._section.tables import want_table

CHECKOUT = Path(__file__).resolve().parents[2]
MODULES = sorted(path.stem for path in (CHECKOUT / "plugins/modules").glob("*.py"))
COLUMNS = [(table, column) for table in TABLES.values() for column in table.columns]


def documented(name: str, part: str = "DOCUMENTATION") -> Any:
    module = import_module("ansible_collections.mysqlha.proxysql.plugins.modules." + name)
    return yaml.safe_load(getattr(module, part))


def columns_of(name: str) -> dict[str, dict[str, Any]]:
    suboptions: dict[str, dict[str, Any]] = documented(name)["options"]["config"]["suboptions"]
    return suboptions


def text_of(option: dict[str, Any]) -> str:
    return " ".join(" ".join(option["description"]).split())


def tasks() -> list[Any]:
    return [
        pytest.param(name, task["mysqlha.proxysql." + name], id=f"{name}: {task['name']}")
        for name in MODULES
        for task in documented(name, "EXAMPLES")
        if "mysqlha.proxysql." + name in task
    ]


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_tables_module_documents_its_columns_in_order(name: str) -> None:
    assert list(columns_of(name)) == [column.name for column in TABLES[name].columns]


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=lambda item: item.name)
def test_a_columns_default_and_limits_are_said(table: Any, column: Any) -> None:
    option = columns_of(table.name)[column.name]
    text = text_of(option)
    if column.default is REQUIRED:
        assert option.get("required") if column.name in table.key else "Must be given for a new row" in text
    else:
        shown = "the empty string" if column.default == "" else json.dumps(column.default).strip('"')
        words = "has no default of its own, here it is" if column.implied else "table's default is"
        assert re.search(rf"{words} (C\()?{re.escape(shown)}\)?\.", text), text
    # A range that is more than "what an integer holds" is said, that of a port for example.
    if column.kind == "int" and column.high < MAX_INT:
        for limit in (column.low, column.high):
            assert re.search(rf"(?<!\w){limit}\b", text), f"limit {limit} is not said: {text}"
    assert option["type"] == {"int": "int", "bool": "bool"}.get(column.kind, "str")
    assert tuple(option.get("choices", ())) == column.choices
    assert bool(re.search(r"\b(The|Part of the) key\.", text)) == (column.name in table.key)


@pytest.mark.parametrize("name", sorted(TABLES))
def test_the_section_that_loads_it_and_whether_the_cluster_carries_it_are_said(name: str) -> None:
    section = SECTIONS[TABLES[name].section]
    notes = " ".join(" ".join(documented(name)["notes"]).split())
    verbs = "C(LOAD) and C(SAVE)" if section.disk else "C(LOAD)"
    assert f"Section of {verbs} is {section.name}." in notes
    carried = re.findall(r"The cluster (carries|does not carry) this table", notes)
    assert carried == ["carries" if section.checksum else "does not carry"]


@pytest.mark.parametrize(("name", "options"), tasks())
def test_an_example_is_what_the_engine_takes(name: str, options: dict[str, Any]) -> None:
    if name == "proxysql_info":
        assert set(options.get("tables", ())) <= set(TABLES)  # names, not rows
        return
    tables = {name: options.get("config")} if name in TABLES else options.get("tables", {})
    state = options.get("state", "merged")
    scope = options.get("scope") or {}
    for table, rows in tables.items():
        word = state.get(table, "merged") if isinstance(state, dict) else state
        part = scope if name in TABLES else scope.get(table)
        want_table(TABLES[table], rows or [], word, part)
    variables = options.get("variables", options.get("config") if name == "global_variables" else None)
    declared_variables(variables or {})


@pytest.mark.parametrize("name", MODULES)
def test_every_module_is_in_the_action_group(name: str) -> None:
    runtime = yaml.safe_load((CHECKOUT / "meta/runtime.yml").read_text(encoding="utf-8"))
    assert sorted(runtime["action_groups"]["all"]) == MODULES
    assert documented(name)["module"] == name
