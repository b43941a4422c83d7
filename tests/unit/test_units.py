"""What systemd says of units."""

from __future__ import annotations

import pytest
from ansible_collections.mysqlha.proxysql.plugins.filter import units_due as due
from ansible_collections.mysqlha.proxysql.plugins.filter import units_overrides as overrides

units_due = due.FilterModule().filters()["units_due"]
units_overrides = overrides.FilterModule().filters()["units_overrides"]
# systemd 252, Debian 12; as long as it is asked for
SHOWN = """\
Id=keepalived.service
ActiveState=active
UnitFileState=enabled
NeedDaemonReload=no
DropInPaths=/etc/systemd/system/keepalived.service.d/mysqlha.conf

Id=proxysql-watch.service
ActiveState=active
UnitFileState=enabled
NeedDaemonReload=no
DropInPaths=
"""
WANTED = ["keepalived", "proxysql-watch"]


def test_what_is_as_it_should_be_is_not_visited() -> None:
    assert units_due(SHOWN, WANTED) == []


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("ActiveState=active", "ActiveState=activating"),
        ("ActiveState=active", "ActiveState=failed"),
        ("UnitFileState=enabled", "UnitFileState=disabled"),
        ("UnitFileState=enabled", "UnitFileState="),
        ("NeedDaemonReload=no", "NeedDaemonReload=yes"),
        ("Id=keepalived.service\n", ""),
    ],
)
def test_one_that_is_not_is_due_alone(word: str, other: str) -> None:
    assert units_due(SHOWN.replace(word, other, 1), WANTED) == ["keepalived"]


def test_one_that_runs_and_does_not_start_at_boot() -> None:
    shown = SHOWN.replace("=enabled", "=disabled")
    assert units_due(shown, WANTED) == WANTED and units_due(shown, WANTED, running=True) == []
    assert units_due(shown.replace("=active", "=failed", 1), WANTED, running=True) == ["keepalived"]


def test_in_doubt_all_are_due() -> None:
    assert units_due("", WANTED) == units_due("System has not been booted with systemd", WANTED) == WANTED
    # a unit that is not there
    gone = "Id=proxysql-health.service\nActiveState=inactive\nUnitFileState=\nNeedDaemonReload=no\n"
    assert units_due(SHOWN + "\n" + gone, [*WANTED, "proxysql-health"]) == ["proxysql-health"]


def test_what_sorts_after_the_roles_own_overrides_it_whatever_its_folder() -> None:
    paths = [
        "/etc/systemd/system/proxysql.service.d/10-limits.conf",
        "/etc/systemd/system/proxysql.service.d/mysqlha.conf",
        "/run/systemd/system/proxysql.service.d/override.conf",
        "/etc/systemd/system/proxysql.service.d/vip.conf",
    ]
    assert units_overrides(f"Id=proxysql.service\nDropInPaths={' '.join(paths)}\n") == [paths[2]]
    assert units_overrides(SHOWN) == units_overrides("") == []


def test_each_drop_in_of_a_unit_that_is_the_roles_own_overrides_it() -> None:
    path = "/etc/systemd/system/proxysql-watch.service.d/10-limits.conf"
    before, _equals, after = SHOWN.rpartition("DropInPaths=")
    assert units_overrides(f"{before}DropInPaths={path}{after}") == [path]
    # one that a run has not written yet overrides it all the same
    other = "/etc/systemd/system/keepalived.service.d/override.conf"
    assert units_overrides(SHOWN.replace("mysqlha.conf", "override.conf")) == [other]
