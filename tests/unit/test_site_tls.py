"""The plan and certificates: read on the controller, and refused before any host is touched."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from test_site import planned

sys.path.append(str(Path(__file__).resolve().parents[1] / "engine"))
from issuer import Issuer  # noqa: E402

ROOT = Issuer("root")
NODES = ("192.0.2.11", "192.0.2.12", "192.0.2.13")
VIP = "192.0.2.100"


def given(certificate: str, key: str, ca: str = ROOT.pem, **more: Any) -> dict[str, Any]:
    parts = {"certificate": certificate, "key": key, "ca": ca, **more}
    return {f"proxysql_tls_{name}": value for name, value in parts.items()}


def test_nothing_given_is_nothing_done() -> None:
    assert planned()["hosts"]["core1"]["proxysql"]["tls_certificate"] == ""


def test_content_and_paths_are_the_same(tmp_path: Path) -> None:
    certificate, key = ROOT.server(*NODES, VIP)
    paths = []
    for number, text in enumerate((certificate, key, ROOT.pem)):
        paths.append(str(tmp_path / f"{number}.pem"))
        Path(paths[-1]).write_text(text, encoding="ascii")
    for found in (planned(**given(certificate, key)), planned(**given(*paths))):
        assert (found["problems"], found["warnings"]) == ([], [])
        core, satellite = (found["hosts"][host]["proxysql"] for host in ("core1", "sat1"))
        assert [core[f"tls_{part}"] for part in ("certificate", "key", "ca")] == [certificate, key, ROOT.pem]
        assert core["tls_names"] == ["192.0.2.11", VIP] and satellite["tls_names"] == ["192.0.2.13"]


def test_each_node_may_have_its_own() -> None:
    hosts = {
        host: given(*ROOT.server(address, VIP)) for host, address in zip(("core1", "core2", "sat1"), NODES)
    }
    assert planned(hosts=hosts)["problems"] == []
    hosts["core2"] = hosts["core1"]
    (text,) = planned(hosts=hosts)["problems"]
    assert "proxysql_tls_certificate: it is not for 192.0.2.12" in text and "core2" in text


def test_names_that_are_given_are_all_that_is_asked_for() -> None:
    certificate, key = ROOT.server("db.example.com")
    assert planned(**given(certificate, key, names=["db.example.com"]))["problems"] == []
    assert len(planned(**given(certificate, key))["problems"]) == 3  # each node has other names


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"key": ""}, "proxysql_tls_key is not set, and the other proxysql_tls_ variables are"),
        ({"certificate": ""}, "proxysql_tls_certificate is not set, and the other"),
        ({"key": ROOT.server("a")[1]}, "proxysql_tls_key: it does not fit the certificate"),
        ({"key": "/nowhere/key.pem"}, "proxysql_tls_key: /nowhere/key.pem cannot be read: No such file"),
        ({"ca": "some\ntext\n"}, "proxysql_tls_ca is neither PEM nor the path of a file"),
        ({"ca": Issuer("root").pem}, "proxysql_tls_certificate: those who trust the CA would not take it"),
    ],
)
def test_refused_in_a_sentence(change: dict[str, str], sentence: str) -> None:
    parts = dict(zip(("certificate", "key"), ROOT.server(*NODES, VIP)))
    found = planned(**given(**{**parts, **change}))
    (text,) = found["problems"]
    assert sentence in text and parts["key"][40:80] not in text


def test_a_file_that_is_encrypted_is_given_as_content(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("$ANSIBLE_VAULT;1.1;AES256\n6162\n")
    (text,) = planned(**given(ROOT.server(*NODES, VIP)[0], str(tmp_path / "key.pem")))["problems"]
    assert "is encrypted by ansible-vault; give its content" in text


def test_one_that_ends_soon_is_warned_of() -> None:
    found = planned(**given(*ROOT.server(*NODES, VIP, days=20)))
    assert found["problems"] == []
    (text,) = found["warnings"]
    assert "proxysql_tls_certificate: it runs out on" in text and "in 19 days" in text


def test_a_certificate_and_no_tls() -> None:
    variables = {"mysql-have_ssl": False}
    found = planned(**given(*ROOT.server(*NODES, VIP)), proxysql_global_variables=variables)
    assert "mysql-have_ssl in proxysql_global_variables is false" in found["problems"][0]


def test_operations_read_no_files() -> None:
    assert planned(playbook="status", **given("/nowhere", "/nowhere"))["problems"] == []
