"""The plan and certificates: read on the controller, and refused before any host is touched."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._site.declaration import declaration
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


# -- towards databases -----------------------------------------------------------------------


def secured(*rows: dict[str, Any], **every: Any) -> dict[str, Any]:
    return planned(proxysql_tls_backends=list(rows), **every)


def declared(found: dict[str, Any]) -> dict[str, Any]:
    return declaration(found["hosts"]["core1"]["proxysql"], {}, {}, [])


def test_lint_knows_of_the_ca() -> None:
    servers = [{"hostgroup_id": 10, "hostname": "192.0.2.21", "use_ssl": True}]

    def blind(*rows: dict[str, Any]) -> int:
        return sum(
            "[tls-without-ca]" in each for each in secured(*rows, proxysql_mysql_servers=servers)["warnings"]
        )

    assert blind() == 1
    assert blind({"ca": ROOT.pem}) == blind({"ca": ROOT.pem, "hostname": "192.0.2.21"}) == 0


def test_what_is_for_all_becomes_variables(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text(ROOT.pem)
    found = secured({"ca": str(tmp_path / "ca.pem")})
    assert found["problems"] == []
    (one,) = found["hosts"]["core1"]["proxysql"]["tls_backends"]
    assert one["ca"] == ROOT.pem and one["hostname"] == ""
    variables = declared(found)["variables"]
    assert variables["mysql-ssl_p2s_ca"] == "/var/lib/proxysql/tls-backends/all-ca.pem"
    assert {variables[f"mysql-ssl_p2s_{part}"] for part in ("cert", "key", "cipher")} == {""}
    assert "mysql_servers_ssl_params" not in declared(found)["tables"]


def test_what_is_for_single_servers_becomes_rows() -> None:
    certificate, key = ROOT.server("proxies")
    parts = {"ca": ROOT.pem, "certificate": certificate, "key": key}
    found = secured(
        {"hostname": "192.0.2.31", **parts}, {"hostname": "192.0.2.31", "username": "app", **parts}
    )
    assert found["problems"] == []
    made = declared(found)
    first, second = made["tables"]["mysql_servers_ssl_params"]
    folder = "/var/lib/proxysql/tls-backends/192.0.2.31_3306"
    assert first == {
        "hostname": "192.0.2.31",
        "port": 3306,
        "username": "",
        "ssl_ca": f"{folder}-ca.pem",
        "ssl_cert": f"{folder}-certificate.pem",
        "ssl_key": f"{folder}-key.pem",
    }
    assert second["username"] == "app" and second["ssl_ca"] == f"{folder}_app-ca.pem"
    assert made["states"]["mysql_servers_ssl_params"] == "overridden"
    assert not any(name.startswith("mysql-ssl_p2s") for name in made["variables"])


def test_ciphers_for_all_and_for_one() -> None:
    found = secured(
        {"ssl_cipher": "ECDHE+AESGCM"}, {"hostname": "a", "ca": ROOT.pem, "ssl_cipher": "AES256-SHA"}
    )
    assert found["problems"] == []
    made = declared(found)
    assert made["variables"]["mysql-ssl_p2s_cipher"] == "ECDHE+AESGCM"
    (row,) = made["tables"]["mysql_servers_ssl_params"]
    assert row["ssl_cipher"] == "AES256-SHA"
    # who gives none here may give it there
    kept = {"proxysql_global_variables": {"mysql-ssl_p2s_cipher": "AES256-SHA"}}
    found = secured({"ca": ROOT.pem}, **kept)
    assert found["problems"] == []
    assert declared(found)["variables"]["mysql-ssl_p2s_cipher"] == "AES256-SHA"


@pytest.mark.parametrize(
    ("rows", "every", "sentence"),
    [
        ([{"ssl_cipher": "nonsense"}], {}, "number 1, ssl_cipher: 'nonsense' is no list of ciphers"),
        # ProxySQL has a column for it and does not act on it
        ([{"hostname": "a", "tls_version": "TLSv1.2"}], {}, "tls_version"),
        (
            [{"ssl_cipher": "AES256-SHA"}],
            {"proxysql_global_variables": {"mysql-ssl_p2s_cipher": "AES128-SHA"}},
            "sets mysql-ssl_p2s_cipher, which is made of proxysql_tls_backends",
        ),
        ([{"ca": "/nowhere"}], {}, "proxysql_tls_backends, number 1, ca: /nowhere cannot be read"),
        ([{"ca": "-----BEGIN"}], {}, "number 1, ca: there is no certificate in PEM in it"),
        ([{"ca": ROOT.pem}, {"ca": ROOT.pem}], {}, "number 2: it is for the same servers as one before it"),
        ([{"caa": ROOT.pem}], {}, "caa"),
        (
            [{"hostname": name, "ca": Issuer("MySQL's own").pem} for name in ("a", "b")],
            {},
            'the CAs for a_3306 and for b_3306 are two with one name, "MySQL\'s own",',
        ),
        (
            [{"ca": ROOT.pem}],
            {"proxysql_global_variables": {"mysql-ssl_p2s_ca": "/x"}},
            "sets mysql-ssl_p2s_ca, which is made of proxysql_tls_backends",
        ),
        (
            [{"hostname": "a", "ca": ROOT.pem}],
            {"proxysql_tables": {"mysql_servers_ssl_params": [{"hostname": "a"}]}},
            "which is also in proxysql_tables",
        ),
    ],
)
def test_towards_databases_refused_in_a_sentence(
    rows: list[dict[str, Any]], every: dict[str, Any], sentence: str
) -> None:
    assert [text for text in secured(*rows, **every)["problems"] if sentence in text]
