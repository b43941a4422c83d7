"""The floors of the engine: arrows go down only, and nobody uses what is private to another file."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ENGINE = Path(__file__).resolve().parents[2] / "plugins/module_utils"
FLOORS = ("_catalog", "_declared", "_planning", "_server", "_section", "_cluster", "_tasks")
FILES = sorted(path.relative_to(ENGINE) for path in ENGINE.rglob("*.py") if path.name != "__init__.py")


def imports(path: Path) -> Iterator[tuple[str, list[str]]]:
    """The floor or package of each import and the names it takes."""
    for node in ast.walk(ast.parse((ENGINE / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if not node.level:
                yield module, [alias.name for alias in node.names]
                continue
            # The engine is .. to _planning/plan.py, and ... to _planning/lint/run.py.
            whole = (*path.parts[: len(path.parts) - node.level], *filter(None, module.split(".")))
            floor = whole[0] if whole else node.names[0].name
            yield floor, [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, []


def test_the_top_is_the_floors() -> None:
    entries = {path.name for path in ENGINE.iterdir() if path.name != "__pycache__"}
    assert entries == {*FLOORS, "README.md"}


@pytest.mark.parametrize("path", FILES, ids=str)
def test_arrows_go_down_and_take_no_private_names(path: Path) -> None:
    for floor, names in imports(path):
        if floor in FLOORS:
            assert FLOORS.index(floor) <= FLOORS.index(path.parts[0]), f"{path} imports from {floor}"
            assert not [name for name in names if name.startswith("_")], f"{path} imports {names}"
        else:
            assert path.parts[0] == "_tasks" or not floor.startswith("ansible"), f"{path} imports {floor}"
