"""The page of the playbooks is what tests/tools/playbooks_page makes of them."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import yaml

CHECKOUT = Path(__file__).resolve().parents[2]
MAKER: dict[str, Any] = runpy.run_path(str(CHECKOUT / "tests/tools/playbooks_page"))


def test_the_page_is_up_to_date() -> None:
    there = MAKER["PAGE"].read_text(encoding="utf-8")
    assert there == MAKER["page"](), "run .venv/bin/python tests/tools/playbooks_page"


def test_every_playbook_and_every_variable_of_one_is_on_it() -> None:
    page = MAKER["page"]()
    for playbook in (CHECKOUT / "playbooks").glob("*.yml"):
        assert f"\n{playbook.stem}\n---" in page
    specs = yaml.safe_load((CHECKOUT / "playbooks/meta/argument_specs.yml").read_text(encoding="utf-8"))
    for spec in specs["argument_specs"].values():
        for name in spec["options"]:
            assert f"``{name}`` (" in page
