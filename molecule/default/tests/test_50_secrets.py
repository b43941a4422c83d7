"""No password in what Ansible prints, in a journal, in a process list, or in a file
that others can read."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from helpers import Cluster, changes, site
from leaks import Processes, leaks, readable


@pytest.fixture(scope="module")
def processes(cluster: Cluster) -> Processes:
    return Processes(cluster.hosts)


@pytest.fixture(scope="module")
def loud_run(cluster: Cluster, processes: Processes) -> str:
    """site.yml after a small change of hand, as talkative as can be, all process lists watched."""
    cluster.active.admin("UPDATE mysql_users SET max_connections = 77")
    cluster.active.admin(
        "UPDATE global_variables SET variable_value = 'stray' WHERE variable_name = 'mysql-monitor_password'"
    )
    with processes:
        return site("-vvv", "--diff")


def test_the_search_finds_what_is_there(cluster: Cluster) -> None:
    for value in (cluster.credentials["proxysql_admin_password"], "x'41646D316E2D6C6162'"):
        assert leaks(cluster.secrets(), f"a line with {value} in it") == ["proxysql_admin_password"]


def test_molecules_own_runs(cluster: Cluster) -> None:
    log = Path(os.environ["ANSIBLE_LOG_PATH"]).read_text(encoding="utf-8")
    assert "PLAY RECAP" in log
    assert leaks(cluster.secrets(), log) == []


def test_a_run_with_vvv_and_diff(cluster: Cluster, loud_run: str) -> None:
    assert "max_connections" in loud_run
    assert leaks(cluster.secrets(), loud_run) == []


def test_process_lists(cluster: Cluster, loud_run: str, processes: Processes) -> None:
    for node in cluster.nodes:
        seen = processes.seen(node)
        assert "python3" in seen, f"{node}: the watch saw no module run"
        assert leaks(cluster.secrets(), seen) == [], node


def test_journals(cluster: Cluster, loud_run: str) -> None:
    for node in cluster.hosts:
        journal = node.run("journalctl --all --no-pager --output cat")
        assert leaks(cluster.secrets(), journal) == [], node


def test_files_that_others_can_read(cluster: Cluster, loud_run: str) -> None:
    for node in cluster.nodes:
        assert readable(cluster.secrets(), node) == "", node


def test_check_mode_before_a_password_of_the_cluster_is_changed(cluster: Cluster) -> None:
    """No node has the new one yet: others are asked with the login that there is."""
    given = {"proxysql_cluster_password": "N0body-has-this-yet"}
    output = site("--check", "--diff", "-e", json.dumps(given))
    changed = {change.rpartition(" : ")[2] for change in changes(output)}
    assert "Write the credentials, interfaces and cores of the node" in changed
    assert "N0body-has-this-yet" not in output
    assert changes(site("--check")) == []
