"""What the role keepalived once put on a host and would not put there now."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ansible_collections.mysqlha.proxysql.plugins.filter.vip_leftovers import vip_leftovers
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._leftovers import (
    CONFIG,
    HEALTH,
    OURS,
    STATES,
    VRRP,
    WATCHER,
    leftovers,
)

ROLE = Path(__file__).resolve().parents[2] / "roles/keepalived"
TOLD_BY = ["/etc/keepalived/proxysql_vip.fact", "/etc/keepalived/proxysql-state"]
NOTHING = {"drain": False, "units": [], "files": []}
# beside a keepalived of one's own: folders, and the drop-in of the role proxysql, which has the same name
STRANGERS = [
    CONFIG,
    "/etc/systemd/system/keepalived.service.d",
    "/etc/systemd/system/proxysql.service.d",
    "/etc/systemd/system/proxysql.service.d/mysqlha.conf",
    "/etc/systemd/system/proxysql.service",
]


def test_each_file_the_role_writes_is_taken_away_again() -> None:
    text = (ROLE / "vars/main.yml").read_text(encoding="utf-8")
    pattern = r"^    dest: (/\S+)|^  dest: (/\S+)|^__keepalived_(?:login|health_settings): (\S+)"
    written = set(re.findall(pattern, text, re.M))
    assert {next(filter(None, groups)) for groups in written} == {CONFIG, *OURS, *WATCHER, *HEALTH}


def test_a_core_that_stops_being_one_gives_up_all_of_it_keepalived_first() -> None:
    found = leftovers([*STRANGERS, *OURS, *WATCHER], vip=False, watch=True)
    assert found == {
        "drain": False,
        "units": ["keepalived", "proxysql-watch"],
        # by the last two the next run knows the host, should this one be interrupted
        "files": [CONFIG, *(one for one in OURS if one not in TOLD_BY), *WATCHER, *STATES, *TOLD_BY],
    }


@pytest.mark.parametrize("one", OURS)
def test_a_run_that_was_interrupted_is_finished(one: str) -> None:
    found = leftovers([one], vip=False, watch=True)
    files = [*STATES, one] if one in TOLD_BY else [one, *STATES]
    assert found == {"drain": False, "units": ["keepalived"], "files": files}


def test_a_watcher_that_is_switched_off_goes_alone() -> None:
    found = leftovers([CONFIG, *OURS, *WATCHER], vip=True, watch=False)
    assert found == {"drain": False, "units": ["proxysql-watch"], "files": list(WATCHER)}


def test_what_is_left_of_a_watcher_without_its_unit_goes_too() -> None:
    assert leftovers(WATCHER[1:], vip=True, watch=False) == {**NOTHING, "files": list(WATCHER[1:])}


def test_a_core_keeps_what_it_has() -> None:
    assert leftovers([CONFIG, *OURS, *WATCHER], vip=True, watch=True) == NOTHING


@pytest.mark.parametrize("there", [[], STRANGERS])
def test_a_keepalived_of_somebody_else_is_left_alone(there: list[str]) -> None:
    assert leftovers(there, vip=False, watch=False) == NOTHING


def test_the_filter_reads_what_find_saw() -> None:
    assert vip_leftovers({"files": [{"path": OURS[0]}]})["units"] == ["keepalived"]
    assert vip_leftovers({"files": []}) == {**NOTHING, "foreign": False}


@pytest.mark.parametrize(
    ("there", "foreign"), [(STRANGERS, True), ([CONFIG, OURS[-1]], False), (OURS, False)]
)
def test_a_configuration_is_somebody_elses_where_nothing_of_this_role_is(
    there: list[str], foreign: bool
) -> None:
    assert vip_leftovers({"files": [{"path": path} for path in there]}, vip=True)["foreign"] is foreign


def test_a_balancer_that_replaces_the_virtual_ip_leaves_nothing_of_keepalived() -> None:
    found = leftovers([CONFIG, *OURS, *WATCHER], vip=False, watch=True, health=True)
    assert found == {"drain": False, "units": ["keepalived"], "files": [CONFIG, *VRRP]}


def test_a_balancer_that_is_not_asked_any_more_goes_alone() -> None:
    found = leftovers([CONFIG, *OURS, *WATCHER, *HEALTH], vip=True, watch=True)
    assert found == {"drain": False, "units": ["proxysql-health"], "files": list(HEALTH)}


def test_a_core_behind_a_balancer_that_stops_being_one_does_not_touch_a_keepalived_of_somebody_else() -> None:
    here = [each for each in (*OURS, *WATCHER, *HEALTH) if each not in VRRP]
    found = leftovers([CONFIG, *here], vip=False, watch=True)
    assert found["drain"] and found["units"] == ["proxysql-watch", "proxysql-health"]
    assert CONFIG not in found["files"] and set(here) < set(found["files"])
    assert vip_leftovers({"files": [{"path": path} for path in [CONFIG, *here]]}, vip=True)["foreign"]


def test_a_core_behind_a_balancer_keeps_what_it_has() -> None:
    here = [each for each in (*OURS, *WATCHER, *HEALTH) if each not in VRRP]
    assert leftovers([CONFIG, *here], vip=False, watch=True, health=True) == NOTHING
