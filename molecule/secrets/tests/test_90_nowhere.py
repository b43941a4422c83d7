"""Of all that was ever secret here, nothing is where others can see it."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

from helpers import Cluster, poll
from leaks import leaks, readable
from vault import Vault

PLACES = {
    "proxysql_status_page": "status",
    "proxysql_status_metrics": "status",
    "proxysql_diagnose_folder": "diagnose",
    "proxysql_lint_file": "lint",
    "proxysql_backup_folder": "backup",
    "proxysql_export_folder": "export",
}
JOURNAL = "journalctl --all --no-pager --output cat"


def test_what_is_looked_for(cluster: Cluster, vault: Vault) -> None:
    """The present ones, and those before them."""
    assert len(vault.secrets) >= len(cluster.secrets()) + 5
    secret = cluster.credentials["proxysql_cluster_password"]
    assert leaks(vault.secrets, f"a line with {secret} in it")


def test_what_is_planted_is_found(cluster: Cluster, vault: Vault) -> None:
    """Or else that nothing is found would mean nothing."""
    node = cluster.backup
    planted = {name: f"pl4nted-{name}" for name in ("argument", "environment", "journal", "file", "digits")}
    node.run(f"sh -c 'sleep 1; true' {planted['argument']}")
    node.run(f"export PLANTED={planted['environment']}; sleep 1")
    node.run(f"logger {planted['journal']}")
    node.run(f"umask 022; echo {planted['file']} > /var/tmp/planted")
    node.run(f"umask 022; echo {planted['digits'].encode().hex().upper()} > /var/tmp/planted-digits")
    node.run(f"umask 077; echo {planted['file']} > /var/tmp/planted-well")
    try:
        poll("the journal", lambda: "journal" in leaks(planted, node.run(JOURNAL)))
        both = {"argument", "environment"}
        poll("the processes", lambda: both <= set(leaks(planted, vault.processes.seen(node))))
        found = readable(planted, node).split()
        assert sorted(found) == ["/var/tmp/planted", "/var/tmp/planted-digits"], found
    finally:
        node.run("rm /var/tmp/planted*")


def test_what_other_playbooks_leave_on_the_controller(vault: Vault, tmp_path: Path) -> None:
    """Their outputs are looked at below. Of an export one file has secrets; a backup is encrypted."""
    vault.set(proxysql_backup_password="B4ckup-of-all")
    for name, playbook in PLACES.items():
        vault.run(playbook, "-e", f"{name}={tmp_path}/{name}", "-e", "proxysql_export_hosts=proxysql_core")
    (bundle,) = tmp_path.rglob("*.tar.gz")
    with tarfile.open(bundle) as archive:
        archive.extractall(bundle.parent, filter="data")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) >= len(PLACES), files
    for path in files:
        private = path.stat().st_mode & 0o077 == 0
        assert private or leaks(vault.secrets, path.read_text(errors="replace")) == [], path
    having = {path.name for path in files if leaks(vault.secrets, path.read_text(errors="replace"))}
    assert having == {"vault.yml"}


def test_what_ansible_printed(vault: Vault) -> None:
    assert len(vault.outputs) >= 8
    for number, output in enumerate(vault.outputs):
        assert "PLAY [" in output and leaks(vault.secrets, output) == [], f"run {number}"


def test_molecules_own_runs(vault: Vault) -> None:
    """create, prepare and converge, who knew the first ones."""
    log = Path(os.environ["ANSIBLE_LOG_PATH"]).read_text(encoding="utf-8")
    assert "PLAY RECAP" in log and leaks(vault.secrets, log) == []


def test_process_lists(vault: Vault) -> None:
    vault.processes.stop()
    for node in vault.processes.hosts:
        seen = vault.processes.seen(node)
        assert "sshd" in seen and leaks(vault.secrets, seen) == [], node


def test_journals(vault: Vault) -> None:
    for node in vault.processes.hosts:
        assert leaks(vault.secrets, node.run(JOURNAL)) == [], node


def test_files_that_others_can_read(cluster: Cluster, vault: Vault) -> None:
    for node in cluster.nodes:
        assert readable(vault.secrets, node) == "", node
