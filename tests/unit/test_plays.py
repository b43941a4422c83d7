"""What all plays of the playbooks have in common."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

PLAYBOOKS = Path(__file__).resolve().parents[2] / "playbooks"


class Loader(yaml.SafeLoader):
    """Of Ansible's own tags no more is needed than what stands behind them."""


Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


def plays() -> Iterator[tuple[str, dict[str, Any]]]:
    for file in sorted(PLAYBOOKS.glob("*.yml")):
        for play in yaml.load(file.read_text(encoding="utf-8"), Loader) or ():  # noqa: S506
            yield file.name, play


def test_a_host_that_is_dead_does_not_end_a_play_for_all() -> None:
    """With any_errors_fatal the facts that a play gathers by itself would: nothing there can be ignored."""
    found = [
        f"{name}: {play['name']}"
        for name, play in plays()
        if play.get("any_errors_fatal") and play.get("gather_facts", True)
    ]
    assert found == []
