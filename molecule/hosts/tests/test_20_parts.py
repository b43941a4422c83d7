"""Parts of the fleet, and what a controller's settings do: each works, or is refused in one sentence."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from helpers import Cluster, changes, end, play, site

CONFIGURATION = ("--tags", "configuration")


def edited(cluster: Cluster, name: str) -> None:
    """By hand on all nodes, so that there is something to be done for each part of the fleet."""
    for node in cluster.nodes:
        if node.name == name:
            node.admin("UPDATE mysql_users SET max_connections = 77 WHERE username = 'app'")
            node.admin("LOAD MYSQL USERS TO RUNTIME")
            node.admin("SAVE MYSQL USERS TO DISK")


def limits(cluster: Cluster) -> list[str | None]:
    statement = "SELECT max_connections FROM runtime_mysql_users WHERE username = 'app' AND frontend = 1"
    return [node.admin(statement)[0]["max_connections"] for node in cluster.nodes]


@pytest.fixture
def mended() -> Iterator[None]:
    yield
    site()


@pytest.mark.parametrize("limit", ["core1", "core2", "sat1", "proxysql_core"])
def test_limited(cluster: Cluster, limit: str) -> None:
    """Nothing is to be done, and nothing is done; the others are not said to be lost."""
    output = site("--limit", limit)
    assert changes(output) == []


def test_limited_to_a_core_that_was_edited(cluster: Cluster, mended: None) -> None:
    edited(cluster, "core2")
    site("--limit", "core1", *CONFIGURATION)
    site(*CONFIGURATION)
    assert set(limits(cluster)) == {"10000"}
    assert changes(site(*CONFIGURATION)) == []


def test_limited_to_the_other_core_that_was_edited(cluster: Cluster, mended: None) -> None:
    """It is mended by the run that looks at it alone, and the others are not touched."""
    edited(cluster, "core2")
    output = site("--limit", "core2", *CONFIGURATION)
    assert {change.partition(":")[0] for change in changes(output)} == {"core2"}, end(output)
    assert set(limits(cluster)) == {"10000"}
    assert changes(site("--limit", "core2")) == changes(site()) == []


def test_limited_to_a_satellite_that_was_edited(cluster: Cluster, mended: None) -> None:
    """Only the cores could give it back what they hold."""
    edited(cluster, "sat1")
    output = site("--limit", "sat1", *CONFIGURATION, "--check", "--diff")
    assert any(change.startswith("sat1: ") for change in changes(output)), end(output)
    code, output = play("site", "--limit", "sat1", *CONFIGURATION)
    assert code != 0 and "sat1 does not hold what the cores hold" in output, end(output)
    assert "MYSQL USERS" in output
    site(*CONFIGURATION)
    assert set(limits(cluster)) == {"10000"}
    assert changes(site("--limit", "sat1")) == []


def test_check_mode_of_the_configuration_alone(cluster: Cluster, mended: None) -> None:
    assert changes(site("--check", "--diff", *CONFIGURATION)) == []
    output = site(
        "--check",
        "--diff",
        *CONFIGURATION,
        "-e",
        '{"proxysql_global_variables": {"mysql-max_connections": 1234}}',
    )
    assert any("core1" in change for change in changes(output)) and "1234" in output
    assert changes(site(*CONFIGURATION)) == []


@pytest.mark.parametrize("strategy", ["free", "host_pinned"])
def test_a_strategy_by_which_hosts_do_not_wait(strategy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANSIBLE_STRATEGY", strategy)
    code, output = play("site")
    assert code != 0 and f"the play's strategy is {strategy}" in output, end(output)
