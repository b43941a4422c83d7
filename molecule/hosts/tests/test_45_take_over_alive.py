"""A virtual IP that lives is taken over from somebody else's keepalived, as the guide has it."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

import pymysql
import yaml
from helpers import INVENTORY, SCENARIO, Cluster, changes, end, full, play, poll, site
from strangers import keepalived, put
from threads import Threads

# What has to be equal on both sides at first.
AS_THEIRS: dict[str, Any] = {
    "keepalived_virtual_router_id": 99,
    "keepalived_version": 2,
    "keepalived_mode": "multicast",
    "keepalived_advert_int": 1,
    "keepalived_auth_password": "Th31rs",
}
PRIORITIES = {"core1": 150, "core2": 100}


class Logins(Threads):
    """An application that logs in through the virtual IP, over and over."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__([self._run])
        self._cluster = cluster
        self.done, self.failed = [time.monotonic()], list[float]()

    def _run(self) -> None:
        login = {"user": "app", "password": self._cluster.credentials["lab_app_password"]}
        while not self.over.wait(0.03):
            try:
                pymysql.connect(
                    host=self._cluster.vip, port=6033, connect_timeout=1, ssl_disabled=True, **login
                ).close()
                self.done.append(time.monotonic())
            except (pymysql.Error, OSError):
                self.failed.append(time.monotonic())

    def since(self, moment: float) -> tuple[int, float]:
        """How many failed, and the longest time without an answer."""
        times = [moment, *(when for when in self.done if when > moment)]
        longest = max(after - before for before, after in zip(times, times[1:]))
        return sum(when > moment for when in self.failed), longest


def declared(folder: Path, taken: list[str], **variables: Any) -> Path:
    """The scenario's inventory with these variables; the cores of `taken` may be taken over."""
    made = folder / "inventory"
    shutil.rmtree(made, ignore_errors=True)
    shutil.copytree(INVENTORY, made)
    if (made / "group_vars").is_symlink():
        (made / "group_vars").unlink()
        shutil.copytree(SCENARIO / "inventory/group_vars", made / "group_vars")
    path = made / "group_vars/all/declared.yml"
    content = {**yaml.safe_load(path.read_text(encoding="utf-8")), **variables}
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    (made / "host_vars").mkdir()
    for name, priority in PRIORITIES.items():
        told = {"keepalived_priority": priority, "keepalived_take_over": name in taken}
        (made / f"host_vars/{name}.yml").write_text(json.dumps(told), encoding="utf-8")
    return made


@full
def test_step_by_step(cluster: Cluster, tmp_path: Path, record_property: Any) -> None:
    for core in cluster.cores:
        core.run("systemctl disable --now keepalived proxysql-watch")
        core.run(
            "rm -rf /etc/systemd/system/keepalived.service.d /etc/systemd/system/proxysql-watch.service"
            " /etc/systemd/system/proxysql.service.d/vip.conf /etc/keepalived/*"
            " /etc/tmpfiles.d/proxysql-vip.conf /run/proxysql-vip /var/lib/proxysql-vip;"
            " systemctl daemon-reload"
        )
        text = keepalived(cluster.vip, PRIORITIES[core.name], AS_THEIRS["keepalived_auth_password"])
        put(core, "/etc/keepalived/keepalived.conf", text)
        core.run("systemctl start keepalived")
    poll("their keepalived has the address", lambda: cluster.holders() == [cluster.active])
    try:
        with Logins(cluster) as logins:
            step_by_step(cluster, tmp_path, logins, record_property)
    finally:
        for core in cluster.cores:
            core.run("rm -f /etc/keepalived/keepalived.conf.*~")
        site("-e", json.dumps({"keepalived_take_over": True}))
    assert changes(site()) == [] and cluster.holders() == [cluster.active]


def step_by_step(cluster: Cluster, folder: Path, logins: Logins, record_property: Any) -> None:
    first, second = cluster.cores

    def told(step: str, moment: float, most: float) -> None:
        time.sleep(1)
        failed, longest = logins.since(moment)
        print(f"{step}: {failed} failed, at most {longest:.2f} s without an answer")
        record_property(step, f"{failed} failed, at most {longest:.2f} s without an answer")
        assert longest < most, step

    moment = time.monotonic()
    code, output = play("site", inventory=declared(folder, [second.name], **AS_THEIRS))
    assert code != 0 and f"{first} was not set up by this role" in output, end(output)
    assert f"{second} was not set up" not in output, end(output)
    assert second.run("systemctl is-active keepalived") == "active"
    assert second.infra.file("/etc/keepalived/proxysql-state").exists, end(output)
    assert "THEIRS" in first.run("cat /etc/keepalived/keepalived.conf")
    assert cluster.holders() == [first]
    told("the backup is taken over", moment, 0.5)

    moment = time.monotonic()
    first.run("systemctl stop keepalived")
    poll("the other core has it", lambda: cluster.holders() == [second])
    told("the old keepalived stops", moment, 2)

    moment = time.monotonic()
    code, output = play("site", inventory=declared(folder, [first.name, second.name], **AS_THEIRS))
    assert code == 0 and cluster.holders() == [first], end(output)
    told("the other one is taken over", moment, 2)

    moment = time.monotonic()
    profile = {"keepalived_virtual_router_id": 99, "keepalived_mode": "multicast"}
    for _run in range(2):
        code, output = play("site", inventory=declared(folder, [], **profile))
        assert code == 0 and cluster.holders() == [first], end(output)
    assert changes(output) == []
    told("with a profile, and without a password", moment, 2)
