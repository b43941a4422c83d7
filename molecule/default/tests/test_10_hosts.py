"""Packages, services and files on the hosts."""

from __future__ import annotations

import re

import pytest
from helpers import Cluster


def test_proxysql_runs_and_is_enabled(cluster: Cluster) -> None:
    for node in cluster.nodes:
        service = node.infra.service("proxysql")
        assert service.is_running, node
        assert service.is_enabled, node


def test_proxysql_does_not_run_as_root(cluster: Cluster) -> None:
    for node in cluster.nodes:
        pid = node.run("systemctl show --property MainPID --value proxysql")
        assert node.run(f"ps -o user= -p {pid}") == "proxysql", node


def test_keepalived_runs_on_the_cores_alone(cluster: Cluster) -> None:
    for node in cluster.cores:
        assert node.infra.service("keepalived").is_running, node
        assert node.infra.service("keepalived").is_enabled, node
    for node in cluster.satellites:
        assert not node.infra.package("keepalived").is_installed, node


def test_proxysql_cnf_is_for_its_group_only(cluster: Cluster) -> None:
    for node in cluster.nodes:
        file = node.infra.file("/etc/proxysql.cnf")
        assert (file.user, file.group, oct(file.mode)) == ("root", "proxysql", "0o640"), node


def test_keepalived_conf_is_for_root_to_write(cluster: Cluster) -> None:
    for node in cluster.cores:
        file = node.infra.file("/etc/keepalived/keepalived.conf")
        assert (file.user, file.mode & 0o022) == ("root", 0), node


def test_no_failed_units(cluster: Cluster) -> None:
    for node in cluster.hosts:
        assert node.run("systemctl list-units --failed --plain --no-legend") == "", node


@pytest.mark.parametrize("unit", ["proxysql", "keepalived", "proxysql-watch"])
def test_a_unit_may_do_no_more_than_it_must(cluster: Cluster, unit: str) -> None:
    """systemd's own measure, from 0 (nothing) to 10 (all)."""
    for node in cluster.nodes if unit == "proxysql" else cluster.cores:
        said = node.run(f"systemd-analyze security --no-pager {unit}.service | tail -n 1")
        measure = re.search(r"exposure level for \S+: ([0-9.]+)", said)
        assert measure and float(measure.group(1)) < 4.0, f"{node}: {said}"


@pytest.mark.parametrize("user", ["admin", "radmin"])
def test_the_factory_password_opens_nothing(cluster: Cluster, user: str) -> None:
    for node in cluster.nodes:
        code = (
            f"import pymysql; pymysql.connect(host='127.0.0.1', port=6032, user='{user}', password='admin')"
        )
        done = node.infra.run(f'python3 -c "{code}"')
        assert done.rc != 0, node
        assert "1045" in done.stderr, done.stderr
