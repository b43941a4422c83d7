"""The page on migrating: its tasks work on a server, and the options and columns it names exist."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.mysqlha.proxysql.plugins.module_utils._catalog.tables import TABLES
from server import Server
from test_examples import documented, on

PAGE = (Path(__file__).resolve().parents[2] / "docs/docsite/rst/migration.rst").read_text(encoding="utf-8")
# "old: new" with a line of ~ below, and what stands under it.
SECTIONS = dict(
    re.findall(r"^(\w+: \w+)\n~+\n(.*?)(?=^\S[^\n]*\n[~-]{3,}\n|\Z)", PAGE, re.MULTILINE | re.DOTALL)
)
# Of community.proxysql 1.8.0; those for PostgreSQL are in one section.
THEIRS = (
    "backend_servers", "galera_hostgroups", "global_variables", "info", "manage_config",
    "mysql_hostgroup_attributes", "mysql_users", "pgsql_hostgroup_attributes", "pgsql_query_rules",
    "pgsql_query_rules_fast_routing", "pgsql_replication_hostgroups", "pgsql_servers", "pgsql_users",
    "query_rules", "query_rules_fast_routing", "replication_hostgroups", "scheduler",
)  # fmt: skip
PREFIX = "mysqlha.proxysql."


def blocks(text: str) -> list[list[dict[str, Any]]]:
    found = re.findall(r"^\.\. code-block:: yaml\n\n((?:   .*\n|\n)+)", text, re.MULTILINE)
    return [yaml.safe_load(block) for block in found]


TASKS = [task for block in blocks(PAGE) for task in block if any(name.startswith(PREFIX) for name in task)]


@pytest.mark.parametrize("name", THEIRS)
def test_each_of_their_modules_has_its_place(name: str) -> None:
    titles = [title for title in SECTIONS if title.startswith(f"proxysql_{name}: ")]
    assert len(titles) == (0 if name.startswith("pgsql_") else 1)
    assert titles or f"``proxysql_{name}``\n     - ``{name}``" in PAGE


@pytest.mark.parametrize("title", SECTIONS)
def test_a_section_shows_before_and_after_and_columns_that_exist(title: str) -> None:
    old, new = title.split(": ")
    text = SECTIONS[title]
    before, after = blocks(text)
    assert {f"community.proxysql.{old}"} <= {name for task in before for name in task}
    assert {PREFIX + new} <= {name for task in after for name in task}
    if new in TABLES and "keep their names" in text:
        columns = documented(new, "DOCUMENTATION")["options"]["config"]["suboptions"]
        kept = re.findall(r"``(\w+)``", text.partition("keep their names")[0])
        assert kept and not set(kept) - set(columns)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.get("name", ""))
def test_the_new_tasks_work(
    task: dict[str, Any], server: Server, three: Server, module: Callable[..., dict[str, Any]]
) -> None:
    (name,) = (name for name in task if name.startswith(PREFIX))
    options = dict(task[name])
    if "pgsql_" in str(options):
        options = on(three, options)
    else:
        options.update(login_user="admin", login_password="admin")
    planned = module(name.removeprefix(PREFIX), check=True, **options)
    done = module(name.removeprefix(PREFIX), **options)
    assert not done.get("failed"), done
    assert (
        done["changed"]
        == planned["changed"]
        == (
            options.get("state") != "deleted"
            and name.removeprefix(PREFIX) not in ("proxysql_info", "runtime")
        )
    )
    assert not module(name.removeprefix(PREFIX), **options)["changed"]
