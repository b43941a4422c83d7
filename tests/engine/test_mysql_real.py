"""A real MySQL (caching_sha2_password) behind a real ProxySQL: its passwords change step by step."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymysql
import pytest
from ansible_collections.mysqlha.proxysql.plugins.module_utils._declared.passwords import native, salted
from ansible_collections.mysqlha.proxysql.plugins.module_utils._server.login import unverified
from ansible_collections.mysqlha.proxysql.plugins.plugin_utils._site.rotation import Nodes, rotations
from clients import Clients, until
from conftest import REAL, REAL_THREE
from guides import shown
from issuer import Issuer
from mysqls import MYSQLD, MySQLServer, ask, declared, followed, initialized, user
from proxysql_emulator.passwords import caching_sha2
from server import Server

OLD, NEW = "old-word", "new-word'q;x"
MONITOR = {"mysql-monitor_username": "monitor", "mysql-monitor_password": "mon-old"}
PAIR = {"writer_hostgroup": 10, "reader_hostgroup": 20}
BINARIES = {"2": REAL, "3": REAL_THREE}

pytestmark = [
    pytest.mark.skipif(not MYSQLD, reason="MYSQLD_BIN is not set; tests/tools/mysqld brings one"),
    # the fixture `module` has a server of its own, which is not asked here
    pytest.mark.parametrize("running", ["emulator"], indirect=True),
]


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[MySQLServer]]:
    """A primary and its replica, with the rights that the guides ask for."""
    data = initialized(tmp_path_factory.mktemp("mysql"))
    with MySQLServer(1, data) as primary, MySQLServer(2, data) as replica:
        replica.follow(primary)
        for page in ("rotate", "quick_start"):
            primary.run(*(one.replace("192.0.2.%", "%") for one in shown(page, "mysql")))
        primary.run("CREATE DATABASE shop")
        yield [primary, replica]


@pytest.fixture(params=["2", "3"])
def proxy(request: pytest.FixtureRequest, databases: list[MySQLServer]) -> Iterator[Server]:
    binary = BINARIES[request.param]
    if not binary:
        pytest.skip(f"there is no ProxySQL {request.param} (PROXYSQL_BIN, PROXYSQL3_BIN)")
    databases[0].run(
        "DROP USER IF EXISTS shop@'%'",
        f"CREATE USER shop@'%' IDENTIFIED BY '{OLD}'",
        "GRANT ALL ON shop.* TO shop@'%'",
        "ALTER USER monitor@'%' IDENTIFIED BY 'mon-old'",
    )
    followed(databases)
    for one in databases:
        # 9.7.4 goes on letting the former password in until somebody comes with the new one, FLUSH or not
        pymysql.connect(**one.place, user="monitor", password="mon-old", ssl=unverified()).close()
    with Server(binary=binary) as server:
        yield server


@pytest.fixture
def call(module: Any, proxy: Server) -> Any:
    def run(name: str, **options: Any) -> dict[str, Any]:
        found: dict[str, Any] = module(
            name, **{"login_host": proxy.host, "login_port": proxy.admin_port, **options}
        )
        assert not [word for word in (OLD, NEW, "a password", "mon-old", "mon-new") if word in module.text]
        return found

    return run


def test_forms_of_a_password(call: Any, proxy: Server, databases: list[MySQLServer]) -> None:
    """Which lets in at all. MySQL 9.7 makes hashes of 10000 rounds, of which ProxySQL knows nothing."""
    call("mysql_servers", config=declared(databases, True))
    call("global_variables", config={"mysql-default_authentication_plugin": "caching_sha2_password"})
    ((mysqls,),) = databases[0].run("SELECT HEX(authentication_string) FROM mysql.user WHERE User = 'shop'")
    assert bytes.fromhex(mysqls).startswith(b"$A$00A$")
    fewer = caching_sha2(OLD.encode(), b"a salt of 20 bytes..").hex()
    for password, good in ((OLD, True), (native(OLD), True), (f"0x{fewer}", True), (f"0x{mysqls}", False)):
        call("mysql_users", config=user(password))
        if good:
            assert ask(proxy, OLD, ssl=unverified()) == ("shop@%",)
        else:
            with pytest.raises(pymysql.err.OperationalError, match="Access denied"):
                ask(proxy, OLD, ssl=unverified())
    # a hash tells ProxySQL no password: the client has to, which it does by TLS alone
    call("mysql_users", config=user(f"0x{fewer}"))
    with pytest.raises(pymysql.err.OperationalError, match="Access denied"):
        ask(proxy, OLD, ssl_disabled=True)


@pytest.mark.parametrize("tls", [True, False], ids=["tls", "plain"])
def test_from_the_first_step_to_the_last(
    call: Any, proxy: Server, databases: list[MySQLServer], tls: bool
) -> None:
    two = proxy.binary == REAL_THREE

    def rotate(step: str = "look") -> dict[str, Any]:
        return call(  # type: ignore[no-any-return]
            "user_rotation",
            user="shop",
            password=NEW,
            previous_password=OLD,
            proxies=[{"host": proxy.host, "port": proxy.data_port}],
            databases=[one.place for one in databases],
            step=step,
            database_user="rotation",
            database_password="a password",
        )

    def declare(*words: str) -> None:
        assert call("mysql_users", config=user(*words))["changed"]

    call("mysql_servers", config=declared(databases, tls))
    declare(OLD)
    assert ask(proxy, OLD) == ("shop@%",)

    assert rotate()["next"] == "retain"
    tried = {"servers": declared(databases, tls), "users": user(NEW)}
    found = call("backend_logins", **tried)
    assert f"{databases[0].host}:{databases[0].port} as 'shop': Access denied" in found["msg"], found
    assert rotate("retain")["next"] == "proxy"
    # twice would lose the previous one
    assert rotate("retain")["changed"] is False and ask(proxy, OLD)
    assert not call("backend_logins", **tried).get("failed")

    old = Clients(lambda: ask(proxy, OLD))
    old.start()
    until(lambda: old.good > 20)
    if two:
        declare(NEW, OLD)
        until(lambda: ask(proxy, NEW))
        new = Clients(lambda: ask(proxy, NEW))
        new.start()
        logins = old.good
        until(lambda: new.good > 20 and old.good > logins + 20)
        assert rotate()["next"] == "applications"
        assert rotate("discard")["failed"]
        old.end()
        declare(NEW)
    else:
        declare(NEW)
        new = Clients(lambda: ask(proxy, NEW))
        new.start()
        until(lambda: old.failed)
        old.end()
    assert rotate()["next"] == "discard"
    done = rotate("discard")
    assert (done["changed"], done["next"]) == (True, "done"), done
    logins = new.good
    until(lambda: new.good > logins + 20)
    new.end()
    assert not new.failed and not (two and old.failed), (old.failed[:3], new.failed[:3])

    ages = call(
        "secret_ages_info",
        databases=[databases[0].place],
        database_user="rotation",
        database_password="a password",
    )
    (age,) = [each for name, each in ages["secrets"].items() if name.endswith("shop@%")]
    assert age["text"] == "changed less than a day ago", ages


@pytest.mark.parametrize("form", [native, salted])
def test_a_password_that_is_declared_as_a_hash(
    call: Any, proxy: Server, databases: list[MySQLServer], form: Any
) -> None:
    """By the steps of one in clear; the playbook gives the clear one, if it fits what is declared."""
    two = proxy.binary == REAL_THREE
    servers = declared(databases, True)
    call("mysql_servers", config=servers)
    call("global_variables", config={"mysql-default_authentication_plugin": "caching_sha2_password"})
    tables = {"mysql_servers": servers, "mysql_replication_hostgroups": [PAIR]}
    nodes = Nodes([{"host": proxy.host, "port": proxy.data_port}], [], ("monitor", "mon-old"))
    wrong: list[str] = []

    def declare(word: str, additional: str = "") -> None:
        tables["mysql_users"] = user(form(word), additional)
        assert call("mysql_users", config=tables["mysql_users"])["changed"]

    def rotate(step: str = "look", word: str = NEW) -> str:
        asked = {
            "user": "shop", "step": step, "password": word, "passwords": {}, "previous_password": OLD,
            "previous_passwords": {},
        }  # fmt: skip
        options = rotations(
            tables, {f"proxysql_rotate_{name}": value for name, value in asked.items()}, nodes, wrong.append
        )
        done = call(
            "user_rotation", **options[0], step=step, database_user="rotation", database_password="a password"
        )
        return str(done.get("next") or done["msg"])

    declare(OLD)
    assert ask(proxy, OLD, ssl=unverified()) == ("shop@%",)
    # the inventory has the new one before the nodes do
    tables["mysql_users"] = user(form(NEW))
    assert rotate() == "retain" and rotate("retain") == "proxy" and ask(proxy, OLD, ssl=unverified())
    declare(NEW, OLD if two else "")
    assert rotate() == ("applications" if two else "discard")
    if two:
        assert "too early" in rotate("discard")
        declare(NEW)
    assert rotate("discard") == "done" and ask(proxy, NEW, ssl=unverified()) == ("shop@%",)
    assert not wrong
    for one in databases:
        with pytest.raises(pymysql.err.OperationalError, match="Access denied"):
            pymysql.connect(**one.place, user="shop", password=OLD, ssl=unverified())
    with pytest.raises(IndexError):
        rotate(word="another")
    assert wrong == ["the password of the user shop that is given in clear does not fit the declared one"]


def test_the_monitor_is_tried_and_then_let_in(call: Any, proxy: Server, databases: list[MySQLServer]) -> None:
    call("mysql_servers", config=declared(databases, True))
    given = {"servers": declared(databases, True), "monitor_user": "monitor", "monitor_password": "mon-new"}
    found = call("backend_logins", **given)
    assert len(found.get("refused", ())) == 2 and "as 'monitor': Access denied" in found["msg"], found
    databases[0].run("ALTER USER monitor@'%' IDENTIFIED BY 'mon-new' RETAIN CURRENT PASSWORD")
    followed(databases)
    assert len(call("backend_logins", **given)["tried"]) == 2
    changed = call(
        "global_variables",
        config={
            **MONITOR,
            "mysql-monitor_password": "mon-new",
            "mysql-monitor_enabled": True,
            "mysql-monitor_ping_interval": 200,
            "mysql-monitor_connect_interval": 200,
        },
    )
    assert not changed.get("failed"), changed
    databases[0].run("ALTER USER monitor@'%' DISCARD OLD PASSWORD")
    followed(databases)
    admin = proxy.connect()
    with admin, admin.cursor() as cursor:

        def good() -> bool:
            cursor.execute(
                "SELECT port, connect_error FROM monitor.mysql_server_connect_log"
                " ORDER BY time_start_us DESC LIMIT 2"
            )
            seen = {int(port): error for port, error in cursor.fetchall()}
            return seen == {one.port: None for one in databases}

        until(good)


def test_a_user_that_must_show_a_certificate(
    call: Any, proxy: Server, databases: list[MySQLServer], tmp_path: Path
) -> None:
    """ProxySQL does, so those who try the login first do it, too."""
    primary = databases[0]
    folder = primary.folder / "data"
    certificate, key = ((folder / f"client-{part}.pem").read_text() for part in ("cert", "key"))
    primary.run("ALTER USER shop@'%' REQUIRE X509")
    followed(databases)
    servers = declared(databases[:1], True)
    tried = {"servers": servers, "users": user(OLD)}
    assert "as 'shop': Access denied" in call("backend_logins", **tried)["msg"]
    shown_to_all = [{"certificate": certificate, "key": key}]
    found = call("backend_logins", **tried, tls_backends=shown_to_all)
    assert found["tried"] == [f"shop at {primary.host}:{primary.port}"] and not found["refused"], found
    assert key not in str(found)
    steps = {
        "user": "shop", "password": NEW, "previous_password": OLD, "tls_backends": shown_to_all,
        "proxies": [{"host": proxy.host, "port": proxy.data_port}], "databases": [primary.place],
        "database_user": "rotation", "database_password": "a password",
    }  # fmt: skip
    (seen,) = call("user_rotation", **steps)["databases"].values()
    assert seen == {"new": False, "previous": True}
    call("user_rotation", **steps, step="retain")
    (seen,) = call("user_rotation", **steps)["databases"].values()
    assert seen == {"new": True, "previous": True}
    # and so ProxySQL itself does
    for part, content in (("cert", certificate), ("key", key)):
        (tmp_path / f"{part}.pem").write_text(content)
    call("mysql_servers", config=servers)
    files = {f"mysql-ssl_p2s_{part}": str(tmp_path / f"{part}.pem") for part in ("cert", "key")}
    call("global_variables", config=files)
    call("mysql_users", config=user(NEW))
    assert ask(proxy, NEW) == ("shop@%",)


def test_ciphers_are_those_declared_and_the_version_is_the_databases(
    call: Any, proxy: Server, databases: list[MySQLServer]
) -> None:
    # before the tests below give it a certificate of another kind
    primary = databases[0]

    def use(**columns: str) -> tuple[str, str]:
        row = {"hostname": primary.host, "port": primary.port, **columns}
        call("mysql_servers_ssl_params", config=[row], state="overridden")
        return seen("Ssl_version"), seen("Ssl_cipher")

    def seen(name: str) -> str:
        return str(ask(proxy, OLD, sql=f"SHOW SESSION STATUS LIKE '{name}'")[1])

    call("mysql_servers", config=declared(databases[:1], True))
    call("mysql_users", config=user(OLD))
    # a column that ProxySQL does not act on
    assert use(tls_version="TLSv1.2")[0] == "TLSv1.3"
    primary.run("SET GLOBAL tls_version = 'TLSv1.2'", "ALTER INSTANCE RELOAD TLS")
    try:
        ciphers = [f"ECDHE-RSA-{name}" for name in ("AES128-GCM-SHA256", "AES256-GCM-SHA384")]
        assert [use(ssl_cipher=name) for name in ciphers] == [("TLSv1.2", name) for name in ciphers]
        call("mysql_servers_ssl_params", state="overridden", allow_empty=True)
        for name in ciphers:
            call("global_variables", config={"mysql-ssl_p2s_cipher": name})
            assert seen("Ssl_cipher") == name
    finally:
        primary.run("SET GLOBAL tls_version = 'TLSv1.2,TLSv1.3'", "ALTER INSTANCE RELOAD TLS")


def test_certificates_and_cas_change_under_load(
    call: Any, proxy: Server, databases: list[MySQLServer]
) -> None:
    """Each query has a connection of its own, with TLS that is checked: both CAs, the certificate, one CA."""
    primary = databases[0]
    servers = declared(databases[:1], True)
    old, new = Issuer("the CA"), Issuer("the next CA")

    def show(issuer: Issuer, days: int) -> None:
        pems = (issuer.pem, *issuer.server(primary.host, days=days))
        for name, pem in zip(("ca", "server-cert", "server-key"), pems):
            (primary.folder / "data" / f"{name}.pem").write_text(pem)
        primary.run("ALTER INSTANCE RELOAD TLS")

    def declare(ca: str) -> dict[str, Any]:
        backends = [{"ca": ca}]
        return call(  # type: ignore[no-any-return]
            "tls_backends", folder=str(proxy.datadir), backends=backends, servers=servers
        )

    def ends() -> str:
        return str(ask(proxy, OLD, sql="SHOW SESSION STATUS LIKE 'Ssl_server_not_after'")[1])

    show(old, 90)
    assert declare(old.pem)["changed"]
    path = str(proxy.datadir / "tls-backends/all-ca.pem")
    call("global_variables", config={"mysql-ssl_p2s_ca": path})
    call("mysql_servers", config=servers)
    call("mysql_users", config=user(OLD))
    first = ends()
    load = Clients(lambda: ask(proxy, OLD))
    load.start()
    for step in (lambda: declare(old.pem + new.pem), lambda: show(new, 60), lambda: declare(new.pem)):
        logins = load.good
        step()
        until(lambda logins=logins: load.good > logins + 20 or load.failed)  # type: ignore[misc]
    load.end()
    assert not load.failed, load.failed[:3]
    assert ends() not in ("", first)
    refused = declare(old.pem)
    assert refused["failed"] and "shows a certificate that the CA did not sign" in refused["msg"], refused


@pytest.fixture
def cas_of_the_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many, in one file, as OpenSSL finds them."""
    file = tmp_path / "bundle.pem"
    file.write_text(Issuer("a CA of the host").pem * 3000)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))


def test_without_a_ca_those_of_the_host_are_read_for_each_connection(
    cas_of_the_host: None, call: Any, proxy: Server, databases: list[MySQLServer]
) -> None:
    primary = databases[0]
    call("mysql_servers", config=declared(databases[:1], True))
    call("mysql_users", config=user(OLD))

    def lasts() -> float:
        began = time.monotonic()
        assert ask(proxy, OLD, ssl_disabled=True) == ("shop@%",)
        return time.monotonic() - began

    without = min(lasts() for _each in range(4))
    call("global_variables", config={"mysql-ssl_p2s_ca": str(primary.folder / "data/ca.pem")})
    assert without > 5 * min(lasts() for _each in range(4))


def test_the_monitors_password_by_the_same_steps(
    call: Any, proxy: Server, databases: list[MySQLServer]
) -> None:
    call("mysql_servers", config=declared(databases, True))
    call("global_variables", config=MONITOR)

    def rotate(step: str) -> dict[str, Any]:
        return call(  # type: ignore[no-any-return]
            "user_rotation",
            user="monitor",
            password="mon-new",
            previous_password="mon-old",
            monitor=True,
            proxies=[{"host": proxy.host, "port": proxy.admin_port}],
            databases=[one.place for one in databases],
            step=step,
            database_user="rotation",
            database_password="a password",
        )

    assert rotate("look")["next"] == "retain"
    assert rotate("retain")["next"] == "proxy"
    assert rotate("retain")["changed"] is False
    early = rotate("discard")
    assert early["failed"] and "logs in with another password" in early["msg"], early
    call("global_variables", config={**MONITOR, "mysql-monitor_password": "mon-new"})
    assert rotate("look")["next"] == "discard"
    assert rotate("discard")["next"] == "done"
    for one in databases:
        with pytest.raises(pymysql.err.OperationalError, match="Access denied"):
            pymysql.connect(**one.place, user="monitor", password="mon-old", ssl=unverified())
