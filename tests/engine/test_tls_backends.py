"""CAs towards databases are tried at these before a file is written; one that does not fit is named."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from driver import run
from issuer import Issuer
from server import Server, free_port
from test_examples import COMMON, documented, examples
from tls import Authority, TlsRelay


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[tuple[TlsRelay, str]]]:
    """Two with a CA each, and the CA of each."""
    with Server(binary="") as plain:
        made = [Authority(tmp_path_factory.mktemp(f"db{number}")) for number in range(2)]
        with TlsRelay(plain.data_port, made[0]) as one, TlsRelay(plain.data_port, made[1]) as other:
            yield [(relay, Path(each.ca).read_text()) for relay, each in zip((one, other), made)]


def row(relay: TlsRelay, **more: Any) -> dict[str, Any]:
    return {"hostgroup_id": 10, "hostname": "127.0.0.1", "port": relay.port, "use_ssl": True, **more}


@pytest.fixture
def give(server: Server, module: Any, tmp_path: Path) -> Any:
    def call(backends: list[dict[str, Any]], servers: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        given = {"backends": backends, "servers": servers, "folder": str(tmp_path), "timeout": 1}
        result: dict[str, Any] = module("tls_backends", **{**given, **more})
        assert "PRIVATE" not in module.text
        assert "backends=" in module.journal and "PRIVATE" not in module.journal
        return result

    return call


def files(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in (folder / "tls-backends").glob("*")}


def test_one_for_all_and_one_of_its_own(give: Any, databases: Any, tmp_path: Path) -> None:
    (one, ca), (other, other_ca) = databases
    backends = [{"ca": ca}, {"hostname": "127.0.0.1", "port": other.port, "ca": other_ca}]
    servers = [row(one), row(other)]
    told = give(backends, servers, check=True)
    assert told["changed"] and len(told["files"]) == 2 and files(tmp_path) == {}
    done = give(backends, servers)
    assert done["files"] == told["files"] and len(done["tried"]) == 2, done
    assert files(tmp_path) == {"all-ca.pem": ca, f"127.0.0.1_{other.port}-ca.pem": other_ca}
    again = give(backends, servers)
    assert not again["changed"] and len(again["tried"]) == 2, "ProxySQL has used no TLS with them yet"


@pytest.mark.parametrize("word", ["of\nmany\nlines\n", "back\\slash", "both ' and \"", "zero\0", "plain"])
def test_no_secret_within_a_list_is_in_the_journal(module: Any, databases: Any, word: str) -> None:
    module("tls_backends", backends=[{"certificate": "x", "key": word}], servers=[], folder="/nowhere")
    assert "'key': '********'" in module.journal.replace('"', "'"), module.journal


def test_a_wrong_ca_is_named_and_nothing_is_written(give: Any, databases: Any, tmp_path: Path) -> None:
    (one, ca), (other, _ca) = databases
    give([{"ca": ca}], [row(one)])
    before = files(tmp_path)
    found = give([{"ca": ca}], [row(one), row(other)])
    assert found["failed"] and len(found["refused"]) == 1
    assert f"127.0.0.1:{other.port} shows a certificate that the CA did not sign" in found["msg"]
    found = give([{"ca": Issuer("another").pem}], [row(one)])
    assert found["failed"] and files(tmp_path) == before


def test_what_is_known_is_not_tried_again(give: Any, server: Server, databases: Any) -> None:
    (one, ca), (other, other_ca) = databases
    run(server, {"mysql_servers": [row(one)]})
    assert len(give([{"ca": ca}], [row(one)])["tried"]) == 1
    assert give([{"ca": ca}], [row(one)])["tried"] == []
    # a server that is new is tried with files that are old
    assert give([{"ca": ca}], [row(one), row(other)])["failed"]
    # and files that are new at servers that are old
    assert len(give([{"ca": ca + other_ca}], [row(one)])["tried"]) == 1


def test_those_without_tls_are_not_asked(give: Any, databases: Any) -> None:
    (one, _ca), (_other, other_ca) = databases
    assert give([{"ca": other_ca}], [row(one, use_ssl=False)])["tried"] == []


def test_one_that_offers_no_tls(give: Any, databases: Any) -> None:
    (_one, ca), _other = databases
    with Server(binary="") as plain:
        found = give([{"ca": ca}], [row(_one, port=plain.data_port)])
    assert found["failed"] and "offers no TLS" in found["msg"]


def test_one_that_does_not_answer_is_a_warning(give: Any, databases: Any, tmp_path: Path) -> None:
    (_one, ca), _other = databases
    done = give([{"ca": ca}], [row(_one, port=free_port("127.0.0.1"))])
    assert (
        not done.get("failed") and len(done["unknown"]) == 1 and "could not be tried" in str(done["warnings"])
    )
    assert files(tmp_path) == {"all-ca.pem": ca}


def test_a_cipher_that_the_database_does_not_have(
    give: Any, server: Server, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    authority = Authority(tmp_path_factory.mktemp("ciphers"))
    with Server(binary="") as plain, TlsRelay(plain.data_port, authority) as relay:
        relay.context.maximum_version = ssl.TLSVersion.TLSv1_2
        good, other = (f"ECDHE-ECDSA-{name}" for name in ("AES256-GCM-SHA384", "AES128-GCM-SHA256"))
        relay.context.set_ciphers(good)
        refused = give([{"ssl_cipher": other}], [row(relay)])
        assert refused["failed"] and f"127.0.0.1:{relay.port}" in refused["refused"][0], refused
        assert give([{"ssl_cipher": f"{other}:{good}"}], [row(relay)])["tried"]


def test_a_certificate_that_the_database_asks_for(
    give: Any, server: Server, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    authority = Authority(tmp_path_factory.mktemp("asks"))
    ca = Path(authority.ca).read_text()
    mine, key = Issuer("proxies").server("proxysql")
    with Server(binary="") as plain, TlsRelay(plain.data_port, authority) as relay:
        done = give([{"ca": ca, "certificate": mine, "key": key}], [row(relay)])
    assert done["changed"], done
    assert set(files(tmp_path)) == {"all-ca.pem", "all-certificate.pem", "all-key.pem"}
    assert (tmp_path / "tls-backends/all-key.pem").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"ca": "nothing"}, "backends, all: ca: there is no certificate in PEM in it"),
        ({"ssl_cipher": "nonsense"}, "backends, all: ssl_cipher: 'nonsense' is no list of ciphers"),
        ({"certificate": Issuer("a").pem}, "certificate and key: one is given without the other"),
        (
            dict(zip(("certificate", "key"), (Issuer("a").server("a")[0], Issuer("a").server("b")[1]))),
            "key: it does not fit the certificate",
        ),
    ],
)
def test_what_cannot_be_used_is_refused(give: Any, tmp_path: Path, parts: Any, sentence: str) -> None:
    found = give([parts], [])
    assert sentence in found["msg"] and files(tmp_path) == {}


def test_two_cas_of_one_name_are_refused_unless_keys_tell_them_apart(give: Any, tmp_path: Path) -> None:
    """MySQL gives the CAs that it makes itself all the same name, and no identifiers of keys."""
    same = [Issuer("the CA") for _number in range(2)]
    found = give([{"ca": same[0].pem}, {"hostname": "a", "ca": same[1].pem}], [])
    assert "the CAs for all and for a_3306 are two with one name, 'the CA'" in found["msg"]
    assert give([{"ca": same[0].pem + same[1].pem}], [])["failed"] and files(tmp_path) == {}
    apart = [Issuer("the CA", identified=True) for _number in range(2)]
    assert give([{"ca": apart[0].pem}, {"hostname": "a", "ca": apart[1].pem}], [])["changed"]
    assert give([{"ca": same[0].pem}, {"hostname": "a", "ca": same[0].pem}], [])["changed"]


def test_one_that_hides_the_next_of_its_name_is_warned_of(give: Any, module: Any) -> None:
    for name, late in (("the CA", False), ("the CA", True), ("another", False)):
        found = give([{"ca": Issuer(name).pem}], [])
        assert found["changed"]
        said = "goes on by the CA of the same name" in str(found.get("warnings"))
        assert said == late, found


def test_names_lead_out_of_no_folder(give: Any, databases: Any, tmp_path: Path) -> None:
    (_one, ca), _other = databases
    give([{"hostname": "../../etc/x y", "username": "a/b", "ca": ca}], [])
    assert list(files(tmp_path)) == ["..%2F..%2Fetc%2Fx%20y_3306_a%2Fb-ca.pem"]


def test_the_example_works_and_returns_what_is_documented(give: Any, databases: Any) -> None:
    (options,) = examples("tls_backends")
    (one, ca), _other = databases
    found = give([{**options["backends"][0], "ca": ca}], [{**options["servers"][0], **row(one)}])
    assert not found.get("failed") and set(found) <= {*documented("tls_backends", "RETURN"), *COMMON}, found
