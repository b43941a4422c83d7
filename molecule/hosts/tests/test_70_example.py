"""The example inventory as it is shipped, at the lab's addresses: no database of it is there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from helpers import CHECKOUT, INVENTORY, SCENARIO, Cluster, changes, end, full, play, site
from strangers import bare

pytestmark = full
EXAMPLE = CHECKOUT / "playbooks/inventory/example"
CONNECTION = ("ansible_user", "ansible_ssh_private_key_file", "ansible_ssh_common_args")


@pytest.fixture(scope="module")
def example(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Hosts on which nobody has been, and their inventory: with addresses and secrets, as its owner would."""
    made = tmp_path_factory.mktemp("example") / "inventory"
    shutil.copytree(EXAMPLE, made)
    for number, path in enumerate(sorted(path for path in made.rglob("*") if path.is_file())):
        text = path.read_text(encoding="utf-8").replace("192.0.2.", f"{cluster.net}.")
        for count in range(text.count("change-me")):
            text = text.replace("change-me", f"Ch4nged-{number}-{count}", 1)
        path.write_text(text, encoding="utf-8")
    # how the lab's hosts are reached, and the package that they are given
    hosts = yaml.safe_load((SCENARIO / "inventory/hosts.yml").read_text(encoding="utf-8"))
    reached = {"all": {"vars": {name: hosts["all"]["vars"][name] for name in CONNECTION}}}
    (made / "lab.yml").write_text(yaml.safe_dump(reached), encoding="utf-8")
    shutil.copy(INVENTORY / "package.yml", made)
    for node in cluster.nodes:
        bare(node)
    yield made
    for node in cluster.nodes:
        bare(node)
    site()
    assert changes(site()) == [] and cluster.holders() == [cluster.active]


def runs(example: Path, name: str, **given: str) -> str:
    code, output = play(name, "-e", json.dumps(given), inventory=example)
    assert code == 0, f"{name}: {end(output)}"
    return output


def test_site(cluster: Cluster, example: Path) -> None:
    runs(example, "site")
    assert changes(runs(example, "site")) == []
    assert cluster.holders() == [cluster.active]


def test_a_switchover_there_and_back(cluster: Cluster, example: Path) -> None:
    runs(example, "switchover", proxysql_switchover_to="core2")
    assert cluster.holders() == [cluster.backup]
    runs(example, "switchover", proxysql_switchover_to="core1")
    assert cluster.holders() == [cluster.active]


def test_maintenance(cluster: Cluster, example: Path) -> None:
    runs(example, "maintenance", proxysql_maintenance_host="core1")
    assert cluster.holders() == [cluster.backup]
    runs(example, "maintenance", proxysql_maintenance_host="core1", proxysql_maintenance_state="back")
    assert cluster.holders() == [cluster.active]


@pytest.mark.parametrize("name", ["rolling_restart", "rolling_upgrade"])
def test_the_rolling_playbooks(cluster: Cluster, example: Path, name: str) -> None:
    before = cluster.processes()
    runs(example, name)
    assert (set(before) & set(cluster.processes()) == set()) == (name == "rolling_restart")
    assert cluster.holders() == [cluster.active]
    assert changes(runs(example, "site")) == []
