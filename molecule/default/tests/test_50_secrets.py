"""No password in what Ansible prints, in a journal, in a process list, or in a file
that others can read."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest
from helpers import Cluster, Node, site

WATCHED = "/run/lab-process-lists"
WATCH = f"""
umask 077
while [ ! -e {WATCHED}.stop ]; do
    cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ
    sleep 0.2
done > {WATCHED} 2> /dev/null
"""


def leaks(cluster: Cluster, text: str) -> list[str]:
    """The passwords a text shows: as they are, or as the hexadecimal of their bytes."""
    lower = text.lower()
    return [
        name for name, secret in cluster.secrets().items() if secret in text or secret.encode().hex() in lower
    ]


@pytest.fixture(scope="module")
def loud_run(cluster: Cluster) -> str:
    """site.yml after a small change of hand, as talkative as can be, all process lists watched."""
    cluster.active.admin("UPDATE mysql_users SET max_connections = 77")
    cluster.active.admin(
        "UPDATE global_variables SET variable_value = 'stray' WHERE variable_name = 'mysql-monitor_password'"
    )
    for node in cluster.hosts:
        node.run(f"rm -f {WATCHED}*; systemd-run --quiet --unit lab-watch sh -c {shlex.quote(WATCH)}")
    output = site("-vvv", "--diff")
    for node in cluster.hosts:
        node.run(f"touch {WATCHED}.stop; while systemctl --quiet is-active lab-watch; do sleep 0.1; done")
    return output


def test_the_search_finds_what_is_there(cluster: Cluster) -> None:
    for value in (cluster.credentials["proxysql_admin_password"], "x'41646D316E2D6C6162'"):
        assert leaks(cluster, f"a line with {value} in it") == ["proxysql_admin_password"]


def test_molecules_own_runs(cluster: Cluster) -> None:
    log = Path(os.environ["ANSIBLE_LOG_PATH"]).read_text(encoding="utf-8")
    assert "PLAY RECAP" in log
    assert leaks(cluster, log) == []


def test_a_run_with_vvv_and_diff(cluster: Cluster, loud_run: str) -> None:
    assert "max_connections" in loud_run
    assert leaks(cluster, loud_run) == []


def test_process_lists(cluster: Cluster, loud_run: str) -> None:
    for node in cluster.nodes:
        seen = node.infra.file(WATCHED).content.decode(errors="replace")
        assert "python3" in seen, f"{node}: the watch saw no module run"
        assert leaks(cluster, seen) == [], node


def test_journals(cluster: Cluster, loud_run: str) -> None:
    for node in cluster.hosts:
        assert leaks(cluster, node.run("journalctl --all --no-pager --output cat")) == [], node


def test_files_that_others_can_read(cluster: Cluster, loud_run: str) -> None:
    for node in cluster.nodes:
        assert readable(cluster, node) == "", node


def readable(cluster: Cluster, node: Node) -> str:
    """Files in which `nobody` finds a password."""
    patterns = shlex.quote("\n".join(cluster.secrets().values()))
    search = "grep -rlF --binary-files=text --devices=skip -f - /etc /var /run /tmp /home /opt /srv /root"
    as_nobody = f"setpriv --reuid nobody --regid nogroup --clear-groups {search}"
    return str(node.infra.run(f"echo {patterns} | {as_nobody} 2> /dev/null").stdout).strip()
