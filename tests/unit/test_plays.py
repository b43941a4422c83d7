"""What all plays of the playbooks have in common."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
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


@pytest.mark.parametrize("name", sorted(path.stem for path in PLAYBOOKS.glob("*.yml") if path.stem != "awx"))
def test_each_playbook_first_plans_the_whole_site(name: str) -> None:
    """Wrong inventories, typing errors and unknown variables fail in each, before a host is touched."""
    first, *others = [play for file, play in plays() if file == f"{name}.yml"]
    task = first["tasks"][0]
    planning = {"name": "mysqlha.proxysql.proxysql", "tasks_from": "plan"}
    asked = {**task["ansible.builtin.import_role"]}
    # ansible-core has nothing to check here: the plan does
    asked.pop("rolespec_validate", None)
    assert asked == planning and "when" not in task
    assert task["vars"] == {"plan_playbook": name}
    assert (first["hosts"], first["any_errors_fatal"]) == ("localhost:all", True)
    assert not {"pre_tasks", "roles"} & set(first)
    # with --tags, too, the rest goes by the plan
    assert not others or first["tags"] == ["always"]
