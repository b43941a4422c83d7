"""What a job of AWX does: ansible-runner over a private data directory, with the built collection.

No terminal, no prompt, passwords as extra variables in a file, the key as text. What AWX keeps
of a job are its events; so they are searched for passwords.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from helpers import CHECKOUT, INVENTORY, SCENARIO, Cluster, load
from leaks import leaks

# On the backup, where no client notices: what somebody did, and how the file has to be again.
BY_HAND = {
    "/etc/proxysql.cnf": ("chgrp root", 0o640, "proxysql"),
    "/etc/keepalived/proxysql-notify": ("truncate --size 0", 0o755, "root"),
    "/etc/systemd/system/proxysql-watch.service": ("chmod 0666", 0o644, "root"),
    "/etc/keepalived/keepalived.conf": ("rm", 0o640, "root"),
}
# The task that writes the first file has no result that could be seen: its content is secret.
WRITTEN = [
    "Write how systemd and keepalived tell each other",
    "Write the watcher and the answer to load balancers, their units and what they are told",
    "Write the configuration of keepalived",
]

# As an operator's own project has it: one line for each playbook.
PROJECT = "- ansible.builtin.import_playbook: mysqlha.proxysql.{}\n"


class Job:
    def __init__(self, folder: Path, ident: str, done: subprocess.CompletedProcess[str]) -> None:
        kept = folder / "artifacts" / ident
        assert (kept / "status").is_file(), done.stdout + done.stderr
        texts = [path.read_text(encoding="utf-8") for path in (kept / "job_events").glob("*.json")]
        events: list[dict[str, Any]] = [json.loads(text) for text in texts]
        self.events = sorted(events, key=lambda event: event["counter"])
        self.status = (kept / "status").read_text(encoding="utf-8")
        self.text = json.dumps(self.events) + done.stdout + done.stderr
        others = [path for path in kept.rglob("*") if path.is_file() and path.suffix != ".json"]
        self.text += "".join(path.read_text(encoding="utf-8") for path in others)

    def changed(self) -> list[str]:
        return [
            f"{event['event_data']['host']}: {event['event_data']['task']}"
            for event in self.events
            if event["event"] == "runner_on_ok" and event["event_data"]["res"].get("changed")
        ]

    def published(self) -> dict[str, Any]:
        (stats,) = (event for event in self.events if event["event"] == "playbook_on_stats")
        data: dict[str, Any] = stats["event_data"]["artifact_data"]
        return data


class Runner:
    """The private data directory: project, inventory, env."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for part in ("project", "inventory", "env"):
            (folder / part).mkdir()
        for name in ("site", "status"):
            (folder / f"project/{name}.yml").write_text(PROJECT.format(name), encoding="utf-8")
        for name in ("hosts.yml", "group_vars"):
            source = SCENARIO / "inventory" / name
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, folder / "inventory" / name)
        shutil.copy(INVENTORY / "package.yml", folder / "inventory")
        # the passwords are not in the inventory, a credential gives them
        (folder / "inventory/group_vars/all/credentials.yml").unlink()
        self.write("env/extravars", load("group_vars/all/credentials.yml"))
        shutil.copy(os.environ["LAB_KEY"], folder / "env/ssh_key")
        self.write("env/settings", {"idle_timeout": 120, "job_timeout": 300})
        self.write(
            "env/envvars",
            {
                "ANSIBLE_COLLECTIONS_PATH": str(folder / "collections"),
                "ANSIBLE_PIPELINING": "true",
                "ANSIBLE_FORCE_COLOR": "false",
                "LAB_NET": os.environ["LAB_NET"],
                "LAB_DATABASES": os.environ.get("LAB_DATABASES", ""),
            },
        )

    def write(self, name: str, data: dict[str, Any]) -> None:
        (self.folder / name).write_text(yaml.safe_dump(data), encoding="utf-8")

    def run(self, ident: str, *arguments: str, playbook: str = "site") -> Job:
        command = ["ansible-runner", "run", str(self.folder), "-p", f"{playbook}.yml", "--ident", ident]
        if arguments:
            command.append(f"--cmdline={' '.join(arguments)}")
        others = ("ANSIBLE_", "MOLECULE_", "LAB_")
        environment = {key: value for key, value in os.environ.items() if not key.startswith(others)}
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        job = Job(self.folder, ident, done)
        assert job.status == "successful", job.text[-6000:]
        return job


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    folder = tmp_path_factory.mktemp("private")
    galaxy = ["ansible-galaxy", "collection"]
    subprocess.run([*galaxy, "build", "--output-path", folder, CHECKOUT], check=True, capture_output=True)
    (tarball,) = folder.glob("*.tar.gz")
    target = folder / "collections"
    # forced, for this checkout may count as an installed collection of the same version
    install = [*galaxy, "install", "--offline", "--force", tarball, "-p", target]
    subprocess.run(install, check=True, capture_output=True)
    return Runner(folder)


@pytest.fixture(scope="module")
def drift(cluster: Cluster, runner: Runner) -> Job:
    """A report while somebody has changed two tables and four files by hand."""
    for path, (command, _mode, _group) in BY_HAND.items():
        cluster.backup.run(f"{command} {path}")
    cluster.active.admin("UPDATE mysql_query_rules SET comment = 'by hand' WHERE rule_id = 20")
    cluster.active.admin("UPDATE mysql_users SET password = 'by-hand'")
    return runner.run("drift", "--check", "--diff")


@pytest.fixture(scope="module")
def repair(runner: Runner, drift: Job) -> Job:
    return runner.run("repair", "--diff")


def test_the_drift_report_names_what_differs_and_writes_nothing(cluster: Cluster, drift: Job) -> None:
    (host, tables), *others = drift.published()["proxysql_drift"].items()
    assert host == cluster.active.name and others == []
    assert {name.split()[0].strip(":,") for name in tables} == {"mysql_query_rules", "mysql_users"}, tables
    rows = cluster.active.admin("SELECT comment FROM mysql_query_rules WHERE rule_id = 20")
    assert rows == [{"comment": "by hand"}]


def test_files_changed_by_hand_are_reported_and_mended(cluster: Cluster, drift: Job, repair: Job) -> None:
    for job in (drift, repair):
        lines = [line for line in job.changed() if line.startswith(f"{cluster.backup.name}: ")]
        assert [line.split(": ")[1] for line in lines if "Write" in line] == WRITTEN, lines
    for path, (_command, mode, group) in BY_HAND.items():
        file = cluster.backup.infra.file(path)
        assert (file.mode, file.group) == (mode, group), path
    # the same on both cores but for their priorities
    scripts = [
        re.sub(
            r"echo [0-9]+ ;;", "echo ;;", core.infra.file("/etc/keepalived/proxysql-notify").content_string
        )
        for core in cluster.cores
    ]
    assert scripts[0] == scripts[1] and "echo ;;" in scripts[0]


def test_the_job_repairs_it_and_says_where_the_vip_is(cluster: Cluster, repair: Job) -> None:
    published = repair.published()
    assert list(published["proxysql_drift"]) == [cluster.active.name]
    assert published["proxysql_vip_holders"] == {f"{cluster.vip}/24": [cluster.active.name]}
    seconds = published["proxysql_converged_seconds"]
    assert set(seconds) >= {f"{node.address}:6032" for node in cluster.nodes if node is not cluster.active}
    assert all(0 <= value < 60 for value in seconds.values())


def test_the_next_report_finds_nothing(runner: Runner, repair: Job) -> None:
    job = runner.run("again", "--check", "--diff")
    assert job.published()["proxysql_drift"] == {}
    assert job.changed() == []
    assert job.text.count("changed=0") >= 3


@pytest.fixture(scope="module")
def status(runner: Runner, repair: Job) -> Job:
    return runner.run("status", playbook="status")


def test_the_status_is_a_job_too(status: Job) -> None:
    assert status.changed() == []


def test_events_show_no_password(cluster: Cluster, drift: Job, repair: Job, status: Job) -> None:
    for job, least in ((drift, 50), (repair, 50), (status, 5)):
        assert len(job.events) > least
        assert leaks(cluster.secrets(), job.text) == []
        assert "by-hand" not in job.text
