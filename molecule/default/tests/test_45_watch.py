"""What watches the cluster: numbers, the line that a change leaves, and a bundle for a ticket."""

from __future__ import annotations

import json
import re
import stat
import tarfile
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import pytest
from helpers import CHECKOUT, Cluster, played, poll
from leaks import leaks
from prometheus import Prometheus

# What ProxySQL 3 calls otherwise. No rule and no dashboard asks for it.
OF_THREE = {
    "proxysql_whitelisted_sqli_fingerprint_total": "proxysql_mysql_whitelisted_sqli_fingerprint_total"
}


def test_prometheus_is_told_of_nodes_that_serve_numbers(cluster: Cluster, tmp_path: Path) -> None:
    played("monitoring", "-e", f"proxysql_monitoring_folder={tmp_path}")
    targets = json.loads((tmp_path / "targets/proxysql.json").read_text(encoding="utf-8"))
    assert [group["labels"]["node"] for group in targets] == [str(node) for node in cluster.nodes]
    assert (tmp_path / "prometheus/proxysql.rules.yml").exists() and (tmp_path / "grafana/node.json").exists()
    if not cluster.active.is_real:
        pytest.skip("the emulator has no exporter")
    recorded = json.loads((CHECKOUT / "tests/conformance/metrics.json").read_text(encoding="utf-8"))
    for group in targets:
        with urllib.request.urlopen(f"http://{group['targets'][0]}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        # others come with the first error, or with the first node that follows
        steady = [
            name
            for name, held in recorded["metrics"].items()
            if not held["labels"] or name.startswith("proxysql_connpool_conns")
        ]
        seen = set(re.findall(r"^# TYPE (\w+) ", text, re.MULTILINE))
        assert not [name for name in steady if not {name, OF_THREE.get(name)} & seen], group


def test_the_numbers_of_the_status_and_of_the_virtual_ip(cluster: Cluster, tmp_path: Path) -> None:
    played("status", "-e", f"proxysql_status_metrics={tmp_path}/proxysql.prom")
    numbers = (tmp_path / "proxysql.prom").read_text(encoding="utf-8").splitlines()
    assert 'proxysql_status_healthy{cluster="proxysql"} 1' in numbers
    for node in cluster.nodes:
        assert f'proxysql_status_drift{{cluster="proxysql",node="{node}"}} 0' in numbers
    # a node that only follows has none
    kept = f'proxysql_status_restore_point_timestamp_seconds{{cluster="proxysql",node="{cluster.active}"}} '
    assert [line for line in numbers if line.startswith(kept)]
    for core in cluster.cores:
        shown = core.run("cat /run/proxysql-vip/keepalived/proxysql_vip.prom").splitlines()
        assert [line for line in shown if line.startswith('proxysql_vip_priority{vrrp_instance="proxysql"} ')]
        if core is cluster.active:
            assert 'proxysql_vip_state{vrrp_instance="proxysql",state="MASTER"} 1' in shown


def test_the_page_of_the_status(cluster: Cluster, tmp_path: Path) -> None:
    played("status", "-e", f"proxysql_status_page={tmp_path}/status.html")
    page = (tmp_path / "status.html").read_text(encoding="utf-8")
    assert [node for node in cluster.nodes if f'<th scope="row">{node}</th>' not in page] == []
    assert leaks(cluster.secrets(), page) == []


def test_prometheus_tells_that_nobody_holds_the_virtual_ip(cluster: Cluster, tmp_path: Path) -> None:
    """The short form of scenario watch, which makes the other faults and wants a real ProxySQL."""
    played("monitoring", "-e", f"proxysql_monitoring_folder={tmp_path}")
    rules = tmp_path / "prometheus/proxysql.rules.yml"
    with Prometheus(tmp_path, rules, cluster.cores) as prometheus, ExitStack() as mending:

        def seen() -> tuple[list[str], str]:
            """Who holds it, and whether the alert is pending or firing."""
            return prometheus.holders(), prometheus.alerts().get("ProxySQLVipNowhere", "")

        # one core's numbers may be there before the other's
        poll("one holder", lambda: seen() == ([cluster.active.name], ""))
        for core in reversed(cluster.cores):
            mending.callback(core.run, "systemctl start keepalived")
            core.run("systemctl stop keepalived")
        poll("the alert to be pending", lambda: seen() == ([], "pending"))
        poll("somebody to be told", lambda: seen() == ([], "firing"), 45)
        mending.close()
        poll("the alert to be gone", lambda: seen() == ([cluster.active.name], ""))


def test_every_node_knows_who_has_changed_what(cluster: Cluster) -> None:
    for node in cluster.nodes:
        lines = node.run("journalctl --quiet --identifier proxysql-change --output cat").splitlines()
        assert lines and all(" by " in line and line.startswith("run-") for line in lines), lines
        assert leaks(cluster.secrets(), "\n".join(lines)) == []
    first = cluster.active.run("journalctl -q -t proxysql-change -o cat").splitlines()[0]
    assert "mysql_users" in first, first


def test_a_bundle_for_a_ticket(cluster: Cluster, tmp_path: Path) -> None:
    before = cluster.processes()
    output = played(
        "diagnose", "-e", f"proxysql_diagnose_folder={tmp_path}", "-e", "proxysql_diagnose_symptom=vip"
    )
    assert cluster.processes() == before
    (archive,) = tmp_path.glob("proxysql-*.tar.gz")
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600 and list(tmp_path.iterdir()) == [archive]
    texts = {}
    with tarfile.open(archive) as packed:
        for member in packed:
            file = packed.extractfile(member)
            if file:
                texts[member.name.partition("/")[2]] = file.read().decode()
    assert set(texts) == {
        *("findings.txt", "status.txt", "vip.txt"),
        *(f"{node}.{kind}" for node in cluster.nodes for kind in ("txt", "json")),
    }
    assert "instance proxysql:" in texts["vip.txt"] and "VRRP changed its state" in output
    assert "Id=keepalived.service" in texts[f"{cluster.active}.txt"]
    assert json.loads(texts[f"{cluster.active}.json"])["met"]["activity"]["counters"]
    assert leaks(cluster.secrets(), output + "".join(texts.values())) == []


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("backup", ("-e", "proxysql_backup_password=Backup-lab")),
        ("export", ("-e", "proxysql_export_hosts=proxysql_core")),
        ("monitoring", ()),
        ("diagnose", ()),
    ],
)
def test_check_mode_writes_nothing_on_the_controller(
    cluster: Cluster, tmp_path: Path, name: str, more: tuple[str, ...]
) -> None:
    """Nor does it fail because of a folder that is not there yet."""
    output = played(name, "--check", "-e", f"proxysql_{name}_folder={tmp_path}/made", *more)
    assert list(tmp_path.iterdir()) == []
    assert leaks(cluster.secrets(), output) == []
