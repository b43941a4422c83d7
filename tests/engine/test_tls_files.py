"""A ProxySQL is given certificates: good ones are shown at once, bad ones change nothing, on disk neither."""

from __future__ import annotations

import contextlib
import os
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymysql
import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._server import tls_files
from ansible_collections.mysqlha.proxysql.plugins.module_utils._server.certificates import tls_set
from conftest import KINDS, REAL
from driver import sql
from issuer import Issuer
from server import Server
from test_examples import COMMON, documented, examples

FILES = ("proxysql-ca.pem", "proxysql-cert.pem", "proxysql-key.pem")


@pytest.fixture(scope="module")
def root() -> Issuer:
    return Issuer("root")


@pytest.fixture(scope="module", params=KINDS)
def node(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server of this file's own: it is restarted, and its certificates stay."""
    with Server(binary=REAL if request.param == "real" else "") as server:
        yield server


@pytest.fixture
def give(node: Server, module: Any, root: Issuer) -> Any:
    """Runs the module with a set of this root, unless told otherwise."""

    def call(**options: Any) -> dict[str, Any]:
        certificate, key = root.server("127.0.0.1")
        made = {"certificate": certificate, "key": key, "ca": root.pem}
        made.update({name: options.pop(name) for name in list(options) if name in made})
        usual = {
            "login_host": node.host,
            "login_port": node.admin_port,
            "folder": str(node.datadir),
            "names": ["127.0.0.1"],
            "connect_timeout": 2,
            "diff": True,
        }
        result: dict[str, Any] = module("tls_files", **{**usual, **made, **options})
        for line in made["key"].splitlines():
            assert "-----" in line or line not in module.text
        result["given"] = made
        return result

    return call


def content(node: Server) -> dict[str, bytes | None]:
    return {name: path.read_bytes() if (path := node.datadir / name).exists() else None for name in FILES}


def served(node: Server, module: Any, *, port: int = 0, **options: Any) -> dict[str, Any]:
    place = f"{node.host}:{port or node.admin_port}"
    result: dict[str, Any] = module("tls_info", **{"places": [place], **options})
    return result


def serial(node: Server, module: Any, port: int = 0) -> str:
    place = f"{node.host}:{port or node.admin_port}"
    return str(served(node, module, port=port)["certificates"][place]["serial"])


def test_given_shown_and_given_again(node: Server, module: Any, give: Any) -> None:
    # of a root that this server has not met, whatever ran before
    stranger = Issuer("stranger")
    certificate, key = stranger.server("127.0.0.1")
    first = give(certificate=certificate, key=key, ca=stranger.pem)
    assert first["changed"] and first["files"] == sorted(FILES), first
    assert serial(node, module) == serial(node, module, node.data_port) == first["serial"]
    modes = {name: oct((node.datadir / name).stat().st_mode & 0o777) for name in FILES}
    assert modes == {FILES[0]: "0o644", FILES[1]: "0o644", FILES[2]: "0o600"}
    again = give(**first["given"])
    assert not again["changed"] and again["files"] == [] and again["diff"] == {"before": "", "after": ""}
    # and another, over the connections of the one before
    second = give()
    assert second["changed"] and second["shown_before"] == first["serial"] != second["serial"]
    assert first["serial"] in second["diff"]["before"] and second["serial"] in second["diff"]["after"]
    assert serial(node, module) == second["serial"]


def test_check_mode_says_the_same_and_writes_nothing(node: Server, give: Any) -> None:
    before = content(node)
    told = give(check=True)
    assert told["changed"] and content(node) == before
    done = give(**told["given"])
    assert (done["files"], done["serial"]) == (told["files"], told["serial"])
    assert not give(check=True, **done["given"])["changed"]


def test_it_survives_a_restart_and_a_crash(node: Server, module: Any, give: Any) -> None:
    wanted = give()
    for end in (node.stop, node.kill):
        end()
        node.start()
        assert serial(node, module) == wanted["serial"]
        assert not give(**wanted["given"])["changed"]


def test_a_connection_that_is_open_stays(node: Server, give: Any) -> None:
    give()
    unverified = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
    with node.connect(ssl=unverified) as connection:
        assert isinstance(connection._sock, ssl.SSLSocket)  # type: ignore[attr-defined]
        for _change in range(2):
            give()
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")


def test_logins_all_the_time_never_fail(node: Server, give: Any) -> None:
    give()
    over, failed, count = threading.Event(), [], [0]

    def log_in() -> None:
        unverified = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
        while not over.is_set():
            try:
                node.connect(ssl=unverified).close()
                count[0] += 1
            except (OSError, pymysql.Error) as exc:
                failed.append(exc)

    threads = [threading.Thread(target=log_in) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _change in range(4):
        assert give()["changed"]
        time.sleep(0.2)
    over.set()
    for thread in threads:
        thread.join()
    assert count[0] > 20 and not failed, failed[:3]


@pytest.mark.parametrize("what", ["key", "name", "authority", "old", "text"])
def test_a_bad_set_changes_nothing(node: Server, module: Any, give: Any, root: Issuer, what: str) -> None:
    good = give()
    before = content(node)
    other = root.server("127.0.0.1")
    certificate, key = {
        "key": (other[0], root.server("127.0.0.1")[1]),
        "name": root.server("core1.example.com"),
        "authority": Issuer("root").server("127.0.0.1"),
        "old": root.server("127.0.0.1", days=0),
        "text": ("nothing", other[1]),
    }[what]
    found = give(certificate=certificate, key=key)
    assert found["failed"] and found["error"] == "DeclarationError", found
    assert content(node) == before and serial(node, module) == good["serial"]
    assert not list(node.datadir.glob("*.new")) and len(list((node.datadir / "tls").iterdir())) == 2


def test_what_proxysql_refuses_is_taken_back(
    node: Server, module: Any, give: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A set that got past the checks: here the CA's file is broken when it is written."""
    good = give()
    before = content(node)
    writes = tls_files.write

    def broken(path: str, file: Any) -> None:
        writes(path, file)
        if path.endswith(FILES[0]) and file.content != (before[FILES[0]] or b"").decode():
            Path(path).write_text("nothing\n")

    other = Issuer("another")
    certificate, key = other.server("127.0.0.1")
    monkeypatch.setattr(tls_files, "write", broken)
    found = give(certificate=certificate, key=key, ca=other.pem)
    assert found["failed"] and "The files are as they were before" in found["msg"], found
    assert content(node) == before and serial(node, module) == good["serial"]
    node.kill()
    node.start()


def test_files_that_somebody_put_there_and_did_not_load(
    node: Server, module: Any, give: Any, root: Issuer
) -> None:
    good = give()
    other = root.server("127.0.0.1")
    for name, text in zip(FILES, (root.pem, *other)):
        (node.datadir / name).write_text(text)
    assert serial(node, module) == good["serial"]
    done = give(certificate=other[0], key=other[1])
    assert done["changed"] and serial(node, module) == done["serial"] != good["serial"]


def test_what_a_killed_run_left_is_no_hindrance(node: Server, give: Any) -> None:
    give()
    tls = node.datadir / "tls"
    (tls / "set-half").mkdir()
    (tls / "current.new").symlink_to("set-half")
    (node.datadir / "proxysql-key.pem.new").symlink_to("nowhere")
    (node.datadir / FILES[2]).unlink()
    assert give()["changed"]
    assert sorted(path.name for path in tls.iterdir()) == sorted(
        ["current", (tls / "current").readlink().name]
    )
    assert not list(node.datadir.glob("*.new"))


def test_a_power_cut_leaves_the_old_set_or_the_new_one(tmp_path: Path, root: Issuer) -> None:
    """Whatever the last thing was that was done: ProxySQL would not start with parts of both."""
    sets = [(*root.server("127.0.0.1"), root.pem), (*root.server("127.0.0.1"), root.pem + Issuer("b").pem)]
    for first in ("files", "links"):
        seen = set()
        for step in range(500):
            folder = tmp_path / f"{first}-{step}"
            folder.mkdir()
            if first == "links":
                tls_files.TlsFiles(str(folder), tls_set(*sets[0])).put()
            else:
                for name, part in zip(FILES, ("ca", "certificate", "key")):
                    (folder / name).write_text(getattr(tls_set(*sets[0]), part))
            whole = cut_off_after(step, tls_files.TlsFiles(str(folder), tls_set(*sets[1])).put)
            found = tuple((folder / name).read_text() for name in FILES)
            made = [(each.ca, each.certificate, each.key) for each in (tls_set(*one) for one in sets)]
            seen.add(made.index(found))
            if whole:
                break
        assert whole and seen == {0, 1} and step > 15, (first, step)


class Cut(BaseException):
    pass


def cut_off_after(steps: int, work: Any) -> bool:
    """Whether the work was done before so many calls of the system. Nothing of it cleans up behind itself."""
    left = [steps]

    def counted(real: Any) -> Any:
        def call(*given: Any, **named: Any) -> Any:
            if left[0] == 0:
                raise Cut
            left[0] -= 1
            return real(*given, **named)

        return call

    with pytest.MonkeyPatch.context() as patch, contextlib.suppress(Cut):
        for name in ("rename", "symlink", "unlink", "mkdir", "open", "fsync", "fchmod", "fchown"):
            patch.setattr(os, name, counted(getattr(os, name)))
        work()
        return True
    return False


def test_a_mode_that_is_too_wide_is_set_right(node: Server, give: Any) -> None:
    good = give()
    (node.datadir / FILES[2]).chmod(0o644)
    assert give(check=True, **good["given"])["files"] == [FILES[2]]
    assert give(**good["given"])["files"] == [FILES[2]]
    assert (node.datadir / FILES[2]).stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_they_belong_to_whom_the_folder_belongs_to(node: Server, give: Any) -> None:
    os.chown(node.datadir, 1, 1)
    give()
    assert {(node.datadir / name).stat().st_uid for name in FILES} == {1}


def test_one_that_ends_soon_is_warned_of(node: Server, give: Any, root: Issuer) -> None:
    certificate, key = root.server("127.0.0.1", days=20)
    found = give(certificate=certificate, key=key)
    assert found["days_left"] == 19
    assert [text for text in found["warnings"] if "in 19 days" in str(text)], found


def test_without_tls_it_is_said(node: Server, give: Any) -> None:
    def offer(on: str) -> None:
        sql(node, f"SET mysql-have_ssl='{on}'", "LOAD MYSQL VARIABLES TO RUNTIME")

    offer("false")
    found = give()
    offer("true")
    assert found["changed"] and any("mysql-have_ssl is false" in str(text) for text in found["warnings"]), (
        found
    )


def test_a_folder_that_is_not_there(module: Any, give: Any, node: Server) -> None:
    found = give(folder=str(node.datadir / "x"))
    assert found["failed"] and "No such file" in found["msg"]


@pytest.mark.parametrize("name", ["tls_files", "tls_info"])
def test_examples_work_and_return_what_is_documented(
    name: str, node: Server, module: Any, give: Any, root: Issuer
) -> None:
    (options,) = examples(name)
    if name == "tls_files":
        chain, key = root.server(*options["names"])
        found = give(certificate=chain + root.pem, key=key, ca="", names=options["names"])
    else:
        give()
        found = served(node, module, **{**options, "places": [f"{node.host}:{node.admin_port}"]})
    assert not found.get("failed"), found
    assert set(found) - {"given"} <= {*documented(name, "RETURN"), *COMMON}


def test_of_the_chain_clients_are_shown_two(node: Server, module: Any, give: Any, tmp_path: Path) -> None:
    """By 2.7 its own and the first of the CA's file; so is what is refused for it refused with reason."""
    top = Issuer("top")
    middle = top.issuer("middle")
    certificate, key = middle.server("127.0.0.1")
    (tmp_path / "top.pem").write_text(top.pem)
    trusting_top = {"ca_cert": str(tmp_path / "top.pem"), "check_hostname": True}
    give(certificate=certificate + middle.pem, key=key, ca=top.pem)
    assert not served(node, module, **trusting_top).get("failed")
    refused = give(certificate=certificate, key=key, ca=top.pem + middle.pem)
    assert "unable to get local issuer certificate" in refused["msg"]
    for name, text in zip(FILES, (top.pem + middle.pem, certificate, key)):
        (node.datadir / name).write_text(text)
    sql(node, "PROXYSQL RELOAD TLS")
    seen = served(node, module, **trusting_top)
    if str(sql(node, "SELECT @@version")[0][0]).startswith("2."):
        assert "unable to get local issuer certificate" in seen["msg"]
    else:  # 3.0.3 shows all of the CA's file
        assert not seen.get("failed"), seen


def test_node_info_tells_when_they_end(node: Server, module: Any, give: Any, tmp_path: Path) -> None:
    wanted = give()
    (tmp_path / "ca.pem").write_text(Issuer("long", days=90).pem + Issuer("short", days=9).pem)
    (tmp_path / "none.pem").write_text("nothing")
    for number, name in enumerate(("ca.pem", "none.pem", "missing.pem")):
        sql(
            node,
            "INSERT INTO mysql_servers_ssl_params (hostname, port, ssl_ca)"
            f" VALUES ('192.0.2.{number}', 3306, '{tmp_path / name}')",
        )
    sql(node, "LOAD MYSQL SERVERS TO RUNTIME")
    login = {"login_host": node.host, "login_port": node.admin_port}
    found = module("node_info", **login)["certificates"]
    assert [(each["what"], each["days_left"]) for each in found] == [
        ("clients", wanted["days_left"]),
        (str(tmp_path / "ca.pem"), 8),
    ]
    assert found[0]["serial"] == wanted["serial"]
    assert module("node_info", **login, ssl_mode="disabled")["certificates"] == found[1:]


# -- what servers show -------------------------------------------------------------------


def test_tls_info_names_each_that_is_wrong(
    node: Server, module: Any, give: Any, root: Issuer, tmp_path: Path
) -> None:
    wanted = give()
    ca, other = tmp_path / "ca.pem", tmp_path / "other.pem"
    ca.write_text(root.pem)
    other.write_text(Issuer("other").pem)
    place = f"{node.host}:{node.admin_port}"
    good = served(
        node, module, ca_cert=str(ca), check_hostname=True, serials={place: wanted["serial"].lower()}
    )
    assert not good.get("failed") and not good["changed"], good
    (seen,) = good["certificates"].values()
    assert seen["days_left"] in (364, 365) and seen["version"].startswith("TLS") and seen["cipher"]
    bad = served(node, module, ca_cert=str(other))
    assert bad["failed"] and f"{place}: " in bad["msg"]
    bad = served(node, module, serials={place: "00"})
    assert f"{place} shows the certificate {wanted['serial']}" in bad["msg"]
    bad = module("tls_info", places=["127.0.0.1:1", f"{node.host}:{node.data_port}"], timeout=1)
    assert "127.0.0.1:1: " in bad["msg"] and list(bad["certificates"]) == [f"{node.host}:{node.data_port}"]
    assert "cannot use /nowhere" in served(node, module, ca_cert="/nowhere")["msg"]


def test_tls_info_of_a_server_without_tls(module: Any) -> None:
    with Server(binary="") as plain:
        assert "it offers no TLS" in served(plain, module)["msg"]
