"""The nodes as targets of Prometheus."""

from __future__ import annotations

from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._site.plan import Asked, plan
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._site.targets import targets

EVERY = {
    "proxysql_admin_password": "Secret-a",
    "proxysql_cluster_password": "Secret-c",
    "proxysql_metrics_cluster": "shop",
    "keepalived_vips": [],
}


def site(**core1: object) -> dict[str, object]:
    hostvars = {
        "core1": {**EVERY, "ansible_host": "192.0.2.11", **core1},
        "sat1": {**EVERY, "ansible_host": "2001:db8::21", "proxysql_metrics": True},
    }
    groups = {"proxysql_core": ["core1"], "proxysql_satellite": ["sat1"], "all": ["core1", "sat1"]}
    found = plan(hostvars, groups, Asked(playbook="monitoring", hosts=["core1", "sat1"]), "core1")
    assert found["problems"] == []
    return found


def test_those_that_have_the_exporter() -> None:
    satellite = {
        "targets": ["[2001:db8::21]:6070"],
        "labels": {"cluster": "shop", "node": "sat1", "role": "satellite"},
    }
    assert targets(site()) == [satellite]
    core = {"targets": ["192.0.2.11:7070"], "labels": {"cluster": "shop", "node": "core1", "role": "core"}}
    assert targets(site(proxysql_metrics=True, proxysql_metrics_port="7070")) == [core, satellite]


def test_another_exporter_is_on_all() -> None:
    found = targets(site(), port=9100)
    assert [group["targets"] for group in found] == [["192.0.2.11:9100"], ["[2001:db8::21]:9100"]]


def test_it_says_nothing_secret() -> None:
    assert "Secret" not in str(targets(site(proxysql_metrics=True)))
