"""An authority of one's own: made once, renewed in time, and what it signs is what clients take."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._server.certificates import (
    certificates_of,
    problems,
    tls_set,
)
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils import _own_ca
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._own_ca import Asked, Own, own_certificate

CHECKOUT = Path(__file__).resolve().parents[2]
NAMES = ("192.0.2.10", "db.example.com")


def asked(*names: str, **more: Any) -> Asked:
    return Asked("proxysql", names or NAMES, **more)


def serial(made: Own) -> str:
    return certificates_of(made.certificate)[0].serial


def wrong(made: Own, names: tuple[str, ...] = NAMES, ca: str = "") -> list[str]:
    return problems(tls_set(made.certificate, made.key, ca or made.ca), names, time.time())


def test_what_is_made_is_good_and_stays(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "pki"
    made = own_certificate(folder, asked())
    assert wrong(made) == []
    assert [certificates_of(pem)[0].days_left(time.time()) for pem in (made.certificate, made.ca)] == [
        364,
        3649,
    ]
    assert own_certificate(folder, asked()) == own_certificate(folder, asked(*reversed(NAMES))) == made
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in folder.glob("*.pem")}
    assert modes == dict.fromkeys(("ca.pem", "ca-key.pem", "proxysql.pem"), "0o600")
    assert folder.stat().st_mode & 0o777 == 0o700


def test_openssl_finds_nothing_wrong_with_it(tmp_path: Path) -> None:
    """Read as strictly as it can be: that is the default of Python from 3.13 on."""
    made = own_certificate(tmp_path, asked())
    (tmp_path / "leaf.pem").write_text(made.certificate)
    command = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-verify_ip", NAMES[0]]
    done = subprocess.run(
        [*command, "-CAfile", str(tmp_path / "ca.pem"), str(tmp_path / "leaf.pem")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_other_names_are_another_certificate(tmp_path: Path) -> None:
    first = own_certificate(tmp_path, asked())
    second = own_certificate(tmp_path, asked("192.0.2.11"))
    assert serial(first) != serial(second) and second.ca == first.ca
    assert wrong(second, ("192.0.2.11",)) == []


def test_it_is_renewed_before_its_end(tmp_path: Path) -> None:
    first = own_certificate(tmp_path, asked(days=50))
    assert own_certificate(tmp_path, asked(days=50)) == first
    second = own_certificate(tmp_path, asked(days=50, renew=49))
    assert serial(first) == serial(second), "49 days are left"
    third = own_certificate(tmp_path, asked(days=80, renew=50))
    assert serial(third) != serial(first) and wrong(third) == []


def test_the_authority_is_renewed_and_clients_need_not_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_own_ca, "_CA_DAYS", 400)
    first = own_certificate(tmp_path, asked())
    second = own_certificate(tmp_path, asked(days=399, renew=398))
    assert second.ca != first.ca and serial(second) != serial(first)
    for made in (first, second):
        for ca in (first.ca, second.ca):
            assert wrong(made, ca=ca) == []


def test_the_key_of_the_authority_can_be_encrypted(tmp_path: Path) -> None:
    own_certificate(tmp_path, asked(password="Secret-p"))
    assert "ENCRYPTED" in (tmp_path / "ca-key.pem").read_text()
    for password in ("", "other"):
        with pytest.raises(ValueError):
            own_certificate(tmp_path, asked("192.0.2.11", password=password))
    assert wrong(own_certificate(tmp_path, asked("192.0.2.11", password="Secret-p")), ("192.0.2.11",)) == []


def test_one_of_another_authority_is_replaced(tmp_path: Path) -> None:
    mine, other = tmp_path / "mine", tmp_path / "other"
    own_certificate(mine, asked())
    own_certificate(other, asked())
    (mine / "proxysql.pem").write_text((other / "proxysql.pem").read_text())
    assert wrong(own_certificate(mine, asked())) == []


def test_an_authority_without_its_key_is_not_replaced(tmp_path: Path) -> None:
    own_certificate(tmp_path, asked())
    (tmp_path / "ca-key.pem").unlink()
    with pytest.raises(ValueError, match="is there without ca-key.pem"):
        own_certificate(tmp_path, asked())


def test_all_who_ask_at_once_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _number: own_certificate(tmp_path, asked()), range(8)))
    assert len({serial(made) for made in found}) == 1


def test_the_lookup_gives_the_role_what_it_takes(tmp_path: Path) -> None:
    tree = tmp_path / "tree/ansible_collections/mysqlha"
    tree.mkdir(parents=True)
    (tree / "proxysql").symlink_to(CHECKOUT)
    lookup = "lookup('mysqlha.proxysql.own_certificate', '{}', names={}, password='Secret-p', name='{}')"
    good = lookup.format(tmp_path / "pki", ["192.0.2.10"], "proxysql")
    parts = {part: "{{ (" + good + ")." + part + " }}" for part in ("certificate", "key", "ca")}
    right = [
        "certificate is search('BEGIN CERTIFICATE')",
        "key is search('PRIVATE KEY')",
        f"certificate == ({good}).certificate",
        "ca != certificate",
    ]
    tasks = [
        {"ansible.builtin.assert": {"that": right}},
        {
            # which would take the place of the authority
            "ansible.builtin.debug": {"msg": "{{ " + lookup.format("/x", ["192.0.2.10"], "ca") + " }}"},
            "ignore_errors": True,
        },
        {"ansible.builtin.debug": {"msg": "{{ " + lookup.format("/x", [], "proxysql") + " }}"}},
    ]
    play = [{"hosts": "localhost", "gather_facts": False, "vars": parts, "tasks": tasks}]
    (tmp_path / "play.yml").write_text(json.dumps(play))
    done = subprocess.run(
        [str(Path(sys.executable).with_name("ansible-playbook")), str(tmp_path / "play.yml")],
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(tmp_path),
            "ANSIBLE_COLLECTIONS_PATH": str(tmp_path / "tree"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert "ok=2" in done.stdout, done
    for told in ("name: 'ca' is no name of a file", "names: at least one must be given"):
        assert told in done.stdout + done.stderr, done
    assert "Secret-p" not in done.stdout + done.stderr
    assert (tmp_path / "pki/ca.pem").exists()
