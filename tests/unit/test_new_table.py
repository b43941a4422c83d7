"""The modules of tables have the frame that tests/tools/new_table writes: all but what people wrote."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
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

CHECKOUT = Path(__file__).resolve().parents[2]
TOOL = CHECKOUT / "tests/tools/new_table"
_SPEC = spec_from_loader("new_table", SourceFileLoader("new_table", str(TOOL)))
new_table = module_from_spec(_SPEC)
_SPEC.loader.exec_module(new_table)
# Written by people, for people.
PROSE = ("description", "short_description", "sample", "notes", "seealso")


def bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: bare(each) for name, each in value.items() if name not in PROSE}
    return list(map(bare, value)) if isinstance(value, list) else value


def parts(source: str) -> dict[str, Any]:
    found = {
        name: bare(yaml.safe_load(re.search(rf'^{name} = r"""(.*?)^"""', source, re.M | re.S)[1]))
        for name in ("DOCUMENTATION", "RETURN")
    }
    return {**found, "head": source.partition("DOCUMENTATION")[0], "tail": source.rpartition('"""\n')[2]}


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_module_has_the_frame(name: str) -> None:
    source = (CHECKOUT / f"plugins/modules/{name}.py").read_text(encoding="utf-8")
    written = new_table.frame(TABLES[name], SECTIONS[TABLES[name].section], MAX_INT, REQUIRED)
    assert parts(source) == parts(written)


@pytest.mark.parametrize(
    "arguments, message",
    [([], "usage: "), (["nope"], "not in the catalog"), (["mysql_users"], "is there already")],
)
def test_it_refuses_what_it_cannot_do(arguments: list[str], message: str) -> None:
    done = subprocess.run([sys.executable, TOOL, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and message in done.stderr
