"""README and guides say what the benchmarks have measured, and nothing else."""

from __future__ import annotations

import re
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
TOOL: dict[str, Any] = runpy.run_path(str(CHECKOUT / "tests/tools/figures"))
figures = sys.modules["figures"]
SPEED = CHECKOUT / "docs/docsite/rst/speed.rst"


def test_readme_and_guides_say_what_was_measured() -> None:
    for path, text in TOOL["pages"]().items():
        assert path.read_text(encoding="utf-8") == text, f"{path}: run .venv/bin/python tests/tools/figures"


def test_each_part_that_was_measured_is_in_a_guide() -> None:
    texts = "\n".join(guide.read_text(encoding="utf-8") for guide in TOOL["GUIDES"])
    shown = re.findall(r"^\.\. figures: (\w+)$", texts, re.MULTILINE)
    assert sorted(shown) == sorted(figures.read()) == sorted(figures.TABLES)


def test_the_guide_has_no_figure_of_its_own() -> None:
    """Outside of what is made, no time and no ratio: they would not change with the next run."""
    prose = TOOL["_BLOCK"].sub("", SPEED.read_text(encoding="utf-8"))
    assert re.findall(r"\b\d+\.\d+ ?(?:s|times)\b|\b\d+ MB\b|ratio of \d\.\d\d", prose) == []


def test_the_readme_has_its_sentence() -> None:
    assert TOOL["_FAST"].search((CHECKOUT / "README.md").read_text(encoding="utf-8"))


# By part, for a row: the marks that it has, and whether what was measured keeps to them.
REACHED: dict[str, Callable[[Any, Any], list[bool]]] = {
    "engine": lambda row, marks: [row["ours"] <= row["other"] * marks[row["what"]]],
    "plays": lambda row, marks: [row["ours"] <= row[peer] * marks[peer] for peer in ("ping", "handed")],
    "peer": lambda row, marks: [row["theirs"] >= row["ours"] * marks["peer"]],
    "site": lambda row, marks: [row["ours"] <= row["pings"] * marks["site"]],
}


@pytest.mark.parametrize("part", REACHED)
def test_a_figure_that_misses_its_mark_is_not_shown_as_reached(part: str) -> None:
    rows = figures.read()[part]["rows"]
    _head, lines = figures.TABLES[part](rows)
    for row, line in zip(rows, lines, strict=True):
        said = [cell.rpartition(": ")[2] for cell in line if cell.endswith("reached")]
        kept = REACHED[part](row, figures.MARKS)
        assert said == ["reached" if each else "not reached" for each in kept], line


def test_a_figure_can_be_told_from_the_mark_that_it_misses() -> None:
    assert [figures.ratio(value, 1.6) for value in (1.524, 1.6017, 1.6)] == ["1.52", "1.602", "1.60"]
    assert figures.ratio(149.6, 150.0, digits=0) == "149.6"


def test_a_run_that_is_worked_out_is_told_from_one_that_was_measured() -> None:
    sys.path.insert(0, str(CHECKOUT / "tests/emulator"))
    run = runpy.run_path(str(CHECKOUT / "tests/benchmarks/run.py"))
    few = [{"each": 5, "first": 10.0, "second": 8.0}, {"each": 25, "first": 30.0, "second": 20.0}]
    assert run["peers"](few, "first") == (205.0, "worked out of 5 and 25 rows of each")
    assert run["peers"](few, "second")[0] == pytest.approx(125.0)
    whole = {"each": 200, "first": 190.0, "second": 150.0}
    assert run["peers"]([*few, whole], "first") == (190.0, "1 run measured")
    assert run["peers"]([whole, {**whole, "first": 210.0}], "first") == (200.0, "2 runs measured")


def test_what_is_kept_is_read_again_and_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "FILE", tmp_path / "figures.json")
    rows = [{"way": "ssh", "ours": 16.9, "pings": 8.8}]
    figures.keep("site", rows, "the real ProxySQL 2.7.1", note="others were at work")
    kept = figures.read(figures.FILE)["site"]
    assert kept["rows"] == rows
    assert "| ssh | 16.9 s | 8.80 s | 1.92 |" in figures.markdown("site", kept["rows"])
    assert figures.conditions({**kept, "load": 1.0}).endswith("; others were at work.")
    assert "whose load was 9; others" in figures.conditions({**kept, "load": 9.1})
    made = TOOL["block"]("site", kept)
    assert "\nssh 16.9 s   8.80 s          1.92  not reached\n" in made and made.endswith(".. figures end")
