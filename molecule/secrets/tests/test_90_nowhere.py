"""Of all that was ever secret here, nothing is where others can see it."""

from __future__ import annotations

import os
from pathlib import Path

from helpers import Cluster
from leaks import leaks, readable
from vault import Vault


def test_what_is_looked_for(cluster: Cluster, vault: Vault) -> None:
    """The present ones, and those before them."""
    assert len(vault.secrets) >= len(cluster.secrets()) + 5
    secret = cluster.credentials["proxysql_cluster_password"]
    assert leaks(vault.secrets, f"a line with {secret} in it")


def test_what_ansible_printed(vault: Vault) -> None:
    assert len(vault.outputs) >= 8
    for number, output in enumerate(vault.outputs):
        assert "PLAY [" in output and leaks(vault.secrets, output) == [], f"run {number}"
    log = Path(os.environ["ANSIBLE_LOG_PATH"])
    assert leaks(vault.secrets, log.read_text(encoding="utf-8")) == []


def test_process_lists(cluster: Cluster, vault: Vault) -> None:
    vault.processes.stop()
    for node in cluster.hosts:
        seen = vault.processes.seen(node)
        assert "sshd" in seen and leaks(vault.secrets, seen) == [], node


def test_journals(cluster: Cluster, vault: Vault) -> None:
    for node in cluster.hosts:
        assert leaks(vault.secrets, node.run("journalctl --all --no-pager --output cat")) == [], node


def test_files_that_others_can_read(cluster: Cluster, vault: Vault) -> None:
    for node in cluster.nodes:
        assert readable(vault.secrets, node) == "", node
