"""ProxySQL up and down a version, of a source of packages and of a file; a pin goes with its version."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from helpers import INVENTORY, Cluster, changes, end, full, play, played

VERSION = "dpkg-query --show --showformat='${Version}' proxysql"
PIN = "/etc/apt/preferences.d/proxysql"
SOURCE = "/etc/apt/sources.list.d/proxysql.sources"


def package() -> Path:
    chosen = yaml.safe_load((INVENTORY / "package.yml").read_text(encoding="utf-8"))["all"].get("vars") or {}
    if "proxysql_package_file" not in chosen:
        pytest.skip("the hosts have the vendor's own package: there is no other one to make of it")
    return Path(chosen["proxysql_package_file"])


def field(deb: Path, name: str) -> str:
    return subprocess.run(
        ["dpkg-deb", "--field", deb, name], check=True, capture_output=True, text=True
    ).stdout.strip()


def repacked(deb: Path, version: str, folder: Path) -> Path:
    unpacked = folder / version
    subprocess.run(["dpkg-deb", "--raw-extract", deb, unpacked], check=True)
    control = unpacked / "DEBIAN/control"
    control.write_text(
        re.sub(r"(?m)^Version: .*$", f"Version: {version}", control.read_text(encoding="utf-8"))
    )
    made = folder / f"proxysql_{version}.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", "-Znone", unpacked, made], check=True)
    return made


def described(deb: Path) -> str:
    """An entry of a list of packages."""
    control = subprocess.run(["dpkg-deb", "--field", deb], check=True, capture_output=True, text=True).stdout
    content = deb.read_bytes()
    checksum = hashlib.sha256(content).hexdigest()
    return f"{control}Filename: ./{deb.name}\nSize: {len(content)}\nSHA256: {checksum}\n"


@pytest.fixture(scope="module")
def source(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, Path]]:
    """A folder with two versions on every host, the higher of which begins as the lower one."""
    folder = tmp_path_factory.mktemp("source")
    first = package()
    low = field(first, "Version").partition("-")[0]
    debs = [repacked(first, version, folder) for version in (low, f"{low}0")]
    packages = "\n".join(described(deb) for deb in debs)
    (folder / "Packages").write_text(packages, encoding="utf-8")
    (folder / "Packages.gz").write_bytes(gzip.compress(packages.encode()))
    copy = folder / "copy.yml"
    tasks = [
        {"ansible.builtin.file": {"path": "/srv/source", "state": "directory", "mode": "0755"}},
        *(
            {"ansible.builtin.copy": {"src": str(file), "dest": "/srv/source/", "mode": "0644"}}
            for file in (*debs, folder / "Packages")
        ),
    ]
    copy.write_text(
        json.dumps([{"hosts": "proxysql_core:proxysql_satellite", "become": True, "tasks": tasks}])
    )
    code, output = play(str(copy.with_suffix("")))
    assert code == 0, end(output)
    yield low, f"{low}0", debs[1]
    code, output = play("site", "-e", json.dumps({"proxysql_package_file": str(first)}))
    assert code == 0, end(output)
    for node in cluster.nodes:
        node.run(f"rm -rf /srv/source {SOURCE}")


def declared(version: str) -> tuple[str, str]:
    given = {
        "proxysql_package_file": "",
        "proxysql_version": version,
        "proxysql_apt_uri": "file:/srv/source",
        "proxysql_apt_fields": {"Trusted": "yes"},
    }
    return "-e", json.dumps(given)


def versions(cluster: Cluster) -> set[str]:
    return {node.run(VERSION) for node in cluster.nodes}


def rolled(cluster: Cluster, version: str, *arguments: str) -> None:
    played("rolling_upgrade", *arguments)
    assert versions(cluster) == {version}
    played("site", *arguments)
    assert changes(played("site", *arguments)) == []
    assert cluster.holders() == [cluster.active] and versions(cluster) == {version}


@full
def test_check_mode_needs_no_internet_where_proxysql_is_installed(cluster: Cluster) -> None:
    given = {
        "proxysql_package_file": "",
        "proxysql_apt_uri": "https://127.0.0.1:9/",
        "proxysql_apt_key_url": "https://127.0.0.1:9/key.gpg",
    }
    output = played("site", "--check", "-e", json.dumps(given))
    assert any("Write the apt source" in change for change in changes(output)), end(output)


@full
def test_a_version_is_no_beginning_of_another_one(cluster: Cluster, source: tuple[str, str, Path]) -> None:
    """2.7.1 is not 2.7.10, though the source has both."""
    low, _high, _deb = source
    rolled(cluster, low, *declared(low))
    assert all(cluster.nodes[0].infra.file(path).exists for path in (PIN, SOURCE))


@full
def test_check_mode_with_an_upgrade_due(cluster: Cluster, source: tuple[str, str, Path]) -> None:
    """It says so for each node, and installs, restarts and moves nothing."""
    low, high, _deb = source
    before = cluster.processes()
    output = played("rolling_upgrade", "--check", *declared(high))
    for node in cluster.nodes:
        assert any(change.startswith(f"{node.name}: ") for change in changes(output)), end(output)
    assert versions(cluster) == {low} and cluster.processes() == before
    assert cluster.holders() == [cluster.active]


@full
def test_up_and_down(cluster: Cluster, source: tuple[str, str, Path]) -> None:
    low, high, _deb = source
    rolled(cluster, high, *declared(high))
    rolled(cluster, low, *declared(low))


@full
def test_a_pin_goes_with_its_version(cluster: Cluster, source: tuple[str, str, Path]) -> None:
    low, _high, _deb = source
    played("site", *declared(""))
    assert not any(node.infra.file(PIN).exists for node in cluster.nodes)
    assert versions(cluster) == {low}, "what is not declared is not upgraded"
    assert changes(played("site", *declared(""))) == []


@full
def test_up_and_down_by_file(cluster: Cluster, source: tuple[str, str, Path]) -> None:
    low, high, deb = source
    rolled(cluster, high, "-e", json.dumps({"proxysql_package_file": str(deb)}))
    rolled(
        cluster, low, "-e", json.dumps({"proxysql_package_file": str(deb.with_name(f"proxysql_{low}.deb"))})
    )
