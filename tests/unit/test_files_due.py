"""Which files a role writes, by what one task saw on the host."""

from __future__ import annotations

from hashlib import sha1
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mysqlha.proxysql.plugins.filter.files_due import files_due

FILE = {"dest": "/etc/x", "content": "é\n", "mode": "0640", "group": "proxysql"}
THERE = {
    "path": "/etc/x",
    "checksum": sha1("é\n".encode()).hexdigest(),
    "mode": "0640",
    "pw_name": "root",
    "gr_name": "proxysql",
}


def test_a_file_that_is_as_it_should_be_is_not_due() -> None:
    assert files_due([FILE], {"files": [THERE]}) == []


@pytest.mark.parametrize(
    "other",
    [{"checksum": "0"}, {"mode": "0644"}, {"pw_name": "shop"}, {"gr_name": "root"}, {"path": "/etc/y"}],
)
def test_anything_else_is_due(other: dict[str, Any]) -> None:
    assert files_due([FILE], {"files": [{**THERE, **other}]}) == [FILE]


def test_a_folder_or_link_of_that_name_is_no_such_file() -> None:
    folder = {name: value for name, value in THERE.items() if name != "checksum"}
    assert files_due([FILE], {"files": [folder]}) == [FILE]


@pytest.mark.parametrize("found", [{}, None, {"skipped": True}])
def test_where_nobody_looked_all_are_due(found: dict[str, Any] | None) -> None:
    assert files_due([FILE], found) == [FILE]


def test_a_file_of_the_controller_is_read(tmp_path: Path) -> None:
    source = tmp_path / "x"
    file = {"dest": "/etc/x", "src": str(source), "mode": "0640", "group": "proxysql"}
    assert files_due([file], {"files": [THERE]}) == [file]
    source.write_text("é\n", encoding="utf-8")
    assert files_due([file], {"files": [THERE]}) == []


def test_the_group_is_root_unless_given() -> None:
    file = {name: value for name, value in FILE.items() if name != "group"}
    assert files_due([file], {"files": [{**THERE, "gr_name": "root"}]}) == []


def test_one_of_a_template_gets_what_was_rendered() -> None:
    file = {**{name: value for name, value in FILE.items() if name != "content"}, "template": "x"}
    assert files_due([file], {"files": [THERE]}, {"x": "é"}) == []
    assert [one["content"] for one in files_due([file], {"files": [THERE]}, {"x": "e"})] == ["e\n"]
