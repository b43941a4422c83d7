"""What a run of site.yml publishes, of results as the roles leave them."""

from __future__ import annotations

import pytest
from ansible_collections.mysqlha.proxysql.plugins.filter.site_stats import site_stats

CHANGED = {
    "changed": True,
    "diff": [
        {"before_header": "mysql_users (memory, disk)"},
        {"before_header": "mysql_users (memory, disk)"},
        {"before_header": "global_variables (runtime)"},
    ],
}


def test_drift_is_what_changed_by_host() -> None:
    found = site_stats(
        ["core1", "core2"],
        {
            "core1": {"__proxysql_declared": CHANGED, "__proxysql_joined": {"changed": False}},
            "core2": {
                "__proxysql_joined": {"changed": False, "diff": CHANGED["diff"]},
                "__proxysql_stands": None,
            },
        },
    )
    assert found["proxysql_drift"] == {"core1": ["mysql_users (memory, disk)", "global_variables (runtime)"]}


def test_a_node_converged_when_its_last_section_did() -> None:
    sections = {
        "MYSQL USERS": {"seconds": 0.4},
        "MYSQL SERVERS": {"seconds": 1.2},
        "ADMIN VARIABLES": {"seconds": None},
    }
    hostvars = {
        "core1": {"__proxysql_synchronised": {"nodes": {"192.0.2.12:6032": sections, "192.0.2.13:6032": {}}}}
    }
    assert site_stats(["core1"], hostvars)["proxysql_converged_seconds"] == {"192.0.2.12:6032": 1.2}


def test_holders_of_all_virtual_ips_whatever_their_groups() -> None:
    instances = [{"vips": ["192.0.2.10/24", "2001:db8::10/64"]}, {"vips": ["192.0.2.20/24"]}]

    def seen(four: list[str], six: list[str]) -> dict[str, object]:
        facts = {"ansible_all_ipv4_addresses": four, "ansible_all_ipv6_addresses": six}
        return {"__keepalived_seen": {"ansible_facts": facts}}

    hostvars = {
        "core1": seen(["192.0.2.11", "192.0.2.10"], ["2001:db8::10"]),
        "core2": seen(["192.0.2.12", "192.0.2.20"], []),
        "sat1": {},
        "db1": seen(["192.0.2.10"], []),
    }
    found = site_stats(["core1", "core2", "sat1"], hostvars, instances, list(hostvars))
    assert found["proxysql_vip_holders"] == {
        "192.0.2.10/24": ["core1", "db1"],
        "2001:db8::10/64": ["core1"],
        "192.0.2.20/24": ["core2"],
    }


def test_a_host_that_was_not_looked_at_is_not_called_as_declared() -> None:
    skipped = {"skipped": True, "changed": False}
    found = site_stats(["bare", "dead"], {"bare": {"__proxysql_joined": skipped}, "dead": {}})
    assert set(found["proxysql_drift"]) == {"bare", "dead"}
    assert all(text.startswith("not compared") for (text,) in found["proxysql_drift"].values())
    assert found["proxysql_converged_seconds"] == found["proxysql_vip_holders"] == {}


def test_a_node_that_was_seen_to_be_as_declared_was_compared() -> None:
    seen = {"__proxysql_seen": {"as_declared": True}, "__proxysql_joined": {"skipped": True}}
    assert site_stats(["core1"], {"core1": seen})["proxysql_drift"] == {}
    seen["__proxysql_seen"]["as_declared"] = False
    assert list(site_stats(["core1"], {"core1": seen})["proxysql_drift"]) == ["core1"]


def test_a_line_of_who_has_changed_what_for_every_node() -> None:
    written = {**CHANGED, "restore_point": "20261127T090000.000000Z"}
    person = {"awx_user_name": "alice\n", "awx_job_id": 12}
    hostvars = {
        "core1": {**person, "__proxysql_joined": {"changed": False}, "__proxysql_declared": written},
        "core2": {**person, "__proxysql_joined": {"changed": False}},
        "sat1": {**person, "__proxysql_stands": {**CHANGED, "diff": [{"before_header": "scheduler (disk)"}]}},
    }
    head = "run-1 by alice? (job 12) wrote"
    assert site_stats(list(hostvars), hostvars, run="run-1")["proxysql_changes"] == {
        "core1": f"{head} mysql_users (memory, disk), global_variables (runtime); restore point "
        "20261127T090000.000000Z",
        "core2": f"{head} on core1, sat1, which this node follows",
        "sat1": f"{head} scheduler (disk)",
    }


def test_no_line_where_nothing_was_changed() -> None:
    hostvars = {"core1": {"__proxysql_joined": {"changed": False, "diff": CHANGED["diff"]}}}
    assert site_stats(["core1"], hostvars, run="run-1")["proxysql_changes"] == {}


def test_without_a_controller_it_is_the_user_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "bob")
    monkeypatch.setattr("socket.gethostname", lambda: "desk")
    changes = site_stats(["core1"], {"core1": {"__proxysql_back": CHANGED}}, run="run-1")["proxysql_changes"]
    assert changes["core1"].startswith("run-1 by bob@desk wrote mysql_users")
