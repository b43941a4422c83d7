"""Hosts, controllers and runs in trouble: each works, or is refused in one sentence."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers import (
    CHECKOUT,
    NAME,
    Cluster,
    Node,
    changes,
    end,
    full,
    lab,
    play,
    played,
    poll,
    site,
    tasks_by_host,
)
from test_10_later_changes import Groups, extra, holders, inventory, settles

OLDEST = CHECKOUT / ".cache/matrix/core-2.16/bin"


# -- who holds the virtual IP


@pytest.fixture
def second_holder(cluster: Cluster) -> Iterator[Node]:
    """A satellite that has the address, too."""
    node = cluster.satellites[0]
    node.run(f"ip address add {cluster.vip}/24 dev eth0 noprefixroute")
    yield node
    node.run(f"ip address del {cluster.vip}/24 dev eth0 || true")


def refused(*arguments: str, sentence: str, place: Path | None = None) -> None:
    for name in (
        "site",
        *(("switchover", "maintenance", "rolling_restart") if os.environ.get("FULL") else ()),
    ):
        more = ("-e", "proxysql_maintenance_host=core2") if name == "maintenance" else ()
        code, output = play(name, *more, *arguments, **({"inventory": place} if place else {}))
        assert code != 0 and sentence in output, f"{name}: {end(output)}"


def test_two_holders_are_always_a_failure(cluster: Cluster, second_holder: Node) -> None:
    refused(sentence=f"The virtual IP {cluster.vip} is on core1 and sat1 and belongs on core1")
    output = played("status", fails=True)
    assert f"the virtual IP {cluster.vip} is on core1 and sat1; sat1 should never hold it" in output


@full
def test_two_holders_are_a_failure_in_check_mode(cluster: Cluster, second_holder: Node) -> None:
    code, output = play("site", "--check")
    assert code != 0 and "is on core1 and sat1" in output, end(output)


@full
def test_a_host_outside_both_groups_is_asked_too(
    cluster: Cluster, second_holder: Node, tmp_path: Path
) -> None:
    def elsewhere(groups: Groups) -> None:
        groups["databases"] = {"db1": groups.pop("proxysql_satellite")["sat1"]}

    place = inventory(tmp_path, elsewhere)
    code, output = play("status", inventory=place)
    assert code != 0 and f"the virtual IP {cluster.vip} is on core1 and db1; db1 should" in output, end(
        output
    )
    code, output = play("switchover", inventory=place)
    assert code != 0 and "is on core1 and db1" in output, end(output)


def elsewhere(groups: Groups) -> None:
    groups["databases"] = {
        "was-core": groups["proxysql_core"].pop("core1"),
        "db1": groups.pop("proxysql_satellite")["sat1"],
    }


@full
@pytest.mark.parametrize("vips", [None, [], ["200"]], ids=["same", "none", "another"])
def test_a_core_that_leaves_both_groups_gives_up_the_address(
    cluster: Cluster, tmp_path: Path, vips: list[str] | None
) -> None:
    """Of the hosts in other groups it alone bears files of the role's; the others are only asked.

    vips: what is declared in the same run, and whoever leaves is not told of it."""
    site()  # what a host says of its virtual IPs is this release's
    left, heir = cluster.active, cluster.backup
    network = cluster.vip.rpartition(".")[0]
    now = [f"{network}.{number}" for number in vips] if vips is not None else [cluster.vip]
    more = () if vips is None else extra(keepalived_vips=[f"{vip}/24" for vip in now])
    place = inventory(tmp_path, elsewhere)
    try:
        code, output = play("site", *more, inventory=place)
        assert code == 0, end(output)
        for vip in now:
            assert f"{vip} is on {heir}" in output, end(output)
        removed = [row for row in changes(output) if row.endswith("Remove the files of the virtual IP")]
        # without an address of its own the other core has none of it either
        assert {row.partition(":")[0] for row in removed} == {"was-core", *([] if now else [heir.name])}
        assert tasks_by_host(output)["db1"] == 1
        for vip in {cluster.vip, *now}:
            assert holders(cluster, vip) == ([heir] if vip in now else []), vip
        states = left.run(
            "systemctl is-active keepalived proxysql-watch; systemctl is-enabled keepalived; true"
        )
        assert not {"active", "enabled"} & set(states.split()), states
        for path in (
            "keepalived/keepalived.conf",
            "keepalived/proxysql-watch",
            "keepalived/proxysql_vip.fact",
        ):
            assert not left.infra.file(f"/etc/{path}").exists, path
        assert left.run("systemctl --failed --no-legend") == ""
        code, output = play("site", *more, inventory=place)
        assert code == 0 and changes(output) == [], end(output)
        assert tasks_by_host(output)["was-core"] == 1
    finally:
        settles()
    assert holders(cluster) == [cluster.active]


# -- dead hosts, and a leader that fails


@full
def test_planned_work_goes_on_while_one_core_of_three_is_dead(cluster: Cluster, tmp_path: Path) -> None:
    def three(groups: Groups) -> None:
        groups["proxysql_core"]["sat1"] = groups.pop("proxysql_satellite")["sat1"]

    place = inventory(tmp_path, three)
    settles(place=place)
    dead = cluster.backup

    def processes() -> list[str]:
        living = [node for node in cluster.nodes if node is not dead]
        return [node.run("systemctl show proxysql --property MainPID --value") for node in living]

    def there() -> bool:
        with contextlib.suppress(RuntimeError):  # of testinfra, where ssh does not get there
            return dead.run("true") == ""
        return False

    lab("cut", NAME, dead.name)
    try:
        for name, arguments, holder in (
            ("switchover", ("-e", "proxysql_switchover_to=sat1"), "sat1"),
            ("switchover", ("-e", "proxysql_switchover_to=core1"), "core1"),
            ("maintenance", ("-e", "proxysql_maintenance_host=core1"), "sat1"),
            (
                "maintenance",
                ("-e", "proxysql_maintenance_host=core1", "-e", "proxysql_maintenance_state=back"),
                "core1",
            ),
            ("rolling_restart", (), "core1"),
        ):
            before = processes()
            code, output = play(name, *arguments, inventory=place)
            restarted = [old != new for old, new in zip(before, processes())]
            assert restarted == [name == "rolling_restart"] * len(before), f"{name}: {end(output)}"
            assert f"{cluster.vip} is on {holder}" in output, f"{name}: {end(output)}"
            # a run that could not do all of it says so, and does not end as if it had
            assert "core2" in output and (code == 0) == (name != "rolling_restart"), end(output)
    finally:
        lab("heal", NAME, dead.name)
        poll("core2 is back", there)
        settles()
    assert holders(cluster) == [cluster.active]


@full
def test_what_the_leader_refuses_is_written_nowhere(cluster: Cluster) -> None:
    before = [max_connections(node) for node in cluster.nodes]
    given = {"mysql-max_connections": 1717, "mysql-no_such_variable": 1}
    arguments = ("-e", json.dumps({"proxysql_global_variables": given, "proxysql_rehearsal": False}))
    output = played("site", "--tags", "configuration", *arguments, fails=True)
    assert "mysql-no_such_variable" in output
    assert [max_connections(node) for node in cluster.nodes] == before
    site()


@full
def test_a_leader_that_cannot_write_leads_nobody(cluster: Cluster) -> None:
    """No other node is then written by itself."""
    leader = cluster.active
    leader.admin("PROXYSQL READONLY")
    given = {"mysql-max_connections": 1818}
    try:
        output = played(
            "site",
            "--tags",
            "configuration",
            "-e",
            json.dumps({"proxysql_global_variables": given}),
            fails=True,
        )
        assert "readonly" in output
        assert "1818" not in [max_connections(node) for node in cluster.nodes]
    finally:
        leader.admin("PROXYSQL READWRITE")
        site()


def max_connections(node: Node) -> str | None:
    rows = node.admin(
        "SELECT variable_value FROM runtime_global_variables WHERE variable_name = 'mysql-max_connections'"
    )
    return rows[0]["variable_value"]


# -- a clock

CLOCK = "/etc/systemd/system/proxysql.service.d/clock.conf"

# libfaketime asks for memory on the way, and ProxySQL's jemalloc for the time on its own way there.
HOUR_AHEAD = r"""
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
    int found = syscall(SYS_clock_gettime, clock, now);
    if (found == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += 3600;
    return found;
}

time_t time(time_t *seconds) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (seconds)
        *seconds = now.tv_sec;
    return now.tv_sec;
}

int gettimeofday(struct timeval *found, void *zone) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    found->tv_sec = now.tv_sec;
    found->tv_usec = now.tv_nsec / 1000;
    return 0;
}
"""


@pytest.fixture
def ahead(cluster: Cluster) -> Iterator[Node]:
    """A core whose ProxySQL is an hour ahead; the hosts of the lab share one clock."""
    node = cluster.backup
    node.run("DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install gcc libc6-dev")
    library = "/usr/local/lib/hour-ahead.so"
    node.run(f"cat >/tmp/ahead.c <<'END'\n{HOUR_AHEAD}\nEND\ngcc -shared -fPIC -o {library} /tmp/ahead.c")
    node.run(f"printf '[Service]\\nEnvironment=LD_PRELOAD={library}\\n' >{CLOCK}")
    node.run("systemctl daemon-reload; systemctl restart proxysql")
    poll("the core answers", node.serves)
    yield node
    node.run(f"rm {CLOCK}; systemctl daemon-reload; systemctl restart proxysql")
    poll("the core answers", node.serves)
    settles()


@full
def test_clocks_that_are_apart_are_named_before_anything_is_written(cluster: Cluster, ahead: Node) -> None:
    sentence = f"clocks are apart: that of {ahead} is 1 h ahead of the others'"
    given = ("-e", json.dumps({"proxysql_global_variables": {"mysql-max_connections": 1919}}))
    for arguments in ((), ("--check",), ("--tags", "configuration")):
        assert sentence in played("site", *given, *arguments, fails=True)
    assert "1919" not in [max_connections(node) for node in cluster.nodes]
    assert sentence in played("status", fails=True)


# -- the controller's settings


@full
def test_become_with_a_password(cluster: Cluster) -> None:
    for node in cluster.nodes:
        node.run(
            "id oncall 2>/dev/null || useradd --create-home --shell /bin/bash oncall;"
            " echo oncall:Op3rator-lab | chpasswd;"
            " echo 'oncall ALL=(ALL) ALL' >/etc/sudoers.d/oncall;"
            " install -d -o oncall -m 700 ~oncall/.ssh;"
            " install -o oncall -m 600 ~ansible/.ssh/authorized_keys ~oncall/.ssh/"
        )
    as_oncall = ("-e", "ansible_user=oncall", "-e", "ansible_become_password=Op3rator-lab")
    assert changes(site(*as_oncall)) == []
    assert "healthy: " in played("status", *as_oncall)
    played("switchover", *as_oncall, "-e", "proxysql_switchover_to=core2")
    played("switchover", *as_oncall, "-e", "proxysql_switchover_to=core1")
    code, output = play("site", "-e", "ansible_user=oncall")
    assert code != 0 and "sudo" in output, end(output)


@full
@pytest.mark.parametrize(
    "settings",
    [
        {"ANSIBLE_FORKS": "1", "ANSIBLE_PIPELINING": "false", "TZ": "Asia/Kathmandu", "LC_ALL": "C.UTF-8"},
        {
            "ANSIBLE_GATHERING": "explicit",
            "ANSIBLE_HASH_BEHAVIOUR": "merge",
            "ANSIBLE_INJECT_FACT_VARS": "false",
            "ANSIBLE_PRIVATE_ROLE_VARS": "true",
        },
    ],
    ids=str,
)
def test_settings_of_the_controllers(
    cluster: Cluster, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert changes(site()) == []
    assert "healthy: " in played("status")


@full
def test_another_language_and_time_zone_of_the_hosts(cluster: Cluster) -> None:
    for number, node in enumerate(cluster.nodes):
        node.run(f"ln -sf /usr/share/zoneinfo/Etc/GMT{number * 5 - 6:+d} /etc/localtime")
        node.run("printf 'LANG=de_DE.UTF-8\\nLC_ALL=tr_TR.UTF-8\\n' >/etc/default/locale")
    try:
        assert changes(site()) == []
        assert "healthy: " in played("status")
    finally:
        for node in cluster.nodes:
            node.run("ln -sf /usr/share/zoneinfo/Etc/UTC /etc/localtime; rm /etc/default/locale")


@full
def test_the_oldest_ansible_core(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    if not (OLDEST / "ansible-playbook").exists():
        pytest.skip("there is no ansible-core 2.16 here; `make matrix ARGS=ends` makes it")
    monkeypatch.setenv("PATH", f"{OLDEST}:{os.environ['PATH']}")
    assert changes(site()) == []
    given = {"mysql-max_connections": 1616, "mysql-monitor_enabled": False}
    played("site", "--tags", "configuration", "-e", json.dumps({"proxysql_global_variables": given}))
    assert {max_connections(node) for node in cluster.nodes} == {"1616"}
    played("rollback")
    assert "healthy: " in played("status")
    played("switchover", "-e", "proxysql_switchover_to=core2")
    played("switchover", "-e", "proxysql_switchover_to=core1")
    played("rolling_restart")
    site("--tags", "configuration")
    assert changes(site()) == [] and holders(cluster) == [cluster.active]
