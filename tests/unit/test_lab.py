"""The lab: which databases a host has."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "tests/lab"))

from labkit import hosts, image  # noqa: E402
from labkit.say import Refused  # noqa: E402


def test_layers_make_a_flavour() -> None:
    layers = {"mysql": {"db1", "db2"}, "mariadb": {"db1"}}
    made = hosts.plan("try", "10.91.20.0/24", ["core1", "db1", "db2:10.91.20.40"], layers)
    assert [(host.name, host.address, host.flavour) for host in made] == [
        ("core1", "10.91.20.11", "base"),
        ("db1", "10.91.20.12", "mariadb-mysql"),
        ("db2", "10.91.20.40", "mysql"),
    ]
    assert [image.below(host.flavour) for host in made] == ["base", "mariadb", "base"]


def test_a_layer_for_no_host() -> None:
    with pytest.raises(Refused, match="--mysql names hosts that are not made: db2"):
        hosts.plan("try", "10.91.20.0/24", ["db1"], {"mysql": {"db2"}})


def test_a_layer_changes_what_lies_on_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(image, "sources", lambda: "")
    monkeypatch.setattr(image, "_public_key", lambda: "")
    monkeypatch.setattr(image, "RECIPE", tmp_path)
    for layer in ("", *(f".{each}" for each in image.LAYERS)):
        (tmp_path / f"packages{layer}").write_text("", encoding="utf-8")
        (tmp_path / f"setup{layer}").write_text("", encoding="utf-8")
    flavours = ("base", "mariadb", "mysql", "mariadb-mysql")
    before = {flavour: image.recipe_key(flavour) for flavour in flavours}
    (tmp_path / "setup.mariadb").write_text("more", encoding="utf-8")
    changed = {flavour for flavour in flavours if image.recipe_key(flavour) != before[flavour]}
    assert changed == {"mariadb", "mariadb-mysql"}


def test_no_mysql_today(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object, **_options: object) -> str:
        raise Refused("sid cannot be had today")

    monkeypatch.setattr(image, "call", broken)
    monkeypatch.setattr(image, "name", lambda flavour: flavour)
    monkeypatch.setattr(image, "_known", lambda tag: "mysql" not in tag)
    assert image.why_no_mysql({"base", "mysql"}) == "sid cannot be had today"
    assert image.why_no_mysql({"base", "mariadb"}) == ""
