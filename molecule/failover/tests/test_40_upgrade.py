"""A newer package on every node, under load. The last one: no older package is installed again."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from chaos import Chaos
from faults import settled
from helpers import INVENTORY, changes, full, played

VERSION = "dpkg-query --show --showformat='${Version}' proxysql"


def newer(package: Path, folder: Path) -> Path:
    """The same package with a higher version."""
    subprocess.run(["dpkg-deb", "--raw-extract", package, folder / "unpacked"], check=True)
    control = folder / "unpacked/DEBIAN/control"
    control.write_text(re.sub(r"(?m)^(Version: \S+)$", r"\1+newer", control.read_text(encoding="utf-8")))
    made = folder / "proxysql-newer.deb"
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "--build", "-Znone", folder / "unpacked", made], check=True
    )
    return made


@full
def test_rolling_upgrade(
    chaos: Chaos, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    cluster = chaos.cluster
    chosen = yaml.safe_load((INVENTORY / "package.yml").read_text(encoding="utf-8"))["all"].get("vars")
    if not chosen:
        pytest.skip("the hosts have the vendor's own package: there is no newer one to make of it")
    package = newer(Path(chosen["proxysql_package_file"]), tmp_path)
    extra = ("-e", f"proxysql_package_file={package}")
    settled(cluster, chaos.clients)
    before = cluster.processes()
    begin = time.monotonic()
    played("rolling_upgrade", *extra)
    seen = chaos.clients.seen(begin, time.monotonic())
    assert {node.run(VERSION).endswith("+newer") for node in cluster.nodes} == {True}
    assert all(new != old for new, old in zip(cluster.processes(), before))
    record_property("rolling upgrade", seen)
    assert seen.failed <= 1 and seen.gap < 0.1, seen  # one that was half done when the VIP moved
    assert chaos.clients.lost(cluster.primary) == []
    settled(cluster, chaos.clients)
    assert changes(played("rolling_upgrade", *extra)) == []
