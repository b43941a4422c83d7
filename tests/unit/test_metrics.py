"""What is written for the textfile collector is what Prometheus reads."""

from __future__ import annotations

from pathlib import Path

import vip_host
from ansible_collections.mysqlha.proxysql.plugins.module_utils._section.drift_timer import numbers
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._status import judge
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._status_metrics import metrics
from promtool import needed, promtool
from test_status import VIP, certificate, hosts, nodes


@needed
def test_numbers_of_the_status() -> None:
    ill = {
        "certificates": [certificate(30, 'a "b"\\c\n')],
        "set_back": {"watch": {"value": -254, "why": "x"}},
        "kept": 1700000000,
    }
    for report in (judge(nodes(core1=ill), [VIP]), judge(nodes(sat1="down"), []), judge([], [])):
        assert promtool("check", "metrics", given=metrics(report, hosts('the "shop"'), 1800000000)) == ""


@needed
def test_numbers_of_the_virtual_ip(tmp_path: Path) -> None:
    texts = vip_host.rendered(tmp_path)
    host = vip_host.Host(tmp_path / "host", texts)
    assert host.call("proxysql-notify", "INSTANCE", "proxysql", "MASTER", "250").returncode == 0
    made = (host.run_dir / "keepalived/proxysql_vip.prom").read_text(encoding="utf-8")
    assert 'proxysql_vip_priority{vrrp_instance="proxysql"} 250\n' in made
    assert promtool("check", "metrics", given=made) == ""


@needed
def test_numbers_of_drift() -> None:
    settings = {"declared": {"tables": {"mysql_servers": {}, "scheduler": {}}, "variables": {"a": "b"}}}
    made = numbers(settings, {"mysql_servers": {"runtime": 2}}, 0.01234, 1800000000.5)
    assert 'proxysql_drift_rows{table="mysql_servers",layer="runtime"} 2\n' in made
    assert 'proxysql_drift_rows{table="global_variables",layer="disk"} 0\n' in made
    assert "proxysql_drift_compared_timestamp_seconds 1800000000\n" in made
    for each in (made, numbers(settings, None, 1.0, 1800000000.5)):
        assert promtool("check", "metrics", given=each) == ""
